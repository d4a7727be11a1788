"""Testing and predicting with a trained model, against a worker in this process."""

from __future__ import annotations

import io
import os
import pickle
import signal
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
import torchmetrics
from control_plane_double import ControlPlaneDouble, Json
from engine_process import exit_code, start
from fanfold_engine import inference
from fanfold_engine.ending import DONE, INTERRUPTED, RESTART
from fanfold_engine.worker import Worker
from safetensors.torch import load_file, save
from scene import BUCKET, ML_SPEC, PREFIX, Scene, config, example_rows

KEY = f"{PREFIX}operations/2/lease-1/predictions.csv"
CONFIG = config(user_knobs={"dropout": 0.5}, named_metrics={"f1": {"name": "F1Score"}})
CONFIG["named_metrics"]["f1"]["args"] = {"task": "multiclass", "num_classes": 2}
TEST_ROWS = example_rows(21, seed=3)
PREDICT_ROWS = [{k: v for k, v in row.items() if k != "y"} for row in example_rows(29, seed=4)]
FOR_BOTH = ML_SPEC.replace(
    '"y": torch.tensor(row["y"])}', '**({"y": torch.tensor(row["y"])} if "y" in row else {})}'
).replace(
    "loss = torch",
    'if mode == "predict":\n            return {"predictions": logits}\n        loss = torch',
)


@pytest.fixture
def trained(scene: Scene) -> Scene:
    """A run that was trained with dropout, and partitions to use it on."""
    scene.write_code(FOR_BOTH)
    scene.write_table("test", TEST_ROWS)
    scene.write_table("predict", PREDICT_ROWS)
    scene.write_table("train", scene.train_rows)
    control_plane = scene.run_fit(CONFIG)
    uri = f"s3://{BUCKET}/{control_plane.runs[1]['checkpoint']['prefix']}"
    scene.inference = {
        "model": {"kind": "run", "uri": uri, "runId": 1},
        "config": CONFIG,
        "batchSize": 8,
        "predictionsKey": KEY,
    }
    return scene


def infer(scene: Scene, kind: str) -> ControlPlaneDouble:
    with scene.control_plane(kind=kind) as control_plane:
        assert scene.worker(control_plane).work() == DONE
    return control_plane


def outcome(scene: Scene, kind: str) -> Json:
    told = infer(scene, kind).inference
    assert told is not None
    return told


def model_of(scene: Scene) -> torch.nn.Module:
    """The trained model as anyone would load it."""
    prefix = scene.inference["model"]["uri"].removeprefix(f"s3://{BUCKET}/")
    model = code_of(FOR_BOTH).create_model(CONFIG)
    model.load_state_dict(load_file(scene.store.path(BUCKET, prefix) / "model.safetensors"))
    return model.eval()


def code_of(source: str) -> Any:
    namespace: dict[str, Any] = {}
    exec(source, namespace)  # noqa: S102
    return namespace["MLSpec"]()


def logits_of(model: torch.nn.Module, rows: list[Json]) -> torch.Tensor:
    """The plain model's outputs, in batches of 8."""
    parts = []
    with torch.no_grad():
        for start_at in range(0, len(rows), 8):
            batch = rows[start_at : start_at + 8]
            parts.append(model(torch.tensor([[row["a"], row["b"], row["c"]] for row in batch])))
    return torch.cat(parts)


def predictions_of(scene: Scene, key: str = KEY) -> pd.DataFrame:
    return pd.read_csv(scene.store.path(BUCKET, key))


def tag(scene: Scene, data: bytes, name: str = "best.pt") -> None:
    """Name a file of the user's as the model."""
    uri = scene.store.put("models", name, data)
    scene.inference["model"] = {"kind": "tag", "uri": uri}


def torch_file(value: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def test_a_test_measures_what_the_plain_model_does(trained: Scene) -> None:
    model = model_of(trained)
    accuracy = torchmetrics.Accuracy(task="multiclass", num_classes=2)
    f1 = torchmetrics.F1Score(task="multiclass", num_classes=2)
    loss_sum = 0.0
    for start_at in range(0, len(TEST_ROWS), 8):
        rows = TEST_ROWS[start_at : start_at + 8]
        logits, targets = logits_of(model, rows), torch.tensor([row["y"] for row in rows])
        loss_sum += torch.nn.functional.cross_entropy(logits, targets).item() * len(rows)
        accuracy.update(logits, targets)
        f1.update(logits, targets)

    control_plane = infer(trained, "test")
    assert control_plane.inference == {
        "status": "completed",
        "progress": {"done": 3, "of": 3},
        "metrics": [
            {"name": "test_loss", "value": loss_sum / len(TEST_ROWS)},
            {"name": "test_accuracy", "value": float(accuracy.compute())},
            {"name": "test_f1", "value": float(f1.compute())},
        ],
    }
    told = [request["inference"] for request in control_plane.requests if "inference" in request]
    assert told[0] == {"status": "ongoing", "progress": {"done": 0, "of": 0}}


def test_a_prediction_writes_the_plain_models_outputs_by_id_in_order(trained: Scene) -> None:
    told = outcome(trained, "predict")
    assert told["predictions"] == {
        "rows": 29,
        "columns": ["id", "prediction_0", "prediction_1"],
    }
    frame = predictions_of(trained)
    assert list(frame.id) == [row["id"] for row in PREDICT_ROWS]
    written = torch.tensor(frame[["prediction_0", "prediction_1"]].to_numpy()).float()
    assert torch.equal(written, logits_of(model_of(trained), PREDICT_ROWS))


@pytest.mark.parametrize(
    ("outputs", "kind"),
    [
        ("logits[:, 0]", "float64"),
        ("logits[:, :1]", "float64"),
        ("logits.argmax(1)", "int64"),
        ("logits.bfloat16()[:, 0]", "float64"),
        ("logits[:, 0] > 0", "bool"),
    ],
)
def test_one_output_is_one_column(trained: Scene, outputs: str, kind: str) -> None:
    trained.write_code(FOR_BOTH.replace('{"predictions": logits}', f'{{"predictions": {outputs}}}'))
    assert outcome(trained, "predict")["predictions"]["columns"] == ["id", "prediction"]
    logits = logits_of(model_of(trained), PREDICT_ROWS)  # noqa: F841 - the expression names it
    wanted = eval(outputs).reshape(-1)  # noqa: S307
    frame = predictions_of(trained)
    assert str(frame.prediction.dtype) == kind
    assert torch.equal(torch.tensor(frame.prediction.to_numpy()).to(wanted.dtype), wanted)


@pytest.mark.parametrize(
    ("outputs", "sentence"),
    [
        ("logits.tolist()", "as a tensor in mode predict, not a list"),
        ("None", "as a tensor in mode predict, not None"),
        ("logits.mean()", "for a batch of 8 they have shape ()"),
        ("logits[:4]", "for a batch of 8 they have shape (4, 2)"),
        ("logits.reshape(-1, 2, 1)", "for a batch of 8 they have shape (8, 2, 1)"),
        ("logits[:, :0]", "0 columns"),
        ("logits.to(torch.complex64)", "real numbers"),
        ("logits if len(logits) == 8 else logits[:, 0]", "first 2 of float, now 1 of float"),
    ],
)
def test_predictions_that_make_no_table_fail_with_what_they_should_be(
    trained: Scene, outputs: str, sentence: str
) -> None:
    trained.write_code(FOR_BOTH.replace('{"predictions": logits}', f'{{"predictions": {outputs}}}'))
    told = outcome(trained, "predict")
    assert told["status"] == "failed"
    assert sentence in told["error"]["message"]
    assert not trained.store.path(BUCKET, KEY).exists()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (save, "best.safetensors"),
        (save, "safetensors-by-another-name.bin"),
        (torch_file, "best.pt"),
        (lambda weights: torch_file({"epoch": 3, "state_dict": weights}), "lightning.ckpt"),
        (lambda weights: torch_file({"model_state_dict": weights}), "script.pth"),
    ],
)
def test_a_file_of_the_users_gives_what_the_run_gives(trained: Scene, make: Any, name: str) -> None:
    of_run = outcome(trained, "test")
    tag(trained, make(dict(model_of(trained).state_dict())), name)
    trained.inference["config"] = {k: v for k, v in CONFIG.items() if k != "train"}
    assert outcome(trained, "test") == of_run


def test_weights_tied_under_two_names_come_back_under_both(scene: Scene) -> None:
    tied = ML_SPEC.replace(
        "return torch.nn.Sequential(",
        "model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 3), "
        "torch.nn.Linear(3, 2))\n        model[1].weight = model[0].weight\n        return model\n"
        "        return torch.nn.Sequential(",
    )
    scene.write_code(tied)
    scene.write_table("train", scene.train_rows)
    scene.write_table("test", TEST_ROWS)
    fit = scene.run_fit(config())
    prefix = fit.runs[1]["checkpoint"]["prefix"]
    scene.inference["model"] = {"kind": "run", "uri": f"s3://{BUCKET}/{prefix}", "runId": 1}
    of_run = outcome(scene, "test")
    assert of_run["status"] == "completed"
    tag(scene, scene.store.path(BUCKET, f"{prefix}model.safetensors").read_bytes())
    assert outcome(scene, "test") == of_run


class Payload:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)


def scripted() -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(torch.nn.Linear(3, 2), torch.zeros(1, 3)), buffer)
    return buffer.getvalue()


@pytest.mark.filterwarnings("ignore:.*torch.jit")
@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda _: b"", "neither safetensors nor a file of torch.save"),
        (lambda _: b"not a model at all", "neither safetensors nor a file of torch.save"),
        (lambda weights: save(weights)[:200], "no whole safetensors file"),
        (lambda weights: torch_file(weights)[:-50], "neither safetensors nor a file of torch.save"),
        (lambda _: torch_file([1, 2]), "holds no state_dict"),
        (lambda _: torch_file({}), "holds no state_dict"),
        (
            lambda _: torch_file(torch.nn.Linear(3, 2)),
            "it holds torch.nn.modules.linear.Linear, and reading that could run code",
        ),
        (lambda _: scripted(), "neither safetensors nor a file of torch.save"),
        (
            lambda weights: save({"more": torch.zeros(1), **weights}),
            "does not fit the model that create_model makes of this config",
        ),
        (lambda weights: save({k: v[:1] for k, v in weights.items()}), "size mismatch"),
    ],
)
def test_a_file_that_is_no_usable_checkpoint_is_an_invalid_model_tag(
    trained: Scene, make: Any, sentence: str
) -> None:
    tag(trained, make(dict(model_of(trained).state_dict())))
    told = outcome(trained, "test")
    assert told["status"] == "failed"
    assert told["error"]["errorType"] == "invalid-model-tag"
    assert sentence in told["error"]["message"]
    assert "s3://models/best.pt" in told["error"]["message"]
    assert "traceback" not in told["error"]


@pytest.mark.parametrize("as_torch_file", [True, False])
def test_an_unsafe_pickle_is_refused_without_being_run(
    trained: Scene, tmp_path: Path, as_torch_file: bool
) -> None:
    trace = tmp_path / "was-run"
    payload = {"weight": Payload(trace)}
    tag(trained, torch_file(payload) if as_torch_file else pickle.dumps(payload))
    told = outcome(trained, "test")
    assert told["error"]["errorType"] == "invalid-model-tag"
    assert not trace.exists()


def test_a_file_that_cannot_be_read_is_an_invalid_model_tag(trained: Scene) -> None:
    trained.inference["model"] = {"kind": "tag", "uri": "s3://models/none.pt"}
    error = outcome(trained, "predict")["error"]
    assert error["errorType"] == "invalid-model-tag"
    assert "s3://models/none.pt does not exist or may not be read" in error["message"]


def test_a_damaged_checkpoint_of_a_run_is_told_apart(trained: Scene) -> None:
    prefix = trained.inference["model"]["uri"].removeprefix(f"s3://{BUCKET}/")
    trained.store.put(BUCKET, f"{prefix}model.safetensors", b"damaged")
    error = outcome(trained, "test")["error"]
    assert "errorType" not in error
    assert "model.safetensors is not what the checkpoint's manifest says" in error["message"]


def test_user_code_is_called_in_its_mode_and_its_error_told_with_its_traceback(
    trained: Scene,
) -> None:
    modes = FOR_BOTH.replace(
        "    def row_prep",
        "    def initialize_run(self, misc_path, cfg, mode):\n"
        "        print('initialized for', mode)\n\n"
        "    def row_prep",
    )
    trained.write_code(modes)
    control_plane = infer(trained, "predict")
    assert control_plane.logged(1) == ["initialized for predict"]

    trained.write_code(modes.replace("logits =", "raise ValueError(mode)\n        logits ="))
    error = outcome(trained, "test")["error"]
    assert error["message"] == "compute_forward raised ValueError: test"
    assert "raise ValueError(mode)" in error["traceback"]
    assert "fanfold_engine" not in error["traceback"]


def test_user_code_gets_the_secrets_of_its_config_and_nobody_is_told_them(
    trained: Scene,
) -> None:
    trained.write_code(
        FOR_BOTH.replace("logits =", "raise ValueError(cfg['user_knobs']['key'])\n        logits =")
    )
    trained.inference["config"] = {"user_knobs": {"dropout": 0.5, "key": {"$secret": "s-0"}}}
    trained.inference["secrets"] = {"s-0": "open sesame"}
    control_plane = infer(trained, "test")
    assert control_plane.inference is not None
    error = control_plane.inference["error"]
    assert error["message"] == "compute_forward raised ValueError: ***"
    assert "sesame" not in str(control_plane.requests)


def test_what_is_random_in_user_code_is_the_same_every_time(trained: Scene) -> None:
    trained.write_code(
        FOR_BOTH.replace('{"predictions": logits}', '{"predictions": torch.randn(len(logits))}')
    )
    infer(trained, "predict")
    first = predictions_of(trained)
    infer(trained, "predict")
    assert predictions_of(trained).equals(first)


def test_exit_ends_it_between_two_batches_without_an_outcome(trained: Scene) -> None:
    with trained.control_plane(kind="predict") as control_plane:
        control_plane.exit = True
        assert trained.worker(control_plane).work() == DONE
    assert control_plane.inference is not None
    assert control_plane.inference["status"] == "ongoing"
    assert not trained.store.path(BUCKET, KEY).exists()


def slowly(source: str) -> str:
    return source.replace("logits =", "__import__('time').sleep(0.3)\n        logits =")


def has_begun(control_plane: ControlPlaneDouble) -> bool:
    return (control_plane.inference or {}).get("progress", {}).get("done", 0) > 0


def test_a_killed_worker_starts_anew_and_ends_with_the_same_file(trained: Scene) -> None:
    outcome(trained, "predict")
    alone = trained.store.path(BUCKET, KEY).read_bytes()
    again = KEY.replace("lease-1", "lease-2")
    trained.inference |= {"batchSize": 8, "predictionsKey": again}
    trained.write_code(slowly(FOR_BOTH))
    with trained.control_plane(kind="predict") as control_plane:
        process = start(control_plane, trained.store)
        control_plane.wait_for(lambda: has_begun(control_plane))
        process.kill()
        assert exit_code(process) == -signal.SIGKILL
        assert not trained.store.path(BUCKET, again).exists()
        control_plane.next_attempt()
        assert exit_code(start(control_plane, trained.store, attempt=2)) == DONE
        assert control_plane.inference is not None
        assert control_plane.inference["status"] == "completed"
    assert trained.store.path(BUCKET, again).read_bytes() == alone


def test_sigterm_ends_it_at_once(trained: Scene) -> None:
    trained.write_code(slowly(FOR_BOTH))
    with trained.control_plane(kind="test") as control_plane:
        process = start(control_plane, trained.store)
        control_plane.wait_for(lambda: has_begun(control_plane))
        process.terminate()
        assert exit_code(process) == INTERRUPTED
        assert control_plane.inference is not None
        assert control_plane.inference["status"] == "ongoing"


def test_a_batch_that_hangs_fails_it_with_its_stack(
    trained: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(inference, "BATCH_TIMEOUT_SECONDS", 1.0)
    trained.write_code(
        FOR_BOTH.replace("logits =", "__import__('time').sleep(4)\n        logits =")
    )
    left: list[int] = []
    gone = threading.Event()

    def leave(code: int) -> None:
        left.append(code)
        gone.set()

    with trained.control_plane(kind="test") as control_plane:
        worker = Worker(
            trained.settings(control_plane),
            make_store=lambda *_: trained.store,
            scratch=tmp_path,
            leave=leave,
        )
        working = threading.Thread(target=worker.work)
        working.start()
        assert gone.wait(60)
        working.join()
    assert left == [RESTART]
    assert control_plane.inference is not None
    error = control_plane.inference["error"]
    assert "batch 1 of 3 took longer than 1 s" in error["message"]
    assert "sleep(4)" in error["traceback"]

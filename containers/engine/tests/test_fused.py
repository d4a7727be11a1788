"""Runs trained as one: the same runs but for rounding, or else trained apart."""

from __future__ import annotations

import shutil
import signal
from typing import Any

import pytest
import torch
from control_plane_double import ControlPlaneDouble, Json
from engine_process import exit_code, start
from fanfold_engine.ending import DONE, RESTART
from safetensors.torch import load_file
from scene import BUCKET, ML_SPEC, PREFIX, Scene, config

RATES = (0.3, 0.1, 0.03)
CONFIGS = [
    config(epochs=3, optimizer={"name": "SGD", "args": {"lr": rate, "momentum": 0.9}})
    for rate in RATES
]
VARIANTS: dict[str, list[Json]] = {
    "momentum and short last batch": CONFIGS,
    "Adam, and epochs of their own": [
        config(epochs=epochs, optimizer={"name": "Adam", "args": {"lr": 0.01 * epochs}})
        for epochs in (1, 2, 3)
    ],
    "AdamW, a schedule of some": [
        config(optimizer={"name": "AdamW", "args": {"lr": 0.02}}),
        config(
            optimizer={"name": "AdamW", "args": {"lr": 0.02}},
            lr_scheduler={"name": "CosineAnnealingLR", "args": {"T_max": 15}},
        ),
        config(
            optimizer={"name": "AdamW", "args": {"lr": 0.02}},
            lr_scheduler={"name": "StepLR", "args": {"step_size": 1}, "interval": "epoch"},
        ),
    ],
    "accumulated gradients, clipped": [
        config(batch_size=4, gradient_accumulation_steps=5, max_grad_norm=norm)
        for norm in (0.1, 0.5)
    ],
    "a metric of one": [
        config(),
        config(
            named_metrics={
                "f1": {"name": "F1Score", "args": {"task": "multiclass", "num_classes": 2}}
            }
        ),
    ],
    "bf16": [config(precision="bf16"), config(precision="bf16", max_grad_norm=1.0)],
}
DROPOUT = [cfg | {"user_knobs": {"dropout": 0.4}} for cfg in CONFIGS]
SLOWLY = ML_SPEC.replace(
    "def row_prep",
    "def collate(self, examples, cfg, mode):\n"
    "        __import__('time').sleep(0.03)\n"
    "        return torch.utils.data.default_collate(examples)\n\n"
    "    def row_prep",
)


def fused(control_plane: ControlPlaneDouble) -> list[str]:
    """What was logged of runs that are fused, and why others are not."""
    return [line for line in control_plane.logged() if "fused" in line or "apart" in line]


def weights(scene: Scene, control_plane: ControlPlaneDouble) -> dict[int, dict[str, Any]]:
    return {
        run_id: load_file(scene.checkpoint(control_plane, run_id) / "model.safetensors")
        for run_id in control_plane.runs
    }


def trained(scene: Scene, executor: str, *configs: Json) -> tuple[ControlPlaneDouble, Any, Any]:
    scene.fit["executor"] = executor
    control_plane = scene.run_fit(*configs)
    assert [run["status"] for run in control_plane.runs.values()] == ["completed"] * len(configs)
    kept = weights(scene, control_plane)
    shutil.rmtree(scene.store.path(BUCKET, f"{PREFIX}runs"))
    return control_plane, kept, control_plane.epochs


def numbers(epochs: dict[int, list[Json]]) -> list[float]:
    return [
        value
        for rows in epochs.values()
        for row in rows
        for value in (row["trainLoss"], *(metric["value"] for metric in row["metrics"]))
    ]


def assert_close(one: Any, other: Any, tolerance: float = 1e-4) -> None:
    """Weights and epochs of runs, each told by run ID."""
    torch.testing.assert_close(one[0], other[0], rtol=tolerance, atol=tolerance)
    assert numbers(one[1]) == pytest.approx(numbers(other[1]), rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("configs", VARIANTS.values(), ids=VARIANTS.keys())
def test_fused_runs_end_as_they_would_alone_but_for_rounding(
    scene: Scene, configs: list[Json]
) -> None:
    _, *alone = trained(scene, "single", *configs)
    control_plane, *together = trained(scene, "auto", *configs)

    names = ", ".join(str(number) for number in range(1, len(configs) + 1))
    within = "0.02" if "precision" in configs[0]["train"] else "0.0001"
    assert fused(control_plane) == [
        f"runs {names} are fused; a trial batch was equal within {within}"
    ]
    assert [run["fusedWithin"] for run in control_plane.runs.values()] == [float(within)] * len(
        configs
    )
    assert_close(together, alone, 0.02 if within == "0.02" else 1e-4)


def test_runs_of_two_shapes_are_two_groups_and_a_third_is_alone(scene: Scene) -> None:
    code = ML_SPEC.replace("Linear(3, 8)", "Linear(3, knobs['width'])").replace(
        "Linear(8, 2)", "Linear(knobs['width'], 2)"
    )
    scene.write_code(code)
    configs = [cfg | {"user_knobs": {"width": width}} for width in (4, 5) for cfg in CONFIGS[:2]]
    configs.append(CONFIGS[0] | {"user_knobs": {"width": 6}})
    _, *alone = trained(scene, "single", *configs)
    control_plane, *together = trained(scene, "auto", *configs)

    told = "are fused; a trial batch was equal within 0.0001"
    assert fused(control_plane) == [f"runs 1, 2 {told}", f"runs 3, 4 {told}"]
    assert_close(together, alone)


def test_dropout_is_fused_only_when_asked(scene: Scene) -> None:
    _, *alone = trained(scene, "single", *DROPOUT)
    control_plane, *apart = trained(scene, "auto", *DROPOUT)
    assert fused(control_plane) == [
        "runs 1, 2, 3 are trained apart, because its compute_forward draws random numbers "
        "in mode train"
    ]
    assert apart[1] == alone[1]

    control_plane, *together = trained(scene, "fused", *DROPOUT)
    assert "runs 1, 2, 3 are fused" in fused(control_plane)[0]
    # They drop other units than alone, so they only come out alike.
    assert numbers(together[1]) != numbers(alone[1])
    assert numbers(together[1]) == pytest.approx(numbers(alone[1]), abs=0.5)


APART = {
    "BatchNorm": ("torch.nn.ReLU()", "torch.nn.BatchNorm1d(8)", "changes more than it gives back"),
    "a look into a tensor": (
        "logits = model",
        "assert float(model(batch['x']).detach().sum()) < 1e9\n        logits = model",
        "compute_forward raised RuntimeError: vmap",
    ),
    "a count": (
        "logits = model",
        "self.calls = getattr(self, 'calls', 0) + 1\n        logits = model",
        "changes more than it gives back",
    ),
    "a batch changed": ("logits = model", "batch['x'] *= 2\n        logits = model", "its batch"),
    "a knob of the optimizer": (
        'return {"loss": loss',
        "loss = loss * cfg['train']['optimizer']['args']['lr']\n        return {\"loss\": loss",
        "its loss would differ by",
    ),
    "examples of their own": (
        "features = torch",
        "row['a'] *= cfg['train']['optimizer']['args']['lr']\n        features = torch",
        "row_prep or collate make other examples",
    ),
}


@pytest.mark.parametrize(("before", "after", "reason"), APART.values(), ids=APART.keys())
def test_runs_that_would_differ_are_trained_apart_and_it_is_told_why(
    scene: Scene, before: str, after: str, reason: str
) -> None:
    assert before in ML_SPEC
    scene.write_code(ML_SPEC.replace(before, after))
    configs = [cfg | {"train": cfg["train"] | {"epochs": 1}} for cfg in CONFIGS[:2]]
    _, *alone = trained(scene, "single", *configs)
    control_plane, *apart = trained(scene, "auto", *configs)

    (told,) = fused(control_plane)
    assert told.startswith("runs 1, 2 are trained apart, because")
    assert reason in told
    assert all("fusedWithin" not in run for run in control_plane.runs.values())
    assert apart[1] == alone[1]
    for run_id, expected in alone[0].items():
        for name, tensor in expected.items():
            assert torch.equal(apart[0][run_id][name], tensor)


def test_a_layer_whose_memory_cannot_be_compared_is_told_by_its_name(scene: Scene) -> None:
    recurrent = """class Recurrent(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.memory = torch.nn.GRU(3, 3, batch_first=True)
        self.last = torch.nn.Linear(3, 2)

    def forward(self, x):
        return self.last(self.memory(x[:, None])[0][:, 0])


class MLSpec"""
    model = "return Recurrent()\n        return torch.nn.Sequential("
    source = ML_SPEC.replace("return torch.nn.Sequential(", model)
    scene.write_code(source.replace("class MLSpec", recurrent))
    scene.fit["executor"] = "auto"
    control_plane = scene.run_fit(*CONFIGS[:2])
    assert [run["status"] for run in control_plane.runs.values()] == ["completed"] * 2
    why = (
        "run 1 is trained apart, because what the GRU of its model keeps besides tensors cannot be"
    )
    (told,) = fused(control_plane)
    assert told.startswith(why)


def test_runs_whose_own_knobs_differ_are_no_kin(scene: Scene) -> None:
    configs = [CONFIGS[0] | {"user_knobs": {"smoothing": share}} for share in (0.0, 0.1)]
    control_plane, *_ = trained(scene, "auto", *configs)

    assert fused(control_plane) == []


def test_a_group_that_fails_later_goes_on_apart_from_where_its_chunk_began(scene: Scene) -> None:
    scene.write_code(
        ML_SPEC.replace(
            "logits = model",
            "len(batch['y']) < 8 and float(model(batch['x']).detach().sum())\n"
            "        logits = model",
        )
    )
    _, *alone = trained(scene, "single", *CONFIGS)
    control_plane, *together = trained(scene, "auto", *CONFIGS)

    first, then = fused(control_plane)[:2]
    assert "runs 1, 2, 3 are fused" in first
    assert "runs 1, 2, 3 are trained apart, because compute_forward raised RuntimeError" in then
    assert_close(together, alone)


def test_an_error_in_a_group_fails_each_run_with_its_own_traceback(scene: Scene) -> None:
    scene.fit["executor"] = "auto"
    scene.write_code(
        ML_SPEC.replace("features =", "assert row['id'] != 120, 'bad row'\n        features =")
    )
    control_plane = scene.run_fit(*CONFIGS)

    for run in control_plane.runs.values():
        assert run["status"] == "failed"
        assert "row_prep raised AssertionError: bad row" in run["error"]["message"]
        assert "trial.py" in run["error"]["traceback"]


def test_a_run_stops_out_of_its_group_and_joins_it_no_more(scene: Scene) -> None:
    _, *alone = trained(scene, "single", *CONFIGS)
    scene.fit["executor"] = "auto"
    scene.write_code(SLOWLY)

    def look(request: Json) -> None:
        if any(report["runId"] == 2 and "progress" in report for report in request["runs"]):
            control_plane.stop.add(2)

    with scene.control_plane(*CONFIGS) as control_plane:
        control_plane.on_request = look
        assert scene.worker(control_plane).work() == DONE
        statuses = [run["status"] for run in control_plane.runs.values()]
        assert statuses == ["completed", "stopped", "completed"]
        control_plane.on_request = lambda _: None
        control_plane.stop.clear()
        control_plane.runs[2]["status"] = "ongoing"
        control_plane.next_attempt()
        assert scene.worker(control_plane).work() == DONE

    assert_close((weights(scene, control_plane), control_plane.epochs), alone)


@pytest.mark.parametrize(("before", "after"), [("auto", "single"), ("single", "auto")])
def test_a_checkpoint_of_a_group_goes_on_alone_and_the_reverse(
    scene: Scene, before: str, after: str
) -> None:
    _, *alone = trained(scene, "single", *CONFIGS)
    scene.fit |= {"executor": before, "checkpointIntervalSeconds": 0}
    scene.write_code(SLOWLY)
    with scene.control_plane(*CONFIGS) as control_plane:
        process = start(control_plane, scene.store)
        control_plane.wait_for(lambda: "checkpoint" in control_plane.runs.get(1, {}))
        process.kill()
        assert exit_code(process) == -signal.SIGKILL
        scene.fit["executor"] = after
        control_plane.next_attempt()
        assert exit_code(start(control_plane, scene.store, attempt=2)) == DONE

    assert_close((weights(scene, control_plane), control_plane.epochs), alone)


def test_a_run_dealt_later_catches_up_and_joins(scene: Scene) -> None:
    _, *alone = trained(scene, "single", *CONFIGS)
    scene.fit["executor"] = "auto"
    scene.write_code(SLOWLY)

    def look(request: Json) -> None:
        if any("progress" in report for report in request["runs"]) and late:
            control_plane.waiting.append(late.pop())
            control_plane.more_to_come = False

    with scene.control_plane(*CONFIGS) as control_plane:
        late = [control_plane.waiting.pop()]
        control_plane.more_to_come = True
        control_plane.on_request = look
        assert scene.worker(control_plane).work() == DONE

    assert fused(control_plane)[0].startswith("runs 1, 2 are fused")
    assert_close((weights(scene, control_plane), control_plane.epochs), alone)


def test_told_seconds_are_shared_by_those_who_were_trained_in_them(scene: Scene) -> None:
    scene.fit["executor"] = "auto"
    scene.write_code(SLOWLY)
    control_plane = scene.run_fit(*CONFIGS)

    chunks = [
        report["runtimeSeconds"]
        for report in control_plane.reports
        if report["runId"] == 3 and "progress" in report
    ]
    told = sum(chunks)
    # Three epochs of ten batches, 0.03 s each, over three runs.
    assert 0.25 < told < 0.9 * 3


def test_runs_that_waited_at_a_rung_are_fused_anew_where_they_stood(scene: Scene) -> None:
    _, *alone = trained(scene, "single", *CONFIGS)
    scene.fit["executor"] = "auto"
    with scene.control_plane(*CONFIGS) as control_plane:
        for run in control_plane.waiting:
            run["untilEpoch"] = 1
        control_plane.more_to_come = True

        def look(_: Json) -> None:
            waiting = [run.get("checkpoint", {}) for run in control_plane.runs.values()]
            if control_plane.more_to_come and [each.get("epoch") for each in waiting] == [1, 1, 1]:
                control_plane.more_to_come = False
                control_plane.waiting = [
                    {"runId": run_id, "config": cfg, "completedEpochs": 1, "checkpoint": checkpoint}
                    for run_id, (cfg, checkpoint) in enumerate(
                        zip(CONFIGS, waiting, strict=True), 1
                    )
                ]

        control_plane.on_request = look
        assert scene.worker(control_plane).work() == DONE

    assert [run["status"] for run in control_plane.runs.values()] == ["completed"] * 3
    assert_close((weights(scene, control_plane), control_plane.epochs), alone)


def test_a_group_that_hangs_blames_nobody_and_starts_anew(scene: Scene) -> None:
    scene.fit |= {"executor": "auto", "chunkTimeoutSeconds": 1}
    scene.write_code(
        ML_SPEC.replace(
            "features =",
            "row['id'] == 120 and __import__('time').sleep(1000)\n        features =",
        )
    )
    scene.download()
    with scene.control_plane(*CONFIGS) as control_plane:
        assert exit_code(start(control_plane, scene.store)) == RESTART
        assert [run["status"] for run in control_plane.runs.values()] == ["ongoing"] * 3
        control_plane.next_attempt()
        control_plane.waiting = [control_plane.waiting[0] | {"alone": True}]
        assert exit_code(start(control_plane, scene.store, attempt=2)) == RESTART

    assert control_plane.runs[1]["status"] == "failed"
    assert "took longer than 1 s" in control_plane.runs[1]["error"]["message"]

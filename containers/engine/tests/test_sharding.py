"""Runs whose ``fsdp_layer_cls`` lets two CPU processes train them together."""

from __future__ import annotations

import ast
import multiprocessing
import re
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from control_plane_double import ControlPlaneDouble, Json
from engine_process import exit_code, start
from fanfold_engine import checkpoint_files
from fanfold_engine.ending import RESTART
from fanfold_engine.sharding.parts import part_of
from safetensors.torch import load_file
from scene import Scene, config, example_rows

TRANSFORMER = """
import os
import torch
import torchmetrics
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attend = nn.Linear(width, 3 * width, bias=False)
        self.widen = nn.Linear(width, 5)
        self.narrow = nn.Linear(5, width)

    def forward(self, tokens):  # (batch, tokens, width)
        query, key, value = self.attend(self.norm(tokens)).chunk(3, dim=-1)
        tokens = tokens + nn.functional.scaled_dot_product_attention(query, key, value)
        return tokens + self.narrow(torch.relu(self.widen(tokens)))


class Model(nn.Module):
    def __init__(self, width, dropout):
        super().__init__()
        self.embed = nn.Linear(1, width)
        self.again = nn.Linear(1, width, bias=False)
        self.again.weight = self.embed.weight
        self.blocks = nn.ModuleList(Block(width) for _ in range(2))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, 2)
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, features):  # (batch, tokens)
        if self.training:
            self.calls += 1
        tokens = self.embed(features[..., None]) + self.again(features[..., None])
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(self.dropout(tokens.mean(1)))


class MLSpec:
    def row_prep(self, row, object_dir, cfg, mode):
        features = torch.tensor([row["a"], row["b"], row["c"]])
        return {"id": row["id"], "x": features, "y": torch.tensor(row["y"])}

    def create_model(self, cfg):
        knobs = cfg.get("user_knobs", {})
        return Model(knobs.get("width", 6), knobs.get("dropout", 0.0))

    def compute_forward(self, model, batch, cfg, mode):
        logits = model(batch["x"])
        loss = nn.functional.cross_entropy(logits, batch["y"])
        return {"loss": loss, "predictions": logits, "targets": batch["y"]}

    def metrics(self, cfg, mode):
        return {"accuracy": torchmetrics.Accuracy(task="multiclass", num_classes=2)}
"""
TWO_RANKS = {"FANFOLD_CPU_RANKS": "2"}
ROUNDING = 1e-6
"""By how much losses and weights may differ from those of one process."""
VARIANTS = {
    "short and odd batches": config(
        batch_size=7,
        optimizer={"name": "AdamW", "args": {"lr": 0.01}},
        named_metrics={"auc": {"name": "AUROC", "args": {"task": "multiclass", "num_classes": 2}}},
    ),
    "accumulated gradients, clipped, with a schedule": config(
        batch_size=4,
        gradient_accumulation_steps=3,
        max_grad_norm=0.3,
        lr_scheduler={"name": "StepLR", "args": {"step_size": 1}, "interval": "epoch"},
    ),
}


@pytest.fixture
def scene(scene: Scene) -> Scene:
    scene.train_rows = example_rows(43, seed=1)
    scene.validation_rows = example_rows(15, seed=2)  # of the last batch of 7, one example is left
    scene.write_code(TRANSFORMER)
    scene.cpu_ranks = 2
    return scene


def sharded(cfg: Json) -> Json:
    return {**cfg, "fsdp_layer_cls": ["Block"]}


def state_of(scene: Scene, control_plane: ControlPlaneDouble, run_id: int = 1) -> Any:
    return checkpoint_files.read(scene.checkpoint(control_plane, run_id))


def results(control_plane: ControlPlaneDouble, run_id: int) -> list[dict[str, float]]:
    return [
        {"train_loss": row["trainLoss"]}
        | {metric["name"]: metric["value"] for metric in row["metrics"]}
        for row in control_plane.epochs[run_id]
    ]


def assert_close(one: Any, other: Any, within: float = ROUNDING) -> None:
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key, value in one.items():
            assert_close(value, other[key], within)
    elif isinstance(one, list):
        assert len(one) == len(other)
        for each, its in zip(one, other, strict=True):
            assert_close(each, its, within)
    elif isinstance(one, torch.Tensor):
        torch.testing.assert_close(one, other, rtol=0, atol=within)
    else:
        assert one == pytest.approx(other, abs=within)


def test_parts_are_a_batch_in_its_order_and_shares_its_whole() -> None:
    for examples in range(1, 12):
        batch = list(range(examples))
        parts = [part_of(batch, rank, 4) for rank in range(4)]
        assert [each for part in parts if part.share for each in part.members] == batch
        assert sum(part.share for part in parts) == pytest.approx(1)
        assert all(part.members for part in parts)


def test_two_processes_train_a_run_as_one_does_but_for_rounding(scene: Scene) -> None:
    alone = list(VARIANTS.values())
    control_plane = scene.run_fit(*alone, *map(sharded, alone))

    assert [run["status"] for run in control_plane.runs.values()] == ["completed"] * 4
    for number, variant in enumerate(VARIANTS, 1):
        together = number + len(VARIANTS)
        assert_close(results(control_plane, together), results(control_plane, number))
        one, two = (state_of(scene, control_plane, run_id) for run_id in (number, together))
        assert_close(two.model, one.model)
        assert_close(two.optimizer, one.optimizer)
        assert two.scheduler == one.scheduler, variant
        assert_close(two.model["calls"], one.model["calls"])
        directory = scene.checkpoint(control_plane, together)
        for_inference = checkpoint_files.read_model(directory, lambda _: None)
        assert_close(for_inference, dict(two.model), within=0)
    shards = scene.checkpoint(control_plane, 3) / "optimizer"
    assert len(list(shards.iterdir())) == 2
    tensors = load_file(scene.checkpoint(control_plane, 3) / "model.safetensors")
    assert "embed.weight" in tensors
    assert "again.weight" not in tensors  # tied: written once


def test_the_pattern_in_the_docs_trains(scene: Scene) -> None:
    page = (Path(__file__).parents[3] / "docs" / "large-models.md").read_text()
    source, told = re.findall(r"```(?:python)?\n((?:import|{).*?)```", page, re.DOTALL)
    cfg = ast.literal_eval(told.strip()) | {"user_knobs": {"width": 8, "depth": 2}}
    scene.write_code(source)
    rows = [{"id": i, "text": f"text {i % 7}", "label": i % 2} for i in range(70)]
    scene.train_rows, scene.validation_rows = rows, rows[:9]
    control_plane = scene.run_fit(cfg)
    assert control_plane.runs[1]["status"] == "completed", control_plane.runs[1]
    assert (scene.checkpoint(control_plane) / "optimizer").is_dir()


DRAWING = config(
    epochs=3,
    batch_size=8,
    optimizer={"name": "AdamW", "args": {"lr": 0.01}},
    user_knobs={"dropout": 0.3},
)


def stop_and_resume(scene: Scene, cfg: Json, *, ranks_later: int) -> ControlPlaneDouble:
    """Stop a run after the second chunk of its second epoch, and resume it on so many ranks."""
    scene.fit["numChunks"] = 5
    heard = scene.folder / "stop-is-heard"
    scene.write_code(waiting_in_batch(8, heard))
    scene.download()
    with scene.control_plane(cfg) as control_plane:

        def stop(request: Json) -> None:
            if control_plane.stop:
                heard.touch()
            told = [report["progress"] for report in request["runs"] if "progress" in report]
            if any((place["epoch"], place["chunk"]) == (2, 1) for place in told):
                control_plane.stop.add(1)

        control_plane.on_request = stop
        assert scene.worker(control_plane).work() == 0
        stopped = control_plane.runs[1]
        assert stopped["status"] == "stopped"
        assert (stopped["checkpoint"]["epoch"], stopped["checkpoint"]["chunk"]) == (1, 2)

        superseded = scene.checkpoint(control_plane)

        scene.cpu_ranks = ranks_later
        control_plane.on_request = lambda _: None
        control_plane.stop.clear()
        stopped["status"] = "ongoing"
        control_plane.next_attempt()
        assert scene.worker(control_plane).work() == 0
    assert control_plane.runs[1]["status"] == "completed"
    assert not any(path.is_file() for path in superseded.rglob("*"))
    return control_plane


def waiting_in_batch(number: int, until: Path) -> str:
    """The code with a batch, counted over epochs, that takes until a file is there."""
    is_it = f"mode == 'train' and model.calls == {number - 1}"
    return TRANSFORMER.replace(
        "logits = model",
        f"while {is_it} and not os.path.exists({str(until)!r}):\n"
        "            __import__('time').sleep(0.01)\n"
        "        logits = model",
    )


def test_a_run_stopped_within_an_epoch_goes_on_as_if_it_had_not_been(scene: Scene) -> None:
    scene.fit["numChunks"] = 5
    undisturbed = scene.run_fit(sharded(DRAWING))
    resumed = stop_and_resume(scene, sharded(DRAWING), ranks_later=2)

    assert resumed.epochs[1] == undisturbed.epochs[1]
    expected = state_of(scene, undisturbed).model
    assert all(
        torch.equal(tensor, expected[name])
        for name, tensor in state_of(scene, resumed).model.items()
    )


@pytest.mark.parametrize(("ranks", "ranks_later"), [(2, 1), (1, 2)])
def test_a_checkpoint_of_so_many_processes_goes_on_in_another_number(
    scene: Scene, ranks: int, ranks_later: int
) -> None:
    cfg = DRAWING | {"user_knobs": {}}
    alone = scene.run_fit(cfg)
    scene.cpu_ranks = ranks
    resumed = stop_and_resume(scene, sharded(cfg), ranks_later=ranks_later)

    assert_close(results(resumed, 1), results(alone, 1))
    assert_close(state_of(scene, resumed).model, state_of(scene, alone).model)
    assert_close(state_of(scene, resumed).optimizer, state_of(scene, alone).optimizer)


def test_a_warm_clone_takes_the_weights_of_a_parent_that_two_processes_trained(
    scene: Scene,
) -> None:
    parent = scene.run_fit(sharded(config(epochs=1, batch_size=8)))
    warm_start = {"prefix": parent.runs[1]["checkpoint"]["prefix"], "onSameData": True}
    clone = config(epochs=1, batch_size=8, optimizer={"name": "AdamW", "args": {"lr": 0.01}})
    clones = {2: clone, 3: sharded(clone), 4: sharded(clone) | {"user_knobs": {"width": 8}}}
    with scene.control_plane(*clones.values()) as control_plane:
        for run_id, run in zip(clones, control_plane.waiting, strict=True):
            run |= {"runId": run_id, "warmStart": warm_start}
        assert scene.worker(control_plane).work() == 0

    assert_close(results(control_plane, 3), results(control_plane, 2))
    one, two = (state_of(scene, control_plane, run_id) for run_id in (2, 3))
    assert_close(two.model, one.model)
    assert two.data_start == one.data_start
    error = control_plane.runs[4]["error"]["message"]
    assert "cannot start from its parent's weights (embed.weight is (8, 1) here" in error


def test_a_rank_that_fails_ends_its_run_with_its_traceback_and_the_next_is_trained(
    scene: Scene,
) -> None:
    scene.write_code(
        TRANSFORMER.replace(
            "logits = model",
            "if cfg.get('broken') and torch.distributed.get_rank() == 1:\n"
            "            raise ValueError('only here')\n"
            "        cfg.get('broken') or mode == 'train' or print('validates')\n"
            "        logits = model",
        )
    )
    scene.fit["executor"] = "auto"
    runs = [config(epochs=1), sharded(config(epochs=1)) | {"broken": True}]
    control_plane = scene.run_fit(runs[1], sharded(runs[0]), runs[0])

    failed = control_plane.runs[1]
    statuses = [run["status"] for run in control_plane.runs.values()]
    assert statuses == ["failed", "completed", "completed"]
    assert failed["error"]["message"] == "compute_forward raised ValueError: only here"
    assert "in compute_forward" in failed["error"]["traceback"]
    assert "fanfold_engine" not in failed["error"]["traceback"]
    assert control_plane.logged(2).count("validates") == 2  # two batches, told by one rank
    assert not [each for each in multiprocessing.active_children() if "rank" in each.name]


def test_what_cannot_be_sharded_is_refused_with_a_sentence(scene: Scene) -> None:
    unknown = config() | {"fsdp_layer_cls": ["Block", "Blok"]}
    control_plane = scene.run_fit(
        unknown,
        sharded(config(batch_size=1)),
        sharded(config(optimizer={"name": "Adafactor", "args": {}})),
    )
    messages = [run["error"]["message"] for run in control_plane.runs.values()]
    assert messages == [
        "fsdp_layer_cls names 'Blok', but the model has no such layer; the classes of its modules "
        "are Model, Linear, ModuleList, Block, LayerNorm, Dropout",
        "a batch_size of 1 cannot be divided over 2 GPUs; "
        "it counts the examples of all of them together",
        "Adafactor cannot step a model that lies on several GPUs; "
        "take another optimizer, such as AdamW, or leave fsdp_layer_cls out",
    ]
    scene.cpu_ranks = 1
    assert scene.run_fit(unknown).runs[1]["error"]["message"] == messages[0]


def test_bf16_gathers_bfloat16_and_keeps_float32(scene: Scene) -> None:
    cfg = config(precision="bf16")
    scene.write_code(
        TRANSFORMER.replace(
            "return tokens + self.narrow",
            "if isinstance(self, torch.distributed.fsdp.FSDPModule):\n"
            "            assert self.narrow.weight.dtype == torch.bfloat16\n"
            "        return tokens + self.narrow",
        )
    )
    control_plane = scene.run_fit(cfg, sharded(cfg))

    assert control_plane.runs[2]["status"] == "completed"
    assert_close(results(control_plane, 2), results(control_plane, 1), within=0.05)
    assert state_of(scene, control_plane, 2).model["head.weight"].dtype == torch.float32


def with_a_rank_that(scene: Scene, does: str) -> None:
    """A run whose second rank does something in its third batch; ranks write their IDs down."""
    scene.write_code(
        TRANSFORMER.replace(
            "logits = model",
            f"open({str(scene.folder)!r} + f'/rank-{{os.getpid()}}', 'w').close()\n"
            "        self.batches = getattr(self, 'batches', 0) + 1\n"
            "        if torch.distributed.get_rank() == 1 and self.batches == 3:\n"
            f"            {does}\n"
            "        logits = model",
        )
        + "\ndef stall():\n    import time\n    time.sleep(1000)\n"
    )
    scene.download()


def assert_no_rank_is_left(scene: Scene) -> None:
    ranks = [int(path.name.removeprefix("rank-")) for path in scene.folder.glob("rank-*")]
    assert len(ranks) == 2
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{rank}").exists() for rank in ranks):
        assert time.monotonic() < deadline, "a rank is left"
        time.sleep(0.05)


def test_a_killed_rank_is_noticed_and_a_new_process_goes_on(scene: Scene) -> None:
    with_a_rank_that(scene, "os.kill(os.getpid(), 9)")
    folder = "longer than the path of a Unix socket may be, as where the embedded stack runs a job"
    with scene.control_plane(sharded(config())) as control_plane:
        process = start(control_plane, scene.store, environment=TWO_RANKS, folder=folder)
        assert exit_code(process) == RESTART
    assert not list((scene.folder / folder).iterdir())

    assert control_plane.runs[1]["status"] == "ongoing"
    lost = "run 1: the process of GPU 1 is gone (exit code -9); a new process goes on"
    assert lost in control_plane.logged()
    assert_no_rank_is_left(scene)


def test_a_rank_that_hangs_fails_its_run_with_its_stack(scene: Scene) -> None:
    scene.fit["chunkTimeoutSeconds"] = 2
    with_a_rank_that(scene, "stall()")
    with scene.control_plane(sharded(config())) as control_plane:
        assert exit_code(start(control_plane, scene.store, environment=TWO_RANKS)) == RESTART

    failed = control_plane.runs[1]
    assert failed["status"] == "failed"
    assert "took longer than 2 s and was taken for hung" in failed["error"]["message"]
    assert "in stall" in failed["error"]["traceback"]
    assert_no_rank_is_left(scene)

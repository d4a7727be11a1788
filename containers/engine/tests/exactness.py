"""Fits drawn from a seed, each left alone and then disturbed: both must end alike."""

from __future__ import annotations

import random
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from control_plane_double import Json
from fanfold_engine.structure import Tensors, pack
from fanfold_engine.training import TrainingState
from journey import Journey, read_state
from scene import BUCKET, PREFIX, Scene, config, example_rows

ML_SPEC = """
import random
import time

import numpy
import torch
import torchmetrics


class MLSpec:
    def initialize_run(self, misc_path, cfg, mode):
        self.shift = torch.rand(3) * 0.01

    def row_prep(self, row, object_dir, cfg, mode):
        features = torch.tensor([row["a"], row["b"], row["c"]]) + self.shift
        if mode == "train" and "rows" in cfg["user_knobs"]["noise"]:
            features = features + 0.1 * noise()
        return {"x": features, "y": torch.tensor(row["y"])}

    def collate(self, examples, cfg, mode):
        time.sleep(0.01)
        return torch.utils.data.default_collate(examples)

    def create_model(self, cfg):
        knobs = cfg["user_knobs"]
        return torch.nn.Sequential(
            torch.nn.Linear(3, 8),
            torch.nn.BatchNorm1d(8) if knobs["batch_norm"] else torch.nn.Tanh(),
            torch.nn.ReLU(),
            torch.nn.Dropout(knobs["dropout"]),
            torch.nn.Linear(8, 2),
        )

    def compute_forward(self, model, batch, cfg, mode):
        x = batch["x"]
        if "forward" in cfg["user_knobs"]["noise"]:
            x = x + 0.1 * noise()
        logits = model(x)
        loss = torch.nn.functional.cross_entropy(logits, batch["y"])
        return {"loss": loss, "predictions": logits, "targets": batch["y"]}

    def metrics(self, cfg, mode):
        return {
            "accuracy": torchmetrics.Accuracy(task="multiclass", num_classes=2),
            "auroc": torchmetrics.AUROC(task="multiclass", num_classes=2),
        }


def noise():
    return random.gauss(0, 1) + numpy.random.randn() + torch.randn(3)
"""

OPTIMIZERS: list[tuple[str, Json]] = [
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.5, "dampening": 0.1, "weight_decay": 0.01}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("Adam", {}),
    ("Adam", {"weight_decay": 0.01}),
    ("AdamW", {"weight_decay": 0.1}),
]
SCHEDULERS: list[Json | None] = [
    None,
    {"name": "CosineAnnealingLR", "args": {"T_max": 9}},
    {"name": "CosineAnnealingWarmRestarts", "args": {"T_0": 3}},
    {"name": "OneCycleLR", "args": {"max_lr": 0.05, "total_steps": 400}},
    {"name": "StepLR", "args": {"step_size": 1, "gamma": 0.7}, "interval": "epoch"},
    {"name": "ExponentialLR", "args": {"gamma": 0.9}, "interval": "epoch"},
]
F1 = {"f1": {"name": "F1Score", "args": {"task": "multiclass", "num_classes": 2}}}
ROWS = 47
"""Every batch size below leaves a short last batch, and every accumulation a short last step."""


@dataclass(frozen=True)
class Ended:
    """How a run came out."""

    epochs: list[Json]
    state: TrainingState


def prove(folder: Path, seed: int) -> list[str]:
    """A fit of this seed ends alike, left alone and disturbed; what was done to it."""
    draw = random.Random(seed)
    configs = _family(draw) if draw.random() < 0.5 else _strangers(draw)
    scene = Scene(folder)
    scene.train_rows, scene.validation_rows = example_rows(ROWS, seed), example_rows(21, -seed)
    scene.write_code(ML_SPEC)
    scene.fit["chunkTimeoutSeconds"] = 600
    expected = _left_alone(scene, configs)
    journey = Journey(scene, draw, configs)
    try:
        journey.travel(disturbances=draw.randint(3, 8))
        for run, ended in expected.items():
            _require_alike(run, ended, journey)
    except BaseException as error:
        told = "\n".join([f"run {run}: {cfg}" for run, cfg in enumerate(configs, 1)] + journey.log)
        error.add_note(f"SEED={seed} tells this one again:\n{told}")
        raise
    return journey.log


def _strangers(draw: random.Random) -> list[Json]:
    """Runs that have nothing in common."""
    return [
        _config(draw, draw.choice(OPTIMIZERS), _shared(draw)) for _ in range(draw.randint(1, 3))
    ]


def _family(draw: random.Random) -> list[Json]:
    """Runs that may be fused, unless their forward pass draws random numbers or keeps some."""
    optimizer, shared = draw.choice(OPTIMIZERS), _shared(draw)
    return [_config(draw, optimizer, shared) for _ in range(draw.randint(2, 4))]


def _shared(draw: random.Random) -> Json:
    return {
        "batch_size": draw.choice([4, 5, 8, 12]),
        "gradient_accumulation_steps": draw.choice([1, 1, 2, 5]),
        "precision": draw.choice(["fp32", "fp32", "fp32", "bf16"]),
        "user_knobs": {
            "noise": draw.choice(["", "", "rows", "rows, forward"]),
            "dropout": draw.choice([0.0, 0.0, 0.3]),
            "batch_norm": draw.random() < 0.3,
        },
    }


def _config(draw: random.Random, optimizer: tuple[str, Json], shared: Json) -> Json:
    name, args = optimizer
    scheduler, norm = draw.choice(SCHEDULERS), draw.choice([None, 0.1, 1.0])
    return config(
        epochs=draw.randint(2, 6),
        optimizer={"name": name, "args": {**args, "lr": draw.choice([0.003, 0.01, 0.03])}},
        **shared,
        **({"lr_scheduler": scheduler} if scheduler else {}),
        **({"max_grad_norm": norm} if norm else {}),
        **({"named_metrics": F1} if draw.random() < 0.3 else {}),
    )


def _left_alone(scene: Scene, configs: list[Json]) -> dict[int, Ended]:
    control_plane = scene.run_fit(*configs)
    ended = {
        run: Ended(control_plane.epochs[run], read_state(scene, told["checkpoint"]))
        for run, told in control_plane.runs.items()
    }
    assert len(ended) == len(configs)
    shutil.rmtree(scene.store.path(BUCKET, f"{PREFIX}runs"))
    return ended


def _require_alike(run: int, expected: Ended, journey: Journey) -> None:
    within, state = journey.fused_within(run), journey.state(run)
    rows = {row["epoch"]: row for row in expected.epochs}
    told = list(journey.epochs(run))
    assert {row["epoch"] for row in told} == rows.keys()
    for row in told:
        if within is None:
            assert row == rows[row["epoch"]], f"run {run}"
        else:
            _require_close_losses(row, rows[row["epoch"]], within)
    if within is None:
        _require_equal(run, state, expected.state)
    else:
        _require_close(run, state, expected.state, within)


def _require_equal(run: int, state: TrainingState, expected: TrainingState) -> None:
    (told, tensors), (told_alone, tensors_alone) = _flat(state), _flat(expected)
    assert told == told_alone, f"run {run}"
    assert tensors.keys() == tensors_alone.keys()
    for name, tensor in tensors_alone.items():
        assert torch.equal(tensors[name], tensor), f"run {run}: {name}"


def _require_close(run: int, state: TrainingState, expected: TrainingState, within: float) -> None:
    assert state.place.epoch == expected.place.epoch
    assert state.random.is_same(expected.random), f"run {run}"
    one, other = (
        torch.cat([tensor.double().flatten() for tensor in each.model.values()])
        for each in (state, expected)
    )
    distance = float((one - other).norm() / other.norm())
    assert distance <= within, f"run {run}: its weights differ by {distance:.1g}"


def _require_close_losses(row: Json, expected: Json, within: float) -> None:
    for loss, alone in zip(_losses(row), _losses(expected), strict=True):
        assert abs(loss - alone) <= within * abs(alone), f"a loss of {loss} is {alone} alone"


def _losses(row: Json) -> list[float]:
    validation = {metric["name"]: metric["value"] for metric in row["metrics"]}
    return [row["trainLoss"], validation["val_loss"]]


def _flat(state: TrainingState) -> tuple[Any, Tensors]:
    """All that a state holds, as JSON and tensors by name."""
    tensors: Tensors = {}
    random_state = {name: getattr(state.random, name) for name in ("python", "numpy", "torch")}
    told = {
        "place": asdict(state.place),
        "random": random_state,
        "model": state.model,
        "optimizer": state.optimizer,
        "scheduler": state.scheduler,
    }
    return pack(told, "state", tensors), tensors

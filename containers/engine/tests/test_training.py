"""Training without a worker: it goes on from a checkpoint bit for bit."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch
from fanfold_engine import checkpoint_files
from fanfold_engine.checkpoint_files import CheckpointDamagedError
from fanfold_engine.data.dataset import Dataset, PartitionData
from fanfold_engine.data.rows import Rows
from fanfold_engine.structure import UnstorableError, pack, unpack
from fanfold_engine.tools.signatures import TARGET
from fanfold_engine.training import Training
from safetensors.torch import load_file, load_model
from scene import config, example_rows
from torch import nn

SIGNATURES = json.loads(TARGET.read_text())
ARGUMENTS = {
    "CosineAnnealingLR": {"T_max": 5},
    "CosineAnnealingWarmRestarts": {"T_0": 2},
    "CyclicLR": {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 3},
    "ExponentialLR": {"gamma": 0.9},
    "MultiStepLR": {"milestones": [2, 5, 9]},
    "OneCycleLR": {"max_lr": 0.1, "total_steps": 15},
    "StepLR": {"step_size": 2},
}


class Linear:
    """The least MLSpec; without biases, as Muon takes matrices only."""

    def row_prep(self, row: Any, object_dir: Any, cfg: Any, mode: str) -> Any:
        return torch.tensor([row["a"], row["b"], row["c"]]), torch.tensor(row["y"])

    def create_model(self, cfg: Any) -> nn.Module:
        layers = nn.Linear(3, 4, bias=False), nn.Dropout(0.2), nn.Linear(4, 2, bias=False)
        return nn.Sequential(*layers)

    def compute_forward(self, model: Any, batch: Any, cfg: Any, mode: str) -> Any:
        features, target = batch
        return {"loss": nn.functional.cross_entropy(model(features), target)}


class Tied(Linear):
    """Tied weights, a buffer, a view of another tensor, and state that is no tensor."""

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Linear(3, 2)
            self.decoder = nn.Linear(3, 2, bias=False)
            self.decoder.weight = self.encoder.weight
            self.norm = nn.BatchNorm1d(2)
            self.register_buffer("table", torch.arange(6.0).reshape(2, 3))
            self.register_buffer("row", self.table[0])
            self.calls = 0

        def forward(self, features: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            return self.norm(self.encoder(features) + self.decoder(features))

        def get_extra_state(self) -> Any:
            return {"calls": self.calls}

        def set_extra_state(self, state: Any) -> None:
            self.calls = state["calls"]

    def create_model(self, cfg: Any) -> nn.Module:
        return self.Model()


class Sparse(Linear):
    def create_model(self, cfg: Any) -> nn.Module:
        return nn.Embedding(2, 2, sparse=True)

    def compute_forward(self, model: Any, batch: Any, cfg: Any, mode: str) -> Any:
        _, target = batch
        return {"loss": nn.functional.cross_entropy(model(target), target)}


def begin(cfg: dict[str, Any], ml_spec: type = Linear) -> Training:
    rows = PartitionData(Rows(pa.Table.from_pylist(example_rows(20, seed=4))), None)
    dataset = Dataset(train=rows, validation=rows, misc_path="")
    return Training(ml_spec, cfg, dataset, seed=7, num_chunks=None, device=torch.device("cpu"))


def train_on(training: Training) -> list[Any]:
    reports = []
    while not training.is_over:
        training.train_chunk()
        if training.epoch_is_trained:
            reports.append(training.finish_epoch())
    return reports


def assert_goes_on_alike(cfg: dict[str, Any], folder: Path, ml_spec: type = Linear) -> None:
    """Written down after each of its chunks, the training goes on to the same end."""
    whole = begin(cfg, ml_spec)
    expected = train_on(whole)
    pieces, reports = begin(cfg, ml_spec), []
    for number in range(1000):
        pieces.train_chunk()
        if pieces.epoch_is_trained:
            reports.append(pieces.finish_epoch())
        directory = folder / str(number)
        directory.mkdir()
        checkpoint_files.write(pieces.capture(), directory)
        if pieces.is_over:
            break
        pieces = begin(cfg, ml_spec)
        torch.rand(5)  # whatever happened in the process before, it goes on from its own numbers
        pieces.restore(checkpoint_files.read(directory))
    assert reports == expected
    weights = pieces.model.state_dict()
    for name, expected_value in whole.model.state_dict().items():
        if isinstance(expected_value, torch.Tensor):
            assert torch.equal(weights[name], expected_value), name
        else:
            assert weights[name] == expected_value


@pytest.mark.parametrize("name", SIGNATURES["optimizers"])
def test_every_optimizer_goes_on_from_a_checkpoint(name: str, tmp_path: Path) -> None:
    ml_spec = Sparse if name == "SparseAdam" else Linear
    assert_goes_on_alike(
        config(batch_size=4, optimizer={"name": name, "args": {}}), tmp_path, ml_spec
    )


@pytest.mark.parametrize("interval", ["batch", "epoch"])
@pytest.mark.parametrize("name", SIGNATURES["schedulers"])
def test_every_scheduler_goes_on_from_a_checkpoint(
    name: str, interval: str, tmp_path: Path
) -> None:
    scheduler = {"name": name, "args": ARGUMENTS.get(name, {}), "interval": interval}
    assert_goes_on_alike(config(epochs=3, batch_size=4, lr_scheduler=scheduler), tmp_path)


def test_tied_weights_views_buffers_and_extra_state_go_on(tmp_path: Path) -> None:
    assert_goes_on_alike(config(batch_size=4), tmp_path, Tied)


def test_a_tied_weight_is_written_once_and_safetensors_own_loader_reads_it(tmp_path: Path) -> None:
    class Model(nn.Sequential):
        def __init__(self) -> None:
            super().__init__(nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2))
            self[1].weight = self[0].weight

    class TiedOnly(Linear):
        def create_model(self, cfg: Any) -> nn.Module:
            return Model()

    training = begin(config(), TiedOnly)
    train_on(training)
    checkpoint_files.write(training.capture(), tmp_path)
    assert "1.weight" not in load_file(tmp_path / "model.safetensors")

    model = Model()
    load_model(model, tmp_path / "model.safetensors")
    assert torch.equal(model[1].weight, training.model.state_dict()["0.weight"])


def test_bf16_trains_under_autocast() -> None:
    reports = train_on(begin(config(precision="bf16")))
    plain = train_on(begin(config()))
    assert reports != plain
    assert reports[-1].train_loss == pytest.approx(plain[-1].train_loss, rel=0.05)


@pytest.mark.parametrize("name", checkpoint_files.PARTS)
def test_a_damaged_checkpoint_is_refused(name: str, tmp_path: Path) -> None:
    training = begin(config())
    training.train_chunk()
    checkpoint_files.write(training.capture(), tmp_path)
    data = bytearray((tmp_path / name).read_bytes())
    data[-2] ^= 1
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CheckpointDamagedError, match=name):
        checkpoint_files.read(tmp_path)


def test_structures_come_back_as_they_were() -> None:
    value = {
        "plain": [1, 2.5, None, True, "x"],
        "special": (float("inf"), -0.0, b"bytes"),
        3: {"$dollar": Counter({4: 2})},
        "tensors": [torch.tensor(1.5), {"deep": torch.ones(2, dtype=torch.bfloat16)}],
    }
    tensors: dict[str, torch.Tensor] = {}
    told = json.loads(json.dumps(pack(value, "it", tensors), allow_nan=False))
    back = unpack(told, tensors)
    assert repr(back) == repr(value)
    with pytest.raises(UnstorableError, match="it.f is a function"):
        pack({"f": lambda: None}, "it", {})

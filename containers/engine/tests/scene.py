"""A small world for engine tests: storage in a folder, a dataset, a user's MLSpec, a worker."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
from control_plane_double import ControlPlaneDouble, Json
from fanfold_engine.data.download import download
from fanfold_engine.protocol import Assignment
from fanfold_engine.settings import Settings
from fanfold_engine.wire import from_json
from fanfold_engine.worker import Worker
from folder_store import FolderStore

BUCKET = "fanfold-bucket"
PREFIX = "workspaces/default/experiments/trial/"

ML_SPEC = """
import torch
import torchmetrics


class MLSpec:
    def row_prep(self, row, object_dir, cfg, mode):
        features = torch.tensor([row["a"], row["b"], row["c"]])
        return {"x": features, "y": torch.tensor(row["y"])}

    def create_model(self, cfg):
        knobs = cfg.get("user_knobs", {})
        return torch.nn.Sequential(
            torch.nn.Linear(3, 8),
            torch.nn.ReLU(),
            torch.nn.Dropout(knobs.get("dropout", 0.0)),
            torch.nn.Linear(8, 2),
        )

    def compute_forward(self, model, batch, cfg, mode):
        logits = model(batch["x"])
        loss = torch.nn.functional.cross_entropy(logits, batch["y"])
        return {"loss": loss, "predictions": logits, "targets": batch["y"]}

    def metrics(self, cfg, mode):
        return {"accuracy": torchmetrics.Accuracy(task="multiclass", num_classes=2)}
"""


def config(**changes: Any) -> Json:
    """A leaf config; ``train`` members by keyword, and what stands beside ``train`` too."""
    outside = {
        name: changes.pop(name)
        for name in ("user_knobs", "named_metrics", "fsdp_layer_cls")
        if name in changes
    }
    train = {
        "epochs": 2,
        "batch_size": 8,
        "optimizer": {"name": "SGD", "args": {"lr": 0.1, "momentum": 0.9}},
    }
    return {"train": train | changes, **outside}


def example_rows(count: int, seed: int) -> list[Json]:
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        a, b, c = (draw.gauss(0, 1) for _ in range(3))
        rows.append({"id": 100 + number, "a": a, "b": b, "c": c, "y": int(a + b * c > 0)})
    return rows


class Scene:
    """Puts things into storage and runs workers in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = FolderStore(folder / "s3")
        self.locators: dict[str, str] = {}
        self.inference: Json = {"config": {}, "batchSize": 8}
        self.download_columns: list[str] = []
        self.fraction = 1.0
        self.seed = 42
        self.epoch_checkpoints = False
        self.cpu_ranks = 1
        self.fit: Json = {
            "seed": 42,
            "executor": "single",
            "chunkTimeoutSeconds": 60,
            "checkpointIntervalSeconds": 3600,
        }
        self.train_rows = example_rows(50, seed=1)
        self.validation_rows = example_rows(20, seed=2)
        self.write_code(ML_SPEC)
        self._workers = 0
        self.memory: dict[str, int] = {}

    def write_code(self, source: str) -> None:
        data = source.encode()
        sha256 = hashlib.sha256(data).hexdigest()
        key = f"{PREFIX}code/{sha256}.py"
        self.store.put(BUCKET, key, data)
        self.code = {"key": key, "fileName": "trial.py", "sha256": sha256}

    def write_table(self, locator: str, rows: list[Json]) -> None:
        path = self.folder / "table.csv"
        pa_csv.write_csv(pa.Table.from_pylist(rows), path)
        self.locators[locator] = self.store.put("data-bucket", f"{locator}.csv", path.read_bytes())

    def download(self) -> None:
        """Make the data handle ready."""
        if not self.locators:
            self.write_table("train", self.train_rows)
            self.write_table("validation", self.validation_rows)
        scratch = self.folder / "download"
        scratch.mkdir(exist_ok=True)
        report = download(from_json(Assignment, self.assignment("download")), self.store, scratch)
        assert report.status == "ready", report.error

    def assignment(self, kind: str = "fit") -> Json:
        return {
            "kind": kind,
            "workspace": "default",
            "experiment": "trial",
            "operation": 1,
            "worker": 1,
            "lease": 1,
            "bucket": BUCKET,
            "prefix": PREFIX,
            "mlSpec": self.code,
            "epochCheckpoints": self.epoch_checkpoints,
            "dataHandle": {
                "dataHandleId": "handle",
                "locators": self.locators,
                "downloadColumns": self.download_columns,
                "fraction": self.fraction,
                "seed": self.seed,
                "manifestKey": f"{PREFIX}data/handle/manifest.json",
            },
            **({"fit": self.fit} if kind == "fit" else {}),
            **({"inference": self.inference} if kind in {"test", "predict"} else {}),
        }

    def control_plane(self, *configs: Json, kind: str = "fit") -> ControlPlaneDouble:
        runs = [
            {"runId": number, "config": each, "completedEpochs": 0}
            for number, each in enumerate(configs, 1)
        ]
        return ControlPlaneDouble(self.assignment(kind), runs)

    def settings(self, control_plane: ControlPlaneDouble) -> Settings:
        who = (control_plane.url, "planned-token", "eu-central-1", "job-1", 1, 1)
        return Settings(*who, cpu_ranks=self.cpu_ranks, **self.memory)

    def worker(self, control_plane: ControlPlaneDouble) -> Worker:
        self._workers += 1
        scratch = self.folder / f"scratch-{self._workers}"
        scratch.mkdir()
        return Worker(
            self.settings(control_plane),
            make_store=lambda *_: self.store,
            scratch=scratch,
            leave=_refuse_to_leave,
        )

    def run_fit(self, *configs: Json) -> ControlPlaneDouble:
        """Run a whole fit in this process; the control plane knows how it went."""
        self.download()
        with self.control_plane(*configs) as control_plane:
            assert self.worker(control_plane).work() == 0
        return control_plane

    def checkpoint(self, control_plane: ControlPlaneDouble, run_id: int = 1) -> Path:
        """The newest checkpoint of a run."""
        prefix = control_plane.runs[run_id]["checkpoint"]["prefix"]
        directory = self.store.path(BUCKET, prefix)
        assert json.loads((directory / "manifest.json").read_text())["version"] == 1
        return directory


def _refuse_to_leave(code: int) -> None:
    raise AssertionError(f"the worker wanted to leave with exit code {code}")

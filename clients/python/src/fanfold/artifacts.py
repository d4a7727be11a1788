"""Reads what `end` saved of an experiment, from a folder or from S3."""

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import fsspec
import pandas as pd

from fanfold.errors import InvalidRequest

_WIRE_FIT = ("seed", "numChunks", "executor", "chunkTimeoutSeconds")


@dataclass(frozen=True)
class SavedRun:
    """One run of saved artifacts, and all that it takes to train it again.

    Attributes:
        run_id: Its number in the experiment it was trained in.
        config: Its leaf config.
        fit: How its fit was asked for: `seed`, `numChunks`, `executor`, `chunkTimeoutSeconds`; the
            seed is the run's own if it began in an earlier fit.
        parent: Of a clone that started from another run's weights: that run.
        completed_epochs: Epochs it finished.
        was_fused: Whether it was trained fused with others, which rounds otherwise.
        manifest: What its data handle held.
        results: A row per epoch: `epoch`, `train_loss`, then the validation metrics.
    """

    run_id: int
    config: dict[str, Any]
    fit: dict[str, Any]
    parent: int | None
    completed_epochs: int
    was_fused: bool
    manifest: dict[str, Any]
    results: pd.DataFrame


class Artifacts:
    """The saved artifacts of one experiment.

    Args:
        place: The folder that `end` made, local or `s3://bucket/prefix/NAME`; S3 is read with the
            credentials that this machine has for it.

    Raises:
        InvalidRequest: There is no experiment's `experiment.json` in it.
    """

    def __init__(self, place: str) -> None:
        self._files, self._root = _open(str(place).rstrip("/"))
        self.place = place
        if not self._files.exists(self._path("experiment.json")):
            raise InvalidRequest(
                f"{place} holds no artifacts of an experiment (there is no experiment.json); name "
                "the folder that end() printed"
            )
        self.experiment: dict[str, Any] = self._json("experiment.json")

    def ml_spec(self) -> tuple[str, str]:
        """File name and source of the MLSpec."""
        told = self.experiment["mlSpec"]
        return told["fileName"], self._text(f"code/{told['sha256']}.py")

    def run(self, run_id: int) -> SavedRun:
        """One saved run.

        Raises:
            InvalidRequest: The run was not saved, or was saved without what its fit was asked.
        """
        if not self._files.exists(self._path(f"runs/{run_id}/run.json")):
            raise InvalidRequest(
                f"{self.place} holds no run {run_id}; it holds {_listed(self._runs())}"
            )
        run = self._json(f"runs/{run_id}/run.json")
        fit = self._json(f"operations/{run['operation']}/operation.json")["request"]
        asked = {**fit, "seed": run.get("seed", fit["seed"])}
        return SavedRun(
            run_id=run_id,
            config=run["config"],
            fit={name: asked[name] for name in _WIRE_FIT if name in asked},
            parent=run["clonedFrom"] if run.get("warmStarted") else None,
            completed_epochs=run["completedEpochs"],
            was_fused="fusedWithin" in run,
            manifest=self._json(f"data/{run['dataHandleId']}/manifest.json"),
            results=self._results(run_id),
        )

    def _results(self, run_id: int) -> pd.DataFrame:
        with self._files.open(self._path(f"runs/{run_id}/results.csv")) as file:
            # Python's own reading of numbers: pandas' quick one is off by a bit now and then.
            frame = pd.read_csv(file, float_precision="round_trip")
        return frame.drop(columns="run_id")

    def _runs(self) -> list[int]:
        folders = self._files.ls(self._path("runs"), detail=False)
        return sorted(int(PurePosixPath(folder).name) for folder in folders)

    def _json(self, name: str) -> dict[str, Any]:
        return json.loads(self._text(name))

    def _text(self, name: str) -> str:
        return self._files.cat_file(self._path(name)).decode()

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


def _open(place: str) -> tuple[Any, str]:
    try:
        return fsspec.core.url_to_fs(place)
    except ImportError as error:
        raise InvalidRequest(
            f"{place} needs a package that is not installed; `pip install 'fanfold[s3]'` brings it"
        ) from error


def _listed(run_ids: list[int]) -> str:
    if len(run_ids) <= 1:
        return f"run {run_ids[0]}" if run_ids else "none"
    return f"runs {run_ids[0]} to {run_ids[-1]}"

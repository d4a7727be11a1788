"""Trains a saved run again and holds what comes out against what was saved."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fanfold.artifacts import Artifacts, SavedRun
from fanfold.connection import Connection, find_connection
from fanfold.data_handle import DataHandle
from fanfold.errors import InvalidRequest, OperationInProgress
from fanfold.experiment import Experiment
from fanfold.routes import WorkspaceRoutes
from fanfold.saved_secrets import with_secrets
from fanfold.screens import say

FUSED_TOLERANCE = 0.001
"""Of a metric, relative: a run that was trained fused with others was rounded otherwise."""


@dataclass(frozen=True)
class Replay:
    """A run trained again.

    Attributes:
        experiment: The experiment it was trained in; still alive.
        comparison: A row per epoch and metric: `epoch`, `metric`, `saved`, `replayed`.
        tolerance: How far apart two metrics may be and yet be equal, relative to the saved one: 0
            unless the run was trained fused with others.
    """

    experiment: Experiment
    comparison: pd.DataFrame
    tolerance: float = 0.0

    @property
    def is_equal(self) -> bool:
        """Whether every metric of every epoch is the same number, within `tolerance`."""
        return self.differences.empty

    @property
    def differences(self) -> pd.DataFrame:
        """The rows of the comparison that are not equal."""
        saved, replayed = (
            self.comparison[side].to_numpy(dtype=float) for side in ("saved", "replayed")
        )
        same = np.isclose(replayed, saved, rtol=self.tolerance, atol=0.0, equal_nan=True)
        return self.comparison.loc[~same]


def replay(
    artifacts: str,
    run_id: int,
    *,
    name: str | None = None,
    secrets: Mapping[str, str] | None = None,
    connection: Connection | None = None,
) -> Replay:
    """Train a run of saved artifacts again, in a new experiment, and compare its metrics.

    Args:
        artifacts: Where `end` saved them: a folder, or `s3://bucket/prefix/NAME`.
        run_id: The run's number there.
        name: Of the new experiment; the saved one's with `-replay` if left out.
        secrets: Values of the config's secrets, which are not saved, by their places: JSON
            pointers such as `/user_knobs/api_key`.
        connection: The service; found as ever if left out.

    Raises:
        InvalidRequest: There are no such artifacts, or no such run in them, or it started from
            another run's weights, or secrets of the run were not given; says which.
        OperationInProgress: An experiment is alive in the workspace; this would end it.

    Example:
        >>> fanfold.replay("s3://my-bucket/outputs/digits", 3).is_equal
        True
    """
    saved = Artifacts(artifacts)
    run = saved.run(run_id)
    _refuse_warm(run)
    config = with_secrets(run.config, secrets or {})
    workspace = WorkspaceRoutes(connection or find_connection())
    _refuse_to_supersede(workspace)
    file_name, source = saved.ml_spec()
    with tempfile.TemporaryDirectory() as folder:
        ml_spec = Path(folder) / file_name
        ml_spec.write_bytes(source.encode())
        name = name or f"{saved.experiment['experiment']}-replay"
        experiment = Experiment(ml_spec, name, connection=workspace.connection)
    handle = _data_handle(run.manifest)
    handle.download()
    experiment.run_fit(handle, config, **_fit_arguments(run))
    comparison = _compare(run, experiment.get_results())
    tolerance = FUSED_TOLERANCE if run.was_fused else 0.0
    outcome = Replay(experiment, comparison, tolerance)
    say(_verdict(run, outcome))
    return outcome


def _refuse_warm(run: SavedRun) -> None:
    if run.parent is not None:
        raise InvalidRequest(
            f"run {run.run_id} started from the weights of run {run.parent}, and a replay starts "
            f"from fresh ones; they are saved with it, in runs/{run.run_id}/checkpoints/start/"
        )


def _refuse_to_supersede(workspace: WorkspaceRoutes) -> None:
    alive = workspace.find_alive()
    if alive is not None:
        raise OperationInProgress(
            f"experiment {alive.name} is alive, and a replay would end it; end() it first, or "
            "choose another workspace with FANFOLD_WORKSPACE"
        )


def _data_handle(manifest: dict[str, Any]) -> DataHandle:
    """The same places, columns and draw; whether the data are the same, the metrics tell."""
    partitions: dict[str, Any] = manifest["partitions"]
    locators = {name: partitions[name]["uri"] for name in partitions}
    for name, partition in partitions.items():
        if partition.get("objects"):
            locators[f"{name}_objects"] = _prefix(partition["objects"])
    if manifest.get("misc"):
        locators["misc"] = _prefix(manifest["misc"])
    return DataHandle(
        locators,
        manifest["downloadColumns"],
        fraction=manifest["fraction"],
        seed=manifest["seed"],
    )


def _prefix(objects: dict[str, Any]) -> str:
    return f"s3://{objects['bucket']}/{objects['prefix']}"


def _fit_arguments(run: SavedRun) -> dict[str, Any]:
    names = {
        "seed": "seed",
        "numChunks": "num_chunks",
        "executor": "executor",
        "chunkTimeoutSeconds": "chunk_timeout_s",
    }
    return {names[name]: value for name, value in run.fit.items()}


def _compare(run: SavedRun, results: pd.DataFrame) -> pd.DataFrame:
    """Epochs that the saved run finished; one that only the new run has is not held against it."""
    saved = run.results.melt("epoch", var_name="metric", value_name="saved")
    again = results.drop(columns="run_id").melt("epoch", var_name="metric", value_name="replayed")
    both = saved.merge(again, how="left", on=["epoch", "metric"])
    return both.sort_values(["epoch", "metric"], ignore_index=True)


def _verdict(run: SavedRun, outcome: Replay) -> str:
    compared, unequal = len(outcome.comparison), len(outcome.differences)
    if outcome.is_equal:
        return (
            f"Run {run.run_id} trained again: all {compared} metrics of its "
            f"{run.completed_epochs} epochs are equal, {_how(outcome)}"
        )
    gaps = np.abs(np.diff(outcome.differences[["saved", "replayed"]].to_numpy(dtype=float)))
    largest = float(np.max(gaps, initial=0.0, where=np.isfinite(gaps)))
    return (
        f"Run {run.run_id} trained again: {unequal} of {compared} metrics differ, by "
        f"{largest:.3g} at most\n{outcome.differences.to_string(index=False)}"
    )


def _how(outcome: Replay) -> str:
    if Replay(outcome.experiment, outcome.comparison).is_equal:
        return "bit for bit"
    return f"within {outcome.tolerance:g}: it was trained fused with others"

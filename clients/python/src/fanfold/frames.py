"""Results and runs as DataFrames with the columns that users rely on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from fanfold.resources import ControlEntry, EpochResult, Run

_RESULT_KEYS = ["run_id", "epoch", "train_loss"]

_RUN_COLUMNS = {
    "run_id": "int64",
    "data_handle_id": "object",
    "status": "object",
    "source": "object",
    "ended_by": "object",
    "completed_epochs": "int64",
    "mlflow_run_id": "object",
    "config": "object",
    "cloned_from": "Int64",
    "warm_started": "bool",
    "started_at": "datetime64[ns, UTC]",
    "runtime_s": "float64",
    "gpu_utilization": "float64",
    "cost_usd": "float64",
    "attempts": "int64",
    "interruptions": "int64",
    "fused_within": "float64",
    "error": "object",
    "gpu_memory_bytes": "Int64",
    "samples_per_s": "float64",
    "loading_s": "float64",
    "swapping_s": "float64",
    "checkpointing_s": "float64",
}

_CONTROL_COLUMNS = {
    "at": "datetime64[ns, UTC]",
    "by": "object",
    "op": "object",
    "run_id": "int64",
    "asked": "object",
    "made": "object",
    "outcome": "object",
    "refusal": "object",
    "detail": "object",
}


def results_frame(results: Sequence[EpochResult]) -> pd.DataFrame:
    """One row per run and epoch: `train_loss`, then the metrics, `val_loss` first."""
    columns = [*_RESULT_KEYS, *metric_names(results)]
    rows = [
        {"run_id": r.run_id, "epoch": r.epoch, "train_loss": r.train_loss, **r.metrics}
        for r in results
    ]
    frame = pd.DataFrame(rows, columns=pd.Index(columns))
    kinds = {name: "int64" if name in ("run_id", "epoch") else "float64" for name in columns}
    return frame.astype(kinds).sort_values(["run_id", "epoch"], ignore_index=True)


def metric_names(results: Iterable[EpochResult]) -> list[str]:
    """The validation metrics there are: `val_loss`, then the others as they first appear."""
    names = list(dict.fromkeys(name for result in results for name in result.metrics))
    return sorted(names, key=lambda name: name != "val_loss")


def runs_frame(runs: Iterable[Run]) -> pd.DataFrame:
    """One row per run; what is not known is `None` in texts, NaN or NA in numbers."""
    rows = [
        {
            "run_id": run.run_id,
            "data_handle_id": run.data_handle_id,
            "status": run.status,
            "source": run.source,
            "ended_by": run.ended_by,
            "completed_epochs": run.completed_epochs,
            "mlflow_run_id": run.mlflow_run_id,
            "config": dict(run.config),
            "cloned_from": run.cloned_from,
            "warm_started": run.warm_started,
            "started_at": run.started_at,
            "runtime_s": run.runtime_s,
            "gpu_utilization": run.gpu_utilization,
            "cost_usd": run.cost_usd,
            "attempts": run.attempts,
            "interruptions": run.interruptions,
            "fused_within": run.fused_within,
            "error": run.traceback or run.message,
            "gpu_memory_bytes": run.gpu_memory_bytes,
            "samples_per_s": run.samples_per_s,
            "loading_s": run.loading_s,
            "swapping_s": run.swapping_s,
            "checkpointing_s": run.checkpointing_s,
        }
        for run in runs
    ]
    return _frame(rows, _RUN_COLUMNS)


def control_frame(entries: Iterable[ControlEntry]) -> pd.DataFrame:
    """One row per op, in order; what an op has nothing of is `None`."""
    return _frame([asdict(entry) for entry in entries], _CONTROL_COLUMNS)


def _frame(rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, Any]) -> pd.DataFrame:
    columns = {
        name: pd.Series([row.get(name) for row in rows], dtype=kind) for name, kind in kinds.items()
    }
    return pd.DataFrame(columns)

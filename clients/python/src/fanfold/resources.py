"""The service's resources as this client reads them from JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from fanfold.inference_resource import Inference

Json = Mapping[str, Any]

OPEN_RUNS = frozenset({"new", "ongoing"})
_ACTIVE_OPERATIONS = frozenset({"pending", "running", "cancelling"})


@dataclass(frozen=True)
class ExperimentResource:
    """One experiment."""

    name: str
    requested_name: str
    status: str
    storage_uri: str
    active_operation: int | None

    @classmethod
    def of(cls, wire: Json) -> Self:
        """Read it from JSON."""
        return cls(
            name=wire["name"],
            requested_name=wire["requestedName"],
            status=wire["status"],
            storage_uri=wire["storageUri"],
            active_operation=wire.get("activeOperation"),
        )


@dataclass(frozen=True)
class CreatedExperiment:
    """An experiment as its creation answers: new or reconnected, and what was ended for it."""

    experiment: ExperimentResource
    reconnected: bool
    superseded: str | None

    @classmethod
    def of(cls, wire: Json) -> Self:
        """Read it from JSON."""
        experiment = ExperimentResource.of(wire["experiment"])
        return cls(experiment, wire["reconnected"], wire.get("superseded"))


@dataclass(frozen=True)
class Operation:
    """One fit, test, prediction, download or end."""

    number: int
    kind: str
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    plan: str | None
    run_count: int
    artifacts_uri: str | None
    saved_runs: int
    runs_to_save: int
    error: str | None
    error_type: str | None
    traceback: str | None
    inference: Inference | None

    @classmethod
    def of(cls, wire: Json) -> Self:
        """Read it from JSON."""
        progress = wire.get("progress", {}) if wire["kind"] == "end" else {}
        return cls(
            number=wire["operation"],
            kind=wire["kind"],
            status=wire["status"],
            started_at=_instant(wire.get("startedAt")),
            ended_at=_instant(wire.get("endedAt")),
            plan=wire.get("plan", {}).get("reason"),
            run_count=wire.get("runCount", 0),
            artifacts_uri=wire.get("artifactsUri"),
            saved_runs=progress.get("done", 0),
            runs_to_save=progress.get("of", 0),
            error=wire.get("error"),
            error_type=wire.get("errorType"),
            traceback=wire.get("traceback"),
            inference=Inference.of(wire),
        )

    @property
    def is_active(self) -> bool:
        """Whether it still keeps the experiment from other operations."""
        return self.status in _ACTIVE_OPERATIONS


@dataclass(frozen=True)
class DataHandleResource:
    """One data handle as the service knows it."""

    data_handle_id: str
    status: str
    rows: Mapping[str, int]
    error: str | None
    error_type: str | None

    @classmethod
    def of(cls, wire: Json) -> Self:
        """Read it from JSON."""
        return cls(
            data_handle_id=wire["dataHandleId"],
            status=wire["status"],
            rows=wire.get("rows", {}),
            error=wire.get("error"),
            error_type=wire.get("errorType"),
        )


@dataclass(frozen=True)
class Run:
    """One leaf config being trained."""

    run_id: int
    data_handle_id: str
    status: str
    source: str
    cloned_from: int | None
    warm_started: bool
    mlflow_run_id: str | None
    ended_by: str | None
    completed_epochs: int
    chunk: int
    chunks: int
    config: Json
    attempts: int
    interruptions: int
    started_at: datetime | None
    runtime_s: float
    loading_s: float | None
    swapping_s: float | None
    checkpointing_s: float | None
    samples_per_s: float | None
    gpu_utilization: float | None
    gpu_memory_bytes: int | None
    cost_usd: float | None
    fused_within: float | None
    message: str | None
    traceback: str | None

    @classmethod
    def of(cls, wire: Json) -> Self:
        """Read it from JSON."""
        progress = wire.get("progress", {})
        # Progress may still tell of an epoch that is finished by now.
        inside = progress.get("epoch") == wire["completedEpochs"] + 1
        error = wire.get("error", {})
        return cls(
            run_id=wire["runId"],
            data_handle_id=wire["dataHandleId"],
            status=wire["status"],
            source=wire["source"],
            cloned_from=wire.get("clonedFrom"),
            warm_started=wire.get("warmStarted", False),
            mlflow_run_id=wire.get("mlflowRunId"),
            ended_by=wire.get("endedBy"),
            completed_epochs=wire["completedEpochs"],
            chunk=progress["chunk"] if inside else 0,
            chunks=progress.get("chunks", 0),
            config=wire["config"],
            attempts=wire["attempts"],
            interruptions=wire.get("interruptions", 0),
            started_at=_instant(wire.get("startedAt")),
            runtime_s=wire["runtimeSeconds"],
            loading_s=wire.get("loadingSeconds"),
            swapping_s=wire.get("swappingSeconds"),
            checkpointing_s=wire.get("checkpointingSeconds"),
            samples_per_s=wire.get("samplesPerSecond"),
            gpu_utilization=wire.get("gpuUtilization"),
            gpu_memory_bytes=wire.get("gpuPeakMemoryBytes"),
            cost_usd=wire.get("costUsd"),
            fused_within=wire.get("fusedWithin"),
            message=error.get("message"),
            traceback=error.get("traceback"),
        )

    @property
    def epochs(self) -> int:
        """How many epochs it is to train."""
        return int(self.config.get("train", {}).get("epochs", 0))

    @property
    def reason(self) -> str:
        """Why it failed, in one line, which names the method that raised."""
        told = (self.message or "").strip() or "no reason given"
        return told.splitlines()[0]


@dataclass(frozen=True)
class ControlEntry:
    """What somebody asked to be done to a run, and what was answered."""

    at: datetime
    by: str
    op: str
    run_id: int
    asked: Json | None
    made: Sequence[int] | None
    outcome: str
    refusal: str | None
    detail: str | None

    @classmethod
    def of(cls, wire: Json) -> Self:
        """Read it from JSON."""
        return cls(
            at=datetime.fromisoformat(wire["at"]),
            by=wire["by"],
            op=wire["op"],
            run_id=wire["runId"],
            asked=wire.get("asked"),
            made=wire.get("made"),
            outcome=wire["outcome"],
            refusal=wire.get("refusal"),
            detail=wire.get("detail"),
        )


@dataclass(frozen=True)
class EpochResult:
    """What one finished epoch of a run measured."""

    run_id: int
    epoch: int
    train_loss: float
    metrics: Mapping[str, float]

    @classmethod
    def of(cls, wire: Json) -> Self:
        """Read it from JSON; `float` also reads the words for values that are not finite."""
        return cls(
            run_id=wire["runId"],
            epoch=wire["epoch"],
            train_loss=float(wire["trainLoss"]),
            metrics={name: float(value) for name, value in wire["metrics"].items()},
        )


@dataclass(frozen=True)
class LogLine:
    """One line of an experiment's log; `run_id` is `None` when a worker itself speaks."""

    at: datetime
    level: str
    operation: int
    worker: int
    run_id: int | None
    message: str

    @classmethod
    def of(cls, wire: Json) -> Self:
        """Read it from JSON."""
        return cls(
            at=datetime.fromisoformat(wire["at"]),
            level=wire["level"],
            operation=wire["operation"],
            worker=wire["worker"],
            run_id=wire.get("runId"),
            message=wire["message"],
        )

    def __str__(self) -> str:
        speaker = f"worker {self.worker}" if self.run_id is None else f"run {self.run_id}"
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.level:<7} {speaker}: {self.message}"


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

"""What an engine and the control plane say to each other, as frozen dataclasses.

The engine sends what is true, the answer is what should be true. Syncs are numbered from 1 within a
lease; one sent again with the same number has no second effect. ``schema/`` holds the JSON Schemas.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

RunStatus = Literal["ongoing", "stopped", "completed", "failed"]
LogLevel = Literal["debug", "info", "warning", "error"]

MAX_RUN_REPORTS = 50
MAX_LOG_LINES = 2_000
MAX_ROOM = 100


@dataclass(frozen=True)
class Checkpoint:
    """A published checkpoint and the place in training it was taken at."""

    prefix: str
    epoch: int
    chunk: int


@dataclass(frozen=True)
class Progress:
    """The epoch in training, its finished chunks, its chunks in all, and the mean loss so far."""

    epoch: int
    chunk: int
    chunks: int
    train_loss: float | None = None


@dataclass(frozen=True)
class Metric:
    """One metric's value."""

    name: str
    value: float


@dataclass(frozen=True)
class EpochReport:
    """What one finished epoch measured; ``val_loss`` comes first in ``metrics``."""

    epoch: int
    train_loss: float
    metrics: tuple[Metric, ...]


@dataclass(frozen=True)
class RunError:
    """Why a run failed: one sentence, the traceback of the user's code, and the error's type if it
    is one that users are told of by name."""

    message: str
    traceback: str | None = None
    error_type: str | None = None


@dataclass(frozen=True)
class GpuUse:
    """What was measured of the GPU: for how long, how much of that it was busy, most memory."""

    seconds: float
    busy_seconds: float
    peak_memory_bytes: int

    def __add__(self, other: GpuUse) -> GpuUse:
        """Two measurements as one."""
        return GpuUse(
            self.seconds + other.seconds,
            self.busy_seconds + other.busy_seconds,
            max(self.peak_memory_bytes, other.peak_memory_bytes),
        )


@dataclass(frozen=True)
class TimeUse:
    """What became of a run's time, and the examples that it trained on meanwhile.

    What is not named here went into validation.
    """

    examples: int = 0
    training_seconds: float = 0.0
    loading_seconds: float = 0.0
    swapping_seconds: float = 0.0
    checkpointing_seconds: float = 0.0

    def __add__(self, other: TimeUse) -> TimeUse:
        """Two stretches of time as one."""
        return TimeUse(
            self.examples + other.examples,
            self.training_seconds + other.training_seconds,
            self.loading_seconds + other.loading_seconds,
            self.swapping_seconds + other.swapping_seconds,
            self.checkpointing_seconds + other.checkpointing_seconds,
        )


@dataclass(frozen=True)
class RunReport:
    """What became of a run since the last accepted sync."""

    run_id: int
    status: RunStatus
    completed_epochs: int
    progress: Progress | None = None
    checkpoint: Checkpoint | None = None
    epochs: tuple[EpochReport, ...] = ()
    runtime_seconds: float = 0.0
    error: RunError | None = None
    gpu: GpuUse | None = None
    fused_within: float | None = None  # the tolerance of its trial
    epoch_checkpoints: tuple[Checkpoint, ...] = ()
    """Of whole epochs, kept."""
    branch: Checkpoint | None = None
    """Published because the answer said so; clones start from it, so it is kept."""
    time_use: TimeUse | None = None


@dataclass(frozen=True)
class LogLine:
    """One line said by a run's code, or by the worker itself when ``run_id`` is left out."""

    at: str
    level: LogLevel
    message: str
    run_id: int | None = None


@dataclass(frozen=True)
class DownloadReport:
    """How a download ended."""

    status: Literal["ready", "failed"]
    rows: dict[str, int] = field(default_factory=dict)
    manifest_sha256: str | None = None
    error: str | None = None
    error_type: str | None = None


@dataclass(frozen=True)
class BatchProgress:
    """Batches that are done, of how many."""

    done: int
    of: int


@dataclass(frozen=True)
class PredictionsFile:
    """What is in a prediction's file; ``id`` comes first in ``columns``."""

    rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True)
class InferenceError:
    """Why a test or a prediction failed; ``error_type`` is the problem type it amounts to."""

    message: str
    traceback: str | None = None
    error_type: str | None = None


@dataclass(frozen=True)
class InferenceReport:
    """How far a test or a prediction is, or how it came out."""

    status: Literal["ongoing", "completed", "failed"]
    progress: BatchProgress
    metrics: tuple[Metric, ...] | None = None
    predictions: PredictionsFile | None = None
    error: InferenceError | None = None


@dataclass(frozen=True)
class SyncRequest:
    """One sync."""

    job_id: str
    attempt: int
    sequence: int
    needs_credentials: bool
    room: int
    runs: tuple[RunReport, ...] = ()
    logs: tuple[LogLine, ...] = ()
    download: DownloadReport | None = None
    inference: InferenceReport | None = None
    interrupted: bool | None = None
    """The machine is being taken away."""


@dataclass(frozen=True)
class Credentials:
    """Short-lived storage credentials."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: str


@dataclass(frozen=True)
class MlSpecSource:
    """Where the user's MLSpec file lies."""

    key: str
    file_name: str
    sha256: str


@dataclass(frozen=True)
class Locators:
    """A dataset's places, every one an ``s3://`` URI."""

    train: str | None = None
    validation: str | None = None
    test: str | None = None
    predict: str | None = None
    objects: str | None = None
    train_objects: str | None = None
    validation_objects: str | None = None
    test_objects: str | None = None
    predict_objects: str | None = None
    misc: str | None = None


@dataclass(frozen=True)
class DataHandle:
    """What to sample of a dataset, and where its manifest lies or is to be written."""

    data_handle_id: str
    locators: Locators
    download_columns: tuple[str, ...]
    fraction: float
    seed: int
    manifest_key: str
    manifest_sha256: str | None = None


@dataclass(frozen=True)
class Fit:
    """What a fit was asked to do."""

    seed: int
    executor: str
    chunk_timeout_seconds: float
    checkpoint_interval_seconds: float
    num_chunks: int | None = None


@dataclass(frozen=True)
class ModelSource:
    """Where a trained model lies: a run's checkpoint (a prefix), or a file of the user's."""

    kind: Literal["run", "tag"]
    uri: str
    run_id: int | None = None


@dataclass(frozen=True)
class Inference:
    """What a test or a prediction was asked to do; secrets come apart from the config."""

    model: ModelSource
    config: dict[str, Any]
    batch_size: int
    predictions_key: str | None = None
    secrets: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Assignment:
    """What the whole worker is for."""

    kind: Literal["fit", "test", "predict", "download"]
    workspace: str
    experiment: str
    operation: int
    worker: int
    lease: int
    bucket: str
    prefix: str
    ml_spec: MlSpecSource
    epoch_checkpoints: bool
    data_handle: DataHandle
    fit: Fit | None = None
    inference: Inference | None = None


@dataclass(frozen=True)
class WarmStart:
    """A parent's checkpoint that a clone starts from, and whether their data are the same."""

    prefix: str
    on_same_data: bool


@dataclass(frozen=True)
class DealtRun:
    """A run to take on, from its newest checkpoint or from the start.

    ``{"$secret": name}`` stands in the config for each of its secrets, whose values come apart.
    """

    run_id: int
    config: dict[str, Any]
    completed_epochs: int
    checkpoint: Checkpoint | None = None
    seed: int | None = None
    """In place of the fit's: the run began in another fit."""
    warm_start: WarmStart | None = None
    """Where it starts while it has no checkpoint of its own."""
    keep_checkpoint: bool = False
    """Clones start from ``checkpoint``."""
    until_epoch: int | None = None
    """Epochs after which to publish a checkpoint and let the run go, still ongoing."""
    secrets: dict[str, str] = field(default_factory=dict)
    alone: bool = False
    """Train nothing else until it has got further: its workers were lost again and again."""


@dataclass(frozen=True)
class SyncAnswer:
    """What should be true."""

    sequence: int
    train: tuple[DealtRun, ...]
    more: bool
    stop: tuple[int, ...]
    drop: tuple[int, ...]
    exit: bool
    sync_interval_seconds: float
    token: str | None = None
    credentials: Credentials | None = None
    assignment: Assignment | None = None
    branch: tuple[int, ...] = ()
    """Runs to publish a checkpoint of, for clones."""


def instant(at: datetime | None = None) -> str:
    """A moment as the protocol writes it: ISO 8601, UTC, milliseconds."""
    moment = at or datetime.now(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

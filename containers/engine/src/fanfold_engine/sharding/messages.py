"""What the worker's process and the ranks say to each other, pickled over a pipe for each rank."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fanfold_engine.data.dataset import Dataset
from fanfold_engine.protocol import WarmStart
from fanfold_engine.training import Place


@dataclass(frozen=True)
class Begin:
    """Make the training, from a checkpoint if there is one: its own, or that of its parent."""

    ml_spec_file: Path
    ml_spec_sha256: str
    config: dict[str, Any]
    layer_classes: tuple[str, ...]
    dataset: Dataset
    seed: int
    num_chunks: int | None
    checkpoint: Path | None
    warm_start: WarmStart | None


@dataclass(frozen=True)
class TrainChunk:
    """Train on the next chunk."""


@dataclass(frozen=True)
class FinishEpoch:
    """Validate, and go on to the next epoch."""


@dataclass(frozen=True)
class Save:
    """Write a checkpoint into a directory."""

    directory: Path


@dataclass(frozen=True)
class TellStack:
    """Say where the training is, from another thread, without waiting for it."""


Order = Begin | TrainChunk | FinishEpoch | Save | TellStack


@dataclass(frozen=True)
class Done:
    """An order was carried out; where the run stands now."""

    place: Place
    chunks: int
    next_examples: int
    value: Any = None


@dataclass(frozen=True)
class Failed:
    """An order could not be carried out."""

    error: Exception


@dataclass(frozen=True)
class Said:
    """User code wrote to a stream."""

    stream: Literal["stdout", "stderr"]
    text: str


@dataclass(frozen=True)
class Logged:
    """User code, or a library, logged."""

    record: logging.LogRecord


@dataclass(frozen=True)
class Stack:
    """Where the training is."""

    text: str


Message = Done | Failed | Said | Logged | Stack

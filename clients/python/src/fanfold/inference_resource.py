"""A test or a prediction as this client reads it from JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Model:
    """The checkpoint that is used: a run's, or that of a file.

    Attributes:
        run_id: The run; `None` for a file.
        choice: `final`, `epoch`, or `newest` for a run that did not complete.
        epoch: Finished epochs.
        chunk: Finished chunks of the next one.
        tag: The file; `None` for a run.
    """

    run_id: int | None
    choice: str
    epoch: int
    chunk: int
    tag: str | None

    @classmethod
    def of(cls, wire: Json) -> Self:
        """Read it from JSON."""
        return cls(
            run_id=wire.get("runId"),
            choice=wire.get("choice", ""),
            epoch=wire.get("epoch", 0),
            chunk=wire.get("chunk", 0),
            tag=wire.get("modelTag"),
        )


@dataclass(frozen=True)
class Predictions:
    """A prediction's file."""

    file_name: str
    rows: int

    @classmethod
    def of(cls, wire: Json) -> Self:
        """Read it from JSON."""
        return cls(file_name=wire["fileName"], rows=wire["rows"])


@dataclass(frozen=True)
class Inference:
    """What an operation tells beyond other ones when it is a test or a prediction."""

    model: Model
    done: int
    batches: int
    metrics: Mapping[str, float]
    predictions: Predictions | None

    @classmethod
    def of(cls, wire: Json) -> Self | None:
        """Read it from an operation's JSON; `None` for other operations."""
        if wire["kind"] not in ("test", "predict"):
            return None
        progress, predictions = wire.get("progress", {}), wire.get("predictions")
        return cls(
            model=Model.of(wire["model"]),
            done=progress.get("done", 0),
            batches=progress.get("of", 0),
            metrics={name: float(value) for name, value in wire.get("metrics", {}).items()},
            predictions=None if predictions is None else Predictions.of(predictions),
        )

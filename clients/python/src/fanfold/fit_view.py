"""What the user sees of a fit, as values; `screens.py` draws it."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from fanfold.frames import metric_names
from fanfold.knob_columns import KnobColumn, knob_columns
from fanfold.resources import OPEN_RUNS, EpochResult, Operation, Run
from fanfold.spending import SpentColumns, clock_text, spent_columns

# More columns than these do not fit beside the bars.
_MOST_METRICS = 3
_MOST_FAILURES = 5

_STATUSES = ("ongoing", "new", "completed", "stopped", "failed", "deleted")

# What a user wants to see first when not every run fits on the screen.
_INTEREST = {"ongoing": 0, "failed": 1, "completed": 2, "stopped": 3, "new": 4, "deleted": 5}

# Four decimals line up below one another; what they would not show is told by its exponent.
_SMALLEST, _LARGEST = 1e-3, 1e4


@dataclass(frozen=True)
class Column:
    """One column of the table: text to the left, numbers to the right, a bar with its label."""

    name: str
    kind: Literal["text", "number", "bar"] = "text"


@dataclass(frozen=True)
class Row:
    """One run of the table; the shares are between 0 and 1."""

    run_id: int
    knobs: tuple[str, ...]
    status: str
    epochs: str
    epochs_share: float
    chunks: str
    epoch_share: float
    spent: tuple[str, ...]
    metrics: tuple[str, ...]


@dataclass(frozen=True)
class FitView:
    """The runs table of a fit with a line above it and sentences below."""

    summary: str
    is_active: bool
    share: float
    knobs: tuple[Column, ...]
    spent: tuple[Column, ...]
    metrics: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The table's columns; a fit that is over has no epoch that it is in."""
        epochs = [Column("epochs", "bar"), Column("this epoch", "bar")][: 1 + self.is_active]
        run, measured = Column("run", "number"), (*self.spent, *self.metrics)
        return (run, *self.knobs, Column("status"), *epochs, *measured)

    def without_knobs(self) -> "FitView":
        """The same for where there is no room for knobs."""
        return replace(self, knobs=(), rows=tuple(replace(row, knobs=()) for row in self.rows))

    def without_spent(self) -> "FitView":
        """The same for where there is no room for what the runs took."""
        return replace(self, spent=(), rows=tuple(replace(row, spent=()) for row in self.rows))


def interesting(runs: Sequence[Run], latest: Mapping[int, EpochResult], *, most: int) -> list[Run]:
    """The runs to show when only so many fit: at work, failed, then the best; by run ID."""

    def interest(run: Run) -> tuple[int, float, int]:
        result = latest.get(run.run_id)
        loss = math.inf if result is None else _loss(result)
        return (_INTEREST[run.status], math.inf if math.isnan(loss) else loss, run.run_id)

    return sorted(sorted(runs, key=interest)[:most], key=lambda run: run.run_id)


def fit_view(
    operation: Operation, runs: Sequence[Run], latest: Mapping[int, EpochResult], *, most: int
) -> FitView:
    """The table of at most `most` runs, with their newest results."""
    shown = interesting(runs, latest, most=most)
    knobs = knob_columns(runs)
    metrics = ("train_loss", *metric_names(latest.values()))[: _MOST_METRICS + 1]
    columns = _Columns(knobs, spent_columns(runs), metrics)
    return FitView(
        summary=_summary(operation, runs),
        is_active=operation.is_active,
        share=sum(map(_share, runs)) / max(1, operation.run_count),
        knobs=tuple(Column(knob.name, "number" if knob.is_number else "text") for knob in knobs),
        spent=tuple(Column(name, "number") for name in columns.spent),
        metrics=tuple(Column(name, "number") for name in metrics),
        rows=tuple(_row(run, columns, latest.get(run.run_id)) for run in shown),
        notes=tuple(_notes(operation, runs, latest, len(shown))),
    )


def _summary(operation: Operation, runs: Sequence[Run]) -> str:
    counts = Counter(run.status for run in runs)
    counts["new"] += max(0, operation.run_count - len(runs))
    told = ", ".join(f"{counts[status]} {status}" for status in _STATUSES if counts[status])
    total = max(operation.run_count, len(runs))
    runs_text = f"{total} {'run' if total == 1 else 'runs'}"
    return (
        f"Fit {operation.number} {operation.status} · {_elapsed(operation)} · {runs_text}: {told}"
    )


def _elapsed(operation: Operation) -> str:
    if operation.started_at is None:
        return "0:00"
    until = operation.ended_at or datetime.now(UTC)
    return clock_text((until - operation.started_at).total_seconds())


def _share(run: Run) -> float:
    if run.status not in OPEN_RUNS:
        return 1.0
    return (run.completed_epochs + _epoch_share(run)) / max(1, run.epochs)


def _epoch_share(run: Run) -> float:
    return run.chunk / run.chunks if run.chunks else 0.0


@dataclass(frozen=True)
class _Columns:
    knobs: Sequence[KnobColumn]
    spent: SpentColumns
    metrics: Sequence[str]


def _row(run: Run, columns: _Columns, result: EpochResult | None) -> Row:
    values = {} if result is None else {"train_loss": result.train_loss, **result.metrics}
    at_work = run.status == "ongoing" and run.chunks > 0
    return Row(
        run_id=run.run_id,
        knobs=tuple(knob.text(run) for knob in columns.knobs),
        status=run.status,
        epochs=f"{run.completed_epochs}/{run.epochs}",
        epochs_share=run.completed_epochs / max(1, run.epochs),
        chunks=f"{run.chunk}/{run.chunks}" if at_work else "",
        epoch_share=_epoch_share(run) if at_work else 0.0,
        spent=tuple(text(run) for text in columns.spent.values()),
        metrics=tuple(
            _measured(values[name]) if name in values else "" for name in columns.metrics
        ),
    )


def _measured(value: float) -> str:
    if value == 0 or not math.isfinite(value) or _SMALLEST <= abs(value) < _LARGEST:
        return f"{value:.4f}"
    return f"{value:.2e}"


def _notes(
    operation: Operation, runs: Sequence[Run], latest: Mapping[int, EpochResult], shown: int
) -> Iterator[str]:
    if operation.is_active and all(run.status == "new" for run in runs):
        yield "Waiting for the first worker to start"
    if shown < len(runs):
        yield f"{shown} of {len(runs)} runs shown; get_runs_info() has all"
    failed = [run for run in runs if run.status == "failed"]
    for run in failed[:_MOST_FAILURES]:
        yield failure(run)
    if len(failed) > _MOST_FAILURES:
        yield f"{len(failed) - _MOST_FAILURES} more runs failed; see get_runs_info()"
    if not operation.is_active:
        yield from _best(runs, latest)


def failure(run: Run) -> str:
    """A failed run's one sentence."""
    more = f"; show_error({run.run_id}) prints its traceback" if run.traceback else ""
    return f"Run {run.run_id} failed: {run.reason}{more}"


def _best(runs: Sequence[Run], latest: Mapping[int, EpochResult]) -> Iterator[str]:
    mine = [latest[run.run_id] for run in runs if run.run_id in latest]
    known = [result for result in mine if not math.isnan(_loss(result))]
    if known:
        best = min(known, key=_loss)
        name = "val_loss" if "val_loss" in best.metrics else "train_loss"
        yield f"Run {best.run_id} ended with the lowest {name}, {_measured(_loss(best))}"


def _loss(result: EpochResult) -> float:
    return result.metrics.get("val_loss", result.train_loss)

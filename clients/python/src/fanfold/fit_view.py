"""What the user sees of a fit, as values; `screens.py` draws it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fanfold.frames import metric_names
from fanfold.resources import OPEN_RUNS, EpochResult, Operation, Run

# More columns than these do not fit beside the bars.
_MOST_KNOBS = 4
_MOST_METRICS = 3
_MOST_FAILURES = 5

_STATUSES = ("ongoing", "new", "completed", "stopped", "failed", "deleted")

# What a user wants to see first when not every run fits on the screen.
_INTEREST = {"ongoing": 0, "failed": 1, "completed": 2, "stopped": 3, "new": 4, "deleted": 5}


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
    losses: tuple[str, ...]


@dataclass(frozen=True)
class FitView:
    """The runs table of a fit with a line above it and sentences below."""

    summary: str
    share: float
    knobs: tuple[str, ...]
    metrics: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the table's columns."""
        return ("run", *self.knobs, "status", "epochs", "this epoch", *self.metrics)


def interesting(runs: Sequence[Run], latest: Mapping[int, EpochResult], *, most: int) -> list[Run]:
    """The runs to show when only so many fit: at work, failed, then the best; by run ID."""

    def interest(run: Run) -> tuple[int, float, int]:
        result = latest.get(run.run_id)
        loss = float("inf") if result is None else _loss(result)
        return (_INTEREST[run.status], loss if loss == loss else float("inf"), run.run_id)

    return sorted(sorted(runs, key=interest)[:most], key=lambda run: run.run_id)


def fit_view(
    operation: Operation, runs: Sequence[Run], latest: Mapping[int, EpochResult], *, most: int
) -> FitView:
    """The table of at most `most` runs, with their newest results."""
    shown = interesting(runs, latest, most=most)
    knobs = _varied_knobs(runs)
    metrics = ("train_loss", *metric_names(latest.values()))[: _MOST_METRICS + 1]
    return FitView(
        summary=_summary(operation, runs),
        share=sum(map(_share, runs)) / max(1, operation.run_count),
        knobs=tuple(_label(path, knobs) for path in knobs),
        metrics=metrics,
        rows=tuple(_row(run, knobs, metrics, latest.get(run.run_id)) for run in shown),
        notes=tuple(_notes(operation, runs, latest, len(shown))),
    )


def _summary(operation: Operation, runs: Sequence[Run]) -> str:
    counts = Counter(run.status for run in runs)
    waiting = operation.run_count - len(runs)
    counts["new"] += max(0, waiting)
    parts = [f"{counts[status]} {status}" for status in _STATUSES if counts[status]]
    return f"Fit {operation.number} {operation.status} · {_elapsed(operation)} · {', '.join(parts)}"


def _elapsed(operation: Operation) -> str:
    if operation.started_at is None:
        return "0:00"
    until = operation.ended_at or datetime.now(UTC)
    minutes, seconds = divmod(max(0, int((until - operation.started_at).total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _share(run: Run) -> float:
    if run.status not in OPEN_RUNS:
        return 1.0
    return (run.completed_epochs + _epoch_share(run)) / max(1, run.epochs)


def _epoch_share(run: Run) -> float:
    return run.chunk / run.chunks if run.chunks else 0.0


def _row(
    run: Run,
    knobs: Sequence[tuple[str, ...]],
    metrics: Sequence[str],
    result: EpochResult | None,
) -> Row:
    values = {} if result is None else {"train_loss": result.train_loss, **result.metrics}
    config = dict(_flat(run.config))
    at_work = run.status == "ongoing" and run.chunks > 0
    return Row(
        run_id=run.run_id,
        knobs=tuple(_knob_text(config.get(path)) for path in knobs),
        status=run.status,
        epochs=f"{run.completed_epochs}/{run.epochs}",
        epochs_share=run.completed_epochs / max(1, run.epochs),
        chunks=f"{run.chunk}/{run.chunks}" if at_work else "",
        epoch_share=_epoch_share(run) if at_work else 0.0,
        losses=tuple(f"{values[name]:.4g}" if name in values else "" for name in metrics),
    )


def _notes(
    operation: Operation, runs: Sequence[Run], latest: Mapping[int, EpochResult], shown: int
) -> Iterator[str]:
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
    finite = [result for result in mine if _loss(result) == _loss(result)]
    if finite:
        best = min(finite, key=_loss)
        name = "val_loss" if "val_loss" in best.metrics else "train_loss"
        yield f"Lowest last {name}: {_loss(best):.4g} (run {best.run_id})"


def _loss(result: EpochResult) -> float:
    return result.metrics.get("val_loss", result.train_loss)


def _varied_knobs(runs: Sequence[Run]) -> list[tuple[str, ...]]:
    """Paths of the knobs that tell the runs apart."""
    configs = [dict(_flat(run.config)) for run in runs]
    paths = dict.fromkeys(path for config in configs for path in config)
    texts = {path: {_knob_text(config.get(path)) for config in configs} for path in paths}
    return [path for path in paths if len(texts[path]) > 1][:_MOST_KNOBS]


def _flat(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(value, Mapping):
        yield path, value
        return
    for name, inner in value.items():
        yield from _flat(inner, (*path, name))


def _label(path: tuple[str, ...], others: Sequence[tuple[str, ...]]) -> str:
    alone = sum(other[-1] == path[-1] for other in others) == 1
    return path[-1] if alone else ".".join(path)


def _knob_text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)

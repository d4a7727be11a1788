"""What a run took: time, and money where the deployment knows what a GPU costs."""

from collections.abc import Callable, Mapping, Sequence

from fanfold.resources import Run

SpentColumns = Mapping[str, Callable[[Run], str]]
"""Columns by name, with a run's text in each."""

# Below a dollar, hundredths of a cent are told too: `$12.30`, `$0.0042`.
_LEAST_IN_CENTS = 1.0


def clock_text(seconds: float) -> str:
    """Minutes and seconds, with hours when there are any: `1:05`, `2:00:09`."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def spent_columns(runs: Sequence[Run]) -> SpentColumns:
    """The time of each run, and its cost where that is known."""
    is_priced = any(run.cost_usd is not None for run in runs)
    return {"runtime": _runtime_text, **({"cost": _cost_text} if is_priced else {})}


def _runtime_text(run: Run) -> str:
    return clock_text(run.runtime_s) if run.runtime_s > 0 else ""


def _cost_text(run: Run) -> str:
    cost = run.cost_usd
    if not cost:
        return ""
    return f"${cost:.2f}" if cost >= _LEAST_IN_CENTS else f"${cost:.4f}"

"""Log lines that show as text, read at once or while they are written."""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from fanfold.resources import OPEN_RUNS, LogLine
from fanfold.routes import ExperimentRoutes, LogFilter

# A log that is followed is asked for about once a second, less often while nothing is said.
_SOONEST_S = 1.0
_LATEST_S = 5.0
_QUIET_FACTOR = 1.5

# What a run said last comes within seconds after its end.
_LAST_WORDS_S = 10.0


class LogLines(Sequence[LogLine]):
    """The lines of a log, in order."""

    def __init__(self, lines: Iterable[LogLine]) -> None:
        self._lines = tuple(lines)

    @overload
    def __getitem__(self, index: int) -> LogLine: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[LogLine]: ...
    def __getitem__(self, index: int | slice) -> LogLine | Sequence[LogLine]:
        return self._lines[index]

    def __len__(self) -> int:
        return len(self._lines)

    def __repr__(self) -> str:
        return "\n".join(map(str, self._lines)) or "No log lines yet"


def read_log(routes: ExperimentRoutes, wanted: LogFilter) -> LogLines:
    """All lines there are by now."""
    return LogLines(line for lines, _ in routes.log_pages(wanted) for line in lines)


def follow_log(routes: ExperimentRoutes, wanted: LogFilter) -> Iterator[LogLine]:
    """The lines so far, then each as it comes, until what says them is over."""
    cursor: str | None = None
    delay = _SOONEST_S
    spoke_at = time.monotonic()
    while True:
        # Looked at first: once it is over, what is read after that is all there is.
        over_by_now = _is_over(routes, wanted)
        before = cursor
        for lines, following in routes.log_pages(wanted, cursor):
            cursor = following
            yield from lines
        if cursor != before:
            delay, spoke_at = _SOONEST_S, time.monotonic()
        if over_by_now and (wanted.run_id is None or time.monotonic() - spoke_at > _LAST_WORDS_S):
            return
        time.sleep(delay)
        delay = min(_LATEST_S, delay * _QUIET_FACTOR)


def _is_over(routes: ExperimentRoutes, wanted: LogFilter) -> bool:
    if wanted.run_id is not None:
        return routes.get_run(wanted.run_id).status not in OPEN_RUNS
    if wanted.operation is not None:
        return not routes.get_operation(wanted.operation).is_active
    return routes.get().active_operation is None

"""Following an operation until it is over."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from fanfold.errors import Detached, InternalError, Unreachable, failure
from fanfold.fit_view import FitView, fit_view, interesting
from fanfold.progress_view import ProgressView
from fanfold.resources import EpochResult, Operation, Run
from fanfold.routes import ExperimentRoutes
from fanfold.screens import Screen, open_screen

T = TypeVar("T")

# Ask about once a second; less often while nothing changes, or when answers are slow to come,
# so that asking takes at most a quarter of the time. The second look comes early, since what is
# quick should feel quick.
_FIRST_S = 0.25
_USUAL_S = 1.0
_LONGEST_S = 5.0
_QUIET_FACTOR = 1.25
_REST_FACTOR = 3.0

# While nothing is asked, what is shown still tells the time.
_TICK_S = 1.0

# How long the service may be out of reach, or at fault, before watching gives up.
_PATIENCE_S = {Unreachable: 300.0, InternalError: 30.0}

# Runs whose results are read anew at one time; the others come up at the next.
_RESULTS_AT_ONCE = 20


def follow(
    ask: Callable[[], T],
    *,
    is_over: Callable[[T], bool],
    screen: Screen,
    tick: Callable[[], None] = lambda: None,
) -> T:
    """Ask again and again until what comes is the end; hiccups of the network are sat out.

    `tick` is called each second between two questions.

    Raises:
        Unreachable: The service did not answer for five minutes.
        InternalError: The service answered with faults of its own for half a minute.
    """
    seen: T | None = None
    delay = _FIRST_S
    answered = time.monotonic()
    while True:
        asked = time.monotonic()
        try:
            now = ask()
        except (Unreachable, InternalError) as error:
            if time.monotonic() - answered > _PATIENCE_S[type(error)]:
                raise
            screen.show_line(f"No news, trying again: {error}")
            time.sleep(_USUAL_S)
            continue
        answered = time.monotonic()
        if is_over(now):
            return now
        if seen is not None:
            delay = min(_LONGEST_S, delay * _QUIET_FACTOR) if now == seen else _USUAL_S
        seen = now
        _rest(max(delay, min(_LONGEST_S, _REST_FACTOR * (answered - asked))), tick)


def _rest(seconds: float, tick: Callable[[], None]) -> None:
    ticks, rest = divmod(seconds, _TICK_S)
    for _ in range(int(ticks)):
        time.sleep(_TICK_S)
        tick()
    time.sleep(rest)


def follow_operation(routes: ExperimentRoutes, operation: Operation, *, doing: str) -> Operation:
    """Wait for an operation without runs, with a line that says what is being done.

    Raises:
        Detached: The user interrupted; the operation goes on.
    """
    try:
        with open_screen() as screen:
            screen.show_line(f"{doing} ...")
            return follow(
                lambda: routes.get_operation(operation.number),
                is_over=lambda now: not now.is_active,
                screen=screen,
            )
    except KeyboardInterrupt:
        raise detached(routes, operation) from None


def follow_progress(
    routes: ExperimentRoutes, operation: Operation, view: Callable[[Operation], ProgressView]
) -> Operation:
    """Show how far an operation is until it is over; gives it as it ended.

    Raises:
        Detached: The user interrupted; the operation goes on.
    """
    try:
        with open_screen() as screen:

            def ask() -> Operation:
                now = routes.get_operation(operation.number)
                screen.show_progress(view(now))
                return now

            ended = follow(ask, is_over=lambda now: not now.is_active, screen=screen)
            screen.finish_progress(view(ended))
            return ended
    except KeyboardInterrupt:
        raise detached(routes, operation) from None


def follow_fit(routes: ExperimentRoutes, operation: Operation) -> None:
    """Show a fit until it is over.

    Raises:
        DataChanged: The data are not what they were when the data handle was downloaded.
        DataTooLarge: The data do not fit on a worker's disk.
        OperationFailed: The fit as a whole failed; a run that failed does not.
        Detached: The user interrupted; the fit goes on.
    """
    watched = _WatchedFit(routes, operation)
    try:
        with open_screen() as screen:
            watched.follow(screen)
    except KeyboardInterrupt:
        raise detached(routes, operation) from None
    if watched.operation.status == "failed":
        detail = f"fit {operation.number} failed: {watched.operation.error}"
        raise failure(detail, watched.operation.error_type)


class _WatchedFit:
    """A fit, its runs and their newest results, as last seen."""

    def __init__(self, routes: ExperimentRoutes, operation: Operation) -> None:
        self._routes = routes
        self.operation = operation
        self._runs: Sequence[Run] = ()
        self._latest: dict[int, EpochResult] = {}

    def follow(self, screen: Screen) -> None:
        def ask() -> tuple[Operation, Sequence[Run]]:
            self._look(screen)
            return self.operation, self._runs

        def tick() -> None:
            screen.show(self._view(screen))

        follow(ask, is_over=lambda seen: not seen[0].is_active, screen=screen, tick=tick)
        for result in self._routes.list_results():
            self._latest[result.run_id] = result
        screen.finish(self._view(screen))

    def _look(self, screen: Screen) -> None:
        # The operation first: once it is over, the runs read after it are as they ended.
        self.operation = self._routes.get_operation(self.operation.number)
        self._runs = self._routes.list_runs(operation=self.operation.number)
        if self.operation.is_active:
            self._look_at_results(screen)
            screen.show(self._view(screen))

    def _look_at_results(self, screen: Screen) -> None:
        shown = interesting(self._runs, self._latest, most=screen.rows)
        stale = [run for run in shown if self._epoch(run) < run.completed_epochs]
        for run in stale[:_RESULTS_AT_ONCE]:
            results = self._routes.list_results(run_id=run.run_id)
            if results:
                self._latest[run.run_id] = results[-1]

    def _epoch(self, run: Run) -> int:
        latest = self._latest.get(run.run_id)
        return 0 if latest is None else latest.epoch

    def _view(self, screen: Screen) -> FitView:
        mine = {run.run_id for run in self._runs}
        latest = {run_id: result for run_id, result in self._latest.items() if run_id in mine}
        return fit_view(self.operation, self._runs, latest, most=screen.rows)


def detached(routes: ExperimentRoutes, operation: Operation) -> Detached:
    """The interrupt that leaves an operation running, with how to come back to it."""
    return Detached(
        f"{operation.kind} {operation.number} of experiment {routes.name} goes on; "
        "Experiment.attach().watch() comes back to it, "
        "Experiment.attach().cancel_current() cancels it"
    )

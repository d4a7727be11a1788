"""The runs that a worker trains by turns, each of them between two of its chunks.

Those that the device has no room for lie aside until it is their turn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fanfold_engine.executors.turns import Turns
from fanfold_engine.swapping.residents import Residents

if TYPE_CHECKING:
    from fanfold_engine.fit import Fit
    from fanfold_engine.run import Run

MAX_RUNS = 64
"""More would train their first epoch too late to be compared early, and fill the disk."""


class Hand:
    """Takes on the runs that are dealt while there is room for them; the others wait.

    ``may_swap`` says whether runs may lie aside now, or must all have room on the device.
    """

    def __init__(self, fit: Fit, may_swap: Callable[[], bool] = lambda: True) -> None:
        self._fit = fit
        self._may_swap = may_swap
        self._runs: dict[int, Run] = {}
        self._turns = Turns()
        self._heeded = 0
        self._residents = Residents(fit.rooms.device_bytes, fit.shuttle)

    def next_run(self) -> Run | None:
        """The run whose turn it is; ``None`` when no run is left, or the worker is to leave."""
        self._take_on()
        self._heed_orders()
        while (turn := self._turns.first()) is None:
            if not self._take_on():
                return None
        alone = (run for run in self._runs.values() if run.is_alone)
        run = next(alone, self._runs[turn.run_id])
        self._residents.bring(run)
        return run

    def beside(self, run: Run) -> list[Run]:
        """All runs that stand where this one stands, by their IDs; it is among them."""
        is_short = self._used_bytes > self._fit.rooms.device_bytes
        if is_short or not self._residents.has_all or run.is_alone or run.wants_device_alone:
            return [run]
        place = (run.turn.epoch, run.turn.chunk)
        alike = [
            each for each in self._runs.values() if (each.turn.epoch, each.turn.chunk) == place
        ]
        return sorted(alike, key=lambda each: each.run_id)

    def put_back(self, run: Run) -> None:
        """A run was advanced, or is no longer in hand."""
        self._residents.keep(run)
        if run.is_in_hand:
            self._turns.put(run.turn)
        else:
            self._turns.leave(run.run_id)
            self._runs.pop(run.run_id, None)

    def _take_on(self) -> bool:
        """Take on what was dealt, waiting only with empty hands; false when there was none."""
        took = False
        while self._has_room():
            run = self._fit.take_on(wait=not self._runs, make_room=self._make_room)
            if run is None:
                break
            took = True
            if run.is_in_hand:
                self._runs[run.run_id] = run
            self.put_back(run)
        return took

    def _has_room(self) -> bool:
        if not self._runs:
            return True
        rooms = self._fit.rooms
        room_bytes = rooms.total_bytes if self._may_swap() else rooms.device_bytes
        return len(self._runs) < MAX_RUNS and self._used_bytes + self._largest_bytes <= room_bytes

    def _make_room(self) -> None:
        self._residents.make_room(self._largest_bytes)

    @property
    def _used_bytes(self) -> int:
        return sum(run.size_bytes for run in self._runs.values())

    @property
    def _largest_bytes(self) -> int:
        return max((run.size_bytes for run in self._runs.values()), default=0)

    def _heed_orders(self) -> None:
        """Runs that wait for their turn stand at the end of a chunk: they need not wait to stop."""
        changes = self._fit.session.orders.changes
        if changes == self._heeded:
            return
        self._heeded = changes
        for run in list(self._runs.values()):
            run.heed_orders()
            self.put_back(run)

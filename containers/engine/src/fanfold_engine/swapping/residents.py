"""Which runs have their state on the device when it has no room for all of them.

When a run is to train, its state must be there. While it trains, the next state that is missing
comes in, and the one that is wanted last goes out to make room for the one after. So with room for
three, training waits for neither; with less it waits.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import torch

from fanfold_engine.swapping.shuttle import Shuttle
from fanfold_engine.swapping.state import State

if TYPE_CHECKING:
    from fanfold_engine.run import Run


class Residents:
    """The runs that a worker trains by turns, and where they are."""

    def __init__(self, room_bytes: int, shuttle: Shuttle) -> None:
        self._room_bytes = room_bytes
        self._shuttle = shuttle
        self._states: dict[Run, State] = {}

    def keep(self, run: Run) -> None:
        """Know of a run that was begun on the device, advanced there, or let go of."""
        state = self._states.get(run)
        if state is not None and not (run.is_begun and state.is_of(run.training)):
            self._states.pop(run).give_up()
        if run.is_begun and run not in self._states:
            self._states[run] = State(run.training, self._shuttle)

    def make_room(self, size_bytes: int) -> None:
        """For a run that is about to begin."""
        if self._room_left() < size_bytes:
            self._settle()
            self._free(size_bytes, self._states)

    def bring(self, run: Run) -> None:
        """Have the run's state on the device, and move others while it trains."""
        if not run.wants_device_alone and self.has_all:
            return
        started_at = time.monotonic()
        self._settle()
        others = self._states.keys() - {run}
        if run.wants_device_alone:
            self._free(self._room_bytes, others)
        state = self._states.get(run)
        if state is not None and not state.is_present:
            self._free(run.size_bytes, others)
            self._come(run)
        if not run.wants_device_alone:
            self._look_ahead(run)
        run.tell_swapping(time.monotonic() - started_at)

    @property
    def has_all(self) -> bool:
        """Whether none lies aside or is on its way."""
        return all(state.is_settled and state.is_present for state in self._states.values())

    def _come(self, run: Run) -> None:
        state = self._states[run]
        try:
            state.begin_to_come()
        except torch.OutOfMemoryError:
            # More is taken than the states are thought to take.
            self._free(self._room_bytes, self._states.keys() - {run})
            state.begin_to_come()
        self._settle()

    def _look_ahead(self, run: Run) -> None:
        others = sorted(self._states.keys() - {run}, key=lambda each: each.turn)
        missing = next((each for each in others if not self._states[each].is_present), None)
        if missing is None:
            return
        if self._room_left() >= missing.size_bytes:
            with suppress(torch.OutOfMemoryError):
                self._states[missing].begin_to_come()
            return
        later = [each for each in self._present(others) if each.turn > missing.turn]
        if later:
            self._states[later[-1]].begin_to_leave()

    def _free(self, size_bytes: int, candidates: Iterable[Run]) -> None:
        """Those whose turn is last go out until there is room."""
        present = sorted(self._present(candidates), key=lambda each: each.turn)
        while present and self._room_left() < size_bytes:
            self._states[present.pop()].begin_to_leave()
            self._settle()

    def _present(self, runs: Iterable[Run]) -> list[Run]:
        return [run for run in runs if self._states[run].is_present]

    def _room_left(self) -> int:
        used = sum(run.size_bytes for run, state in self._states.items() if state.takes_room)
        return self._room_bytes - used

    def _settle(self) -> None:
        self._shuttle.wait()
        for state in self._states.values():
            state.settle()

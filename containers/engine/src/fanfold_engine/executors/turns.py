"""Whose turn it is: of the run with the fewest epochs, then chunks, then the lowest ID."""

from __future__ import annotations

import heapq
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Turn:
    """How far a run has come."""

    epoch: int
    chunk: int
    run_id: int


class Turns:
    """The turns of many runs; all but looking at one costs O(log runs)."""

    def __init__(self) -> None:
        self._heap: list[Turn] = []
        self._current: dict[int, Turn] = {}

    def __len__(self) -> int:
        return len(self._current)

    def put(self, turn: Turn) -> None:
        """A run waits for its turn, from wherever it stands by now."""
        if self._current.get(turn.run_id) != turn:
            self._current[turn.run_id] = turn
            heapq.heappush(self._heap, turn)

    def leave(self, run_id: int) -> None:
        """A run wants no turn any more."""
        self._current.pop(run_id, None)

    def first(self) -> Turn | None:
        """The next turn, which stays where it is; ``None`` when nobody waits."""
        while self._heap and self._current.get(self._heap[0].run_id) != self._heap[0]:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None

"""What every executor is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fanfold_engine.fit import Fit


class Executor(Protocol):
    """Decides which run trains next.

    It takes runs on with ``fit.take_on()`` (waiting for the next one, or just looking), and
    calls ``run.advance()`` for a chunk of one of them, in any order, while ``run.is_in_hand``.
    A run keeps its own random numbers and tells of itself, so the order never changes what is
    trained.
    """

    def work(self, fit: Fit) -> None:
        """Train until no run is left, or the worker is to leave."""
        ...

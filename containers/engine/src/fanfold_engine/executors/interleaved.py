"""Many runs on one device, a chunk of each in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fanfold_engine.executors.hand import Hand

if TYPE_CHECKING:
    from fanfold_engine.fit import Fit


class InterleavedExecutor:
    """Trains the run that has come least far, so that all can be compared early.

    Runs that the device has no room for lie in host memory, or on the disk, between their turns.
    """

    def work(self, fit: Fit) -> None:
        """See :class:`~fanfold_engine.executors.executor.Executor`."""
        hand = Hand(fit)
        while (run := hand.next_run()) is not None:
            run.advance()
            hand.put_back(run)

"""One run after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fanfold_engine.fit import Fit


class SingleExecutor:
    """Trains every run to its end before the next."""

    def work(self, fit: Fit) -> None:
        """See :class:`~fanfold_engine.executors.executor.Executor`."""
        while (run := fit.take_on()) is not None:
            while run.is_in_hand:
                run.advance()

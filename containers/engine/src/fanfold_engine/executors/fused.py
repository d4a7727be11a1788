"""Runs of equal shape stacked and stepped at once; the others by turns."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fanfold_engine.executors.hand import Hand
from fanfold_engine.fusing.matchmaker import Matchmaker
from fanfold_engine.together import advance_together

if TYPE_CHECKING:
    from fanfold_engine.fit import Fit
    from fanfold_engine.run import Run

log = logging.getLogger(__name__)


class AutoExecutor:
    """Fuses runs that end as they would alone but for rounding, after a trial."""

    may_draw = False

    def work(self, fit: Fit) -> None:
        """See :class:`~fanfold_engine.executors.executor.Executor`."""
        matchmaker = Matchmaker(may_draw=self.may_draw)
        # What is stacked cannot be moved run by run.
        hand = Hand(fit, may_swap=lambda: not matchmaker.has_fused)
        while (run := hand.next_run()) is not None:
            for each in self._advance(run, hand.beside(run), matchmaker, fit):
                hand.put_back(each)

    def _advance(self, run: Run, beside: list[Run], matchmaker: Matchmaker, fit: Fit) -> list[Run]:
        """Train a chunk of the run, and of those that it is fused with; all that were trained."""
        if not run.is_begun:
            run.advance()
            return [run]
        match = matchmaker.match(run, beside)
        if match is not None:
            runs, group = match
            try:
                advance_together(runs, group, fit)
            except Exception as error:  # noqa: BLE001 - whose fault it is shows when each is alone
                matchmaker.part(runs, str(error))
            else:
                return runs
        matchmaker.leaves_group(run)
        run.advance()
        return [run]


class FusedExecutor(AutoExecutor):
    """Fuses also runs that draw random numbers in their forward pass."""

    may_draw = True

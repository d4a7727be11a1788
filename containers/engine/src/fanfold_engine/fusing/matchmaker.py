"""Finds the runs that are trained as one, and remembers those that are not."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from fanfold_engine.fusing.errors import UnfusableError
from fanfold_engine.fusing.group import Group
from fanfold_engine.fusing.kin import Kin, kin_of
from fanfold_engine.fusing.trial import prove, tolerance_of
from fanfold_engine.training import Training

if TYPE_CHECKING:
    from fanfold_engine.run import Run

log = logging.getLogger(__name__)


class Matchmaker:
    """Groups runs of one kin at one place; a kin that failed a trial is not tried again."""

    def __init__(self, *, may_draw: bool) -> None:
        self._may_draw = may_draw
        # By training, not by run ID: a run that comes back is another training.
        self._kin = WeakKeyDictionary[Training, Kin | None]()
        self._parted: set[Kin] = set()
        self._groups: dict[Kin, Group] = {}
        self.has_fused = False
        """Whether it ever stacked any runs."""

    def match(self, run: Run, beside: Sequence[Run]) -> tuple[list[Run], Group] | None:
        """The runs to train with this one, it among them; ``None`` if there are none."""
        chunks = run.training.chunks
        runs = [each for each in beside if each.training.chunks == chunks]
        if len(runs) == 1:
            return None
        kin = self._kin_of(run)
        if kin is None or kin in self._parted:
            return None
        runs = [each for each in runs if self._kin_of(each) == kin]
        group = None if len(runs) == 1 else self._group_of(kin, runs)
        return None if group is None else (runs, group)

    def part(self, runs: Sequence[Run], reason: str) -> None:
        """These runs, and those like them, are trained apart from now on."""
        kin = self._kin_of(runs[0])
        if kin is not None:
            self._parted.add(kin)
            self._groups.pop(kin, None)
        log.info("%s are trained apart, because %s", _named(runs), _first_line(reason))

    def leaves_group(self, run: Run) -> None:
        """A run is about to take steps that its group does not know of."""
        kin = self._kin.get(run.training)
        if kin is not None:
            self._groups.pop(kin, None)

    def _group_of(self, kin: Kin, runs: Sequence[Run]) -> Group | None:
        trainings = [run.training for run in runs]
        known = self._groups.get(kin)
        if known is not None and known.trainings == trainings:
            return known
        self.has_fused = True
        try:
            group = Group(trainings, may_draw=self._may_draw)
            prove(group)
        except Exception as error:  # noqa: BLE001 - whose fault it is shows when each is alone
            self.part(runs, str(error))
            return None
        if known is None:
            within = tolerance_of(trainings[0])
            log.info("%s are fused; a trial batch was equal within %g", _named(runs), within)
        self._groups[kin] = group
        return group

    def _kin_of(self, run: Run) -> Kin | None:
        if run.training not in self._kin:
            try:
                self._kin[run.training] = kin_of(run.training)
            except UnfusableError as error:
                log.info("run %d is trained apart, because %s", run.run_id, error)
                self._kin[run.training] = None
        return self._kin[run.training]


def _named(runs: Sequence[Run]) -> str:
    return f"runs {', '.join(str(run.run_id) for run in runs)}"


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]

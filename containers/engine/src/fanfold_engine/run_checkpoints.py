"""The checkpoints of one run: when they are due, and what is told of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from fanfold_engine import checkpoint_files
from fanfold_engine.checkpoints import Write
from fanfold_engine.protocol import Checkpoint, DealtRun, RunStatus, TimeUse
from fanfold_engine.run_tale import RunTale
from fanfold_engine.training import Place, Training

if TYPE_CHECKING:
    from fanfold_engine.fit import Fit
    from fanfold_engine.sharding.training_on_ranks import TrainingOnRanks

    AnyTraining = Training | TrainingOnRanks


class RunCheckpoints:
    """Written between two chunks, published while training goes on, and told of only then."""

    def __init__(self, dealt: DealtRun, fit: Fit, tale: RunTale) -> None:
        self.newest = dealt.checkpoint
        """The newest that is published."""
        self._run_id = dealt.run_id
        self._fit = fit
        self._orders = fit.session.orders
        self._tale = tale
        # Clones start from these, so they are left in place.
        self._branches = {dealt.checkpoint} if dealt.keep_checkpoint else set()
        self._written_at = time.monotonic()
        self._written_place: Place | None = None

    def begin_at(self, place: Place) -> None:
        """The run stands where it starts from; it need not be written down there again."""
        self._written_place = place

    def is_due(self, training: AnyTraining) -> bool:
        """Whether too much would be lost without a new one."""
        if self._fit.assignment.epoch_checkpoints and training.place.chunk == 0:
            return True
        if self._fit.checkpoints.is_busy(self._run_id):
            return False
        if self._orders.is_alone(self._run_id):
            return True
        age = time.monotonic() - self._written_at
        return age >= self._fit.request.checkpoint_interval_seconds

    def publish(self, training: AnyTraining, status: RunStatus) -> None:
        """Publish where the run stands; only then is it told to be ``status``."""
        if training.place == self._written_place:
            self._fit.checkpoints.after_newest(self._run_id, lambda: self._tale.tell_status(status))
            return
        self._write(training, lambda checkpoint: self.tell(checkpoint, status))

    def branch(self, training: AnyTraining) -> None:
        """Publish one that clones start from, unless one is on its way."""
        if self._fit.checkpoints.is_busy(self._run_id):
            return
        self._orders.has_branched(self._run_id)
        if self.newest is not None and training.place == self._written_place:
            self._tell_branch(self.newest)
            return
        self._write(training, self._tell_branch)

    def tell(
        self, checkpoint: Checkpoint, status: RunStatus, branch: Checkpoint | None = None
    ) -> None:
        """This is the newest published one, and with it the run is ``status``."""
        older, self.newest = self.newest, checkpoint
        # Another thread may have ended the run meanwhile: a status once ended stays.
        self._tale.tell(
            status=None if status == "ongoing" else status,
            checkpoint=checkpoint,
            branch=branch,
            epoch_checkpoints=(checkpoint,) if self._is_kept(checkpoint) else (),
            accepted=lambda: self._supersede(older, checkpoint),
        )
        self._fit.session.sync_soon()

    def _write(self, training: AnyTraining, published: Callable[[Checkpoint], None]) -> None:
        """Write one now, and publish it while training goes on."""
        self._written_place = training.place
        self._written_at = started_at = time.monotonic()
        written = self._fit.checkpoints.write(self._run_id, training.place, _writing(training))
        # Before the status: a run that is over is told of no more.
        self._tale.tell_time(TimeUse(checkpointing_seconds=time.monotonic() - started_at))
        self._fit.checkpoints.publish(self._run_id, written, published)

    def _tell_branch(self, checkpoint: Checkpoint) -> None:
        self._branches.add(checkpoint)
        self.tell(checkpoint, "ongoing", branch=checkpoint)

    def _supersede(self, older: Checkpoint | None, newer: Checkpoint) -> None:
        """The newer one was heard of: remove the older, which nobody can ask for any more."""
        self._orders.has_got_further(self._run_id)
        if older is None or older.prefix == newer.prefix or self._orders.drops(self._run_id):
            return
        if self._is_kept(older) or older in self._branches:
            return
        self._fit.checkpoints.remove(older)

    def _is_kept(self, checkpoint: Checkpoint) -> bool:
        """Whether it is one of those of whole epochs that the experiment keeps."""
        is_of_epoch = checkpoint.epoch > 0 and checkpoint.chunk == 0
        return self._fit.assignment.epoch_checkpoints and is_of_epoch


def _writing(training: AnyTraining) -> Write:
    """Writes down where the training stands now."""
    if isinstance(training, Training):
        return partial(checkpoint_files.write, training.capture())
    return training.save

"""One run in this worker's hands: trained chunk by chunk, told of, checkpointed, steered."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from fanfold_engine.checkpoints import CheckpointDamagedError
from fanfold_engine.data.errors import DataError
from fanfold_engine.executors.turns import Turn
from fanfold_engine.memory import state_bytes
from fanfold_engine.mlspec import UserCodeError, is_out_of_memory
from fanfold_engine.protocol import (
    DealtRun,
    EpochReport,
    GpuUse,
    Progress,
    RunError,
    RunStatus,
    TimeUse,
)
from fanfold_engine.recipe import Recipe, layer_classes_of
from fanfold_engine.run_checkpoints import RunCheckpoints
from fanfold_engine.run_start import RunStart
from fanfold_engine.run_tale import RunTale
from fanfold_engine.secrets import reveal
from fanfold_engine.sharding.errors import RankLostError
from fanfold_engine.structure import UnstorableError
from fanfold_engine.training import Training
from fanfold_engine.warm_start import UnfitWeightsError

if TYPE_CHECKING:
    from fanfold_engine.fit import Fit
    from fanfold_engine.sharding.training_on_ranks import TrainingOnRanks

    AnyTraining = Training | TrainingOnRanks

log = logging.getLogger(__name__)

RUN_ERRORS = (
    UserCodeError,
    DataError,
    CheckpointDamagedError,
    UnstorableError,
    UnfitWeightsError,
    torch.OutOfMemoryError,
)


class Run:
    """A dealt run. An error in it ends it and nothing else."""

    def __init__(self, dealt: DealtRun, fit: Fit) -> None:
        self.run_id = dealt.run_id
        self.is_in_hand = True
        self.size_bytes = 0
        """What it takes of the device's memory between two chunks."""
        self.wants_device_alone = False
        """Whether it ran out of memory beside others, or takes all GPUs."""
        self._dealt = dealt
        self._config: dict[str, Any] = reveal(dealt.config, dealt.secrets)
        fit.session.ledger.mask.hide(dealt.secrets.values())
        self._fit = fit
        self._orders = fit.session.orders
        self._tale = RunTale(dealt, fit.session)
        self._tell = self._tale.tell
        self._checkpoints = RunCheckpoints(dealt, fit, self._tale)
        self._start = RunStart(dealt, self._config, fit)
        self._training: AnyTraining | None = None
        self._on_ranks: TrainingOnRanks | None = None
        self.is_sharded = bool(layer_classes_of(self._config)) and fit.ranks > 1
        """Whether all GPUs train it together."""
        if self.is_sharded:
            # It has the worker to itself; no other is taken on beside it.
            self.wants_device_alone, self.size_bytes = True, fit.rooms.total_bytes

    @property
    def turn(self) -> Turn:
        """How far it has come; if it is to begin, where it will begin."""
        place = self._checkpoints.newest if self._training is None else self._training.place
        return Turn(place.epoch, place.chunk, self.run_id) if place else Turn(0, 0, self.run_id)

    @property
    def is_begun(self) -> bool:
        """Whether it has a model in this process to train."""
        return isinstance(self._training, Training)

    @property
    def is_alone(self) -> bool:
        """Whether others wait until this run has got further, or is done."""
        return self.is_sharded or self._orders.is_alone(self.run_id)

    @property
    def training(self) -> Training:
        """Its training; only once it is begun, and not on ranks."""
        assert isinstance(self._training, Training), f"run {self.run_id} is not begun here"
        return self._training

    @property
    def _trained(self) -> AnyTraining:
        assert self._training is not None, f"run {self.run_id} is not begun"
        return self._training

    def begin(self) -> None:
        """Load code, data and checkpoint, so that the next chunk can be trained.

        A run that takes all GPUs does that at its first turn, when nothing else is there.
        """
        if self._orders.drops(self.run_id):
            self._let_go()
        elif self._orders.stops(self.run_id):
            self._end("stopped")
        else:
            self._tell()
            self._fit.session.sync_soon()
            self._fit.be_heard_once()
            if not self.is_sharded:
                self._guarded(self._prepare)

    def advance(self) -> None:
        """Train one chunk, tell of it, and follow what the control plane wants by now.

        A run that takes all GPUs begins first, as does one that ran out of memory.
        """
        self._guarded(self._prepare if self._training is None else self._train_chunk)

    def heed_orders(self) -> None:
        """Follow what the control plane wants by now, between two chunks."""
        self._guarded(self._heed_orders)

    def _guarded(self, action: Callable[[], None]) -> None:
        started_at = time.monotonic()
        try:
            with self._fit.output.of(self.run_id):
                action()
        except RUN_ERRORS as error:
            seconds = time.monotonic() - started_at
            starts_over = is_out_of_memory(error) and not self.wants_device_alone
            if not starts_over:
                traceback = getattr(error, "user_traceback", None)
                error_type = error.error_type if isinstance(error, DataError) else None
                self._fail(RunError(str(error), traceback, error_type), seconds)
        except RankLostError as error:
            log.error("run %d: %s; a new process goes on", self.run_id, error)  # noqa: TRY400 - no fault of ours
            self._fit.start_anew()
            return
        else:
            return
        finally:
            self._end_ranks()
        # Only here are the tensors free that the error's traceback kept.
        if starts_over:
            self._start_over(seconds)
        if not self.is_sharded:
            self._fit.check_device()

    def _end_ranks(self) -> None:
        """When it is let go of, nothing of it is left on the GPUs."""
        if self._on_ranks is not None and not self.is_in_hand:
            self._on_ranks.end()
            self._on_ranks = None

    def _prepare(self) -> None:
        started_at = time.monotonic()
        checkpoint, epochs = self._checkpoints.newest, Recipe.read(self._config).epochs
        if checkpoint is not None and checkpoint.epoch >= epochs:
            self._end("completed")
            return
        if checkpoint is not None and self._waits_after(checkpoint.epoch):
            self._checkpoints.tell(checkpoint, "ongoing")
            self._let_go()
            return
        dataset = self._fit.dataset()
        if self.is_sharded:
            self._training = self._on_ranks = self._start.on_ranks(dataset, checkpoint)
        else:
            self._training = self._start.here(dataset, checkpoint)
            self.size_bytes = state_bytes(self._training.model)
        self._checkpoints.begin_at(self._training.place)
        self._tale.tell_time(TimeUse(loading_seconds=time.monotonic() - started_at))

    def _train_chunk(self) -> None:
        training, progress = self._trained, self.next_progress
        started_at = time.monotonic()
        # What was measured until now was not this run's.
        self._fit.gpu_meter.take()
        number = f"chunk {progress.chunk} of {progress.chunks} of epoch {progress.epoch}"
        examples = training.next_examples
        with self._fit.watchdog.watch(self.run_id, number):
            training.train_chunk()
        time_use = TimeUse(examples, time.monotonic() - started_at)
        progress = replace(progress, train_loss=training.train_loss)
        epochs: tuple[EpochReport, ...] = ()
        if training.epoch_is_trained:
            with self._fit.watchdog.watch(self.run_id, f"validation after epoch {progress.epoch}"):
                epochs = (training.finish_epoch(),)
        seconds = time.monotonic() - started_at
        self.tell_chunk(progress, epochs, seconds, time_use, self._fit.gpu_meter.take())
        self._heed_orders()

    def was_fused(self, within: float) -> None:
        """From now on it is told that the run was fused, after a trial with this tolerance."""
        self._tale.was_fused(within)

    @property
    def next_progress(self) -> Progress:
        """Where it will stand after the next chunk."""
        place, chunks = self._trained.place, self._trained.chunks
        return Progress(place.epoch + 1, place.chunk + 1, chunks)

    def tell_chunk(
        self,
        progress: Progress,
        epochs: tuple[EpochReport, ...],
        runtime_seconds: float,
        time_use: TimeUse,
        gpu: GpuUse | None,
    ) -> None:
        """Tell of a chunk that was trained, and of the epoch if it was its last."""
        self._tell(
            completed_epochs=self._trained.place.epoch,
            progress=progress,
            epochs=epochs,
            runtime_seconds=runtime_seconds,
            time_use=time_use,
            gpu=gpu,
        )
        if any(epoch.epoch == 1 for epoch in epochs):
            # The first metrics of a run are what it is compared by.
            self._fit.session.sync_soon()

    def tell_swapping(self, seconds: float) -> None:
        """Its chunk waited so long for its state to come, or for others to go."""
        self._tale.tell_time(TimeUse(swapping_seconds=seconds))

    def _start_over(self, lost_seconds: float) -> None:
        """The device ran out of memory: the run waits until the others have made room, and then
        goes on from its newest checkpoint. Out of memory with the device to itself, it fails."""
        log.warning(
            "run %d ran out of GPU memory; it is tried again alone, from its newest checkpoint",
            self.run_id,
        )
        self.wants_device_alone = True
        self._training = None
        self._tell(runtime_seconds=lost_seconds)
        # One on its way would take the place of the one that is read then.
        self._fit.checkpoints.drain()

    def _heed_orders(self) -> None:
        """The only place where control enters."""
        training = self._training
        if training is not None and self._orders.branches(self.run_id):
            self._checkpoints.branch(training)
        if self._orders.drops(self.run_id):
            self._let_go()
        elif training is None:
            self._heed_before_beginning()
        elif training.is_over:
            self._checkpoints.publish(training, "completed")
            self._let_go()
        elif self._orders.leaves:
            self._checkpoints.publish(training, "ongoing")
            self._let_go()
        elif self._orders.stops(self.run_id):
            self._checkpoints.publish(training, "stopped")
            self._let_go()
        elif self._waits_after(training.place.epoch):
            self._checkpoints.publish(training, "ongoing")
            self._let_go()
        elif self._checkpoints.is_due(training):
            self._checkpoints.publish(training, "ongoing")

    def _heed_before_beginning(self) -> None:
        """It is to begin anew from its newest checkpoint, which may be done elsewhere or later."""
        if self._orders.leaves:
            self._let_go()
        elif self._orders.stops(self.run_id):
            self._end("stopped")

    def _waits_after(self, epoch: int) -> bool:
        """Whether the run is let go of here, until others have come as far."""
        until = self._dealt.until_epoch
        return until is not None and epoch >= until

    def stacks(self) -> str:
        """Where its ranks are, if it has some; for the thread that watches them."""
        return "" if self._on_ranks is None else self._on_ranks.stacks()

    def fail(self, message: str, traceback: str) -> None:
        """The run is over with an error."""
        self._fail(RunError(message, traceback))

    def _fail(self, error: RunError, runtime_seconds: float = 0.0) -> None:
        self._tell(status="failed", error=error, runtime_seconds=runtime_seconds)
        self._fit.session.sync_soon()
        self._let_go()

    def _end(self, status: RunStatus) -> None:
        self._tale.tell_status(status)
        self._let_go()

    def _let_go(self) -> None:
        self.is_in_hand = False
        self._orders.has_got_further(self.run_id)
        self._training = None

"""One run in this worker's hands: trained chunk by chunk, told of, checkpointed, steered."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from fanfold_engine import checkpoint_files
from fanfold_engine.checkpoints import CheckpointDamagedError, Write
from fanfold_engine.data.dataset import Dataset
from fanfold_engine.data.errors import DataError
from fanfold_engine.executors.turns import Turn
from fanfold_engine.memory import state_bytes
from fanfold_engine.metrics import import_torchmetrics
from fanfold_engine.mlspec import UserCodeError, is_out_of_memory
from fanfold_engine.protocol import (
    Checkpoint,
    DealtRun,
    EpochReport,
    GpuUse,
    Progress,
    RunError,
    RunStatus,
    TimeUse,
    WarmStart,
)
from fanfold_engine.recipe import Recipe, layer_classes_of
from fanfold_engine.run_tale import RunTale
from fanfold_engine.secrets import reveal
from fanfold_engine.sharding.errors import RankLostError
from fanfold_engine.sharding.layers import layers_of
from fanfold_engine.structure import UnstorableError
from fanfold_engine.training import Place, Training, TrainingState
from fanfold_engine.warm_start import UnfitWeightsError

if TYPE_CHECKING:
    from fanfold_engine.fit import Fit
    from fanfold_engine.sharding.training_on_ranks import TrainingOnRanks

    AnyTraining = Training | TrainingOnRanks

T = TypeVar("T")

log = logging.getLogger(__name__)

LOADING_SECONDS = 300.0
"""What the user's imports may take at least; the limit for chunks does not mean them."""
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
        self._published = dealt.checkpoint
        # Clones start from these, so they are left in place.
        self._branches = {dealt.checkpoint} if dealt.keep_checkpoint else set()
        self._checkpoint_at = time.monotonic()
        self._tale = RunTale(dealt, fit.session.ledger)
        self._tell = self._tale.tell
        self._training: AnyTraining | None = None
        self._on_ranks: TrainingOnRanks | None = None
        self._layer_classes = layer_classes_of(self._config)
        self.is_sharded = bool(self._layer_classes) and fit.ranks > 1
        """Whether all GPUs train it together."""
        if self.is_sharded:
            # It has the worker to itself; no other is taken on beside it.
            self.wants_device_alone, self.size_bytes = True, fit.rooms.total_bytes
        self._kept_place: Place | None = None

    @property
    def _seed(self) -> int:
        own = self._dealt.seed
        return self._fit.request.seed if own is None else own

    @property
    def turn(self) -> Turn:
        """How far it has come; if it is to begin, where it will begin."""
        place = self._published if self._training is None else self._training.place
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
        checkpoint, recipe = self._published, Recipe.read(self._config)
        if checkpoint is not None and checkpoint.epoch >= recipe.epochs:
            self._end("completed")
            return
        if checkpoint is not None and self._waits_after(checkpoint.epoch):
            self._tell_checkpoint(checkpoint, "ongoing")
            self._let_go()
            return
        dataset = self._fit.dataset()
        if self.is_sharded:
            self._begin_on_ranks(dataset)
            self._tell_time(TimeUse(loading_seconds=time.monotonic() - started_at))
            return
        state = self._fetch_start(checkpoint_files.read)
        watch = self._fit.watchdog.watch
        with watch(self.run_id, "loading the code", at_least=LOADING_SECONDS):
            ml_spec = self._fit.ml_spec()
            if recipe.named_metrics:
                import_torchmetrics()
        with watch(self.run_id, "making the model"):
            self._training = Training(
                ml_spec,
                self._config,
                dataset,
                seed=self._seed,
                num_chunks=self._fit.request.num_chunks,
                device=self._fit.device,
            )
            if state is not None:
                self._start(self._training, state)
            layers_of(self._training.model, self._layer_classes)
        self.size_bytes = state_bytes(self._training.model)
        self._kept_place = self._training.place
        self._tell_time(TimeUse(loading_seconds=time.monotonic() - started_at))

    def _begin_on_ranks(self, dataset: Dataset) -> None:
        """Load code, data and checkpoint in a process for each GPU."""
        from fanfold_engine.sharding.training_on_ranks import begin_on_ranks  # noqa: PLC0415 - seldom

        def begin(directory: Path | None) -> TrainingOnRanks:
            with self._fit.watchdog.watch(
                self.run_id, "making the model", at_least=LOADING_SECONDS
            ):
                return begin_on_ranks(
                    self._fit,
                    self._config,
                    dataset,
                    seed=self._seed,
                    checkpoint=directory,
                    warm_start=self._warm_start,
                )

        self._on_ranks = self._fetch_start(begin) or begin(None)
        self._training = self._on_ranks
        self._kept_place = self._training.place

    def _fetch_start(self, read: Callable[[Path], T]) -> T | None:
        """What is read of its own checkpoint, or else of its parent's."""
        start = self._published or self._dealt.warm_start
        return None if start is None else self._fit.checkpoints.fetch(start.prefix, read)

    @property
    def _warm_start(self) -> WarmStart | None:
        """How it starts from its parent, if it has not started yet."""
        return self._dealt.warm_start if self._published is None else None

    def _start(self, training: Training, state: TrainingState) -> None:
        """From its own state, or from that of its parent."""
        if self._warm_start is None:
            training.restore(state)
        else:
            training.start_from(state, on_same_data=self._warm_start.on_same_data)

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
        self._tell_time(TimeUse(swapping_seconds=seconds))

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
            self._branch(training)
        if self._orders.drops(self.run_id):
            self._let_go()
        elif training is None:
            self._heed_before_beginning()
        elif training.is_over:
            self._checkpoint(training, "completed")
            self._let_go()
        elif self._orders.leaves:
            self._checkpoint(training, "ongoing")
            self._let_go()
        elif self._orders.stops(self.run_id):
            self._checkpoint(training, "stopped")
            self._let_go()
        elif self._waits_after(training.place.epoch):
            self._checkpoint(training, "ongoing")
            self._let_go()
        elif self._checkpoint_is_due(training):
            self._checkpoint(training, "ongoing")

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

    def _checkpoint_is_due(self, training: AnyTraining) -> bool:
        if self._fit.assignment.epoch_checkpoints and training.place.chunk == 0:
            return True
        if self._fit.checkpoints.is_busy(self.run_id):
            return False
        if self._orders.is_alone(self.run_id):
            return True
        age = time.monotonic() - self._checkpoint_at
        return age >= self._fit.request.checkpoint_interval_seconds

    def _checkpoint(self, training: AnyTraining, status: RunStatus) -> None:
        """Publish a checkpoint; only then is the run told to be ``status``."""
        if training.place == self._kept_place:
            self._fit.checkpoints.after_newest(self.run_id, lambda: self._tell_status(status))
            return
        self._publish(training, lambda checkpoint: self._tell_checkpoint(checkpoint, status))

    def _branch(self, training: AnyTraining) -> None:
        """Publish a checkpoint that clones start from, unless one is on its way."""
        if self._fit.checkpoints.is_busy(self.run_id):
            return
        self._orders.has_branched(self.run_id)
        if self._published is not None and training.place == self._kept_place:
            self._tell_branch(self._published)
            return
        self._publish(training, self._tell_branch)

    def _publish(self, training: AnyTraining, published: Callable[[Checkpoint], None]) -> None:
        """Write a checkpoint now, and publish it while training goes on."""
        self._kept_place = training.place
        self._checkpoint_at = started_at = time.monotonic()
        written = self._fit.checkpoints.write(self.run_id, training.place, _writing(training))
        # Before the status: a run that is over is told of no more.
        self._tell_time(TimeUse(checkpointing_seconds=time.monotonic() - started_at))
        self._fit.checkpoints.publish(self.run_id, written, published)

    def _tell_branch(self, checkpoint: Checkpoint) -> None:
        self._branches.add(checkpoint)
        self._tell_checkpoint(checkpoint, "ongoing", branch=checkpoint)

    def _tell_time(self, lost: TimeUse) -> None:
        """Tell of time that went into anything but a chunk."""
        seconds = lost.loading_seconds + lost.swapping_seconds + lost.checkpointing_seconds
        self._tell(runtime_seconds=seconds, time_use=lost)

    def _tell_status(self, status: RunStatus) -> None:
        if status != "ongoing":
            self._tell(status=status)
            self._fit.session.sync_soon()

    def _tell_checkpoint(
        self, checkpoint: Checkpoint, status: RunStatus, branch: Checkpoint | None = None
    ) -> None:
        older, self._published = self._published, checkpoint
        # Another thread may have ended the run meanwhile: a status once ended stays.
        self._tell(
            status=None if status == "ongoing" else status,
            checkpoint=checkpoint,
            branch=branch,
            epoch_checkpoints=(checkpoint,) if self._is_kept(checkpoint) else (),
            accepted=lambda: self._supersede(older, checkpoint),
        )
        self._fit.session.sync_soon()

    def _supersede(self, older: Checkpoint | None, newer: Checkpoint) -> None:
        """The newer one was heard of: remove the older, which nobody can ask for any more."""
        self._orders.has_got_further(self.run_id)
        if older is None or older.prefix == newer.prefix or self._orders.drops(self.run_id):
            return
        if self._is_kept(older) or older in self._branches:
            return
        self._fit.checkpoints.remove(older)

    def _is_kept(self, checkpoint: Checkpoint) -> bool:
        """Whether it is one of those of whole epochs that the experiment keeps."""
        is_of_epoch = checkpoint.epoch > 0 and checkpoint.chunk == 0
        return self._fit.assignment.epoch_checkpoints and is_of_epoch

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
        self._tell_status(status)
        self._let_go()

    def _let_go(self) -> None:
        self.is_in_hand = False
        self._orders.has_got_further(self.run_id)
        self._training = None


def _writing(training: AnyTraining) -> Write:
    """Writes down where the training stands now."""
    if isinstance(training, Training):
        return partial(checkpoint_files.write, training.capture())
    return training.save

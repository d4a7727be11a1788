"""A chunk of several runs at once, told of as if each had been alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fanfold_engine.fusing.group import Group
from fanfold_engine.fusing.trial import tolerance_of
from fanfold_engine.protocol import EpochReport, GpuUse, TimeUse

if TYPE_CHECKING:
    from fanfold_engine.fit import Fit
    from fanfold_engine.run import Run


def advance_together(runs: Sequence[Run], group: Group, fit: Fit) -> None:
    """Train a chunk of each run in the group, and follow what is wanted of them by now.

    Raises:
        Exception: that of user code, or of torch; no run has come any further.
    """
    undo = group.mark()
    started_at = time.monotonic()
    fit.gpu_meter.take()
    progress, examples = runs[0].next_progress, runs[0].training.next_examples
    # What user code says, it says once, for the first of them.
    with fit.output.of(runs[0].run_id):
        try:
            _train(group, fit)
            training_seconds = (time.monotonic() - started_at) / len(runs)
            losses = [each.train_loss for each in group.trainings]
            epochs = _finish_epoch(group, fit)
        except BaseException:
            undo()
            raise
    seconds = (time.monotonic() - started_at) / len(runs)
    gpu = _share(fit.gpu_meter.take(), len(runs))
    for run, epoch, loss in zip(runs, epochs, losses, strict=True):
        run.was_fused(tolerance_of(run.training))
        progress = replace(progress, train_loss=loss)
        run.tell_chunk(progress, epoch, seconds, TimeUse(examples, training_seconds), gpu)
        run.heed_orders()


def _train(group: Group, fit: Fit) -> None:
    # Nobody knows which of them hangs: none is blamed, and later each is tried alone.
    with fit.watchdog.watch(None, "a chunk of several runs"):
        group.train_chunk()


def _finish_epoch(group: Group, fit: Fit) -> list[tuple[EpochReport, ...]]:
    leader = group.trainings[0]
    if not leader.epoch_is_trained:
        return [()] * len(group.trainings)
    partition = leader.dataset.validation
    with fit.watchdog.watch(None, "a validation of several runs"):
        metrics = [()] * len(group.trainings) if partition is None else group.validate(partition)
    return [
        (training.end_epoch(told),) for training, told in zip(group.trainings, metrics, strict=True)
    ]


def _share(gpu: GpuUse | None, runs: int) -> GpuUse | None:
    if gpu is None:
        return None
    return GpuUse(gpu.seconds / runs, gpu.busy_seconds / runs, gpu.peak_memory_bytes)

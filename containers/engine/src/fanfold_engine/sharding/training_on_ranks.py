"""A run's training as the worker's process sees it while ranks do the work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fanfold_engine import checkpoint_files
from fanfold_engine.data.dataset import Dataset
from fanfold_engine.protocol import EpochReport, WarmStart
from fanfold_engine.recipe import Recipe, layer_classes_of
from fanfold_engine.sharding.messages import Begin, Done, FinishEpoch, Order, Save, TrainChunk
from fanfold_engine.sharding.ranks import Ranks
from fanfold_engine.training import Place

if TYPE_CHECKING:
    from fanfold_engine.fit import Fit


def begin_on_ranks(
    fit: Fit,
    config: dict[str, Any],
    dataset: Dataset,
    *,
    seed: int,
    checkpoint: Path | None,
    warm_start: WarmStart | None,
) -> TrainingOnRanks:
    """Start a process for each GPU, and load code, data and checkpoint there.

    Raises:
        CheckpointDamagedError: the checkpoint is not what its manifest says.
        UserCodeError: user code raised in a rank.
        RankLostError: a rank is gone.
    """
    if checkpoint is not None:
        checkpoint_files.check(checkpoint)
    begin = Begin(
        ml_spec_file=fit.ml_spec_file,
        ml_spec_sha256=fit.assignment.ml_spec.sha256,
        config=config,
        layer_classes=layer_classes_of(config),
        dataset=dataset,
        seed=seed,
        num_chunks=fit.request.num_chunks,
        checkpoint=checkpoint,
        warm_start=warm_start,
    )
    return TrainingOnRanks(begin, Ranks(fit.ranks, fit.scratch))


class TrainingOnRanks:
    """Where the run stands, and the steps that it takes; what it consists of lies in the ranks.

    Every step raises what user code raised in a rank, or that a rank is gone.
    """

    def __init__(self, begin: Begin, ranks: Ranks) -> None:
        self.place = Place()
        self.chunks = 0
        self.next_examples = 0
        """How many examples the next chunk has, unless the epoch is trained."""
        self._epochs = Recipe.read(begin.config).epochs
        self._ranks = ranks
        try:
            self._carry_out(begin)
        except BaseException:
            self.end()
            raise

    @property
    def is_over(self) -> bool:
        """Whether all epochs are done."""
        return self.place.epoch >= self._epochs

    @property
    def epoch_is_trained(self) -> bool:
        """Whether the epoch has no chunks left and is to be finished."""
        return self.place.chunk == self.chunks

    @property
    def train_loss(self) -> float:
        """The mean loss over the chunks of the epoch so far; there must be one."""
        return self.place.loss_sum / self.place.examples

    def train_chunk(self) -> None:
        """Train on the next chunk of the epoch."""
        self._carry_out(TrainChunk())

    def finish_epoch(self) -> EpochReport:
        """Validate after the last chunk and go on to the next epoch."""
        return self._carry_out(FinishEpoch()).value

    def save(self, directory: Path) -> None:
        """Write a checkpoint."""
        self._carry_out(Save(directory))

    def stacks(self) -> str:
        """Where each rank is in the user's code; for another thread, while one waits for them."""
        return self._ranks.stacks()

    def end(self) -> None:
        """End the ranks, whatever they are doing."""
        self._ranks.end()

    def _carry_out(self, order: Order) -> Done:
        done = self._ranks.carry_out(order)
        self.place, self.chunks = done.place, done.chunks
        self.next_examples = done.next_examples
        return done

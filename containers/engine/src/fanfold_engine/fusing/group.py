"""A group of runs at the same place, trained as one."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import torch
from torch.utils import _pytree as pytree

from fanfold_engine.data.dataset import PartitionData
from fanfold_engine.evaluation import Scores
from fanfold_engine.fusing.errors import UnfusableError
from fanfold_engine.fusing.flat import Flat
from fanfold_engine.fusing.forward import Forward, Mapped, Named, Stacked, answers_of, gradients_of
from fanfold_engine.fusing.recording import Recorded
from fanfold_engine.fusing.steppers import Stepper, clip, group_of, stepper_of
from fanfold_engine.protocol import Metric
from fanfold_engine.randomness import RandomState, isolated
from fanfold_engine.recipe import Precision
from fanfold_engine.training import Training


class Group:
    """Runs of one kin. Their models and optimizers stay their own, as views of what is stacked.

    So a run can be written down, or trained apart, between any two chunks.
    """

    def __init__(self, trainings: Sequence[Training], *, may_draw: bool) -> None:
        self.trainings = trainings
        self._leader = leader = trainings[0]
        self._precision: Precision = leader.recipe.precision
        self.may_draw = may_draw
        self.forward = Forward(leader.code.aside(), leader.model, self._precision)
        self._names = [name for name, _ in _trained(leader)]
        self._flat = Flat([[tensor for _, tensor in _trained(each)] for each in trainings])
        parameters = dict(zip(self._names, self._flat.stacked(), strict=True))
        self._stacked = Stacked(parameters, self._stack_constants())
        self._gradients = Recorded(gradients_of(self.forward, self._stacked, may_draw=may_draw))
        self._max_norms = self._read_max_norms()
        self._validation: Mapped | None = None

    def train_chunk(self) -> None:
        """Train all on the next chunk of the epoch.

        Raises:
            Exception: that of user code, or of torch; what :meth:`mark` gave takes it all back.
        """
        leader, losses = self._leader, list[tuple[torch.Tensor, int]]()
        stepper, before = self._stepper, leader.random
        self.forward.model.train()
        with leader.own_random_numbers():
            for batches in leader.epoch_schedule.steps_of(leader.place.chunk):
                losses += self._step(stepper, batches)
            self._step_schedulers("epoch" if leader.ends_epoch else None)
        stepper.write_back()
        self._spread_random_numbers(before)
        self._end_chunk(losses)

    def validate(self, partition: PartitionData) -> list[tuple[Metric, ...]]:
        """The loss and metrics of each run."""
        leader = self._leader
        evaluation = leader.evaluation(partition)
        scores = [Scores(each.metrics) for each in self.trainings]
        with leader.own_random_numbers(), isolated(leader.device):
            for number in range(evaluation.batches):
                rows = evaluation.rows_of(number)
                answers = self.answers(evaluation.batch(rows))
                for score, answer in zip(scores, answers, strict=True):
                    score.add(answer, len(rows))
            return [score.compute() for score in scores]

    def gradients(self, batch: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Each run's gradients, shape (runs, numbers), and loss, shape (runs,)."""
        gradients, losses = self._gradients(batch)
        pieces = [gradients[name].reshape(len(losses), -1) for name in self._names]
        return torch.cat(pieces, dim=1), losses

    def answers(self, batch: Any) -> Iterator[dict[str, Any]]:
        """What ``compute_forward`` gives for each run in mode validation."""
        if self._validation is None:
            code = self._leader.validation_code.aside()
            forward = Forward(code, self._leader.model, self._precision)
            forward.eval()
            mapped = answers_of(forward, self._stacked, may_draw=self.may_draw)
            self._validation = Recorded(mapped)
        with torch.no_grad():
            leaves, structure = pytree.tree_flatten(self._validation(batch))
        for of_run in zip(*(leaf.unbind() for leaf in leaves), strict=True):
            yield pytree.tree_unflatten(of_run, structure)

    def _step(
        self, stepper: Stepper, batches: Sequence[Sequence[int]]
    ) -> Iterator[tuple[torch.Tensor, int]]:
        total: torch.Tensor | None = None
        for positions in batches:
            gradients, losses = self.gradients(self._leader.batch(positions))
            total = gradients if total is None else total.add_(gradients)
            yield losses, len(positions)
        assert total is not None
        if len(batches) > 1:
            total.div_(len(batches))
        if self._max_norms is not None:
            clip(total, self._max_norms)
        stepper.step(self._flat.numbers, total)
        self._step_schedulers("batch")

    def _step_schedulers(self, interval: str | None) -> None:
        for each in self.trainings:
            if each.scheduler is not None and each.recipe.scheduler_interval == interval:
                # It warns unless it saw the optimizer step, which nobody calls here.
                each.optimizer._opt_called = True  # pyright: ignore[reportAttributeAccessIssue]
                each.step_scheduler()

    @cached_property
    def _stepper(self) -> Stepper:
        """From now on the runs' parameters and moments are views of the stacked ones."""
        for run, each in enumerate(self.trainings):
            for (_, parameter), view in zip(_trained(each), self._flat.of_run(run), strict=True):
                parameter.data = view
        return stepper_of([each.optimizer for each in self.trainings], self._flat)

    def mark(self) -> Callable[[], None]:
        """Keep what a chunk changes; what comes back puts it there again."""
        flats = [self._flat, *self._stepper.moments]
        numbers = [flat.numbers.clone() for flat in flats]
        counts, marks = self._stepper.counts, [_mark(each) for each in self.trainings]

        def undo() -> None:
            for flat, kept in zip(flats, numbers, strict=True):
                flat.numbers.copy_(kept)
            self._stepper.counts = counts
            self._stepper.write_back()
            for put_back in marks:
                put_back()

        return undo

    def _stack_constants(self) -> Named:
        """Buffers and frozen parameters."""
        kept = [dict(_constants(each)) for each in self.trainings]
        return {name: torch.stack([each[name] for each in kept]) for name in kept[0]}

    def _read_max_norms(self) -> torch.Tensor | None:
        norms = [each.recipe.max_grad_norm for each in self.trainings]
        if all(norm is None for norm in norms):
            return None
        told = [math.inf if norm is None else norm for norm in norms]
        return self._flat.numbers.new_tensor(told).unsqueeze(1)

    def _spread_random_numbers(self, before: RandomState) -> None:
        """All stand where the leader stands, if they stood where it stood."""
        after = self._leader.random
        if after.is_same(before):
            return
        for each in self.trainings[1:]:
            if not each.random.is_same(before):
                raise UnfusableError("they draw different random numbers")
            each.random = after

    def _end_chunk(self, losses: list[tuple[torch.Tensor, int]]) -> None:
        # Read only now, as reading numbers from a GPU waits for them.
        told = torch.stack([loss for loss, _ in losses], dim=1).tolist()  # (runs, batches)
        counts = [count for _, count in losses]
        for each, values in zip(self.trainings, told, strict=True):
            each.end_chunk(list(zip(values, counts, strict=True)))


def _mark(training: Training) -> Callable[[], None]:
    """Keep what a run has beside its numbers; what comes back puts it there again."""
    place = training.place, training.epoch_schedule, training.random
    knobs = {
        name: value for name, value in group_of(training.optimizer).items() if name != "params"
    }
    scheduler = training.scheduler
    schedule = None if scheduler is None else copy.deepcopy(scheduler.state_dict())

    def put_back() -> None:
        training.place, training.epoch_schedule, training.random = place
        group_of(training.optimizer).update(knobs)
        if scheduler is not None and schedule is not None:
            scheduler.load_state_dict(schedule)

    return put_back


def _trained(training: Training) -> list[tuple[str, torch.nn.Parameter]]:
    return [each for each in training.model.named_parameters() if each[1].requires_grad]


def _constants(training: Training) -> Iterator[tuple[str, torch.Tensor]]:
    yield from training.model.named_buffers()
    for name, parameter in training.model.named_parameters():
        if not parameter.requires_grad:
            yield name, parameter.detach()

"""Whether a group trains as its runs would alone: tried on a batch, with copies of all of them."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils import _pytree as pytree

from fanfold_engine.data.dataset import PartitionData
from fanfold_engine.device import autocast
from fanfold_engine.fusing.errors import UnfusableError
from fanfold_engine.fusing.flat import flatten
from fanfold_engine.fusing.group import Group
from fanfold_engine.fusing.kin import memory_of_model
from fanfold_engine.mlspec import RunCode
from fanfold_engine.randomness import RandomState, isolated
from fanfold_engine.training import Training

TOLERANCES = {"fp32": 1e-4, "bf16": 2e-2}
"""Of the norm of a difference, relative to the plain one's: of losses, gradients, predictions."""
TINY = 1e-7


def tolerance_of(training: Training) -> float:
    """Within which a fused batch must equal a plain one."""
    return TOLERANCES[training.recipe.precision]


def prove(group: Group) -> None:
    """Compare a batch in training, and one in validation, fused and plain.

    Raises:
        UnfusableError: they differ.
        Exception: that of user code or of torch, when it cannot be run for many runs at once.
    """
    leader = group.trainings[0]
    with isolated(leader.device):
        _prove_training(group)
        if leader.dataset.validation is not None:
            _prove_validation(group, leader.dataset.validation)


def _prove_training(group: Group) -> None:
    leader = group.trainings[0]
    positions = next(leader.epoch_schedule.steps_of(leader.place.chunk))[0]
    alone = [
        _try_alone(
            each, each.code.aside(), lambda code, it=each: it.batch_by(code, positions), group
        )
        for each in group.trainings
    ]
    batch = _common_batch(alone)
    group.forward.model.train()
    gradients, losses = group.gradients(batch)
    for run, (each, plain) in enumerate(zip(group.trainings, alone, strict=True)):
        tolerance = math.inf if plain.drew else tolerance_of(each)
        loss = plain.answer["loss"]
        # It raises where a parameter takes no part: alone, the optimizer would pass it by.
        expected = torch.autograd.grad(loss, plain.trained)
        _require_close("loss", losses[run], loss, tolerance)
        _require_close("gradients", gradients[run], flatten(expected), tolerance)


def _prove_validation(group: Group, partition: PartitionData) -> None:
    evaluation = group.trainings[0].evaluation(partition)
    rows = evaluation.rows_of(0)
    alone = [
        _try_alone(
            each,
            each.validation_code.aside(),
            lambda code: evaluation.batch_by(code, copy.deepcopy(rows)),
            group,
        )
        for each in group.trainings
    ]
    answers = group.answers(_common_batch(alone))
    for each, plain, answer in zip(group.trainings, alone, answers, strict=True):
        tolerance = math.inf if plain.drew else tolerance_of(each)
        for name, value in answer.items():
            fused, expected = pytree.tree_leaves(value), pytree.tree_leaves(plain.answer[name])
            for one, other in zip(fused, expected, strict=True):
                _require_close(name, one, other, tolerance)


@dataclass(frozen=True)
class _Alone:
    """A batch of a run, and what ``compute_forward`` gives for it alone."""

    batch: Any
    answer: Any
    drew: bool
    """Random numbers in its forward pass: then nothing but its shape can be compared."""
    trained: list[torch.nn.Parameter]


def _try_alone(
    training: Training, code: RunCode, batch_by: Callable[[RunCode], Any], group: Group
) -> _Alone:
    """Raises an UnfusableError where fusing would change more than rounding."""
    is_training = code.mode == "train"
    model = copy.deepcopy(training.model).train(is_training)
    training.random.restore(training.device)
    batch = batch_by(code)
    stands, kept = RandomState.now(training.device), copy.deepcopy(batch)
    before = _traces(code, model)
    with torch.set_grad_enabled(is_training), autocast(training.device, training.recipe.precision):
        answer = code.forward(model, batch)
    drew = not stands.is_same(RandomState.now(training.device))
    if drew and not group.may_draw:
        raise UnfusableError(f"its compute_forward draws random numbers in mode {code.mode}")
    if _traces(code, model) != before:
        raise UnfusableError("its compute_forward changes more than it gives back, as a buffer")
    if not _is_same(batch, kept):
        raise UnfusableError("its compute_forward changes its batch")
    return _Alone(batch, answer, drew, [each for each in model.parameters() if each.requires_grad])


def _traces(code: RunCode, model: torch.nn.Module) -> tuple[Any, ...]:
    buffers = [(name, buffer.tolist()) for name, buffer in model.named_buffers()]
    return code.memory(), memory_of_model(model), repr(buffers)


def _common_batch(alone: Sequence[_Alone]) -> Any:
    first = alone[0].batch
    if not all(_is_same(each.batch, first) for each in alone):
        raise UnfusableError("row_prep or collate make other examples for each of them")
    return first


def _is_same(one: Any, other: Any) -> bool:
    leaves, structure = pytree.tree_flatten(one)
    other_leaves, other_structure = pytree.tree_flatten(other)
    return structure == other_structure and all(map(_is_equal, leaves, other_leaves))


def _is_equal(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    return type(one) is type(other) and bool(one == other)


def _require_close(what: str, fused: torch.Tensor, alone: torch.Tensor, tolerance: float) -> None:
    if fused.shape != alone.shape:
        raise UnfusableError(f"its {what} have another shape when fused")
    one, other = fused.detach().double(), alone.detach().double()
    told = float((one - other).norm() / (other.norm() + TINY))
    if not told <= tolerance:
        raise UnfusableError(f"its {what} would differ by {told:.1g}, more than {tolerance:g}")

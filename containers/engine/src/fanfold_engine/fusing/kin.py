"""Which runs may be fused at all: those whose code and shapes cannot be told apart.

They may differ in what the engine itself applies: learning rates and other numbers of the
optimizer, schedules, clipping, epochs, named metrics.
"""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from fanfold_engine.fusing.errors import UnfusableError
from fanfold_engine.fusing.steppers import group_of
from fanfold_engine.training import Training

Kin = bytes
"""Equal for runs that may be fused."""

OWN_KNOBS = ("optimizer", "lr_scheduler", "max_grad_norm", "epochs")
"""Knobs of ``train`` that runs of a group may differ in."""
TENSORS = {"_parameters", "_buffers", "_modules", "training"}


def kin_of(training: Training) -> Kin:
    """What the runs that may be fused with this one have in common.

    Raises:
        UnfusableError: it is like no other.
    """
    numbers = {tensor.dtype for tensor in training.model.parameters() if tensor.requires_grad}
    if len(numbers) != 1 or not next(iter(numbers)).is_floating_point:
        raise UnfusableError("its parameters are of several types")
    if not hasattr(training.model, "forward"):
        raise UnfusableError("its model has no forward")
    traits = (
        *_shapes(training.model),
        *_structure(training),
        _optimizer(training),
    )
    return hashlib.sha256(repr(traits).encode()).digest()


def memory_of(training: Training) -> tuple[bytes, ...]:
    """What user code keeps outside of tensors, on its objects and on the model's.

    Raises:
        UnfusableError: it cannot be compared.
    """
    codes = [training.code]
    if training.dataset.validation is not None:
        codes.append(training.validation_code)
    of_model = memory_of_model(training.model)
    try:
        return of_model, *(code.memory() for code in codes)
    except Exception as error:
        raise UnfusableError(
            f"what its MLSpec keeps on self cannot be compared ({error})"
        ) from error


def memory_of_model(model: torch.nn.Module) -> bytes:
    """The same bytes for models with the same attributes, tensors left out.

    Raises:
        UnfusableError: some of it cannot be pickled, as what PyTorch's recurrent layers keep.
    """
    modules = [(name, *_kept_by(module)) for name, module in model.named_modules()]
    try:
        return pickle.dumps(modules)
    except Exception as error:
        raise UnfusableError(
            f"what the {_unpicklable(model)} of its model keeps besides tensors "
            f"cannot be compared ({error})"
        ) from error


def _kept_by(module: torch.nn.Module) -> tuple[int, list[tuple[str, Any]]]:
    kept = vars(module)
    return id(type(module)), [(key, kept[key]) for key in sorted(kept.keys() - TENSORS)]


def _unpicklable(model: torch.nn.Module) -> str:
    """The class of the first module that keeps what cannot be pickled."""
    for module in model.modules():
        try:
            pickle.dumps(_kept_by(module))
        except Exception:  # noqa: BLE001 - whatever it is, it is this module's
            return type(module).__name__
    raise AssertionError("all of its modules together can be pickled then")


def _structure(training: Training) -> tuple[Any, ...]:
    recipe = training.recipe
    return (
        memory_of(training),
        json.dumps(_shared_config(training.code.config), sort_keys=True, default=repr),
        (training.seed, training.data_start),
        (recipe.batch_size, recipe.accumulation, recipe.precision),
    )


def _shared_config(config: Mapping[str, Any]) -> dict[str, Any]:
    train = {knob: value for knob, value in config["train"].items() if knob not in OWN_KNOBS}
    return {**config, "train": train, "named_metrics": None}


def _shapes(model: torch.nn.Module) -> Iterator[tuple[Any, ...]]:
    for name, tensor in model.named_parameters():
        yield name, tuple(tensor.shape), tensor.dtype, tensor.requires_grad
    for name, tensor in model.named_buffers():
        yield name, tuple(tensor.shape), tensor.dtype


def _optimizer(training: Training) -> tuple[Any, ...]:
    return type(training.optimizer).__name__, group_of(training.optimizer).get("nesterov")

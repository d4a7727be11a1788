"""User code over stacked parameters: ``compute_forward`` once, for many runs at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.func import functional_call, grad_and_value, vmap

from fanfold_engine.device import autocast
from fanfold_engine.mlspec import RunCode, scalar_loss
from fanfold_engine.recipe import Precision

Named = dict[str, torch.Tensor]
Mapped = Callable[[Any], Any]

ANSWERS = ("loss", "predictions", "targets")


class Forward(torch.nn.Module):
    """``compute_forward`` over a copy of a model, whose tensors are put in from outside."""

    def __init__(self, code: RunCode, model: torch.nn.Module, precision: Precision) -> None:
        super().__init__()
        self.model = copy.deepcopy(model)
        self._code = code
        self._precision: Precision = precision

    def forward(self, batch: Any) -> Mapping[str, Any]:
        """What ``compute_forward`` gives."""
        device = next(self.model.parameters()).device
        with autocast(device, self._precision):
            return self._code.forward(self.model, batch)

    def given(self, parameters: Named, constants: Named, batch: Any) -> Mapping[str, Any]:
        """What it gives with these tensors, named as in the model."""
        tensors = {f"model.{name}": each for name, each in (parameters | constants).items()}
        return functional_call(self, tensors, (batch,))


@dataclass(frozen=True)
class Stacked:
    """The tensors of many runs: what is trained, and buffers and frozen parameters."""

    parameters: Named
    constants: Named


def gradients_of(forward: Forward, stacked: Stacked, *, may_draw: bool) -> Mapped:
    """A batch → each run's gradients, and its loss, shape (runs,)."""

    def loss(parameters: Named, constants: Named, batch: Any) -> torch.Tensor:
        return scalar_loss(forward.given(parameters, constants, batch)["loss"])

    return _mapped(grad_and_value(loss), stacked, may_draw=may_draw)


def answers_of(forward: Forward, stacked: Stacked, *, may_draw: bool) -> Mapped:
    """A batch → loss, predictions and targets, each of shape (runs, …)."""

    def answer(parameters: Named, constants: Named, batch: Any) -> dict[str, Any]:
        told = forward.given(parameters, constants, batch)
        return {name: told[name] for name in ANSWERS if told.get(name) is not None}

    return _mapped(answer, stacked, may_draw=may_draw)


def _mapped(function: Callable[..., Any], stacked: Stacked, *, may_draw: bool) -> Mapped:
    # With "same" every run draws what it would draw alone from where all of them stand.
    randomness = "same" if may_draw else "error"
    over_runs = vmap(function, in_dims=(0, 0, None), randomness=randomness)
    return lambda batch: over_runs(stacked.parameters, stacked.constants, batch)

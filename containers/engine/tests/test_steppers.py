"""Stacked optimizer steps against torch's own, run by run."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from fanfold_engine.fusing.errors import UnfusableError
from fanfold_engine.fusing.flat import Flat
from fanfold_engine.fusing.steppers import clip, stepper_of

Args = list[dict[str, Any]]

CASES: dict[str, tuple[str, Args]] = {
    "Adam": ("Adam", [{"lr": 0.1}, {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3}]),
    "Adam with decay": ("Adam", [{"weight_decay": 0.1}, {"weight_decay": 0.0}]),
    "AdamW": ("AdamW", [{"lr": 0.1, "weight_decay": 0.3}, {"lr": 0.001}]),
    "SGD": ("SGD", [{"lr": 0.1}, {"lr": 0.01}]),
    "SGD with momentum": (
        "SGD",
        [
            {"lr": 0.1, "momentum": 0.9},
            {"lr": 0.01, "momentum": 0.0, "weight_decay": 0.1},
            {"lr": 0.01, "momentum": 0.5, "dampening": 0.3},
        ],
    ),
    "SGD with Nesterov's": (
        "SGD",
        [
            {"lr": 0.1, "momentum": 0.9, "nesterov": True},
            {"lr": 0.02, "momentum": 0.2, "nesterov": True},
        ],
    ),
}


def models(count: int) -> list[torch.nn.Module]:
    torch.manual_seed(count)
    return [torch.nn.Linear(3, 2) for _ in range(count)]


def optimizers(name: str, args: Args, over: list[torch.nn.Module]) -> list[Any]:
    kind = getattr(torch.optim, name)
    return [kind(model.parameters(), **each) for model, each in zip(over, args, strict=True)]


def step_alone(over: list[torch.nn.Module], own: list[Any], gradients: torch.Tensor) -> None:
    for model, optimizer, row in zip(over, own, gradients, strict=True):
        pieces = row.split([each.numel() for each in model.parameters()])
        for parameter, piece in zip(model.parameters(), pieces, strict=True):
            parameter.grad = piece.reshape(parameter.shape).clone()
        optimizer.step()


def stacked(over: list[torch.nn.Module]) -> Flat:
    """The models' parameters as views of one tensor."""
    flat = Flat([list(model.parameters()) for model in over])
    for run, model in enumerate(over):
        for parameter, view in zip(model.parameters(), flat.of_run(run), strict=True):
            parameter.data = view
    return flat


@pytest.mark.parametrize(("name", "args"), CASES.values(), ids=CASES.keys())
def test_a_stacked_step_moves_each_run_as_its_own_optimizer_would(name: str, args: Args) -> None:
    alone, fused = models(len(args)), models(len(args))
    own, theirs = optimizers(name, args, alone), optimizers(name, args, fused)
    flat = stacked(fused)
    for _ in range(2):  # the second time it takes up what the first one left
        stepper = stepper_of(theirs, flat)
        for _ in range(3):
            gradients = torch.randn(flat.numbers.shape)
            step_alone(alone, own, gradients)
            stepper.step(flat.numbers, gradients)
        stepper.write_back()

    for one, other in zip(alone, fused, strict=True):
        torch.testing.assert_close(other.state_dict(), one.state_dict())
    for one, other in zip(own, theirs, strict=True):
        _assert_same_state(other.state_dict(), one.state_dict())


@pytest.mark.parametrize(("name", "args"), CASES.values(), ids=CASES.keys())
def test_an_optimizer_goes_on_alone_from_where_stacked_steps_left_it(name: str, args: Args) -> None:
    alone, fused = models(len(args)), models(len(args))
    own, theirs = optimizers(name, args, alone), optimizers(name, args, fused)
    flat = stacked(fused)
    stepper, gradients = stepper_of(theirs, flat), torch.randn(flat.numbers.shape)
    step_alone(alone, own, gradients)
    stepper.step(flat.numbers, gradients)
    stepper.write_back()
    for optimizer in theirs:
        optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    later = torch.randn(flat.numbers.shape)
    step_alone(alone, own, later)
    step_alone(fused, theirs, later)

    for one, other in zip(alone, fused, strict=True):
        torch.testing.assert_close(other.state_dict(), one.state_dict())


def test_gradients_are_clipped_run_by_run() -> None:
    gradients = torch.tensor([[3.0, 4.0], [0.3, 0.4], [30.0, 40.0]])
    clip(gradients, torch.tensor([[1.0], [1.0], [float("inf")]]))

    torch.testing.assert_close(gradients, torch.tensor([[0.6, 0.8], [0.3, 0.4], [30.0, 40.0]]))


@pytest.mark.parametrize(
    ("name", "args", "reason"),
    [
        ("Adagrad", {}, "the optimizer Adagrad is not fused; Adam, AdamW, SGD are"),
        ("Adam", {"amsgrad": True}, "Adam with amsgrad is not fused"),
        ("SGD", {"lr": 0.1, "maximize": True}, "SGD with maximize is not fused"),
    ],
)
def test_what_cannot_be_stacked_is_told(name: str, args: dict[str, Any], reason: str) -> None:
    over = models(2)
    with pytest.raises(UnfusableError, match=reason):
        stepper_of(optimizers(name, [args, args], over), stacked(over))


def _assert_same_state(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Momenta that are not there are as good as none."""
    assert one["param_groups"] == other["param_groups"]
    for key in one["state"].keys() | other["state"].keys():
        first, second = (
            {name: value for name, value in each["state"].get(key, {}).items() if value is not None}
            for each in (one, other)
        )
        torch.testing.assert_close(first, second)

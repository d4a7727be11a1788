"""Optimizer steps over stacked parameters, each run with its own learning rate and the rest.

The torch optimizers of the runs stay: their state is made views of the stacked one, and their
``param_groups`` are where schedulers write and steps read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch

from fanfold_engine.fusing.errors import UnfusableError
from fanfold_engine.fusing.flat import Flat
from fanfold_engine.optimizers import Optimizer

UNSUPPORTED = ("amsgrad", "maximize", "differentiable", "capturable")
CLIP_EPSILON = 1e-6
"""As in ``torch.nn.utils.clip_grad_norm_``."""


class Stepper(Protocol):
    """The optimizers of many runs as one."""

    moments: list[Flat]
    counts: list[int]
    """How many steps each run took, or whether it took one, as far as it matters."""

    def step(self, parameters: torch.Tensor, gradients: torch.Tensor) -> None:
        """Move parameters (runs, numbers) by gradients of the same shape."""
        ...

    def write_back(self) -> None:
        """Let the runs' own optimizers know what became of their steps."""
        ...


def stepper_of(optimizers: Sequence[Optimizer], parameters: Flat) -> Stepper:
    """The stepper of optimizers of one class.

    Raises:
        UnfusableError: there is none for this class, or for how it is used.
    """
    name = type(optimizers[0]).__name__
    for flag in UNSUPPORTED:
        if any(group_of(each).get(flag) for each in optimizers):
            raise UnfusableError(f"{name} with {flag} is not fused")
    if name not in STEPPERS:
        raise UnfusableError(f"the optimizer {name} is not fused; {', '.join(STEPPERS)} are")
    return STEPPERS[name](optimizers, parameters)


def clip(gradients: torch.Tensor, max_norms: torch.Tensor) -> None:
    """Scale each run's gradients to its largest norm, shape (runs, 1)."""
    norms = torch.linalg.vector_norm(gradients, dim=1, keepdim=True)
    gradients.mul_((max_norms / (norms + CLIP_EPSILON)).clamp_(max=1.0))


def group_of(optimizer: Optimizer) -> dict[str, Any]:
    """The one group of parameters that the engine makes."""
    return optimizer.param_groups[0]


class _Knobs:
    """Numbers of the optimizers as columns, shape (runs, 1), read again only when they change."""

    def __init__(self, optimizers: Sequence[Optimizer], like: torch.Tensor) -> None:
        self._optimizers = optimizers
        self._like = like
        self._seen: dict[str, tuple[list[float], torch.Tensor]] = {}

    def values(self, name: str, index: int | None = None) -> list[float]:
        told = [group_of(optimizer)[name] for optimizer in self._optimizers]
        return [float(each if index is None else each[index]) for each in told]

    def column(self, name: str, values: list[float]) -> torch.Tensor:
        seen = self._seen.get(name)
        if seen is None or seen[0] != values:
            column = self._like.new_tensor(values).unsqueeze(1)
            seen = self._seen[name] = values, column
        return seen[1]


class AdamStepper:
    """Adam and AdamW."""

    def __init__(self, optimizers: Sequence[Optimizer], parameters: Flat) -> None:
        self._optimizers = optimizers
        self._knobs = _Knobs(optimizers, parameters.numbers)
        for optimizer in optimizers:
            _begin(optimizer)
        self.counts = [_steps_of(optimizer) for optimizer in optimizers]
        self._means = _adopt(optimizers, "exp_avg")
        self._squares = _adopt(optimizers, "exp_avg_sq")
        self.moments = [self._means, self._squares]

    def step(self, parameters: torch.Tensor, gradients: torch.Tensor) -> None:
        """See :class:`Stepper`."""
        knobs, means, squares = self._knobs, self._means.numbers, self._squares.numbers
        self.counts = [steps + 1 for steps in self.counts]
        rates, decays = knobs.values("lr"), knobs.values("weight_decay")
        beta1, beta2 = knobs.values("betas", 0), knobs.values("betas", 1)
        if any(decays):
            gradients = self._decay(parameters, gradients, rates, decays)
        means.lerp_(gradients, knobs.column("1 - beta1", [1 - beta for beta in beta1]))
        rest = knobs.column("1 - beta2", [1 - beta for beta in beta2])
        squares.mul_(knobs.column("beta2", beta2)).addcmul_(gradients, gradients * rest)
        roots = self._corrections(beta2, lambda bias, _: bias**0.5)
        sizes = self._corrections(beta1, lambda bias, run: -rates[run] / bias)
        divisors = squares.sqrt().div_(knobs.column("roots", roots))
        divisors.add_(knobs.column("eps", knobs.values("eps")))
        parameters.addcdiv_(means * knobs.column("sizes", sizes), divisors)

    def write_back(self) -> None:
        """See :class:`Stepper`."""
        for optimizer, steps in zip(self._optimizers, self.counts, strict=True):
            for state in _states(optimizer):
                state["step"].fill_(steps)

    def _decay(
        self,
        parameters: torch.Tensor,
        gradients: torch.Tensor,
        rates: list[float],
        decays: list[float],
    ) -> torch.Tensor:
        if not group_of(self._optimizers[0]).get("decoupled_weight_decay"):
            return gradients + parameters * self._knobs.column("decays", decays)
        kept = [1 - rate * decay for rate, decay in zip(rates, decays, strict=True)]
        parameters.mul_(self._knobs.column("kept", kept))
        return gradients

    def _corrections(
        self, betas: list[float], correct: Callable[[float, int], float]
    ) -> list[float]:
        """A number for each run from the bias of its moments after so many steps."""
        return [
            correct(1 - beta**steps, run)
            for run, (beta, steps) in enumerate(zip(betas, self.counts, strict=True))
        ]


class SgdStepper:
    """SGD, with momentum or without."""

    def __init__(self, optimizers: Sequence[Optimizer], parameters: Flat) -> None:
        self._optimizers = optimizers
        self._knobs = _Knobs(optimizers, parameters.numbers)
        self.counts = [int(bool(_momentum_states(optimizer))) for optimizer in optimizers]
        self._momenta = Flat([_momenta_of(optimizer) for optimizer in optimizers])
        self.moments = [self._momenta]

    def step(self, parameters: torch.Tensor, gradients: torch.Tensor) -> None:
        """See :class:`Stepper`."""
        knobs, momenta = self._knobs, self._momenta.numbers
        rates, decays = knobs.values("lr"), knobs.values("weight_decay")
        momentum = knobs.values("momentum")
        if any(decays):
            gradients = gradients + parameters * knobs.column("decays", decays)
        factors = knobs.column("momentum", momentum)
        momenta.mul_(factors).add_(gradients * knobs.column("shares", self._shares()))
        nesterov = group_of(self._optimizers[0])["nesterov"]
        moves = gradients + momenta * factors if nesterov else momenta
        parameters.sub_(moves * knobs.column("lr", rates))
        self.counts = [int(factor != 0) for factor in momentum]

    def write_back(self) -> None:
        """See :class:`Stepper`."""
        for run, optimizer in enumerate(self._optimizers):
            views = self._momenta.of_run(run)
            for state, view in zip(_states(optimizer), views, strict=True):
                state["momentum_buffer"] = view if self.counts[run] else None

    def _shares(self) -> list[float]:
        """How much of a gradient its momentum takes in; the first one is taken whole."""
        dampening = self._knobs.values("dampening")
        return [
            1 - damped if has_buffer else 1.0
            for damped, has_buffer in zip(dampening, self.counts, strict=True)
        ]


STEPPERS: dict[str, type[AdamStepper | SgdStepper]] = {
    "Adam": AdamStepper,
    "AdamW": AdamStepper,
    "SGD": SgdStepper,
}


def _trained(optimizer: Optimizer) -> list[torch.Tensor]:
    return [parameter for parameter in group_of(optimizer)["params"] if parameter.requires_grad]


def _states(optimizer: Optimizer) -> list[dict[str, Any]]:
    return [optimizer.state[parameter] for parameter in _trained(optimizer)]


def _begin(optimizer: Optimizer) -> None:
    """As torch begins Adam's state at the first step."""
    for parameter in _trained(optimizer):
        state = optimizer.state[parameter]
        if not state:
            state["step"] = torch.tensor(0.0)
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)


def _steps_of(optimizer: Optimizer) -> int:
    steps = {int(state["step"]) for state in _states(optimizer)}
    if len(steps) > 1:
        raise UnfusableError("some of its parameters took more steps than others")
    return steps.pop()


def _adopt(optimizers: Sequence[Optimizer], name: str) -> Flat:
    """Stack a part of the optimizers' state, and make theirs views of it."""
    flat = Flat([[state[name] for state in _states(optimizer)] for optimizer in optimizers])
    for run, optimizer in enumerate(optimizers):
        for state, view in zip(_states(optimizer), flat.of_run(run), strict=True):
            state[name] = view
    return flat


def _momentum_states(optimizer: Optimizer) -> list[torch.Tensor]:
    buffers = [state.get("momentum_buffer") for state in _states(optimizer)]
    return [buffer for buffer in buffers if buffer is not None]


def _momenta_of(optimizer: Optimizer) -> list[torch.Tensor]:
    buffers = _momentum_states(optimizer)
    if buffers and len(buffers) < len(_trained(optimizer)):
        raise UnfusableError("some of its parameters took no step yet")
    return buffers or [torch.zeros_like(parameter) for parameter in _trained(optimizer)]

"""Metrics of a pass over a partition: those of the MLSpec, then those named in the config."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import torch

from fanfold_engine.mlspec import RunCode, UserCodeError, blamed
from fanfold_engine.protocol import Metric
from fanfold_engine.recipe import Named

PREFIXES = {"validation": "val_", "test": "test_"}


class EvaluationMetrics:
    """torchmetrics objects by label, updated batch by batch; their mode's name leads theirs."""

    def __init__(self, code: RunCode, named: Mapping[str, Named], device: torch.device) -> None:
        self.prefix = PREFIXES[code.mode]
        self._mode = code.mode
        own = code.metrics()
        if twice := sorted(own.keys() & named.keys()):
            raise UserCodeError(
                f"metric {twice[0]!r} is defined by MLSpec.metrics and by named_metrics; "
                "rename one of them"
            )
        self._metrics = own | {label: _create(label, metric) for label, metric in named.items()}
        for label, metric in self._metrics.items():
            with blamed(f"metric {label!r}"):
                metric.to(device)

    def reset(self) -> None:
        """Forget what was seen."""
        for metric in self._metrics.values():
            metric.reset()

    def update(self, answer: Mapping[str, Any]) -> None:
        """See what ``compute_forward`` gave back for a batch."""
        if not self._metrics:
            return
        for name in ("predictions", "targets"):
            if answer.get(name) is None:
                raise UserCodeError(
                    f'compute_forward must return "{name}" in mode {self._mode} for metrics'
                )
        for label, metric in self._metrics.items():
            with blamed(f"metric {label!r}"):
                metric.update(answer["predictions"], answer["targets"])

    def compute(self) -> tuple[Metric, ...]:
        """The values, each named by prefix and label: ``val_accuracy``."""
        values: list[Metric] = []
        for label, metric in self._metrics.items():
            with blamed(f"metric {label!r}"):
                values.extend(_values(f"{self.prefix}{label}", metric.compute()))
        return tuple(values)


def import_torchmetrics() -> None:
    """Import it now: it takes seconds, which a run's time limits do not mean."""
    import_module("torchmetrics")


def _create(label: str, metric: Named) -> Any:
    import torchmetrics  # noqa: PLC0415 - takes seconds, and not every run needs it

    with blamed(f"metric {label!r}"):
        return getattr(torchmetrics, metric.name)(**metric.args)


def _values(name: str, value: Any) -> list[Metric]:
    """One metric for a number, one per member for a dict, a tuple or a vector (per class, say)."""
    if isinstance(value, Mapping):
        return [each for key, member in value.items() for each in _values(f"{name}_{key}", member)]
    if isinstance(value, list | tuple):
        return [each for i, member in enumerate(value) for each in _values(f"{name}_{i}", member)]
    tensor = torch.as_tensor(value)
    if tensor.numel() == 1:
        return [Metric(name, float(tensor))]
    if tensor.ndim == 1:
        return [Metric(f"{name}_{index}", member) for index, member in enumerate(tensor.tolist())]
    raise UserCodeError(
        f"{name} is a tensor of shape {tuple(tensor.shape)}; "
        "a metric must be one number or a row of them"
    )

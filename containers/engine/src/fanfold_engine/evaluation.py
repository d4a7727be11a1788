"""A pass over a partition without training: what validation, test and prediction share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from fanfold_engine.data.dataset import PartitionData
from fanfold_engine.device import autocast, on_device
from fanfold_engine.metrics import EvaluationMetrics
from fanfold_engine.mlspec import RunCode, scalar_loss
from fanfold_engine.protocol import Metric
from fanfold_engine.recipe import Precision


class Evaluation:
    """A model's forward passes over a partition, batch by batch in the order of its rows."""

    def __init__(
        self,
        code: RunCode,
        model: torch.nn.Module,
        partition: PartitionData,
        *,
        batch_size: int,
        precision: Precision,
        device: torch.device,
    ) -> None:
        self._code = code
        self._model = model
        self._partition = partition
        self._batch_size = batch_size
        self._precision: Precision = precision
        self._device = device

    @property
    def batches(self) -> int:
        """How many there are; the last one may be short."""
        return -(-len(self._partition.rows) // self._batch_size)

    def rows_of(self, batch: int) -> list[dict[str, Any]]:
        """The rows of a batch (from 0)."""
        start = batch * self._batch_size
        end = min(start + self._batch_size, len(self._partition.rows))
        return self._partition.rows.take(range(start, end))

    def answer(self, rows: Sequence[dict[str, Any]]) -> Mapping[str, Any]:
        """What ``compute_forward`` gives for a batch of rows.

        Raises:
            UserCodeError: user code raised.
        """
        batch = self.batch(rows)
        with torch.no_grad(), autocast(self._device, self._precision):
            return self._code.forward(self._model, batch)

    def batch(self, rows: Sequence[dict[str, Any]]) -> Any:
        """The batch of these rows, on the device.

        Raises:
            UserCodeError: user code raised.
        """
        return self.batch_by(self._code, rows)

    def batch_by(self, code: RunCode, rows: Sequence[dict[str, Any]]) -> Any:
        """The batch that this code makes of these rows, on the device."""
        batch = code.batch(rows, self._partition.object_dir)
        return on_device(batch, self._device)


class Scores:
    """Loss and metrics of a pass; the loss is weighted by examples, as the last batch is short."""

    def __init__(self, metrics: EvaluationMetrics) -> None:
        self._metrics = metrics
        self._losses: list[tuple[torch.Tensor, int]] = []
        metrics.reset()

    def add(self, answer: Mapping[str, Any], examples: int) -> None:
        """See what ``compute_forward`` gave for a batch."""
        if answer.get("loss") is not None:
            self._losses.append((scalar_loss(answer["loss"]), examples))
        self._metrics.update(answer)

    def compute(self) -> tuple[Metric, ...]:
        """The loss, if ``compute_forward`` gave one, then the metrics."""
        metrics = self._metrics.compute()
        return (*self._loss(), *metrics)

    def _loss(self) -> tuple[Metric, ...]:
        if not self._losses:
            return ()
        total, count = self._sums()
        return (Metric(f"{self._metrics.prefix}loss", total / count),)

    def _sums(self) -> tuple[float, int]:
        """The losses of all examples, and how many these are."""
        total = 0.0
        # Read only now, as reading a number from a GPU waits for it.
        for loss, examples in self._losses:
            total += loss.item() * examples
        return total, sum(examples for _, examples in self._losses)

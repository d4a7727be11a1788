"""Which examples come when: a pure function of the seed, the rows and the config.

An epoch is a permutation of the rows, cut into batches; ``accumulation`` batches make one
optimizer step; a chunk is a contiguous range of whole steps. So chunks never change the
arithmetic, and no gradient is held across a chunk's end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch

DEFAULT_CHUNKS = 4

Order = npt.NDArray[np.int64]
"""Positions of rows, shape (rows,): 8 bytes for each, where a list takes 36."""


def epoch_seed(seed: int, epoch: int) -> int:
    """The seed of an epoch's permutation: ``seed * 1_000_003 + epoch``, within 63 bits."""
    return (seed * 1_000_003 + epoch) % 2**63


def permutation(rows: int, seed: int, epoch: int) -> Order:
    """The order in which an epoch (from 1) sees the rows."""
    generator = torch.Generator().manual_seed(epoch_seed(seed, epoch))
    return torch.randperm(rows, generator=generator).numpy()


@dataclass(frozen=True)
class DataStart:
    """Where in the data a run begins: a warm clone takes them up where its parent stood.

    Its first epoch is that ``epoch`` epochs later in the seed's order, and every epoch begins
    ``row`` rows later in its permutation, wrapping round.
    """

    epoch: int = 0
    row: int = 0

    def after(self, epochs: int, rows: int, of: int) -> DataStart:
        """Where a run stands that began here, after epochs and rows; there are ``of`` rows."""
        return DataStart(self.epoch + epochs, (self.row + rows) % of)


@dataclass(frozen=True)
class EpochSchedule:
    """One epoch of one run."""

    rows: int
    batch_size: int
    accumulation: int
    seed: int
    epoch: int
    wanted_chunks: int
    start: DataStart = DataStart()

    @cached_property
    def steps(self) -> int:
        """Optimizer steps in the epoch."""
        return -(-self._batches // self.accumulation)

    @cached_property
    def chunks(self) -> int:
        """Chunks in the epoch: as many as wanted, at most one per step."""
        return min(self.wanted_chunks, self.steps)

    def steps_of(self, chunk: int) -> Iterator[list[Sequence[int]]]:
        """The steps of a chunk (from 0), each as the row positions of its batches."""
        for step in self._range_of(chunk):
            batches = range(
                step * self.accumulation, min((step + 1) * self.accumulation, self._batches)
            )
            yield [self._batch(number) for number in batches]

    def examples_of(self, chunk: int) -> int:
        """How many examples a chunk (from 0) has."""
        steps, per_step = self._range_of(chunk), self.accumulation * self.batch_size
        return min(steps.stop * per_step, self.rows) - steps.start * per_step

    def _range_of(self, chunk: int) -> range:
        return range(chunk * self.steps // self.chunks, (chunk + 1) * self.steps // self.chunks)

    @cached_property
    def _batches(self) -> int:
        return -(-self.rows // self.batch_size)

    @cached_property
    def _order(self) -> Order:
        order = permutation(self.rows, self.seed, self.start.epoch + self.epoch)
        return np.roll(order, -self.start.row) if self.start.row else order

    def _batch(self, number: int) -> Sequence[int]:
        return self._order[number * self.batch_size : (number + 1) * self.batch_size].tolist()

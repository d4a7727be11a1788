"""Which part of a batch is a rank's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Part(Generic[T]):
    """The members of a batch that one rank computes, and their share of it.

    A short last batch may have fewer members than there are ranks. A rank that is left with none
    takes one that is another's, with a share of nought, since all have to compute together.
    """

    members: Sequence[T]
    share: float


def part_of(batch: Sequence[T], rank: int, ranks: int) -> Part[T]:
    """The part of one of so many ranks; the parts are as equal as can be, in the batch's order."""
    first, end = (bound * len(batch) // ranks for bound in (rank, rank + 1))
    if first == end:
        return Part(batch[:1], 0.0)
    return Part(batch[first:end], (end - first) / len(batch))

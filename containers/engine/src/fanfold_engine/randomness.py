"""The random numbers of one run: Python's, NumPy's, torch's and the GPU's, as one thing."""

from __future__ import annotations

import random
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True)
class RandomState:
    """Where all global generators stand."""

    python: Any
    numpy: Any
    torch: torch.Tensor
    cuda: torch.Tensor | None

    @classmethod
    def now(cls, device: torch.device) -> RandomState:
        """Where they stand now."""
        cuda = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
        return cls(random.getstate(), np.random.get_state(), torch.get_rng_state(), cuda)  # noqa: NPY002

    def is_same(self, other: RandomState) -> bool:
        """Whether both would draw the same numbers."""
        return (
            self.python == other.python
            and _is_same_array(self.numpy, other.numpy)
            and torch.equal(self.torch, other.torch)
            and (self.cuda is None or other.cuda is None or torch.equal(self.cuda, other.cuda))
        )

    def restore(self, device: torch.device) -> None:
        """Put them back to where they stood."""
        random.setstate(self.python)
        np.random.set_state(self.numpy)  # noqa: NPY002
        torch.set_rng_state(self.torch)
        if self.cuda is not None and device.type == "cuda":
            torch.cuda.set_rng_state(self.cuda, device)


def seed_all(seed: int) -> None:
    """Seed every global generator as a plain script would."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    torch.manual_seed(seed)


@contextmanager
def isolated(device: torch.device) -> Generator[None]:
    """Random numbers drawn in here are not missed outside."""
    before = RandomState.now(device)
    try:
        yield
    finally:
        before.restore(device)


def _is_same_array(one: Any, other: Any) -> bool:
    (_, keys, *place), (_, other_keys, *other_place) = one, other
    return place == other_place and bool(np.array_equal(keys, other_keys))

"""The random numbers of one run: Python's, NumPy's, torch's and the GPU's, as one thing."""

from __future__ import annotations

import ctypes
import random
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

MERSENNE_TWISTER_BYTES = 624 * 4 + 4
"""The words of NumPy's global generator, and which of them comes next."""


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
        return cls(random.getstate(), _numpy.state(), torch.get_rng_state(), cuda)

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
        _numpy.set_state(self.numpy)
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


class _NumpyGenerator:
    """NumPy's global generator. Reading and writing its state is slow, most code never draws from
    it, and whether it was drawn from shows in its memory."""

    def __init__(self) -> None:
        self._seen: Any = None
        self._seen_memory: Any = None

    def state(self) -> Any:
        """Where it stands."""
        if not self._stands_where_it_was_seen():
            self._see(np.random.get_state())  # noqa: NPY002
        return self._seen

    def set_state(self, state: Any) -> None:
        """Put it back to where it stood."""
        if not (self._stands_where_it_was_seen() and _is_same_array(self._seen, state)):
            np.random.set_state(state)  # noqa: NPY002
            self._see(state)

    def _see(self, state: Any) -> None:
        self._seen, self._seen_memory = state, self._memory()

    def _stands_where_it_was_seen(self) -> bool:
        if self._seen_memory is None or self._seen_memory != self._memory():
            return False
        # A normal number that is kept for the next draw is not in this memory.
        return not self._seen[3]

    def _memory(self) -> tuple[int, bytes] | None:
        """Of which generator, and what is in it; ``None`` if user code put one of another kind."""
        generator = np.random.get_bit_generator()  # pyright: ignore[reportAttributeAccessIssue]
        if not isinstance(generator, np.random.MT19937):
            return None
        address = generator.ctypes.state_address
        return address, ctypes.string_at(address, MERSENNE_TWISTER_BYTES)


_numpy = _NumpyGenerator()


def _is_same_array(one: Any, other: Any) -> bool:
    if one is other:
        return True
    (_, keys, *place), (_, other_keys, *other_place) = one, other
    return place == other_place and bool(np.array_equal(keys, other_keys))

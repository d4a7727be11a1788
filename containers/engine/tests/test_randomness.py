"""Random numbers are put back to where they stood, whatever was drawn in between."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from fanfold_engine.randomness import RandomState, seed_all

CPU = torch.device("cpu")

DRAWS: list[Callable[[], object]] = [
    lambda: None,
    lambda: np.random.random(3),
    lambda: np.random.normal(),  # keeps a second number for the next time
    lambda: np.random.normal(size=2),
    lambda: np.random.randint(0, 2**32, dtype=np.uint32),
    lambda: np.random.shuffle(list(range(5))),
    lambda: np.random.seed(7),
    lambda: np.random.random(700),
    lambda: random.gauss(0, 1),
    lambda: torch.rand(2),
]


def next_numbers() -> list[float]:
    """What comes next, without a trace."""
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    numbers = [np.random.normal(), np.random.normal(), np.random.random()]
    numbers += [random.gauss(0, 1), random.random(), float(torch.rand(1))]
    random.setstate(before[0])
    np.random.set_state(before[1])
    torch.set_rng_state(before[2])
    return numbers


@pytest.mark.parametrize("seed", range(30))
def test_every_state_gives_its_numbers_again(seed: int) -> None:
    draw = random.Random(seed)
    seed_all(seed)
    kept: list[tuple[RandomState, list[float]]] = []
    for _ in range(60):
        draw.choice(DRAWS)()
        kept.append((RandomState.now(CPU), next_numbers()))
        if draw.random() < 0.6:
            state, numbers = draw.choice(kept)
            state.restore(CPU)
            assert next_numbers() == numbers
            assert RandomState.now(CPU).is_same(state)


def test_a_state_is_put_into_whatever_generator_numpy_has_now() -> None:
    before = np.random.get_bit_generator()
    state = RandomState.now(CPU)
    expected = next_numbers()
    try:
        np.random.set_bit_generator(np.random.MT19937(3))
        state.restore(CPU)
        assert next_numbers() == expected
    finally:
        np.random.set_bit_generator(before)
    state.restore(CPU)
    assert next_numbers() == expected

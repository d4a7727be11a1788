"""The data: points of a surface, made up here, always the same ones."""

import numpy as np
import pandas as pd

SIZES = {"train": 128, "validation": 64}
SEED = 7


def train_and_validation() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The two partitions: `id`, `x0`, `x1` in -1 to 1, and the height `y` at that place."""
    generator = np.random.default_rng(SEED)
    train, validation = (_points(generator, size) for size in SIZES.values())
    return train, validation


def _points(generator: np.random.Generator, size: int) -> pd.DataFrame:
    x0, x1 = generator.uniform(-1, 1, (2, size)).round(3)
    heights = (np.sin(3 * x0) + x1**2).round(3)
    return pd.DataFrame({"id": range(1, size + 1), "x0": x0, "x1": x1, "y": heights})

"""The data: 1,797 scans of handwritten digits, 8 by 8 pixels, that scikit-learn brings along."""

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

VALIDATION_ROWS = 360
SPLIT_SEED = 7
BRIGHTEST = 16.0


def train_and_validation() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The two partitions, always the same rows: `id`, `pixels` (64 values in 0 to 1), `label`."""
    digits = load_digits()
    order = np.random.default_rng(SPLIT_SEED).permutation(len(digits.target))
    table = pd.DataFrame(
        {
            "id": range(len(digits.target)),
            "pixels": list((digits.data / BRIGHTEST).astype("float32")),
            "label": digits.target,
        }
    )
    validation, train = order[:VALIDATION_ROWS], order[VALIDATION_ROWS:]
    return table.iloc[train], table.iloc[validation]

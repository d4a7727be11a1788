"""The data: 1,797 scans of handwritten digits, 8 by 8 pixels, that scikit-learn brings along.

Run as a script it writes them as files for `digits.yaml`, into `data` or the folder named.
"""

import sys
from pathlib import Path

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


def write(folder: Path) -> None:
    """Both partitions as Parquet files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, partition in zip(("train", "validation"), train_and_validation(), strict=True):
        partition.to_parquet(folder / f"{name}.parquet", index=False)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("data"))

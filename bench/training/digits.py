"""The rows of the digits that `write_digits.py` left in a folder."""

from pathlib import Path

import pyarrow.parquet as pq

Rows = list[dict]


def read_digits(folder: Path) -> tuple[Rows, Rows]:
    """Train and validation rows: `id`, `pixels` (64 values in 0 to 1), `label`."""
    train, validation = (
        pq.read_table(folder / f"{name}.parquet").to_pylist() for name in ("train", "validation")
    )
    return train, validation

"""Memory does not grow with the dataset. `data_memory.py` shows it for 1 GB, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from data_memory import MEGABYTE, measure

DATASET_MB = 200
MAY_GROW_BY_MB = 250
"""Pieces in the hands of readers and the first rows before they are known to be many, about 180 MB;
and 8 bytes for each row in a few arrays. Kept as Python values the rows took 700 MB."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_fit_over_a_large_dataset_takes_little_memory(tmp_path: Path, form: str) -> None:
    found = measure(tmp_path, form, DATASET_MB * MEGABYTE)
    assert found.rows > 400_000
    assert found.grown_mb < MAY_GROW_BY_MB

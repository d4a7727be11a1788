"""Writes the digits, scikit-learn's 1,797 scans, as Parquet: `write_digits.py FOLDER`."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.datasets import load_digits

VALIDATION_ROWS = 360
BRIGHTEST = 16.0

folder = Path(sys.argv[1])
digits = load_digits()
order = np.random.default_rng(7).permutation(len(digits.target))
pixels = (digits.data[order] / BRIGHTEST).astype("float32")
table = pa.table({"id": order, "pixels": list(pixels), "label": digits.target[order]})
pq.write_table(table.slice(0, VALIDATION_ROWS), folder / "validation.parquet")
pq.write_table(table.slice(VALIDATION_ROWS), folder / "train.parquet")

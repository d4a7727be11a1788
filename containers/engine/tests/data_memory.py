"""What a fit over a large dataset takes of memory. By hand, for 1 GB of CSV and of Parquet:

python containers/engine/tests/data_memory.py 1000
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

ROWS_AT_A_TIME = 10_000
MEGABYTE = 1_000_000
SAMPLE_SECONDS = 0.005

FIT = '''
import sys
from pathlib import Path
from fanfold_engine import fit  # the imports are no part of what is measured
from fanfold_engine.data import dataset, download
from scene import Scene, config

SPEC = """
import torch

class MLSpec:
    def row_prep(self, row, object_dir, cfg, mode):
        return row["a"], row["b"], row["c"], len(row["text"]), row["y"]

    def collate(self, examples, cfg, mode):
        return torch.tensor(examples)

    def create_model(self, cfg):
        return torch.nn.Linear(4, 1)

    def compute_forward(self, model, batch, cfg, mode):
        return {"loss": torch.nn.functional.mse_loss(model(batch[:, :4])[:, 0], batch[:, 4])}
"""

scene = Scene(Path(sys.argv[1]))
scene.write_code(SPEC)
scene.locators["train"] = f"s3://data-bucket/train.{sys.argv[2]}"
scene.fit["chunkTimeoutSeconds"] = 3600
scene.fit["numChunks"] = 50
print("begins", flush=True)
control_plane = scene.run_fit(config(epochs=1, batch_size=1024))
assert control_plane.runs[1]["status"] == "completed", control_plane.runs[1]
'''


@dataclass(frozen=True)
class Measured:
    """A fit's download and one epoch: its rows, its time, and by how much its memory grew.

    Memory is what the process has for itself (``RssAnon``): pages of mapped files are the system's
    to take back.
    """

    rows: int
    seconds: float
    grown_mb: float


def write_table(path: Path, size_bytes: int) -> int:
    """Write a table of that size, CSV or Parquet by its suffix; how many rows it has."""
    draw = np.random.default_rng(1)
    rows = 0
    with path.open("wb") as file:
        writer: pa_csv.CSVWriter | pq.ParquetWriter | None = None
        while file.tell() < size_bytes:
            part = _part(draw, rows)
            if writer is None:
                make = pa_csv.CSVWriter if path.suffix == ".csv" else pq.ParquetWriter
                writer = make(file, part.schema)
            writer.write_table(part)
            rows += part.num_rows
        if writer is not None:
            writer.close()
    return rows


def _part(draw: np.random.Generator, first: int) -> pa.Table:
    features = {name: draw.normal(size=ROWS_AT_A_TIME).astype(np.float32) for name in "abc"}
    letters = draw.integers(97, 123, (ROWS_AT_A_TIME, 400), np.uint8)
    return pa.table(
        {
            "id": np.arange(first, first + ROWS_AT_A_TIME),
            **features,
            "y": draw.integers(0, 2, ROWS_AT_A_TIME),
            "text": [row.tobytes().decode() for row in letters],
        }
    )


def measure(folder: Path, form: str, size_bytes: int) -> Measured:
    """Run a fit in a process of its own and watch its memory."""
    path = folder / "s3" / "data-bucket" / f"train.{form}"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = write_table(path, size_bytes)
    command = [sys.executable, "-W", "error", "-c", FIT, str(folder), form]
    with subprocess.Popen(
        command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        began, at_first = time.monotonic(), _own_bytes(process.pid)
        peak = at_first
        while process.poll() is None:
            peak = max(peak, _own_bytes(process.pid))
            time.sleep(SAMPLE_SECONDS)
        assert process.returncode == 0
    return Measured(rows, time.monotonic() - began, (peak - at_first) / MEGABYTE)


def _own_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    for form in ("csv", "parquet"):
        with tempfile.TemporaryDirectory() as folder:
            found = measure(Path(folder), form, int(sys.argv[1]) * MEGABYTE)
            sys.stdout.write(
                f"{form}, {sys.argv[1]} MB, {found.rows:,} rows: memory grew by "
                f"{found.grown_mb:.0f} MB; download and one epoch took {found.seconds:.0f} s\n"
            )

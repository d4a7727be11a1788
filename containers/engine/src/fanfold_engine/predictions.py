"""A prediction's file: CSV with the ids of the examples and a column per output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import torch

from fanfold_engine.data.esf import ID
from fanfold_engine.mlspec import UserCodeError
from fanfold_engine.protocol import PredictionsFile

MAX_COLUMNS = 10_000
HAS_NO_NUMPY = (torch.bfloat16, torch.float16)
OPTIONS = pa_csv.WriteOptions(quoting_header="none")


class PredictionsWriter:
    """Writes batch after batch; only one of them is in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pa_csv.CSVWriter | None = None
        self._schema: pa.Schema | None = None
        self._rows = 0

    def write(self, ids: Sequence[int], predictions: Any) -> None:
        """Append the predictions of a batch.

        Raises:
            UserCodeError: they are no tensor of shape (batch,) or (batch, outputs), or not of the
                kind of those before.
        """
        columns = _columns(predictions, len(ids))
        arrays = [pa.array(ids, pa.int64()), *(pa.array(column) for column in columns)]
        table = pa.table(arrays, names=[ID, *_names(len(columns))])
        if self._schema is None:
            self._schema = table.schema
            self._writer = pa_csv.CSVWriter(self._path, table.schema, write_options=OPTIONS)
        elif table.schema != self._schema:
            raise UserCodeError(
                'the "predictions" of compute_forward changed between batches: '
                f"first {_kinds(self._schema)}, now {_kinds(table.schema)}"
            )
        assert self._writer is not None
        self._writer.write(table)
        self._rows += table.num_rows

    def close(self) -> PredictionsFile:
        """End the file and tell what is in it."""
        if self._writer is None or self._schema is None:
            raise ValueError("a prediction has no examples")
        self._writer.close()
        return PredictionsFile(self._rows, tuple(self._schema.names))


def _columns(predictions: Any, examples: int) -> list[np.ndarray[Any, Any]]:
    if not isinstance(predictions, torch.Tensor):
        kind = "None" if predictions is None else f"a {type(predictions).__name__}"
        raise UserCodeError(
            f'compute_forward must return "predictions" as a tensor in mode predict, not {kind}'
        )
    if predictions.ndim not in (1, 2) or len(predictions) != examples:
        raise UserCodeError(
            'the "predictions" of compute_forward must have shape (batch,) or (batch, outputs); '
            f"for a batch of {examples} they have shape {tuple(predictions.shape)}"
        )
    table = predictions.detach().reshape(examples, -1)  # (batch, outputs)
    if predictions.is_complex() or not 1 <= table.shape[1] <= MAX_COLUMNS:
        raise UserCodeError(
            f'the "predictions" of compute_forward are {table.shape[1]} columns of '
            f"{predictions.dtype}; a file takes 1 to {MAX_COLUMNS} columns of real numbers"
        )
    if table.dtype in HAS_NO_NUMPY:
        table = table.float()
    return list(table.cpu().numpy().T)


def _names(outputs: int) -> list[str]:
    return ["prediction"] if outputs == 1 else [f"prediction_{i}" for i in range(outputs)]


def _kinds(schema: pa.Schema) -> str:
    return f"{len(schema) - 1} of {schema.types[-1]}"

"""The rows of a partition as user code gets them: ``{column: value}`` in plain Python values.

A small table is kept as Python values. A large one is written to the worker's disk, row by row, and
mapped into memory: a row's values lie side by side there, so that a row drawn at random costs one
look at the disk (in a table kept by columns, one for each column) and memory holds none of them.
"""

from __future__ import annotations

import copy
import mmap
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from fanfold_engine.data.python_values import is_flat_list, python_values

Row = dict[str, Any]

MAX_KEPT_BYTES = 64 * 1024 * 1024
"""Arrow bytes up to which a table is kept as Python values, which take about ten times as much."""


class RowSource(Protocol):
    """Random access to a table's rows. Every row given out is the caller's to change."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def take(self, positions: Sequence[int]) -> list[Row]:
        """The rows at these positions."""
        ...


class Rows:
    """The :class:`RowSource` that keeps Python values."""

    def __init__(self, table: pa.Table) -> None:
        columns = table.column_names
        self._rows = [
            dict(zip(columns, values, strict=True))
            for batch in table.to_batches()
            for values in _tuples(batch)
        ]
        self._copiers = _copiers(table.schema)

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, positions: Sequence[int]) -> list[Row]:
        """See :class:`RowSource`."""
        rows = [self._rows[position].copy() for position in positions]
        for column, copier in self._copiers.items():
            for row in rows:
                if row[column] is not None:
                    row[column] = copier(row[column])
        return rows


class StoredRows:
    """The :class:`RowSource` over a file that :func:`store` wrote."""

    def __init__(self, columns: Sequence[str], path: Path) -> None:
        self._columns = tuple(columns)
        self._path = path
        self._bounds = np.load(_bounds_of(path), mmap_mode="r")
        with path.open("rb") as file:
            self._values = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def __reduce__(self) -> tuple[type[StoredRows], tuple[Sequence[str], Path]]:
        """Another process maps the same file."""
        return StoredRows, (self._columns, self._path)

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def take(self, positions: Sequence[int]) -> list[Row]:
        """See :class:`RowSource`."""
        places = np.asarray(positions, np.int64)
        starts, ends = self._bounds[places].tolist(), self._bounds[places + 1].tolist()
        columns, values, loads = self._columns, self._values, pickle.loads
        return [
            dict(zip(columns, loads(values[start:end]), strict=True))
            for start, end in zip(starts, ends, strict=True)
        ]


def collect(batches: Iterable[pa.RecordBatch], path: Path) -> RowSource:
    """Take in a table of one batch at least; one that is large is stored at ``path``."""
    remaining = iter(batches)
    first: list[pa.RecordBatch] = []
    size_bytes = 0
    for batch in remaining:
        first.append(batch)
        size_bytes += batch.nbytes
        if size_bytes > MAX_KEPT_BYTES:
            return store(chain(_consumed(first), remaining), path)
    return Rows(pa.Table.from_batches(first))


def store(batches: Iterable[pa.RecordBatch], path: Path) -> StoredRows:
    """Write rows to the disk as they come, each as the pickled tuple of its values."""
    lengths: list[np.ndarray[Any, np.dtype[np.int64]]] = []
    columns: list[str] = []
    with path.open("wb") as file:
        for batch in batches:
            columns = batch.schema.names
            pickled = [pickle.dumps(values, pickle.HIGHEST_PROTOCOL) for values in _tuples(batch)]
            lengths.append(np.fromiter(map(len, pickled), np.int64, len(pickled)))
            file.write(b"".join(pickled))
    np.save(_bounds_of(path), np.cumsum(np.concatenate([[0], *lengths])))
    return StoredRows(columns, path)


def _bounds_of(path: Path) -> Path:
    """Where each row starts, and the last one ends, in a file beside that of the values."""
    return path.with_suffix(".npy")


def _consumed(batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    while batches:
        yield batches.pop(0)


def _tuples(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    return zip(*(python_values(column) for column in batch.columns), strict=True)


def _copiers(schema: pa.Schema) -> dict[str, Callable[[Any], Any]]:
    """How to copy the values of those columns whose values can be changed in place."""
    return {
        field.name: list.copy if is_flat_list(field.type) else copy.deepcopy
        for field in schema
        if pa.types.is_nested(field.type)
    }

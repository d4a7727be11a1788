"""Example Structure Files: one table per partition, as CSV or Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from fanfold_engine.data.errors import DataError
from fanfold_engine.data.manifest import EsfFormat
from fanfold_engine.data.selection import Ids

ID = "id"
PARQUET_MAGIC = b"PAR1"


def format_of(path: Path) -> EsfFormat:
    """What the file is, by its first bytes."""
    with path.open("rb") as file:
        return "parquet" if file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC else "csv"


def columns_of(path: Path, uri: str) -> tuple[str, ...]:
    """The table's column names.

    Raises:
        DataError: it is no table, or a name comes twice.
    """
    try:
        if format_of(path) == "parquet":
            names = pq.read_schema(path).names
        else:
            with pa_csv.open_csv(path) as reader:
                names = reader.schema.names
    except pa.ArrowInvalid as error:
        raise DataError(f"{uri} cannot be read as an ESF: {error}") from error
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(
            f"{uri} has more than one column {twice[0]!r}; give every column its own name"
        )
    return tuple(names)


def read_table(path: Path, uri: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The table, or only some of its columns.

    Raises:
        DataError: it is no table.
    """
    try:
        if format_of(path) == "parquet":
            return pq.read_table(path, columns=None if columns is None else list(columns))
        convert = pa_csv.ConvertOptions(include_columns=None if columns is None else list(columns))
        return pa_csv.read_csv(path, convert_options=convert)
    except pa.ArrowInvalid as error:
        raise DataError(f"{uri} cannot be read as an ESF: {error}") from error


def ids_of(table: pa.Table, uri: str) -> Ids:
    """The ids of all rows.

    Raises:
        DataError: there are no rows, or ids that are not unique integers.
    """
    if table.num_rows == 0:
        raise DataError(f"{uri} has no rows")
    column = table[ID]
    if not pa.types.is_integer(column.type):
        raise DataError(f"the ids of {uri} must be integers, not {column.type}")
    if column.null_count:
        row = _first_null(column)
        raise DataError(f"{uri} has no id in row {row}; every row needs its own integer id")
    try:
        ids = column.cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid as error:
        raise DataError(f"an id of {uri} does not fit into 64 bits") from error
    _refuse_duplicates(ids, uri)
    return ids


def paths_of(table: pa.Table, column: str, uri: str) -> pa.Array:
    """The object paths of a column.

    Raises:
        DataError: they are not all text.
    """
    paths = table[column].combine_chunks()
    if not (pa.types.is_string(paths.type) or pa.types.is_large_string(paths.type)):
        raise DataError(
            f"column {column!r} of {uri} is named in download_columns, so it must hold paths, "
            f"not {paths.type}"
        )
    if paths.null_count:
        row = _first_null(paths)
        raise DataError(f"column {column!r} of {uri} has no path in row {row}")
    return paths


def _first_null(column: pa.ChunkedArray | pa.Array) -> int:
    """The first row (from 1) without a value."""
    return int(np.argmax(column.is_null().to_numpy(zero_copy_only=False))) + 1


def _refuse_duplicates(ids: Ids, uri: str) -> None:
    unique, counts = np.unique(ids, return_counts=True)
    twice = unique[counts > 1]
    if len(twice):
        raise DataError(
            f"{uri} has {len(twice)} ids more than once, id {twice[0]} the first of them; "
            "ids must be unique"
        )

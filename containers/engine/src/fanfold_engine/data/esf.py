"""Example Structure Files: one table per partition, as CSV or Parquet, read in pieces."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from fanfold_engine.data import csv_types
from fanfold_engine.data.csv_types import Types
from fanfold_engine.data.errors import DataError

EsfFormat = Literal["csv", "parquet"]

ID = "id"
PARQUET_MAGIC = b"PAR1"
GZIP_MAGIC = b"\x1f\x8b"

MAX_BATCH_ROWS = 4096
BATCH_BYTES = 4 * 1024 * 1024
"""About what a piece of a Parquet file takes in memory."""
MAX_COLUMNS_NAMED = 20


@dataclass(frozen=True)
class Esf:
    """A table in a local file. A CSV file's types are known once they were settled."""

    path: Path
    uri: str
    format: EsfFormat
    columns: tuple[str, ...]
    types: Types = field(default_factory=dict)


def open_esf(path: Path, uri: str) -> Esf:
    """Look at a file's columns.

    Raises:
        DataError: it is no table, has no column ``id``, or a name comes twice.
    """
    with _readable(uri):
        file_format = _format_of(path, uri)
        if file_format == "parquet":
            names = pq.read_schema(path).names
        else:
            with csv_types.open_csv(path) as reader:
                names = reader.schema.names
    esf = Esf(path, uri, file_format, tuple(names))
    _check_columns(esf)
    return esf


def settle_types(esf: Esf, texts: Collection[str]) -> Types:
    """The types of a CSV file's columns, found by reading it; Parquet files tell theirs.

    Raises:
        DataError: it cannot be read to its end.
    """
    if esf.format == "parquet":
        return {}
    with _readable(esf.uri):
        return csv_types.settle_types(esf.path, texts)


def batches(esf: Esf, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The table, or only some of its columns, in pieces of a few megabytes.

    Raises:
        DataError: it cannot be read to its end.
    """
    read = _parquet_batches if esf.format == "parquet" else _csv_batches
    with _readable(esf.uri):
        yield from read(esf, columns)


def listed(columns: Sequence[str]) -> str:
    """Column names for a message."""
    more = " …" if len(columns) > MAX_COLUMNS_NAMED else ""
    return ", ".join(repr(column) for column in columns[:MAX_COLUMNS_NAMED]) + more


def _format_of(path: Path, uri: str) -> EsfFormat:
    """What the file is, by its first bytes."""
    with path.open("rb") as file:
        start = file.read(len(PARQUET_MAGIC))
    if start.startswith(GZIP_MAGIC):
        raise DataError(f"{uri} is compressed as a whole; give plain CSV, or Parquet")
    return "parquet" if start == PARQUET_MAGIC else "csv"


def _check_columns(esf: Esf) -> None:
    names = esf.columns
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(
            f"{esf.uri} has more than one column {twice[0]!r}; give every column its own name"
        )
    if ID not in names:
        raise DataError(
            f"{esf.uri} has no column 'id'; it has {listed(names)}; give every row a unique "
            "integer in a column 'id'"
        )


def _csv_batches(esf: Esf, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    with csv_types.open_csv(esf.path, esf.types, columns) as reader:
        yield from reader


def _parquet_batches(esf: Esf, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    names = None if columns is None else list(columns)
    with pq.ParquetFile(esf.path, memory_map=True) as file:
        for batch in file.iter_batches(_rows_of_a_batch(file.metadata), columns=names):
            yield _without_dictionaries(batch)


def _rows_of_a_batch(metadata: pq.FileMetaData) -> int:
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    row_bytes = sum(group.total_byte_size for group in groups) // max(1, metadata.num_rows)
    return max(1, min(MAX_BATCH_ROWS, BATCH_BYTES // max(1, row_bytes)))


def _without_dictionaries(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Categories as the values they stand for."""
    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        for column in batch.columns
    ]
    return pa.record_batch(columns, names=batch.schema.names)


@contextmanager
def _readable(uri: str) -> Generator[None]:
    """Turns what a reader raises into a :class:`DataError`."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if csv_types.TOO_LONG in str(error):
            raise DataError(f"{uri} has a row longer than 1 MiB; save it as Parquet") from error
        why = str(error).partition("\n")[0]
        raise DataError(f"{uri} cannot be read as CSV or Parquet: {why}") from error

"""The columns that a data handle itself looks at: ids, and paths of object files."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fanfold_engine.data.errors import DataError
from fanfold_engine.data.esf import ID, Esf, batches
from fanfold_engine.data.selection import Ids

Positions = npt.NDArray[np.intp]


def ids_of(table: Esf) -> Ids:
    """The ids of all rows.

    Raises:
        DataError: there are no rows, or ids that are not unique integers.
    """
    parts: list[Ids] = []
    rows = 0
    for batch in batches(table, [ID]):
        parts.append(_integers(batch[ID], rows, table.uri))
        rows += batch.num_rows
    if rows == 0:
        raise DataError(f"{table.uri} has no rows; a partition needs at least one")
    ids = np.concatenate(parts)
    _refuse_duplicates(ids, table.uri)
    return ids


def paths_of(table: Esf, columns: tuple[str, ...], ids: Ids, chosen: Positions) -> pa.Array:
    """The paths in columns of object paths in the chosen rows, each once and in order.

    Raises:
        DataError: they are not all text.
    """
    parts: list[pa.Array] = []
    start = 0
    for batch in batches(table, columns):
        first, end = np.searchsorted(chosen, [start, start + batch.num_rows])
        places = chosen[first:end]
        for column in columns:
            paths = batch[column].take(pa.array(places - start))
            _check_paths(paths, f"column {column!r} of {table.uri}", ids[places])
            parts.append(paths.cast(pa.string()).unique())
        start += batch.num_rows
    return pa.chunked_array(parts, pa.string()).unique().sort()


def _integers(column: pa.Array, rows_before: int, uri: str) -> Ids:
    if column.null_count:
        row = rows_before + int(np.argmax(column.is_null().to_numpy(zero_copy_only=False))) + 1
        raise DataError(f"{uri} has no id in row {row}; every row needs its own integer id")
    if not pa.types.is_integer(column.type):
        raise DataError(f"the ids of {uri} must be integers, not {column.type}")
    try:
        return column.cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid as error:
        raise DataError(f"an id of {uri} does not fit into 64 bits") from error


def _refuse_duplicates(ids: Ids, uri: str) -> None:
    unique, counts = np.unique(ids, return_counts=True)
    twice = unique[counts > 1]
    if len(twice):
        raise DataError(
            f"{uri} has {len(twice)} ids more than once, id {twice[0]} the first of them; "
            "ids must be unique"
        )


def _check_paths(paths: pa.Array, where: str, ids: Ids) -> None:
    if paths.null_count:
        row_id = ids[int(np.argmax(paths.is_null().to_numpy(zero_copy_only=False)))]
        raise DataError(
            f"{where} has no path in the row with id {row_id}; give one, or leave the column out "
            "of download_columns"
        )
    if not (pa.types.is_string(paths.type) or pa.types.is_large_string(paths.type)):
        raise DataError(
            f"{where} is named in download_columns, so it must hold paths, not {paths.type}"
        )

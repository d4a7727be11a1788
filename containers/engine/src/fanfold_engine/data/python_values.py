"""Arrow columns as the Python values of ``to_pylist``, by a shorter way where there is one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def python_values(column: pa.Array) -> list[Any]:
    """The column's values; every list among them is a new one."""
    if column.null_count:
        return column.to_pylist()
    if _is_number(column.type):
        return column.to_numpy().tolist()
    if is_flat_list(column.type) and _is_number(column.type.value_type):
        return _number_lists(column)
    return column.to_pylist()


def is_flat_list(kind: pa.DataType) -> bool:
    """Whether values are lists of what is no list itself."""
    is_list = (
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )
    return is_list and not pa.types.is_nested(kind.value_type)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_float32(kind) or pa.types.is_float64(kind)


def _number_lists(column: pa.Array) -> list[Any]:
    flat = column.flatten()
    if flat.null_count:
        return column.to_pylist()
    numbers = flat.to_numpy().tolist()
    ends = np.cumsum(_lengths(column)).tolist()
    return [numbers[start:end] for start, end in pairwise([0, *ends])]


def _lengths(column: pa.Array) -> npt.NDArray[np.int64]:
    if pa.types.is_fixed_size_list(column.type):
        return np.full(len(column), column.type.list_size, np.int64)
    return column.value_lengths().to_numpy().astype(np.int64)

"""The rows of a partition as user code gets them: ``{column: value}`` in plain Python values."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

Row = dict[str, Any]

MAX_BYTES_AS_OBJECTS = 128 * 1024 * 1024
"""Arrow bytes up to which a table is kept as Python values, which take about ten times as much."""


class Rows:
    """Random access to a table's rows. Every row given out is the caller's to change."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table.combine_chunks()
        self._rows: list[Row] | None = None
        if table.nbytes <= MAX_BYTES_AS_OBJECTS:
            self._rows = table.to_pylist()
        self._copiers = _copiers(table.schema)

    def __len__(self) -> int:
        return self._table.num_rows

    def take(self, positions: Sequence[int]) -> list[Row]:
        """The rows at these positions."""
        if self._rows is None:
            return self._table.take(pa.array(positions, pa.int64())).to_pylist()
        rows = [self._rows[position].copy() for position in positions]
        for column, copier in self._copiers.items():
            for row in rows:
                if row[column] is not None:
                    row[column] = copier(row[column])
        return rows


def _copiers(schema: pa.Schema) -> dict[str, Callable[[Any], Any]]:
    """How to copy the values of those columns whose values can be changed in place."""
    return {
        field.name: list.copy if _is_flat_list(field.type) else copy.deepcopy
        for field in schema
        if pa.types.is_nested(field.type)
    }


def _is_flat_list(kind: pa.DataType) -> bool:
    is_list = (
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )
    return is_list and not pa.types.is_nested(kind.value_type)

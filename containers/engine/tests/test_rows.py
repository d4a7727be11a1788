"""Rows give the values of Arrow's own ``to_pylist``, wherever they are kept."""

from __future__ import annotations

import datetime
import decimal
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from fanfold_engine.data import rows
from fanfold_engine.data.rows import Rows, RowSource, collect, store

TABLE = pa.table(
    {
        "int8": pa.array([1, -128, 127], pa.int8()),
        "uint64": pa.array([0, 2**64 - 1, 2**63], pa.uint64()),
        "int64": pa.array([-(2**63), 2**63 - 1, 0], pa.int64()),
        "int64 with null": pa.array([1, None, 3], pa.int64()),
        "half": pa.array(np.array([0.1, 1.0, np.inf], np.float16)),
        "float": pa.array([0.1, 1e-45, float("-inf")], pa.float32()),
        "double": pa.array([0.1, -0.0, float("nan")]),
        "truth": [True, False, None],
        "text": ["", "ü\n", None],
        "large text": pa.array(["a", "b", "c"], pa.large_string()),
        "bytes": [b"", b"\x00\xff", None],
        "date": [datetime.date(1969, 12, 31), None, datetime.date(2024, 2, 29)],
        "moment": pa.array([0, 1, None], pa.timestamp("us", "UTC")),
        "fine moment": pa.array([0, 1, None], pa.timestamp("ns")),
        "time": [datetime.time(1, 2, 3), None, datetime.time(0)],
        "decimal": [decimal.Decimal("1.10"), None, decimal.Decimal("-2.00")],
        "nothing": pa.nulls(3),
        "numbers": [[0.1, 0.2], [], [float("nan")]],
        "float numbers": pa.array([[0.1], [0.2, 0.3], []], pa.large_list(pa.float32())),
        "two numbers": pa.array([[1, 2], [3, 4], [5, 6]], pa.list_(pa.int32(), 2)),
        "numbers with null": [[1, None], None, []],
        "words": [["a", "b"], [], None],
        "deep": [[[1], [2, 3]], [], [[]]],
        "record": [{"a": 1, "b": [1]}, None, {"a": None, "b": None}],
        "map": pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int64())),
    }
)
POSITIONS = [2, 0, 0, 1]


def kept(table: pa.Table, _: Path) -> RowSource:
    return Rows(table)


def stored(table: pa.Table, folder: Path) -> RowSource:
    return store(table.to_batches(max_chunksize=2), folder / "rows")


Make = Callable[[pa.Table, Path], RowSource]
both = pytest.mark.parametrize("make", [kept, stored])


def exactly(value: Any) -> Any:
    """A value with its types and, for floats, their bits."""
    if isinstance(value, dict):
        return {name: exactly(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return type(value), [exactly(member) for member in value]
    return type(value), struct.pack("d", value) if isinstance(value, float) else value


@both
def test_values_are_exactly_those_of_arrow(make: Make, tmp_path: Path) -> None:
    source = make(TABLE, tmp_path)
    expected = TABLE.to_pylist()
    assert len(source) == len(expected)
    assert exactly(source.take(POSITIONS)) == exactly([expected[place] for place in POSITIONS])


@both
def test_another_process_gets_the_same_values(make: Make, tmp_path: Path) -> None:
    source = pickle.loads(pickle.dumps(make(TABLE, tmp_path)))
    assert exactly(source.take(POSITIONS)) == exactly(make(TABLE, tmp_path).take(POSITIONS))


@both
def test_slices_of_batches_give_their_own_values(make: Make, tmp_path: Path) -> None:
    source = make(TABLE.slice(1, 2), tmp_path)
    assert exactly(source.take(range(2))) == exactly(TABLE.to_pylist()[1:])


@both
def test_rows_given_out_are_the_callers_to_change(make: Make, tmp_path: Path) -> None:
    source = make(TABLE, tmp_path)
    row = source.take([0])[0]
    row["numbers"].append(3)
    row["deep"][0].append(4)
    row["record"]["b"].append(5)
    row["int64"] = 5
    assert exactly(source.take([0])) == exactly(TABLE.slice(0, 1).to_pylist())


def test_a_small_table_is_kept_and_a_large_one_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = TABLE.to_batches(max_chunksize=1)
    assert isinstance(collect(batches, tmp_path / "small"), Rows)
    monkeypatch.setattr(rows, "MAX_KEPT_BYTES", batches[0].nbytes + 1)
    large = collect(iter(batches), tmp_path / "large")
    assert isinstance(large, rows.StoredRows)
    assert exactly(large.take(range(3))) == exactly(TABLE.to_pylist())

"""The types of a CSV file's columns: for each the first of a list that fits all of its values.

That is what pyarrow finds when it reads a file at once. A reader that streams finds it for the
first block only, so the blocks after it are held against that, and when one does not fit, all of
them are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

Types = dict[str, pa.DataType]

BLOCK_BYTES = 1024 * 1024
"""What is parsed at a time; a row cannot be longer."""
TEXT, BYTES = pa.string(), pa.binary()
CANDIDATES: tuple[pa.DataType, ...] = (
    pa.null(),
    pa.int64(),
    pa.bool_(),
    pa.date32(),
    pa.time32("s"),
    pa.timestamp("s"),
    pa.timestamp("s", "UTC"),
    pa.timestamp("ns"),
    pa.timestamp("ns", "UTC"),
    pa.float64(),
    TEXT,
    BYTES,
)
BY_NAME = {str(kind): kind for kind in CANDIDATES}

TOO_LONG = "straddling object"
"""In what pyarrow says of a row that is longer than a block."""
MISFIT = re.compile(r"In CSV column #(?P<column>\d+):.* CSV conversion error")


def open_csv(
    path: Path, types: Types | None = None, columns: Collection[str] | None = None
) -> pa_csv.CSVStreamingReader:
    """A streaming reader; columns without a type get that of the first block."""
    return pa_csv.open_csv(
        path,
        read_options=pa_csv.ReadOptions(block_size=BLOCK_BYTES),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=types, include_columns=None if columns is None else list(columns)
        ),
    )


def settle_types(path: Path, texts: Collection[str]) -> Types:
    """The types of all columns. Those in ``texts`` hold text, whatever it looks like."""
    with open_csv(path, dict.fromkeys(texts, TEXT)) as reader:
        types = dict(zip(reader.schema.names, reader.schema.types, strict=True))
    misfit = _misfit(path, types)
    if misfit is not None:
        types = _of_all_blocks(path, types)
        misfit = _misfit(path, types)
    while misfit is not None:
        # Values of two kinds that have nothing in common, such as numbers and dates.
        types[misfit] = BYTES if types[misfit] == TEXT else TEXT
        misfit = _misfit(path, types)
    return types


def _misfit(path: Path, types: Types) -> str | None:
    """The first column found to hold a value that is not of its type."""
    try:
        with open_csv(path, types) as reader:
            for _ in reader:
                pass
    except pa.ArrowInvalid as error:
        found = MISFIT.search(str(error))
        if found is None:
            raise
        return list(types)[int(found["column"])]
    return None


def _of_all_blocks(path: Path, first: Types) -> Types:
    """For each column the last in the list of its blocks' types, as each would be by itself."""
    types = dict(first)
    open_ones = [name for name, kind in first.items() if kind not in (TEXT, BYTES)]
    for name, kind in _of_each_block(path, open_ones):
        types[name] = max(types[name], kind, key=CANDIDATES.index)
    return types


def _of_each_block(path: Path, names: list[str]) -> Iterator[tuple[str, pa.DataType]]:
    # As bytes, since text that is not UTF-8 may be among them.
    with open_csv(path, dict.fromkeys(names, BYTES), names) as reader:
        for block in reader:
            for name, values in zip(names, block.columns, strict=True):
                yield name, _type_of(values)


def _type_of(values: pa.Array) -> pa.DataType:
    try:
        text = values.cast(TEXT)
    except pa.ArrowInvalid:
        return BYTES
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(pa.record_batch([text], ["value"]), sink)
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    return pa_csv.read_csv(pa.BufferReader(sink.getvalue()), parse_options=parse).schema.types[0]

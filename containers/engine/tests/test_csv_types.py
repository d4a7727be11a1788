"""Types of CSV columns found while streaming equal those found in the file as a whole."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from fanfold_engine.data import csv_types
from fanfold_engine.data.csv_types import BY_NAME, CANDIDATES, open_csv, settle_types

SMALL_BLOCK_BYTES = 1024
VALUES = {
    "nothing": ["", "NA", '""'],
    "integers": ["0", "1", "5", "-17", "9223372036854775807"],
    "truths": ["true", "False", "0", "1"],
    "numbers": ["1.5", "1e300", "nan", "-inf", "99999999999999999999"],
    "dates": ["2024-02-29", "1969-12-31"],
    "times": ["12:30:00", "23:59"],
    "moments": ["2024-02-29 12:30:00", "2024-02-29T12:30"],
    "zoned moments": ["2024-02-29T12:30:00Z", "2024-02-29 12:30:00+01:00"],
    "fine moments": ["2024-02-29 12:30:00.123456789"],
    "fine zoned moments": ["2024-02-29T12:30:00.25Z"],
    "words": ["a", "two words", '"quoted, with a comma"', '"two\nlines"', "ü"],
    "bytes": ["\udcff\udcfe"],
}


def whole(path: Path) -> pa.Table:
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    return pa_csv.read_csv(path, parse_options=parse)


def streamed(path: Path) -> pa.Table:
    with open_csv(path, settle_types(path, [])) as reader:
        return reader.read_all()


def write(path: Path, columns: dict[str, list[str]]) -> None:
    lines = [",".join(columns), *map(",".join, zip(*columns.values(), strict=True))]
    path.write_bytes("".join(f"{line}\n" for line in lines).encode(errors="surrogateescape"))


@pytest.mark.parametrize("seed", range(20))
def test_types_and_values_are_those_of_the_whole_file(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_types, "BLOCK_BYTES", SMALL_BLOCK_BYTES)
    draw = random.Random(seed)
    columns = {"id": [str(number) for number in range(60)]}
    for number in range(12):
        usual, unusual = draw.choices(list(VALUES), k=2)
        cells = draw.choices(VALUES[usual], k=60)
        for place in draw.sample(range(60), draw.choice([0, 1, 5])):
            cells[place] = draw.choice(VALUES[unusual])
        columns[f"{usual} and {unusual} {number}"] = cells
    write(tmp_path / "table.csv", columns)

    expected, found = whole(tmp_path / "table.csv"), streamed(tmp_path / "table.csv")
    assert found.schema == expected.schema
    assert [str(row) for row in found.to_pylist()] == [str(row) for row in expected.to_pylist()]


def test_every_type_is_found_and_has_a_name() -> None:
    assert len(BY_NAME) == len(CANDIDATES)
    assert all(BY_NAME[str(kind)] == kind for kind in CANDIDATES)


def test_a_type_that_only_the_last_rows_tell_is_found(tmp_path: Path) -> None:
    late = {"id": [str(n) for n in range(200_000)], "x": ["1"] * 199_999 + ["1.5"]}
    write(tmp_path / "table.csv", late)
    assert settle_types(tmp_path / "table.csv", []) == {"id": pa.int64(), "x": pa.float64()}


def test_columns_of_paths_are_text_whatever_they_look_like(tmp_path: Path) -> None:
    write(tmp_path / "table.csv", {"id": ["1", "2"], "image": ["0001", "0002"]})
    types = settle_types(tmp_path / "table.csv", ["image"])
    with open_csv(tmp_path / "table.csv", types) as reader:
        assert reader.read_all()["image"].to_pylist() == ["0001", "0002"]

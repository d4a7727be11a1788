"""Everything that can be wrong with data is told in a sentence, with its type."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pytest
from control_plane_double import Json
from data_scene import fetched, put_images, told, write_parquet
from fanfold_engine.data.errors import DataChangedError, DataError, DiskTooSmallError
from folder_store import FolderStore
from scene import Scene, config, example_rows

GOOD = [{"id": 1, "image": "one.png"}, {"id": 2, "image": "two.png"}]


def refusal(scene: Scene) -> str:
    """The sentence of a download that failed as the data are invalid."""
    report = told(scene)
    assert (report.status, report.error_type) == ("failed", "invalid-data")
    assert report.error is not None
    return report.error


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("rows", "columns", "fraction", "sentence"),
    [
        ([{"name": "a"}], [], 1.0, "has no column 'id'; it has 'name'; give every row"),
        ([{"id": 1}, {"id": 1}, {"id": 2}], [], 1.0, "1 ids more than once, id 1 the first"),
        ([{"id": "a"}], [], 1.0, "must be integers, not string"),
        ([{"id": 1.5}], [], 1.0, "must be integers, not double"),
        ([{"id": 1, "x": 0}, {"id": None, "x": 0}], [], 1.0, "has no id in row 2; every row"),
        (GOOD, ["picture"], 1.0, "no column 'picture', which download_columns names; it has"),
        (GOOD, [], 0.1, "fraction 0.1 of the 2 rows .* selects nothing; use a larger one"),
        (GOOD, [], 0.0, "fraction must be above 0 and at most 1, not 0"),
        (GOOD, [], 1.5, "fraction must be above 0 and at most 1, not 1.5"),
        (GOOD, ["image"], 1.0, "s3://data-bucket/images/two.png does not exist or may not be"),
    ],
)
def test_what_is_wrong_with_a_table_is_told(
    scene: Scene, form: str, rows: list[Json], columns: list[str], fraction: float, sentence: str
) -> None:
    put_images(scene, "one.png")
    scene.locators["objects"] = "s3://data-bucket/images"
    if form == "csv":
        scene.write_table("train", rows)
    else:
        write_parquet(scene, "train", rows)
    scene.download_columns, scene.fraction = columns, fraction
    with pytest.raises(AssertionError, match=sentence):
        raise AssertionError(refusal(scene))


def test_an_id_of_more_than_64_bits_is_told(scene: Scene) -> None:
    scene.locators["train"] = scene.store.put("data-bucket", "t.csv", b"id\n9223372036854775808\n")
    assert "must be integers, not double" in refusal(scene)
    write_parquet(scene, "train", pa.table({"id": pa.array([2**63], pa.uint64())}))
    assert "does not fit into 64 bits" in refusal(scene)


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a//b", "./a", "", "a/", "a\0b"])
def test_an_object_path_that_may_leave_its_prefix_is_refused(scene: Scene, path: str) -> None:
    write_parquet(scene, "train", [{"id": 1, "image": path}])
    scene.locators["objects"] = "s3://data-bucket/images"
    scene.download_columns = ["image"]
    assert f"object path {path!r} does not stay under its prefix" in refusal(scene)


def test_a_miscellaneous_file_that_may_leave_its_directory_is_refused(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.write_table("train", GOOD)
    scene.store.put("data-bucket", "misc/a.txt", b"text")
    scene.locators["misc"] = "s3://data-bucket/misc"
    # A folder cannot hold such a name; S3 can.
    found = scene.store.head("data-bucket", "misc/a.txt")
    outside = type(found)("data-bucket", "misc/../../x", 1, "etag")
    monkeypatch.setattr(scene.store, "list", lambda *_: iter([found, outside]))
    assert "object path '../../x' does not stay under its prefix" in refusal(scene)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([{"id": 5, "image": 3}], "must hold paths, not int64"),
        ([{"id": 5, "image": "a"}, {"id": 6, "image": None}], "no path in the row with id 6"),
    ],
)
def test_a_column_of_objects_that_holds_no_paths_is_told(
    scene: Scene, rows: list[Json], sentence: str
) -> None:
    write_parquet(scene, "train", rows)
    scene.locators["objects"] = "s3://data-bucket/images"
    scene.download_columns = ["image"]
    assert sentence in refusal(scene)


def test_columns_of_objects_without_a_prefix_are_told(scene: Scene) -> None:
    scene.write_table("train", GOOD)
    scene.locators["validationObjects"] = "s3://data-bucket/images"
    scene.download_columns = ["image"]
    assert "give 'objects' or 'train_objects'" in refusal(scene)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"id,a\n", "has no rows; a partition needs at least one"),
        (b"", "cannot be read as CSV or Parquet: Empty CSV file"),
        (b"id,a\n1,2,3\n", "cannot be read as CSV or Parquet: CSV parse error: Expected 2 columns"),
        (b"id,a\n1," + b"x" * 3_000_000 + b"\n", "has a row longer than 1 MiB; save it as Parquet"),
        (b"id,id\n1,2\n", "more than one column 'id'; give every column its own name"),
        (b"PAR1 and then nothing", "cannot be read as CSV or Parquet: "),
        (b"\x1f\x8b\x08\x00", "is compressed as a whole; give plain CSV, or Parquet"),
    ],
)
def test_a_file_that_is_no_table_is_told(scene: Scene, data: bytes, sentence: str) -> None:
    scene.locators["train"] = scene.store.put("data-bucket", "train.csv", data)
    assert sentence in refusal(scene)


def test_a_row_with_too_many_cells_is_found_anywhere_in_a_large_file(scene: Scene) -> None:
    data = b"id,a\n" + b"".join(b"%d,2\n" % n for n in range(300_000)) + b"9999999,2,3\n"
    scene.locators["train"] = scene.store.put("data-bucket", "train.csv", data)
    assert "Expected 2 columns, got 3" in refusal(scene)


def test_a_parquet_file_with_a_broken_page_is_told(scene: Scene) -> None:
    write_parquet(scene, "train", pa.table({"id": np.arange(100_000)}))
    path = scene.store.path("data-bucket", "train.parquet")
    data = path.read_bytes()
    middle = len(data) // 2
    scene.store.put(
        "data-bucket", "train.parquet", data[:9] + b"\xff" * middle + data[9 + middle :]
    )
    assert "s3://data-bucket/train.parquet cannot be read as CSV or Parquet" in refusal(scene)


def test_a_missing_table_is_told(scene: Scene) -> None:
    scene.locators["train"] = "s3://data-bucket/nothing.csv"
    assert refusal(scene) == "s3://data-bucket/nothing.csv does not exist or may not be read"


def test_an_empty_prefix_of_miscellaneous_files_is_told(scene: Scene) -> None:
    scene.write_table("train", GOOD)
    scene.locators["misc"] = "s3://data-bucket/misc"
    assert "no objects under s3://data-bucket/misc; name a prefix that holds some" in refusal(scene)


@pytest.mark.parametrize("changed", ["train.csv", "images/one.png", "misc/a.txt"])
@pytest.mark.parametrize("how", ["altered", "removed", "shortened"])
def test_a_source_that_changed_since_the_download_is_refused(
    scene: Scene, changed: str, how: str
) -> None:
    scene.write_table("train", [{"id": 1, "image": "one.png"}])
    scene.store.put("data-bucket", "images/one.png", b"picture")
    scene.store.put("data-bucket", "misc/a.txt", b"text")
    scene.locators |= {"objects": "s3://data-bucket/images", "misc": "s3://data-bucket/misc"}
    scene.download_columns = ["image"]
    told(scene)
    data = scene.store.path("data-bucket", changed).read_bytes()
    if how == "removed":
        scene.store.delete("data-bucket", changed)
    else:
        other = data[::-1] if how == "altered" else data[:-1]
        scene.store.put("data-bucket", changed, other)
    with pytest.raises(
        DataChangedError,
        match=f"s3://data-bucket/{changed} .* since the data handle was downloaded; download a new",
    ):
        fetched(scene)


class FlatStore(FolderStore):
    """Knows no folders, as S3: `a` and `a/b` can both be objects."""

    def path(self, bucket: str, key: str) -> Path:
        return self.root / bucket / quote(key, safe="")


def test_an_object_whose_name_is_no_file_name_is_told(scene: Scene) -> None:
    scene.store = FlatStore(scene.folder / "flat")
    scene.write_table("train", [{"id": 1, "image": "a"}, {"id": 2, "image": "a/b"}])
    put_images(scene, "a", "a/b")
    scene.locators["objects"] = "s3://data-bucket/images"
    scene.download_columns = ["image"]
    assert told(scene).status == "ready"
    with pytest.raises(DataError, match="images/a.* cannot be kept as a file .*another name"):
        fetched(scene)


def test_data_that_do_not_fit_on_the_disk_are_refused_before_they_are_fetched(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.download()
    usage = shutil.disk_usage(scene.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=100))
    sentence = r"take 0\.0 GB, and the worker's disk has 0\.0 GB free; use a smaller fraction"
    with pytest.raises(DiskTooSmallError, match=sentence):
        fetched(scene)
    report = told(scene)
    assert (report.status, report.error_type) == ("failed", "data-too-large")


@pytest.mark.parametrize("file", ["train.esf", "manifest"])
def test_a_disk_that_fills_up_meanwhile_is_told(scene: Scene, file: str) -> None:
    scene.write_table("train", example_rows(30, seed=3))
    full = scene.folder / "survey" / file
    full.parent.mkdir()
    full.symlink_to("/dev/full")
    report = told(scene)
    assert (report.status, report.error_type) == ("failed", "data-too-large")
    assert report.error is not None
    assert report.error.startswith(
        "the worker's disk is full before all of the data are on it; use"
    )


def test_runs_fail_when_the_data_changed(scene: Scene) -> None:
    scene.download()
    scene.write_table("train", example_rows(51, seed=9))
    with scene.control_plane(config(), config()) as control_plane:
        assert scene.worker(control_plane).work() == 0

    for run in control_plane.runs.values():
        assert run["status"] == "failed"
        assert run["error"] == {
            "message": "s3://data-bucket/train.csv has another size since the data handle was "
            "downloaded; download a new data handle",
            "errorType": "data-changed",
        }

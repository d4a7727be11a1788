from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from control_plane_double import Json
from fanfold_engine.data.dataset import Dataset, fetch_dataset
from fanfold_engine.data.download import download
from fanfold_engine.data.errors import DataError
from fanfold_engine.data.manifest import decode
from fanfold_engine.data.selection import pack_ids, select, unpack_ids
from fanfold_engine.protocol import Assignment, DownloadReport
from fanfold_engine.wire import from_json
from scene import BUCKET, PREFIX, Scene, config, example_rows

MANIFEST = f"{PREFIX}data/handle/manifest.json"


def told(scene: Scene) -> DownloadReport:
    scratch = scene.folder / "survey"
    scratch.mkdir(exist_ok=True)
    return download(from_json(Assignment, scene.assignment("download")), scene.store, scratch)


def fetched(scene: Scene) -> Dataset:
    number = len(list(scene.folder.glob("data-*")))
    assignment = from_json(Assignment, scene.assignment())
    return fetch_dataset(assignment, scene.store, scene.folder / f"data-{number}")


def write_parquet(scene: Scene, locator: str, rows: list[Json]) -> None:
    path = scene.folder / "table.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    uri = scene.store.put("data-bucket", f"{locator}.parquet", path.read_bytes())
    scene.locators[locator] = uri


def test_csv_and_parquet_give_the_same_rows(scene: Scene) -> None:
    rows = example_rows(20, seed=3)
    scene.write_table("train", rows)
    write_parquet(scene, "validation", rows)
    assert told(scene).rows == {"train": 20, "validation": 20}

    dataset = fetched(scene)
    assert dataset.validation is not None
    assert dataset.train.rows.take([3, 0]) == [rows[3], rows[0]]
    assert dataset.validation.rows.take(range(20)) == rows
    assert dataset.train.object_dir is None


def test_a_fraction_draws_the_same_rows_again_in_their_own_order(scene: Scene) -> None:
    scene.write_table("train", example_rows(200, seed=3))
    scene.fraction = 0.25
    assert told(scene).rows == {"train": 50}
    first = scene.store.path(BUCKET, MANIFEST).read_bytes()
    told(scene)
    assert scene.store.path(BUCKET, MANIFEST).read_bytes() == first

    ids = [row["id"] for row in fetched(scene).train.rows.take(range(50))]
    assert ids == sorted(ids)
    assert ids == decode(first).partitions["train"].ids.tolist()
    assert ids != list(range(100, 150))


def test_the_drawn_rows_are_pinned_down(scene: Scene) -> None:
    assert select(10, 0.4, seed=42, partition="train").tolist() == [0, 5, 6, 9]
    assert select(10, 0.4, seed=43, partition="train").tolist() != [0, 5, 6, 9]


def test_ids_keep_their_order_and_their_64_bits(scene: Scene) -> None:
    ids = np.array([5, -(2**63), 2**63 - 1, 0, 7])
    assert unpack_ids(pack_ids(ids)).tolist() == ids.tolist()
    assert len(pack_ids(np.arange(1_000_000))) < 20_000


def test_rows_given_out_are_the_callers_to_change(scene: Scene) -> None:
    write_parquet(scene, "train", [{"id": 1, "tokens": [1, 2], "deep": [[1], [2]], "none": None}])
    told(scene)
    rows = fetched(scene).train.rows
    row = rows.take([0])[0]
    row["tokens"].append(3)
    row["deep"][0].append(4)
    row["id"] = 5
    assert rows.take([0]) == [{"id": 1, "tokens": [1, 2], "deep": [[1], [2]], "none": None}]


def test_only_named_columns_bring_object_files(scene: Scene) -> None:
    for name in ("one.png", "deep/two.png"):
        scene.store.put("data-bucket", f"images/{name}", name.encode())
    rows = [
        {"id": 1, "image": "one.png", "text": "x"},
        {"id": 2, "image": "deep/two.png", "text": "y"},
    ]
    scene.write_table("train", rows)
    told(scene)
    assert fetched(scene).train.object_dir is None

    scene.locators["objects"] = "s3://data-bucket/images"
    scene.download_columns = ["image"]
    told(scene)
    train = fetched(scene).train
    assert train.object_dir is not None
    assert train.rows.take([1]) == [rows[1]]
    assert Path(train.object_dir, "deep/two.png").read_text() == "deep/two.png"


def test_miscellaneous_files_lie_in_the_misc_directory(scene: Scene) -> None:
    scene.write_table("train", example_rows(3, seed=3))
    scene.store.put("data-bucket", "misc/vocabulary/words.txt", b"a b c")
    scene.locators["misc"] = "s3://data-bucket/misc/"
    assert told(scene).status == "ready"
    assert Path(fetched(scene).misc_path, "vocabulary/words.txt").read_text() == "a b c"


@pytest.mark.parametrize("changed", ["train.csv", "images/one.png", "misc/a.txt"])
@pytest.mark.parametrize("how", ["altered", "removed"])
def test_a_source_that_changed_since_the_download_is_refused(
    scene: Scene, changed: str, how: str
) -> None:
    scene.write_table("train", [{"id": 1, "image": "one.png"}])
    scene.store.put("data-bucket", "images/one.png", b"picture")
    scene.store.put("data-bucket", "misc/a.txt", b"text")
    scene.locators |= {"objects": "s3://data-bucket/images", "misc": "s3://data-bucket/misc"}
    scene.download_columns = ["image"]
    told(scene)
    if how == "removed":
        scene.store.delete("data-bucket", changed)
    else:
        data = scene.store.path("data-bucket", changed).read_bytes()
        scene.store.put("data-bucket", changed, data[::-1])
    with pytest.raises(DataError, match=f"data-changed: s3://data-bucket/{changed}"):
        fetched(scene)


GOOD = [{"id": 1, "image": "one.png"}, {"id": 2, "image": "two.png"}]


@pytest.mark.parametrize(
    ("rows", "columns", "fraction", "message"),
    [
        ([{"name": "a"}], [], 1.0, "has no column 'id'; it has 'name'"),
        ([{"id": 1}, {"id": 1}, {"id": 2}], [], 1.0, "1 ids more than once, id 1 the first"),
        ([{"id": "a"}], [], 1.0, "must be integers, not string"),
        ([{"id": 1.5}], [], 1.0, "must be integers, not double"),
        ([{"id": 1}, {"id": None}], [], 1.0, "has no id in row 2"),
        (GOOD, ["picture"], 1.0, "no column 'picture', which download_columns names"),
        (GOOD, [], 0.1, "fraction 0.1 of the 2 rows .* selects nothing"),
        (GOOD, ["image"], 1.0, "s3://data-bucket/images/two.png does not exist"),
        ([{"id": 1, "image": "../x"}], ["image"], 1.0, "'../x' does not stay under its prefix"),
        ([{"id": 1, "image": "/etc/x"}], ["image"], 1.0, "'/etc/x' does not stay under its prefix"),
        ([{"id": 1, "image": 3}], ["image"], 1.0, "must hold paths, not int64"),
    ],
)
def test_what_is_wrong_with_the_data_is_told(
    scene: Scene, rows: list[Json], columns: list[str], fraction: float, message: str
) -> None:
    scene.store.put("data-bucket", "images/one.png", b"picture")
    scene.locators["objects"] = "s3://data-bucket/images"
    write_parquet(scene, "train", rows)
    scene.download_columns, scene.fraction = columns, fraction
    report = told(scene)
    assert report.status == "failed"
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(report.error)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"id,a\n", "has no rows"),
        (b"", "cannot be read"),
        (b"id,a\n1,2,3\n", "cannot be read"),
        (b"id,id\n1,2\n", "more than one column 'id'"),
    ],
)
def test_a_file_that_is_no_table_is_told(scene: Scene, data: bytes, message: str) -> None:
    scene.locators["train"] = scene.store.put("data-bucket", "train.csv", data)
    assert message in (told(scene).error or "")


def test_a_missing_table_is_told(scene: Scene) -> None:
    scene.locators["train"] = "s3://data-bucket/nothing.csv"
    assert told(scene).error == "s3://data-bucket/nothing.csv does not exist or may not be read"


def test_a_worker_downloads_and_leaves(scene: Scene) -> None:
    scene.write_table("train", example_rows(30, seed=3))
    with scene.control_plane(kind="download") as control_plane:
        assert scene.worker(control_plane).work() == 0

    assert control_plane.download is not None
    assert control_plane.download["status"] == "ready"
    assert control_plane.download["rows"] == {"train": 30}


def test_runs_fail_when_the_data_changed(scene: Scene) -> None:
    scene.download()
    scene.write_table("train", example_rows(51, seed=9))
    with scene.control_plane(config(), config()) as control_plane:
        assert scene.worker(control_plane).work() == 0

    for run in control_plane.runs.values():
        assert run["status"] == "failed"
        assert run["error"]["message"].startswith("data-changed: s3://data-bucket/train.csv")

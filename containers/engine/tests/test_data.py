"""What a data handle holds, and what a fit gets of it."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from control_plane_double import Json
from data_scene import fetched, manifest, manifest_files, put_images, told, write_parquet
from fanfold_engine.data import object_files, rows
from fanfold_engine.data.errors import DataError
from fanfold_engine.data.selection import pack_ids, select, unpack_ids
from fanfold_engine.storage import ObjectInfo
from scene import BUCKET, PREFIX, Scene, config, example_rows

PICTURES = [
    {"id": 1, "image": "one.png", "mask": "a/one.png", "text": "x"},
    {"id": 2, "image": "deep/two.png", "mask": "a/two.png", "text": "y"},
]


def files_under(directory: str | None) -> set[str]:
    assert directory is not None
    return {str(path.relative_to(directory)) for path in Path(directory).rglob("*.*")}


def test_csv_and_parquet_give_the_same_rows(scene: Scene) -> None:
    table = example_rows(20, seed=3)
    scene.write_table("train", table)
    write_parquet(scene, "validation", table)
    assert told(scene).rows == {"train": 20, "validation": 20}

    dataset = fetched(scene)
    assert dataset.validation is not None
    assert dataset.train.rows.take([3, 0]) == [table[3], table[0]]
    assert dataset.validation.rows.take(range(20)) == table
    assert dataset.train.object_dir is None


def test_values_of_every_kind_come_as_they_are(scene: Scene) -> None:
    row = {
        "id": 1,
        "number": 0.1,
        "missing": None,
        "text": "ü\n",
        "bytes": b"\x00\xff",
        "day": datetime.date(2024, 2, 29),
        "list": [1.5, 2.5],
        "deep": [["a"], []],
    }
    write_parquet(scene, "train", [row])
    told(scene)
    assert fetched(scene).train.rows.take([0]) == [row]


def test_a_category_is_the_value_it_stands_for(scene: Scene) -> None:
    kinds = pa.array(["cat", "dog", "cat"]).dictionary_encode()
    write_parquet(scene, "train", pa.table({"id": [1, 2, 3], "kind": kinds}))
    told(scene)
    values = [row["kind"] for row in fetched(scene).train.rows.take(range(3))]
    assert values == ["cat", "dog", "cat"]


def test_text_in_csv_may_hold_quotes_commas_and_newlines_at_any_place(scene: Scene) -> None:
    table = [{"id": n, "text": f'"{n}", said\n{"x" * (n % 97)}\n'} for n in range(30_000)]
    scene.write_table("train", table)
    assert told(scene).rows == {"train": 30_000}
    assert fetched(scene).train.rows.take(range(30_000)) == table


@pytest.mark.parametrize("kept_bytes", [0, rows.MAX_KEPT_BYTES])
@pytest.mark.parametrize("fraction", [1.0, 0.3])
def test_rows_are_the_same_in_memory_and_on_disk(
    scene: Scene, kept_bytes: int, fraction: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MAX_KEPT_BYTES", kept_bytes)
    table = pa.table({"id": np.arange(10_000)[::-1], "x": np.linspace(0, 1, 10_000)})
    write_parquet(scene, "train", table)
    scene.write_table("validation", table.to_pylist())
    scene.fraction = fraction
    told(scene)
    data = fetched(scene)
    assert data.validation is not None
    assert isinstance(data.train.rows, rows.Rows if kept_bytes else rows.StoredRows)
    for name, source in {"train": data.train.rows, "validation": data.validation.rows}.items():
        chosen = select(10_000, fraction, seed=42, partition=name)
        assert len(source) == len(chosen) == 10_000 * fraction
        assert source.take(range(len(source))) == table.take(chosen).to_pylist()


def test_a_fraction_draws_the_same_rows_again_in_their_own_order(scene: Scene) -> None:
    scene.write_table("train", example_rows(200, seed=3))
    scene.fraction = 0.25
    assert told(scene).rows == {"train": 50}
    first = manifest_files(scene)
    told(scene)
    assert manifest_files(scene) == first

    ids = [row["id"] for row in fetched(scene).train.rows.take(range(50))]
    assert ids == sorted(ids)
    assert ids == manifest(scene).partitions["train"].ids.tolist()
    assert ids != list(range(100, 150))


def test_another_seed_or_other_objects_give_another_content_hash(scene: Scene) -> None:
    def content() -> str:
        told(scene)
        return json.loads(manifest_files(scene)["manifest.json"])["contentSha256"]

    put_images(scene, "one.png", "deep/two.png")
    scene.write_table("train", PICTURES)
    scene.locators["objects"] = "s3://data-bucket/images"
    scene.download_columns = ["image"]
    first = content()
    assert content() == first
    scene.seed = 43
    assert content() != first
    scene.seed = 42
    scene.store.put("data-bucket", "images/deep/two.png", b"other")
    assert content() != first


def test_the_drawn_rows_are_pinned_down() -> None:
    assert select(10, 0.4, seed=42, partition="train").tolist() == [0, 5, 6, 9]
    assert select(10, 0.4, seed=43, partition="train").tolist() != [0, 5, 6, 9]
    assert select(10, 0.4, seed=42, partition="validation").tolist() != [0, 5, 6, 9]


def test_ids_keep_their_order_and_their_64_bits() -> None:
    ids = np.array([5, -(2**63), 2**63 - 1, 0, 7])
    assert unpack_ids(pack_ids(ids)).tolist() == ids.tolist()
    assert len(pack_ids(np.arange(1_000_000))) < 20_000


def test_without_named_columns_no_object_is_fetched_and_paths_stay_text(scene: Scene) -> None:
    scene.write_table("train", PICTURES)
    scene.locators["objects"] = "s3://data-bucket/images"
    assert told(scene).status == "ready"
    train = fetched(scene).train
    assert train.object_dir is None
    assert train.rows.take(range(2)) == PICTURES


def test_exactly_the_objects_of_the_named_columns_are_fetched(scene: Scene) -> None:
    put_images(scene, "one.png", "deep/two.png", "a/one.png", "a/two.png", "of/no/row.png")
    scene.write_table("train", PICTURES)
    scene.locators["objects"] = "s3://data-bucket/images"
    scene.download_columns = ["image"]
    told(scene)
    train = fetched(scene).train
    assert files_under(train.object_dir) == {"one.png", "deep/two.png"}
    assert train.rows.take(range(2)) == PICTURES
    assert Path(str(train.object_dir), "deep/two.png").read_text() == "deep/two.png"

    scene.download_columns = ["mask", "image"]
    told(scene)
    everything = files_under(fetched(scene).train.object_dir)
    assert everything == {"one.png", "deep/two.png", "a/one.png", "a/two.png"}


def test_only_the_objects_of_drawn_rows_are_looked_at(scene: Scene) -> None:
    scene.write_table("train", [{"id": n, "image": f"{n}.png"} for n in range(10)])
    drawn = {f"{n}.png" for n in select(10, 0.4, seed=42, partition="train")}
    put_images(scene, *drawn)
    scene.locators["objects"] = "s3://data-bucket/images"
    scene.download_columns, scene.fraction = ["image"], 0.4
    assert told(scene).error is None
    assert files_under(fetched(scene).train.object_dir) == drawn


def test_a_partition_may_have_an_object_prefix_of_its_own(scene: Scene) -> None:
    put_images(scene, "one.png", prefix="all/")
    put_images(scene, "one.png", prefix="held-out/")
    scene.store.put("data-bucket", "held-out/one.png", b"held out")
    for partition in ("train", "validation"):
        scene.write_table(partition, [{"id": 1, "image": "one.png"}])
    scene.locators |= {
        "objects": "s3://data-bucket/all",
        "validationObjects": "s3://data-bucket/held-out/",
    }
    scene.download_columns = ["image"]
    told(scene)
    data = fetched(scene)
    assert data.validation is not None
    assert Path(str(data.train.object_dir), "one.png").read_bytes() == b"one.png"
    assert Path(str(data.validation.object_dir), "one.png").read_bytes() == b"held out"


def test_an_object_of_two_partitions_and_many_rows_is_fetched_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_images(scene, "one.png", "two.png")
    table = [{"id": n, "image": "one.png", "mask": "two.png"} for n in range(5)]
    scene.write_table("train", table)
    scene.write_table("validation", table[:1])
    scene.locators["objects"] = "s3://data-bucket/images"
    scene.download_columns = ["image", "mask"]
    told(scene)

    fetches: Counter[str] = Counter()
    fetch = scene.store.download

    def counted(bucket: str, key: str, path: Path) -> ObjectInfo:
        fetches[key] += 1
        return fetch(bucket, key, path)

    monkeypatch.setattr(scene.store, "download", counted)
    with scene.control_plane(config(), config(), config(epochs=3)) as control_plane:
        assert scene.worker(control_plane).work() == 0
    assert set(fetches.values()) == {1}
    assert {"images/one.png", "images/two.png", "train.csv", "validation.csv"} <= set(fetches)


def test_many_objects_are_looked_at_and_fetched_some_at_a_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_files, "CALLS_AHEAD", 3)
    names = {f"{n:02}.png" for n in range(10)}
    put_images(scene, *names)
    scene.write_table("train", [{"id": n, "image": name} for n, name in enumerate(sorted(names))])
    scene.locators["objects"] = "s3://data-bucket/images"
    scene.download_columns = ["image"]
    told(scene)
    objects = manifest(scene).partitions["train"].objects
    assert objects is not None
    assert [len(part) for part in objects.slices()] == [3, 3, 3, 1]
    assert objects.size_bytes == sum(map(len, names))
    assert files_under(fetched(scene).train.object_dir) == names


def test_miscellaneous_files_lie_in_the_misc_directory(scene: Scene) -> None:
    scene.write_table("train", example_rows(3, seed=3))
    scene.store.put("data-bucket", "misc/vocabulary/words.txt", b"a b c")
    scene.store.put("data-bucket", "miscellany.txt", b"no part of it")
    scene.locators["misc"] = "s3://data-bucket/misc/"
    assert told(scene).status == "ready"
    misc = Path(fetched(scene).misc_path)
    assert files_under(str(misc)) == {"vocabulary/words.txt"}
    assert (misc / "vocabulary/words.txt").read_text() == "a b c"


def test_without_miscellaneous_files_the_directory_is_empty(scene: Scene) -> None:
    scene.write_table("train", example_rows(3, seed=3))
    told(scene)
    assert list(Path(fetched(scene).misc_path).iterdir()) == []


def test_a_prediction_may_lack_columns_of_objects(scene: Scene) -> None:
    put_images(scene, "one.png", "a.png")
    scene.write_table("train", [{"id": 1, "image": "one.png", "mask": "a.png"}])
    scene.write_table("predict", [{"id": 1, "image": "one.png"}])
    scene.locators["objects"] = "s3://data-bucket/images"
    scene.download_columns = ["image", "mask"]
    assert told(scene).rows == {"train": 1, "predict": 1}
    objects = manifest(scene).partitions["predict"].objects
    assert objects is not None
    assert objects.files["path"].to_pylist() == ["one.png"]


def test_the_manifest_pins_down_every_object_with_its_version(scene: Scene) -> None:
    put_images(scene, "one.png")
    scene.write_table("train", [{"id": 7, "image": "one.png"}])
    scene.locators["objects"] = "s3://data-bucket/images"
    scene.download_columns = ["image"]
    told(scene)
    part = manifest(scene).partitions["train"]
    assert part.source == scene.store.head("data-bucket", "train.csv")
    assert (part.total_rows, part.ids.tolist(), part.columns) == (1, [7], ("id", "image"))
    assert part.objects is not None
    found = scene.store.head("data-bucket", "images/one.png")
    assert list(part.objects.slices()) == [[("one.png", found)]]


def test_a_manifest_that_was_altered_is_refused(scene: Scene) -> None:
    scene.store.put("data-bucket", "misc/a.txt", b"text")
    scene.write_table("train", example_rows(3, seed=3))
    scene.locators["misc"] = "s3://data-bucket/misc"
    report = told(scene)
    fetched(scene, manifestSha256=report.manifest_sha256)
    with pytest.raises(DataError, match="manifest was altered; download a new"):
        fetched(scene, manifestSha256="0" * 64)
    name = f"{PREFIX}data/handle/misc.parquet"
    scene.store.put(BUCKET, name, scene.store.path(BUCKET, name).read_bytes() + b" ")
    with pytest.raises(DataError, match="manifest was altered; download a new"):
        fetched(scene)


def test_a_worker_downloads_and_leaves(scene: Scene) -> None:
    scene.write_table("train", example_rows(30, seed=3))
    with scene.control_plane(kind="download") as control_plane:
        assert scene.worker(control_plane).work() == 0

    assert control_plane.download is not None
    assert control_plane.download["status"] == "ready"
    assert control_plane.download["rows"] == {"train": 30}


def test_large_csv_files_are_read_as_pyarrow_reads_them_whole(scene: Scene) -> None:
    table: list[Json] = [
        {"id": n, "x": n / 7, "y": n if n < 90_000 else None} for n in range(99_999)
    ]
    scene.write_table("train", table)
    told(scene)
    whole = pa_csv.read_csv(scene.store.path("data-bucket", "train.csv")).to_pylist()
    assert fetched(scene).train.rows.take(range(99_999)) == whole

"""What the tests of data handles do over and over."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from control_plane_double import Json
from fanfold_engine.data.dataset import Dataset, fetch_dataset
from fanfold_engine.data.download import download
from fanfold_engine.data.manifest import Manifest, decode
from fanfold_engine.protocol import Assignment, DownloadReport
from fanfold_engine.wire import from_json
from scene import BUCKET, PREFIX, Scene

FOLDER = f"{PREFIX}data/handle/"


def told(scene: Scene) -> DownloadReport:
    """Download the scene's data handle."""
    scratch = scene.folder / "survey"
    scratch.mkdir(exist_ok=True)
    return download(from_json(Assignment, scene.assignment("download")), scene.store, scratch)


def manifest_files(scene: Scene) -> dict[str, bytes]:
    """The files of the manifest by name."""
    folder = scene.store.path(BUCKET, FOLDER)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def manifest(scene: Scene) -> Manifest:
    """The manifest as a fit reads it."""
    files = manifest_files(scene)
    return decode(files["manifest.json"], files.__getitem__)


def fetched(scene: Scene, **handle: Any) -> Dataset:
    """Fetch the data as a worker of a fit does, into a folder of its own."""
    number = len(list(scene.folder.glob("data-*")))
    told_of = scene.assignment()
    told_of["dataHandle"] |= handle
    assignment = from_json(Assignment, told_of)
    return fetch_dataset(assignment, scene.store, scene.folder / f"data-{number}")


def write_parquet(scene: Scene, locator: str, rows: list[Json] | pa.Table) -> None:
    """Put a table into storage and name it."""
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows)
    path = scene.folder / "table.parquet"
    pq.write_table(table, path)
    uri = scene.store.put("data-bucket", f"{locator}.parquet", path.read_bytes())
    scene.locators[locator] = uri


def put_images(scene: Scene, *names: str, prefix: str = "images/") -> None:
    """Put object files that hold their own names."""
    for name in names:
        scene.store.put("data-bucket", f"{prefix}{name}", name.encode())

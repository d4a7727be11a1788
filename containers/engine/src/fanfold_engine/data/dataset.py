"""The data of a fit on the worker's disk: fetched once and checked against the manifest."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from fanfold_engine.data import esf
from fanfold_engine.data.errors import DataChangedError, DataError
from fanfold_engine.data.manifest import Manifest, Objects, Partition, decode
from fanfold_engine.data.rows import Rows
from fanfold_engine.protocol import Assignment
from fanfold_engine.storage import ObjectInfo, ObjectStore, ObjectUnreadableError

log = logging.getLogger(__name__)

FETCHES_AT_ONCE = 32
FIT_PARTITIONS = ("train", "validation")


@dataclass(frozen=True)
class PartitionData:
    """A partition's rows, and the local directory of its object files if it has any."""

    rows: Rows
    object_dir: str | None


@dataclass(frozen=True)
class Dataset:
    """What a run may look at."""

    train: PartitionData
    validation: PartitionData | None
    misc_path: str


@dataclass(frozen=True)
class PartialDataset:
    """What a test or a prediction may look at."""

    partition: PartitionData
    misc_path: str


def fetch_dataset(assignment: Assignment, store: ObjectStore, scratch: Path) -> Dataset:
    """Fetch what a fit needs of the assignment's data handle.

    Raises:
        DataError: the data cannot be used, or is not what it was when the handle was downloaded.
    """
    parts, misc_path = _fetch_parts(assignment, store, scratch, FIT_PARTITIONS)
    if "train" not in parts:
        raise DataError("the data handle has no partition 'train'")
    return Dataset(parts["train"], parts.get("validation"), misc_path)


def fetch_partition(
    assignment: Assignment, store: ObjectStore, scratch: Path, name: str
) -> PartialDataset:
    """Fetch one partition of the assignment's data handle, and its miscellaneous files.

    Raises:
        DataError: the data cannot be used, or is not what it was when the handle was downloaded.
    """
    parts, misc_path = _fetch_parts(assignment, store, scratch, (name,))
    if name not in parts:
        raise DataError(f"the data handle has no partition {name!r}")
    return PartialDataset(parts[name], misc_path)


def _fetch_parts(
    assignment: Assignment, store: ObjectStore, scratch: Path, names: Sequence[str]
) -> tuple[dict[str, PartitionData], str]:
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        manifest = _fetch_manifest(assignment, store, scratch / "manifest.json")
        misc = scratch / "misc"
        misc.mkdir()
        if manifest.misc is not None:
            _fetch_objects(manifest.misc, misc, store)
        parts = {
            name: _fetch_partition(manifest.partitions[name], store, scratch)
            for name in names
            if name in manifest.partitions
        }
    except ObjectUnreadableError as error:
        raise DataError(f"data-changed: {error}; download a new data handle") from error
    return parts, str(misc)


def _fetch_manifest(assignment: Assignment, store: ObjectStore, path: Path) -> Manifest:
    handle = assignment.data_handle
    store.download(assignment.bucket, handle.manifest_key, path)
    data = path.read_bytes()
    if handle.manifest_sha256 not in (None, hashlib.sha256(data).hexdigest()):
        raise DataError("the data handle's manifest was altered; download a new data handle")
    return decode(data)


def _fetch_partition(part: Partition, store: ObjectStore, scratch: Path) -> PartitionData:
    path = scratch / f"{part.name}.esf"
    _fetch(part.source, path, store)
    table = _selected(esf.read_table(path, part.source.uri), part)
    path.unlink()
    object_dir = None
    if part.objects is not None:
        directory = scratch / f"{part.name}-objects"
        _fetch_objects(part.objects, directory, store)
        object_dir = str(directory)
    log.info("partition %s: %d of %d rows", part.name, table.num_rows, part.total_rows)
    return PartitionData(Rows(table), object_dir)


def _selected(table: pa.Table, part: Partition) -> pa.Table:
    if len(part.ids) == table.num_rows:
        return table
    drawn = table.filter(pa.array(np.isin(table[esf.ID].to_numpy(), part.ids)))
    if not np.array_equal(drawn[esf.ID].to_numpy(), part.ids):
        raise DataChangedError(part.source.uri, "has other rows")
    return drawn


def _fetch_objects(objects: Objects, directory: Path, store: ObjectStore) -> None:
    log.info(
        "fetching %d files from s3://%s/%s", len(objects.files), objects.bucket, objects.prefix
    )
    targets = [(info, directory / path) for path, info in objects.files.items()]
    for folder in {path.parent for _, path in targets} | {directory}:
        folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(FETCHES_AT_ONCE) as pool:
        list(pool.map(lambda target: _fetch(target[0], target[1], store), targets))


def _fetch(expected: ObjectInfo, path: Path, store: ObjectStore) -> None:
    found = store.download(expected.bucket, expected.key, path)
    if found.size_bytes != expected.size_bytes or path.stat().st_size != expected.size_bytes:
        raise DataChangedError(expected.uri, "has another size")
    if found.etag != expected.etag:
        raise DataChangedError(expected.uri, "has other content")

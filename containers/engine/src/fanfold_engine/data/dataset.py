"""The data of a fit on the worker's disk: fetched once and checked against the manifest.

Every run of the worker reads them there, epoch after epoch; object storage is asked no more.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from fanfold_engine.data.disk import require_room, told_when_full
from fanfold_engine.data.errors import DataChangedError, DataError
from fanfold_engine.data.esf import ID, Esf, batches
from fanfold_engine.data.manifest import Manifest, Partition, decode
from fanfold_engine.data.object_files import Objects, fetch_object, fetch_objects
from fanfold_engine.data.rows import RowSource, collect
from fanfold_engine.protocol import Assignment
from fanfold_engine.storage import ObjectStore, ObjectUnreadableError

log = logging.getLogger(__name__)

FIT_PARTITIONS = ("train", "validation")


@dataclass(frozen=True)
class PartitionData:
    """A partition's rows, and the local directory of its object files if it has any."""

    rows: RowSource
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
        DataError: the data cannot be used, are not what they were when the handle was downloaded,
            or do not fit on the disk.
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
        with told_when_full():
            manifest = _fetch_manifest(assignment, store, scratch / "manifest")
            return _fetch(manifest, names, store, scratch)
    except ObjectUnreadableError as error:
        raise DataChangedError(error.uri, "was removed, or may not be read any more,") from error


def _fetch(
    manifest: Manifest, names: Sequence[str], store: ObjectStore, scratch: Path
) -> tuple[dict[str, PartitionData], str]:
    parts = [part for part in manifest.partitions.values() if part.name in names]
    require_room(scratch, _size_bytes(parts, manifest.misc))
    misc = scratch / "misc"
    misc.mkdir()
    if manifest.misc is not None:
        fetch_objects(manifest.misc, misc, store)
    return {part.name: _fetch_partition(part, store, scratch) for part in parts}, str(misc)


def _size_bytes(parts: list[Partition], misc: Objects | None) -> int:
    """What lies on the disk at most: object files, rows, which take about as much as their tables,
    and one of the tables, each of which goes when its rows are there."""
    objects = [part.objects for part in parts if part.objects is not None]
    files = sum(each.size_bytes for each in [*objects, *([] if misc is None else [misc])])
    tables = [part.source.size_bytes for part in parts]
    return files + sum(tables) + max(tables, default=0)


def _fetch_manifest(assignment: Assignment, store: ObjectStore, path: Path) -> Manifest:
    handle, bucket = assignment.data_handle, assignment.bucket
    folder = handle.manifest_key[: handle.manifest_key.rindex("/") + 1]

    def read(key: str) -> bytes:
        store.download(bucket, key, path)
        return path.read_bytes()

    document = read(handle.manifest_key)
    if handle.manifest_sha256 not in (None, hashlib.sha256(document).hexdigest()):
        raise DataError("the data handle's manifest was altered; download a new data handle")
    return decode(document, lambda name: read(folder + name))


def _fetch_partition(part: Partition, store: ObjectStore, scratch: Path) -> PartitionData:
    path = scratch / f"{part.name}.esf"
    fetch_object(part.source, path, store)
    table = Esf(path, part.source.uri, part.format, part.columns, part.types)
    rows = collect(_selected(table, part), scratch / f"{part.name}.rows")
    path.unlink()
    object_dir = None
    if part.objects is not None:
        directory = scratch / _directory_name(part.objects)
        fetch_objects(part.objects, directory, store)
        object_dir = str(directory)
    log.info("partition %s: %d of %d rows", part.name, len(rows), part.total_rows)
    return PartitionData(rows, object_dir)


def _directory_name(objects: Objects) -> str:
    """One for each prefix: partitions that have one in common share its files."""
    place = f"{objects.bucket}/{objects.prefix}"
    return f"objects-{hashlib.sha256(place.encode()).hexdigest()[:16]}"


def _selected(table: Esf, part: Partition) -> Iterator[pa.RecordBatch]:
    """The drawn rows. Their ids are in the table's order, so only the next ones can come next."""
    start = 0
    for batch in batches(table):
        ids = batch[ID].cast(pa.int64()).to_numpy()
        drawn = np.isin(ids, part.ids[start : start + len(ids)])
        end = start + int(drawn.sum())
        if not np.array_equal(ids[drawn], part.ids[start:end]):
            raise DataChangedError(part.source.uri, "has other rows")
        start = end
        yield batch if drawn.all() else batch.filter(pa.array(drawn))
    if start != len(part.ids):
        raise DataChangedError(part.source.uri, "has other rows")

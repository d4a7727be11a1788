"""Looking at a dataset: what of it a data handle holds, and everything that is wrong with it."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pyarrow as pa

from fanfold_engine.data.columns import ids_of, paths_of
from fanfold_engine.data.disk import require_room
from fanfold_engine.data.errors import DataError
from fanfold_engine.data.esf import Esf, listed, open_esf, settle_types
from fanfold_engine.data.manifest import Manifest, Partition
from fanfold_engine.data.object_files import Objects, survey_objects, survey_prefix
from fanfold_engine.data.selection import select
from fanfold_engine.protocol import DataHandle
from fanfold_engine.storage import ObjectInfo, ObjectStore, split_uri

PARTITIONS = ("train", "validation", "test", "predict")


def survey(handle: DataHandle, store: ObjectStore, scratch: Path) -> Manifest:
    """What the data handle holds.

    Raises:
        DataError: the data cannot be used as they are.
        ObjectUnreadableError: an object does not exist or may not be read.
    """
    if not 0 < handle.fraction <= 1:
        raise DataError(f"the fraction must be above 0 and at most 1, not {handle.fraction}")
    locators: dict[str, str | None] = asdict(handle.locators)
    misc = locators["misc"]
    return Manifest(
        data_handle_id=handle.data_handle_id,
        download_columns=handle.download_columns,
        fraction=handle.fraction,
        seed=handle.seed,
        partitions={
            name: _survey_partition(name, uri, handle, store, scratch)
            for name in PARTITIONS
            if (uri := locators[name]) is not None
        },
        misc=None if misc is None else survey_prefix(misc, store),
    )


def _survey_partition(
    name: str, uri: str, handle: DataHandle, store: ObjectStore, scratch: Path
) -> Partition:
    path = scratch / f"{name}.esf"
    bucket, key = split_uri(uri)
    require_room(scratch, store.head(bucket, key).size_bytes)
    try:
        source = store.download(bucket, key, path)
        return _survey_table(name, source, open_esf(path, uri), handle, store)
    finally:
        path.unlink(missing_ok=True)


def _survey_table(
    name: str, source: ObjectInfo, untyped: Esf, handle: DataHandle, store: ObjectStore
) -> Partition:
    columns = _object_columns(name, untyped, handle)
    table = replace(untyped, types=settle_types(untyped, columns))
    ids = ids_of(table)
    chosen = select(len(ids), handle.fraction, seed=handle.seed, partition=name)
    if len(chosen) == 0:
        raise DataError(
            f"fraction {handle.fraction} of the {len(ids)} rows of {table.uri} selects nothing; "
            "use a larger one"
        )
    paths = paths_of(table, columns, ids, chosen) if columns else None
    return Partition(
        name=name,
        source=source,
        format=table.format,
        columns=table.columns,
        types=table.types,
        total_rows=len(ids),
        ids=ids[chosen],
        objects=None if paths is None else _survey_objects(name, paths, handle, store),
    )


def _object_columns(name: str, table: Esf, handle: DataHandle) -> tuple[str, ...]:
    """The partition's columns of object paths; ``predict`` may lack some (targets)."""
    missing = [column for column in handle.download_columns if column not in table.columns]
    if missing and name != "predict":
        raise DataError(
            f"{table.uri} has no column {missing[0]!r}, which download_columns names; "
            f"it has {listed(table.columns)}"
        )
    return tuple(column for column in handle.download_columns if column in table.columns)


def _survey_objects(name: str, paths: pa.Array, handle: DataHandle, store: ObjectStore) -> Objects:
    uri: str | None = getattr(handle.locators, f"{name}_objects") or handle.locators.objects
    if uri is None:
        raise DataError(
            f"download_columns names object columns, but no locator says where the objects of "
            f"{name!r} lie; give 'objects' or '{name}_objects'"
        )
    return survey_objects(uri, paths, store)

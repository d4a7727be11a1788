"""The ``download`` task: look at a dataset once and pin down what a data handle holds of it.

Nothing is copied. The manifest names every object by its version, so a fit that reads them
later knows whether they are still the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path, PurePosixPath

import numpy as np

from fanfold_engine.data import esf
from fanfold_engine.data.errors import DataError
from fanfold_engine.data.manifest import Manifest, Objects, Partition, encode
from fanfold_engine.data.selection import select
from fanfold_engine.protocol import Assignment, DataHandle, DownloadReport
from fanfold_engine.storage import (
    ObjectInfo,
    ObjectStore,
    ObjectUnreadableError,
    split_prefix,
    split_uri,
)

PARTITIONS = ("train", "validation", "test", "predict")
HEADS_AT_ONCE = 32


def download(assignment: Assignment, store: ObjectStore, scratch: Path) -> DownloadReport:
    """Write the manifest of the assignment's data handle; errors in the data are reported."""
    handle = assignment.data_handle
    try:
        manifest = _survey(handle, store, scratch)
    except (DataError, ObjectUnreadableError) as error:
        return DownloadReport("failed", error=str(error))
    data = encode(manifest)
    path = scratch / "manifest.json"
    path.write_bytes(data)
    store.upload(assignment.bucket, handle.manifest_key, path)
    rows = {name: len(part.ids) for name, part in manifest.partitions.items()}
    return DownloadReport("ready", rows, hashlib.sha256(data).hexdigest())


def _survey(handle: DataHandle, store: ObjectStore, scratch: Path) -> Manifest:
    if not 0 < handle.fraction <= 1:
        raise DataError(f"the fraction must be above 0 and at most 1, not {handle.fraction}")
    locators = asdict(handle.locators)
    partitions = {
        name: _survey_partition(name, locators[name], handle, store, scratch)
        for name in PARTITIONS
        if locators[name]
    }
    misc = _survey_misc(locators["misc"], store) if locators["misc"] else None
    return Manifest(
        handle.data_handle_id,
        handle.download_columns,
        handle.fraction,
        handle.seed,
        partitions,
        misc,
    )


def _survey_partition(
    name: str, uri: str, handle: DataHandle, store: ObjectStore, scratch: Path
) -> Partition:
    path = scratch / f"{name}.esf"
    source = store.download(*split_uri(uri), path)
    columns = esf.columns_of(path, uri)
    wanted = _object_columns(name, uri, columns, handle)
    table = esf.read_table(path, uri, [esf.ID, *wanted])
    ids = esf.ids_of(table, uri)
    chosen = select(len(ids), handle.fraction, seed=handle.seed, partition=name)
    if len(chosen) == 0:
        raise DataError(
            f"fraction {handle.fraction} of the {len(ids)} rows of {uri} selects nothing; "
            "use a larger one"
        )
    drawn = table.take(chosen)
    paths = {path for column in wanted for path in esf.paths_of(drawn, column, uri).to_pylist()}
    objects = _survey_objects(_object_prefix(name, handle), paths, store) if wanted else None
    file_format = esf.format_of(path)
    path.unlink()
    return Partition(name, source, file_format, columns, len(ids), np.asarray(ids)[chosen], objects)


def _object_columns(
    name: str, uri: str, columns: tuple[str, ...], handle: DataHandle
) -> tuple[str, ...]:
    """The partition's columns of object paths; ``predict`` may lack some (targets)."""
    if esf.ID not in columns:
        raise DataError(f"{uri} has no column 'id'; it has {_listed(columns)}")
    missing = [column for column in handle.download_columns if column not in columns]
    if missing and name != "predict":
        raise DataError(
            f"{uri} has no column {missing[0]!r}, which download_columns names; "
            f"it has {_listed(columns)}"
        )
    return tuple(column for column in handle.download_columns if column in columns)


def _object_prefix(name: str, handle: DataHandle) -> str:
    prefix = getattr(handle.locators, f"{name}_objects") or handle.locators.objects
    if prefix is None:
        raise DataError(
            f"download_columns names object columns, but no locator says where the objects of "
            f"{name!r} lie; give 'objects' or '{name}_objects'"
        )
    return prefix


def _survey_objects(uri: str, paths: Iterable[str], store: ObjectStore) -> Objects:
    bucket, prefix = split_prefix(uri)
    ordered = sorted(paths)
    for path in ordered:
        _refuse_escape(path, uri)
    with ThreadPoolExecutor(HEADS_AT_ONCE) as pool:
        infos = list(pool.map(lambda path: store.head(bucket, prefix + path), ordered))
    return Objects(bucket, prefix, dict(zip(ordered, infos, strict=True)))


def _survey_misc(uri: str, store: ObjectStore) -> Objects:
    bucket, prefix = split_prefix(uri)
    found = {info.key.removeprefix(prefix): info for info in store.list(bucket, prefix)}
    files: dict[str, ObjectInfo] = {
        path: info for path, info in found.items() if path and not path.endswith("/")
    }
    if not files:
        raise DataError(f"there are no objects under {uri}, which the locator 'misc' names")
    for path in files:
        _refuse_escape(path, uri)
    return Objects(bucket, prefix, files)


def _refuse_escape(path: str, uri: str) -> None:
    parts = PurePosixPath(path).parts
    if (
        not parts
        or path.startswith("/")
        or ".." in parts
        or "\0" in path
        or str(PurePosixPath(path)) != path
    ):
        raise DataError(
            f"object path {path!r} does not stay under its prefix {uri}; use relative paths"
        )


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(repr(column) for column in columns[:20]) + (" …" if len(columns) > 20 else "")

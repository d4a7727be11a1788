"""The manifest of a data handle: exactly which rows of exactly which objects it holds.

It is a JSON document, and beside it a Parquet file for each set of object files, which the document
names with its hash. It holds no times, so the same arguments and the same object versions give the
same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from fanfold_engine.data.csv_types import BY_NAME, Types
from fanfold_engine.data.errors import DataError
from fanfold_engine.data.esf import EsfFormat
from fanfold_engine.data.object_files import Objects
from fanfold_engine.data.selection import Ids, pack_ids, unpack_ids
from fanfold_engine.storage import ObjectInfo

VERSION = 2

ReadFile = Callable[[str], bytes]
"""Reads one of the manifest's files by its name."""


@dataclass(frozen=True)
class Partition:
    """One partition: its table, the types of its columns if it is CSV, the selected rows and their
    object files."""

    name: str
    source: ObjectInfo
    format: EsfFormat
    columns: tuple[str, ...]
    types: Types
    total_rows: int
    ids: Ids
    objects: Objects | None


@dataclass(frozen=True)
class Manifest:
    """Everything a data handle holds."""

    data_handle_id: str
    download_columns: tuple[str, ...]
    fraction: float
    seed: int
    partitions: dict[str, Partition]
    misc: Objects | None


def encode(manifest: Manifest) -> tuple[bytes, dict[str, bytes]]:
    """The document, with a hash of all that it pins down, and the files beside it by name."""
    beside: dict[str, bytes] = {}
    content = {
        "downloadColumns": list(manifest.download_columns),
        "fraction": manifest.fraction,
        "seed": manifest.seed,
        "partitions": {
            name: _partition(part, beside) for name, part in manifest.partitions.items()
        },
        "misc": _objects(manifest.misc, "misc.parquet", beside),
    }
    head = {
        "version": VERSION,
        "dataHandleId": manifest.data_handle_id,
        "contentSha256": _sha256(_text(content)),
    }
    return _text({**head, **content}), beside


def decode(document: bytes, read_file: ReadFile) -> Manifest:
    """The manifest that :func:`encode` wrote.

    Raises:
        DataError: it is of another version, or one of its files was altered.
    """
    told = json.loads(document)
    if told["version"] != VERSION:
        raise DataError(
            f"the data handle's manifest has version {told['version']}; download it again"
        )
    return Manifest(
        data_handle_id=told["dataHandleId"],
        download_columns=tuple(told["downloadColumns"]),
        fraction=told["fraction"],
        seed=told["seed"],
        partitions={
            name: _read_partition(name, part, read_file)
            for name, part in told["partitions"].items()
        },
        misc=_read_objects(told["misc"], read_file),
    )


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _partition(part: Partition, beside: dict[str, bytes]) -> dict[str, Any]:
    return {
        "uri": part.source.uri,
        "bucket": part.source.bucket,
        "key": part.source.key,
        **_version(part.source),
        "format": part.format,
        "columns": list(part.columns),
        "types": {name: str(kind) for name, kind in part.types.items()},
        "totalRows": part.total_rows,
        "rows": len(part.ids),
        "ids": pack_ids(part.ids),
        "objects": _objects(part.objects, f"{part.name}-objects.parquet", beside),
    }


def _read_partition(name: str, told: dict[str, Any], read_file: ReadFile) -> Partition:
    return Partition(
        name=name,
        source=_info(told["bucket"], told["key"], told),
        format=told["format"],
        columns=tuple(told["columns"]),
        types={column: BY_NAME[kind] for column, kind in told["types"].items()},
        total_rows=told["totalRows"],
        ids=unpack_ids(told["ids"]),
        objects=_read_objects(told["objects"], read_file),
    )


def _objects(
    objects: Objects | None, file_name: str, beside: dict[str, bytes]
) -> dict[str, Any] | None:
    if objects is None:
        return None
    sink = io.BytesIO()
    pq.write_table(objects.files, sink)
    beside[file_name] = sink.getvalue()
    return {
        "bucket": objects.bucket,
        "prefix": objects.prefix,
        "count": objects.files.num_rows,
        "sizeBytes": objects.size_bytes,
        "files": file_name,
        "filesSha256": _sha256(beside[file_name]),
    }


def _read_objects(told: dict[str, Any] | None, read_file: ReadFile) -> Objects | None:
    if told is None:
        return None
    data = read_file(told["files"])
    if _sha256(data) != told["filesSha256"]:
        raise DataError("the data handle's manifest was altered; download a new data handle")
    return Objects(told["bucket"], told["prefix"], pq.read_table(io.BytesIO(data)))


def _version(info: ObjectInfo) -> dict[str, Any]:
    version = {"versionId": info.version_id} if info.version_id else {}
    return {"sizeBytes": info.size_bytes, "etag": info.etag, **version}


def _info(bucket: str, key: str, told: dict[str, Any]) -> ObjectInfo:
    return ObjectInfo(bucket, key, told["sizeBytes"], told["etag"], told.get("versionId"))

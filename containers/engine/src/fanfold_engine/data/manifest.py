"""The manifest of a data handle: exactly which rows of exactly which objects it holds.

It holds no times, so the same arguments and the same object versions give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from fanfold_engine.data.errors import DataError
from fanfold_engine.data.selection import Ids, pack_ids, unpack_ids
from fanfold_engine.storage import ObjectInfo

VERSION = 1

EsfFormat = Literal["csv", "parquet"]


@dataclass(frozen=True)
class Objects:
    """Object files under one prefix, by their path relative to it."""

    bucket: str
    prefix: str
    files: dict[str, ObjectInfo]


@dataclass(frozen=True)
class Partition:
    """One partition: its table, the selected rows and their object files."""

    name: str
    source: ObjectInfo
    format: EsfFormat
    columns: tuple[str, ...]
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


def encode(manifest: Manifest) -> bytes:
    """The manifest as JSON, with a hash of all that it pins down."""
    content = {
        "downloadColumns": list(manifest.download_columns),
        "fraction": manifest.fraction,
        "seed": manifest.seed,
        "partitions": {name: _partition(part) for name, part in manifest.partitions.items()},
        "misc": _objects(manifest.misc),
    }
    sha256 = hashlib.sha256(_text(content)).hexdigest()
    head = {"version": VERSION, "dataHandleId": manifest.data_handle_id, "contentSha256": sha256}
    return _text({**head, **content})


def decode(data: bytes) -> Manifest:
    """The manifest that :func:`encode` wrote.

    Raises:
        DataError: it is of another version.
    """
    told = json.loads(data)
    if told["version"] != VERSION:
        raise DataError(
            f"the data handle's manifest has version {told['version']}; download it again"
        )
    return Manifest(
        data_handle_id=told["dataHandleId"],
        download_columns=tuple(told["downloadColumns"]),
        fraction=told["fraction"],
        seed=told["seed"],
        partitions={name: _read_partition(name, part) for name, part in told["partitions"].items()},
        misc=_read_objects(told["misc"]),
    )


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _partition(part: Partition) -> dict[str, Any]:
    return {
        "uri": part.source.uri,
        "bucket": part.source.bucket,
        "key": part.source.key,
        **_version(part.source),
        "format": part.format,
        "columns": list(part.columns),
        "totalRows": part.total_rows,
        "rows": len(part.ids),
        "ids": pack_ids(part.ids),
        "objects": _objects(part.objects),
    }


def _read_partition(name: str, told: dict[str, Any]) -> Partition:
    return Partition(
        name=name,
        source=_info(told["bucket"], told["key"], told),
        format=told["format"],
        columns=tuple(told["columns"]),
        total_rows=told["totalRows"],
        ids=unpack_ids(told["ids"]),
        objects=_read_objects(told["objects"]),
    )


def _objects(objects: Objects | None) -> dict[str, Any] | None:
    if objects is None:
        return None
    files = {path: _version(info) for path, info in sorted(objects.files.items())}
    return {"bucket": objects.bucket, "prefix": objects.prefix, "files": files}


def _read_objects(told: dict[str, Any] | None) -> Objects | None:
    if told is None:
        return None
    bucket, prefix = told["bucket"], told["prefix"]
    files = {path: _info(bucket, prefix + path, entry) for path, entry in told["files"].items()}
    return Objects(bucket, prefix, files)


def _version(info: ObjectInfo) -> dict[str, Any]:
    version = {"versionId": info.version_id} if info.version_id else {}
    return {"sizeBytes": info.size_bytes, "etag": info.etag, **version}


def _info(bucket: str, key: str, told: dict[str, Any]) -> ObjectInfo:
    return ObjectInfo(bucket, key, told["sizeBytes"], told["etag"], told.get("versionId"))

"""Object files under one prefix: found at the download of a data handle, fetched for a fit.

All of them are fetched before the first batch, not when a row first asks for one: what is missing
or changed fails every run at once and not after hours, chunks take equally long, and ``row_prep``
may open any of them. Each is fetched once, however many runs, epochs and partitions read it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow as pa

from fanfold_engine.data.disk import is_full
from fanfold_engine.data.errors import DataChangedError, DataError
from fanfold_engine.storage import ObjectInfo, ObjectStore, split_prefix

log = logging.getLogger(__name__)

CALLS_AT_ONCE = 32
CALLS_AHEAD = 1024
SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("size_bytes", pa.int64()),
        ("etag", pa.string()),
        ("version_id", pa.string()),
    ]
)


@dataclass(frozen=True)
class Objects:
    """Object files under one prefix, by their path relative to it: a row each, with ``SCHEMA``."""

    bucket: str
    prefix: str
    files: pa.Table

    @property
    def size_bytes(self) -> int:
        """What all of them take."""
        return int(self.files["size_bytes"].to_numpy().sum())

    def slices(self) -> Iterator[list[tuple[str, ObjectInfo]]]:
        """Paths and the versions that they had, some at a time."""
        for batch in self.files.to_batches(CALLS_AHEAD):
            yield [
                (path, ObjectInfo(self.bucket, self.prefix + path, size_bytes, etag, version_id))
                for path, size_bytes, etag, version_id in zip(
                    *(column.to_pylist() for column in batch.columns), strict=True
                )
            ]


def survey_objects(uri: str, paths: pa.Array, store: ObjectStore) -> Objects:
    """Look at every object that the paths name under the prefix ``uri``.

    Raises:
        DataError: a path leaves the prefix.
        ObjectUnreadableError: an object does not exist or may not be read.
    """
    bucket, prefix = split_prefix(uri)
    parts = [paths[start : start + CALLS_AHEAD] for start in range(0, len(paths), CALLS_AHEAD)]
    for part in parts:
        _refuse_escapes(part.to_pylist(), uri)
    found: list[pa.RecordBatch] = []
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        for part in parts:
            infos = pool.map(lambda path: store.head(bucket, prefix + path), part.to_pylist())
            found.append(_batch(part, infos))
    return Objects(bucket, prefix, pa.Table.from_batches(found, SCHEMA))


def survey_prefix(uri: str, store: ObjectStore) -> Objects:
    """List every object under the prefix ``uri``.

    Raises:
        DataError: there is none, or a key would leave the directory it is to lie in.
    """
    bucket, prefix = split_prefix(uri)
    infos = [info for info in store.list(bucket, prefix) if not info.key.endswith("/")]
    paths = [info.key.removeprefix(prefix) for info in infos]
    _refuse_escapes(paths, uri)
    if not paths:
        raise DataError(f"there are no objects under {uri}; name a prefix that holds some")
    table = pa.Table.from_batches([_batch(pa.array(paths, pa.string()), infos)], SCHEMA)
    return Objects(bucket, prefix, table)


def fetch_objects(objects: Objects, directory: Path, store: ObjectStore) -> None:
    """Put the files under a directory, those that are not there yet.

    Raises:
        DataChangedError: one is not the version it was.
        ObjectUnreadableError: one does not exist or may not be read.
    """
    place = f"s3://{objects.bucket}/{objects.prefix}"
    log.info("fetching %d files from %s", objects.files.num_rows, place)
    directory.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        for part in objects.slices():
            for _ in pool.map(lambda each: _fetch(each[1], directory / each[0], store), part):
                pass


def _fetch(expected: ObjectInfo, path: Path, store: ObjectStore) -> None:
    try:
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        fetch_object(expected, path, store)
    except OSError as error:
        if is_full(error):
            raise
        raise DataError(
            f"{expected.uri} cannot be kept as a file ({error.strerror}); give it another name"
        ) from error


def fetch_object(expected: ObjectInfo, path: Path, store: ObjectStore) -> None:
    """Put one object into a file.

    Raises:
        DataChangedError: it is not the version it was.
        ObjectUnreadableError: it does not exist or may not be read.
    """
    found = store.download(expected.bucket, expected.key, path)
    if found.size_bytes != expected.size_bytes or path.stat().st_size != expected.size_bytes:
        raise DataChangedError(expected.uri, "has another size")
    if found.etag != expected.etag:
        raise DataChangedError(expected.uri, "has other content")


def _batch(paths: pa.Array, infos: Iterable[ObjectInfo]) -> pa.RecordBatch:
    versions = [(info.size_bytes, info.etag, info.version_id) for info in infos]
    columns = zip(*versions, strict=True) if versions else ((), (), ())
    arrays = [
        pa.array(values, kind) for values, kind in zip(columns, SCHEMA.types[1:], strict=True)
    ]
    return pa.record_batch([paths.cast(pa.string()), *arrays], schema=SCHEMA)


def _refuse_escapes(paths: Iterable[str], uri: str) -> None:
    for path in paths:
        # Also what is not written the shortest way: two paths must never mean one file.
        if not path or path.startswith("/") or "\0" in path or _leaves(path):
            raise DataError(
                f"object path {path!r} does not stay under its prefix {uri}; use relative paths"
            )


def _leaves(path: str) -> bool:
    short = PurePosixPath(path)
    return ".." in short.parts or str(short) != path

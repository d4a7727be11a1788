"""Local data on their way to the workspace's bucket, under names that follow their content."""

import hashlib
import re
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fanfold.errors import InvalidRequest
from fanfold.routes import WorkspaceRoutes

# 128 bits: no two contents ever meet.
_HASH_DIGITS = 32

# S3 takes no more in one request.
_LARGEST_BYTES = 5 * 1024**3

_UPLOADS_AT_ONCE = 16

# The service gives the URLs of no more files at a time.
_MOST_PLACES = 500


def upload_frame(workspace: WorkspaceRoutes, name: str, frame: pd.DataFrame) -> str:
    """Send a DataFrame as `{hash}/{name}.parquet`; gives its `s3://` URI."""
    with tempfile.TemporaryDirectory(prefix="fanfold-") as folder:
        file = Path(folder) / f"{name}.parquet"
        table = pa.Table.from_pandas(frame, preserve_index=False)
        pq.write_table(table, file, compression="zstd")
        return _send_file(workspace, file)


def upload_path(workspace: WorkspaceRoutes, path: Path) -> str:
    """Send a file, or a folder with all its files; gives its `s3://` URI or prefix.

    Raises:
        InvalidRequest: There is nothing to send, a file's name cannot be kept, or a file is larger
            than 5 GiB.
    """
    if path.is_file():
        return _send_file(workspace, path)
    files = {file.relative_to(path).as_posix(): file for file in path.rglob("*") if file.is_file()}
    if not files:
        raise InvalidRequest(f"there is no file {path}, nor are there files in it")
    return _send_folder(workspace, files)


def _send_file(workspace: WorkspaceRoutes, file: Path) -> str:
    _check(file.name, file)
    return workspace.upload(f"{_fingerprint({file.name: file})}/{file.name}", file)


def _send_folder(workspace: WorkspaceRoutes, files: Mapping[str, Path]) -> str:
    for name, file in files.items():
        _check(name, file)
    folder, names, prefix = _fingerprint(files), sorted(files), ""
    with ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
        for start in range(0, len(names), _MOST_PLACES):
            prefix, urls = workspace.place_folder(folder, names[start : start + _MOST_PLACES])
            missing = [files[name] for name in urls]
            for _ in pool.map(workspace.http.put_file, urls.values(), missing):
                pass
    return prefix


def _fingerprint(files: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, file in sorted(files.items()):
        digest.update(f"{name}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()[:_HASH_DIGITS]


def _check(name: str, file: Path) -> None:
    if not re.fullmatch(r"(?!.*\.\.)[A-Za-z0-9._/=-]+", name):
        raise InvalidRequest(
            f"{name!r} cannot be sent: names of files are made of A-Z a-z 0-9 . _ = -"
        )
    if file.stat().st_size > _LARGEST_BYTES:
        raise InvalidRequest(
            f"{name!r} is larger than 5 GiB, the most that can be sent; put it in a bucket of "
            "yours and name its s3:// URI"
        )

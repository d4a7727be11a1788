"""Local data on their way to the workspace's bucket, under names that follow their content."""

import hashlib
import re
import tempfile
from collections.abc import Sequence
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

_UPLOADS_AT_ONCE = 8


def upload_frame(workspace: WorkspaceRoutes, name: str, frame: pd.DataFrame) -> str:
    """Send a DataFrame as `{hash}/{name}.parquet`; gives its `s3://` URI."""
    with tempfile.TemporaryDirectory(prefix="fanfold-") as folder:
        file = Path(folder) / f"{name}.parquet"
        table = pa.Table.from_pandas(frame, preserve_index=False)
        pq.write_table(table, file, compression="zstd")
        return _send(workspace, file.parent, [file])[0]


def upload_path(workspace: WorkspaceRoutes, path: Path) -> str:
    """Send a file, or a folder with all its files; gives its `s3://` URI or prefix.

    Raises:
        InvalidRequest: There is nothing to send, a file's name cannot be kept, or a file is larger
            than 5 GiB.
    """
    if path.is_file():
        return _send(workspace, path.parent, [path])[0]
    files = sorted(file for file in path.rglob("*") if file.is_file())
    if not files:
        raise InvalidRequest(f"there is no file {path}, nor are there files in it")
    first = _send(workspace, path, files)[0]
    return first.removesuffix(files[0].relative_to(path).as_posix())


def _send(workspace: WorkspaceRoutes, folder: Path, files: Sequence[Path]) -> list[str]:
    names = [file.relative_to(folder).as_posix() for file in files]
    for name, file in zip(names, files, strict=True):
        _check(name, file)
    digest = hashlib.sha256()
    for name, file in zip(names, files, strict=True):
        digest.update(f"{name}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    prefix = digest.hexdigest()[:_HASH_DIGITS]
    paths = [f"{prefix}/{name}" for name in names]
    with ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
        return list(pool.map(workspace.upload, paths, files))


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

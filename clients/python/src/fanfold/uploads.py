"""Local data on their way to the workspace's bucket, under names that follow their content."""

import hashlib
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fanfold.errors import InvalidRequest
from fanfold.routes import WorkspaceRoutes

# 128 bits: no two contents ever meet.
_HASH_DIGITS = 32


def upload_frame(workspace: WorkspaceRoutes, name: str, frame: pd.DataFrame) -> str:
    """Send a DataFrame as `{hash}/{name}.parquet`; gives its `s3://` URI."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    digest = hashlib.sha256(content).hexdigest()[:_HASH_DIGITS]
    return workspace.upload(f"{digest}/{name}.parquet", content)


def upload_path(workspace: WorkspaceRoutes, path: Path) -> str:
    """Send a file, or a folder with all its files; gives its `s3://` URI or prefix.

    Raises:
        InvalidRequest: There is nothing to send, or a file's name cannot be kept.
    """
    if path.is_file():
        return _send(workspace, path.parent, [path])[0]
    files = sorted(file for file in path.rglob("*") if file.is_file())
    if not files:
        raise InvalidRequest(f"there is no file {path}, nor are there files in it")
    first = _send(workspace, path, files)[0]
    return first.removesuffix(files[0].relative_to(path).as_posix())


def _send(workspace: WorkspaceRoutes, folder: Path, files: list[Path]) -> list[str]:
    names = [file.relative_to(folder).as_posix() for file in files]
    for name in names:
        if not re.fullmatch(r"(?!.*\.\.)[A-Za-z0-9._/=-]+", name):
            raise InvalidRequest(
                f"{name!r} cannot be sent: names of files are made of A-Z a-z 0-9 . _ = -"
            )
    digest = hashlib.sha256()
    for name, file in zip(names, files, strict=True):
        digest.update(f"{name}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    prefix = digest.hexdigest()[:_HASH_DIGITS]
    pairs = zip(names, files, strict=True)
    return [workspace.upload(f"{prefix}/{name}", file.read_bytes()) for name, file in pairs]

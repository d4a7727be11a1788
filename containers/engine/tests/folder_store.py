"""Object storage in a folder: buckets are its directories."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from fanfold_engine.storage import ObjectInfo, ObjectUnreadableError


class FolderStore:
    """An ObjectStore that several processes may use at once."""

    def __init__(
        self, root: Path, *, upload_pause_seconds: float = 0.0, refused: str | None = None
    ) -> None:
        self.root = root
        self._upload_pause_seconds = upload_pause_seconds
        self._refused = refused
        """Part of the keys that cannot be written."""

    def head(self, bucket: str, key: str) -> ObjectInfo:
        path = self.path(bucket, key)
        if not path.is_file():
            raise ObjectUnreadableError(bucket, key)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "md5").hexdigest()
        return ObjectInfo(bucket, key, path.stat().st_size, digest)

    def list(self, bucket: str, prefix: str) -> Iterator[ObjectInfo]:
        base = self.root / bucket
        keys = (str(path.relative_to(base)) for path in base.rglob("*") if path.is_file())
        return (self.head(bucket, key) for key in sorted(keys) if key.startswith(prefix))

    def download(self, bucket: str, key: str, path: Path) -> ObjectInfo:
        info = self.head(bucket, key)
        shutil.copyfile(self.path(bucket, key), path)
        return info

    def upload(self, bucket: str, key: str, path: Path) -> None:
        time.sleep(self._upload_pause_seconds)
        if self._refused is not None and self._refused in key:
            raise OSError(f"{key} cannot be written")
        self.put(bucket, key, path.read_bytes())

    def delete(self, bucket: str, key: str) -> None:
        self.path(bucket, key).unlink(missing_ok=True)

    def put(self, bucket: str, key: str, data: bytes) -> str:
        """Put bytes; the object's URI."""
        path = self.path(bucket, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{uuid4()}")
        beside.write_bytes(data)
        beside.replace(path)
        return f"s3://{bucket}/{key}"

    def path(self, bucket: str, key: str) -> Path:
        return self.root / bucket / key

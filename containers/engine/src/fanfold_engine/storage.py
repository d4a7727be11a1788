"""Object storage as the engine sees it. ``s3_storage.py`` is the real one; tests bring a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

S3_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>.*)", re.DOTALL)


class ObjectUnreadableError(Exception):
    """An object does not exist or may not be read."""

    def __init__(self, bucket: str, key: str) -> None:
        self.uri = f"s3://{bucket}/{key}"
        super().__init__(f"{self.uri} does not exist or may not be read")


@dataclass(frozen=True)
class ObjectInfo:
    """One version of one object."""

    bucket: str
    key: str
    size_bytes: int
    etag: str
    version_id: str | None = None

    @property
    def uri(self) -> str:
        """Where it lies."""
        return f"s3://{self.bucket}/{self.key}"


class ObjectStore(Protocol):
    """Reads and writes objects. May be called from many threads."""

    def head(self, bucket: str, key: str) -> ObjectInfo:
        """What is known of an object.

        Raises:
            ObjectUnreadableError: it does not exist or may not be read.
        """
        ...

    def list(self, bucket: str, prefix: str) -> Iterator[ObjectInfo]:
        """Every object under a prefix, in key order."""
        ...

    def download(self, bucket: str, key: str, path: Path) -> ObjectInfo:
        """Fetch an object into a file and say which version it was.

        Raises:
            ObjectUnreadableError: it does not exist or may not be read.
        """
        ...

    def upload(self, bucket: str, key: str, path: Path) -> None:
        """Put a file."""
        ...

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; one that is gone already is no error."""
        ...


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an ``s3://`` URI."""
    found = S3_URI.fullmatch(uri)
    if found is None:
        raise ValueError(f"{uri} is not an s3:// URI")
    return found["bucket"], found["key"]


def split_prefix(uri: str) -> tuple[str, str]:
    """Bucket and key prefix of an ``s3://`` URI; the prefix is empty or ends in one ``/``."""
    bucket, key = split_uri(uri)
    key = key.rstrip("/")
    return bucket, f"{key}/" if key else ""

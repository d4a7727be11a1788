"""S3 through boto3, with the credentials that syncs bring and nothing ambient."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import boto3
from boto3.s3.transfer import TransferConfig
from botocore import session as botocore_session
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver, ReadOnlyCredentials
from botocore.credentials import Credentials as BotoCredentials
from botocore.exceptions import BotoCoreError, ClientError

from fanfold_engine.protocol import Credentials
from fanfold_engine.storage import ObjectInfo, ObjectUnreadableError

T = TypeVar("T")

MULTIPART_BYTES = 64 * 1024 * 1024
MAX_CONNECTIONS = 40
ATTEMPTS = 8
FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 10.0
UNREADABLE = frozenset({"403", "404", "AccessDenied", "NoSuchBucket", "NoSuchKey", "NotFound"})
SERVER_ERROR = 500
TOO_MANY_REQUESTS = 429


class SyncedCredentials(BotoCredentials):
    """Always the newest credentials that a sync brought."""

    def __init__(self, newest: Callable[[], Credentials]) -> None:
        super().__init__("", "")
        self._newest = newest

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """What botocore signs one request with."""
        newest = self._newest()
        return ReadOnlyCredentials(
            newest.access_key_id, newest.secret_access_key, newest.session_token
        )


class S3Storage:
    """The :class:`~fanfold_engine.storage.ObjectStore` on S3."""

    def __init__(self, region: str, newest_credentials: Callable[[], Credentials]) -> None:
        self._client = _client(region, SyncedCredentials(newest_credentials))
        # botocore's own retries draw from Python's global random numbers, which belong to the
        # run in training; so it makes single attempts, and the retries are here, with their own
        # generator.
        self._jitter = random.Random()

    def head(self, bucket: str, key: str) -> ObjectInfo:
        """See :class:`~fanfold_engine.storage.ObjectStore`."""
        found = self._call(bucket, key, lambda: self._client.head_object(Bucket=bucket, Key=key))
        return _info(bucket, key, found)

    def list(self, bucket: str, prefix: str) -> Iterator[ObjectInfo]:
        """See :class:`~fanfold_engine.storage.ObjectStore`."""
        page: dict[str, Any] = {"NextContinuationToken": None}
        while "NextContinuationToken" in page:
            token = page["NextContinuationToken"]
            after = {"ContinuationToken": token} if token else {}
            page = self._call(
                bucket,
                prefix,
                lambda after=after: self._client.list_objects_v2(
                    Bucket=bucket, Prefix=prefix, **after
                ),
            )
            for found in page.get("Contents", []):
                yield ObjectInfo(bucket, found["Key"], found["Size"], found["ETag"].strip('"'))

    def download(self, bucket: str, key: str, path: Path) -> ObjectInfo:
        """See :class:`~fanfold_engine.storage.ObjectStore`."""
        return self._call(bucket, key, lambda: self._download(bucket, key, path))

    def upload(self, bucket: str, key: str, path: Path) -> None:
        """See :class:`~fanfold_engine.storage.ObjectStore`."""
        if path.stat().st_size < MULTIPART_BYTES:
            body = path.read_bytes()
            put = lambda: self._client.put_object(Bucket=bucket, Key=key, Body=body)  # noqa: E731
        else:
            config = TransferConfig(multipart_threshold=MULTIPART_BYTES)
            put = lambda: self._client.upload_file(str(path), bucket, key, Config=config)  # noqa: E731
        self._call(bucket, key, put)

    def delete(self, bucket: str, key: str) -> None:
        """See :class:`~fanfold_engine.storage.ObjectStore`."""
        self._call(bucket, key, lambda: self._client.delete_object(Bucket=bucket, Key=key))

    def _download(self, bucket: str, key: str, path: Path) -> ObjectInfo:
        answer = self._client.get_object(Bucket=bucket, Key=key)
        with path.open("wb") as file:
            for part in answer["Body"].iter_chunks(1024 * 1024):
                file.write(part)
        return _info(bucket, key, answer)

    def _call(self, bucket: str, key: str, call: Callable[[], T]) -> T:
        """Make a call, again while it fails in passing."""
        delay = FIRST_DELAY_SECONDS
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return call()
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in UNREADABLE:
                    raise ObjectUnreadableError(bucket, key) from error
                if attempt == ATTEMPTS or not _passes(error):
                    raise
            except BotoCoreError:
                if attempt == ATTEMPTS:
                    raise
            time.sleep(delay * self._jitter.uniform(0.5, 1.0))
            delay = min(2 * delay, LONGEST_DELAY_SECONDS)
        raise AssertionError("the last attempt returns or raises")


def _client(region: str, credentials: SyncedCredentials) -> Any:
    core = botocore_session.get_session()
    core.register_component("credential_provider", CredentialResolver([_Provider(credentials)]))
    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        max_pool_connections=MAX_CONNECTIONS,
        connect_timeout=10,
        read_timeout=60,
    )
    return boto3.Session(botocore_session=core, region_name=region).client("s3", config=config)


class _Provider(CredentialProvider):
    METHOD = "fanfold-sync"
    CANONICAL_NAME = METHOD

    def __init__(self, credentials: SyncedCredentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> BotoCredentials:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The one set of credentials there is."""
        return self._credentials


def _info(bucket: str, key: str, answer: Any) -> ObjectInfo:
    version = answer.get("VersionId")
    return ObjectInfo(
        bucket,
        key,
        answer["ContentLength"],
        answer["ETag"].strip('"'),
        version if version != "null" else None,
    )


def _passes(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = error.response.get("Error", {}).get("Code", "")
    return (
        status >= SERVER_ERROR
        or status == TOO_MANY_REQUESTS
        or code in {"SlowDown", "ExpiredToken"}
    )

"""One suite for object storage, on the folder of the other tests and on the emulator's S3."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest
from fanfold_engine import s3_storage
from fanfold_engine.protocol import Credentials
from fanfold_engine.s3_storage import S3Storage
from fanfold_engine.storage import ObjectStore, ObjectUnreadableError, split_prefix, split_uri
from faulty_proxy import FaultyProxy
from folder_store import FolderStore

BUCKET = "storage-suite"
REGION = "eu-central-1"
CREDENTIALS = Credentials("test", "test", "test", "2099-01-01T00:00:00.000Z")


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
    folder = tmp_path_factory.mktemp("emulator")
    command = [sys.executable, "-m", "ministack"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(url)
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        boto3.client("s3", region_name=REGION, endpoint_url=url, **keys).create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_up(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(url, timeout=1)
        except httpx.TransportError:
            assert time.monotonic() < deadline, "the emulator did not start"
            time.sleep(0.05)
        else:
            return


@pytest.fixture(params=["folder", "s3"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ObjectStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("endpoint"))
    return S3Storage(REGION, lambda: CREDENTIALS)


def put(store: ObjectStore, key: str, data: bytes, folder: Path) -> None:
    path = folder / "to-put"
    path.write_bytes(data)
    store.upload(BUCKET, key, path)


def test_what_is_uploaded_can_be_downloaded(store: ObjectStore, tmp_path: Path) -> None:
    put(store, "a/b c+ü.bin", b"content", tmp_path)
    info = store.download(BUCKET, "a/b c+ü.bin", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == b"content"
    assert info == store.head(BUCKET, "a/b c+ü.bin")
    assert info.size_bytes == len(b"content")


def test_a_large_file_goes_up_in_parts(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_storage, "MULTIPART_BYTES", 6 * 1024 * 1024)
    data = random.Random(1).randbytes(13 * 1024 * 1024)
    put(store, "large", data, tmp_path)
    store.download(BUCKET, "large", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == data


def test_other_content_is_another_version(store: ObjectStore, tmp_path: Path) -> None:
    put(store, "x", b"one", tmp_path)
    first = store.head(BUCKET, "x")
    put(store, "x", b"two", tmp_path)
    assert store.head(BUCKET, "x").etag != first.etag


def test_listing_gives_every_object_under_a_prefix(store: ObjectStore, tmp_path: Path) -> None:
    for number in range(5):
        put(store, f"list/{number}", b"x" * number, tmp_path)
    put(store, "lists", b"", tmp_path)
    found = [(info.key, info.size_bytes) for info in store.list(BUCKET, "list/")]
    assert found == [(f"list/{number}", number) for number in range(5)]
    assert next(iter(store.list(BUCKET, "list/3"))) == store.head(BUCKET, "list/3")


def test_a_missing_object_is_told_with_its_uri(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(ObjectUnreadableError, match=f"s3://{BUCKET}/nothing does not exist"):
        store.head(BUCKET, "nothing")
    with pytest.raises(ObjectUnreadableError, match="does not exist or may not be read"):
        store.download(BUCKET, "nothing", tmp_path / "got")


def test_deleting_twice_is_no_error(store: ObjectStore, tmp_path: Path) -> None:
    put(store, "gone", b"x", tmp_path)
    store.delete(BUCKET, "gone")
    store.delete(BUCKET, "gone")
    with pytest.raises(ObjectUnreadableError):
        store.head(BUCKET, "gone")


def test_s3_that_errs_in_passing_costs_time_only(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = random.Random(2).randbytes(3 * 1024 * 1024)
    monkeypatch.setattr(s3_storage, "FIRST_DELAY_SECONDS", 0.001)
    with FaultyProxy(endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        store = S3Storage(REGION, lambda: CREDENTIALS)
        proxy.faults = [503, 500, 503, 400]
        put(store, "faulty", data, tmp_path)
        assert proxy.faults == []
        proxy.faults = ["half", 503, "half"]
        info = store.download(BUCKET, "faulty", tmp_path / "got")
        assert proxy.faults == []
        proxy.faults = [403]
        with pytest.raises(ObjectUnreadableError):
            store.download(BUCKET, "faulty", tmp_path / "not")

    assert (tmp_path / "got").read_bytes() == data
    assert info.size_bytes == len(data)


def test_waiting_for_s3_draws_none_of_the_runs_random_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
        monkeypatch.setattr(s3_storage, "ATTEMPTS", 3)
        store = S3Storage(REGION, lambda: CREDENTIALS)
        random.seed(3)
        before = random.getstate()
        with pytest.raises(Exception, match="Could not connect"):
            store.head(BUCKET, "x")
        assert random.getstate() == before


def test_uris_are_taken_apart() -> None:
    assert split_uri("s3://bucket/a/b.csv") == ("bucket", "a/b.csv")
    assert split_prefix("s3://bucket/a/b/") == ("bucket", "a/b/")
    assert split_prefix("s3://bucket/a/b") == ("bucket", "a/b/")
    with pytest.raises(ValueError, match="is not an s3:// URI"):
        split_uri("http://bucket/a")

"""Publishing and fetching checkpoints.

A checkpoint is written to the local disk between two chunks and uploaded in the background; its
``manifest.json`` goes last, so a half-written one is never seen. Each attempt of a worker (its
lease) writes under prefixes of its own, so one that was fenced off overwrites nothing.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from fanfold_engine.checkpoint_files import MANIFEST, CheckpointDamagedError, names_of
from fanfold_engine.protocol import Assignment, Checkpoint
from fanfold_engine.storage import ObjectStore, ObjectUnreadableError
from fanfold_engine.training import Place

T = TypeVar("T")

log = logging.getLogger(__name__)

UPLOADS_AT_ONCE = 4

Published = Callable[[Checkpoint], None]
Failed = Callable[[BaseException], None]
Write = Callable[[Path], None]
"""Writes a checkpoint's files into a directory."""


class Checkpoints:
    """The checkpoints that this attempt writes and reads.

    ``failed`` is called from an uploading thread when a checkpoint could not be published.
    """

    def __init__(
        self, assignment: Assignment, store: ObjectStore, scratch: Path, *, failed: Failed
    ) -> None:
        self._assignment = assignment
        self._store = store
        self._scratch = scratch
        self._failed = failed
        self._pool = ThreadPoolExecutor(UPLOADS_AT_ONCE, thread_name_prefix="upload")
        self._newest: dict[int, Future[None]] = {}

    def write(self, run_id: int, place: Place, write: Write) -> Checkpoint:
        """Write a checkpoint on the local disk, which is to be published.

        Raises:
            UnstorableError: some state can only be pickled.
        """
        checkpoint = self._describe(run_id, place)
        directory = self._directory_of(checkpoint)
        directory.mkdir(parents=True, exist_ok=True)
        write(directory)
        return checkpoint

    def publish(self, run_id: int, checkpoint: Checkpoint, published: Published) -> None:
        """Upload a checkpoint that was written in the background; then ``published`` is called."""
        before = self._newest.get(run_id)
        self._newest[run_id] = self._pool.submit(self._upload, checkpoint, before, published)

    def is_busy(self, run_id: int) -> bool:
        """Whether a checkpoint of the run is still on its way."""
        newest = self._newest.get(run_id)
        return newest is not None and not newest.done()

    def after_newest(self, run_id: int, action: Callable[[], None]) -> None:
        """Do something once the run's newest checkpoint, if one is on its way, is published."""
        newest = self._newest.get(run_id)
        if newest is None or newest.done():
            action()
        else:
            self._newest[run_id] = self._pool.submit(self._follow, newest, action)

    def fetch(self, prefix: str, read: Callable[[Path], T]) -> T:
        """What ``read`` makes of the checkpoint under a prefix; its files are there meanwhile.

        Raises:
            CheckpointDamagedError: it is not whole, or not what it was.
        """
        directory = self._scratch / "fetched"
        directory.mkdir(parents=True)
        try:
            self._download(prefix, (MANIFEST,), directory)
            self._download(prefix, names_of(directory), directory)
            return read(directory)
        except (ObjectUnreadableError, CheckpointDamagedError, json.JSONDecodeError) as error:
            raise CheckpointDamagedError(f"checkpoint {prefix}: {error}") from error
        finally:
            shutil.rmtree(directory)

    def _download(self, prefix: str, names: Iterable[str], directory: Path) -> None:
        for name in names:
            path = directory / name
            path.parent.mkdir(exist_ok=True)
            self._store.download(self._assignment.bucket, prefix + name, path)

    def remove(self, checkpoint: Checkpoint) -> None:
        """Remove a checkpoint in the background, its manifest first."""
        self._pool.submit(self._remove, checkpoint)

    def drain(self, timeout_seconds: float | None = None) -> None:
        """Wait until everything is published."""
        wait(list(self._newest.values()), timeout_seconds)

    def close(self) -> None:
        """Wait until everything is published and removed."""
        self._pool.shutdown()

    def _describe(self, run_id: int, place: Place) -> Checkpoint:
        name = f"epoch-{place.epoch:04}" + (f"-chunk-{place.chunk:03}" if place.chunk else "")
        attempt = f"worker-{self._assignment.worker}.lease-{self._assignment.lease}"
        prefix = f"{self._assignment.prefix}runs/{run_id}/checkpoints/{name}.{attempt}/"
        return Checkpoint(prefix, place.epoch, place.chunk)

    def _directory_of(self, checkpoint: Checkpoint) -> Path:
        return self._scratch / checkpoint.prefix.removeprefix(self._assignment.prefix)

    def _upload(
        self,
        checkpoint: Checkpoint,
        before: Future[None] | None,
        published: Published,
    ) -> None:
        directory = self._directory_of(checkpoint)
        try:
            if before is not None:
                wait([before])
            for name in (*names_of(directory), MANIFEST):
                self._store.upload(
                    self._assignment.bucket, checkpoint.prefix + name, directory / name
                )
            shutil.rmtree(directory)
            published(checkpoint)
        except BaseException as error:  # noqa: BLE001 - nobody else would hear of it
            self._failed(error)

    def _follow(self, before: Future[None], action: Callable[[], None]) -> None:
        wait([before])
        action()

    def _remove(self, checkpoint: Checkpoint) -> None:
        try:
            with TemporaryDirectory(dir=self._scratch) as directory:
                self._download(checkpoint.prefix, (MANIFEST,), Path(directory))
                names = names_of(Path(directory))
            for name in (MANIFEST, *names):
                self._store.delete(self._assignment.bucket, checkpoint.prefix + name)
        except Exception:  # noqa: BLE001 - what is left over is only untidy
            log.warning("checkpoint %s could not be removed", checkpoint.prefix, exc_info=True)

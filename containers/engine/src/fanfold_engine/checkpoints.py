"""Publishing and fetching checkpoints.

A checkpoint is written to the local disk between two chunks and uploaded in the background; its
``manifest.json`` goes last, so a half-written one is never seen. Each attempt of a worker (its
lease) writes under prefixes of its own, so one that was fenced off overwrites nothing.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from fanfold_engine import checkpoint_files
from fanfold_engine.checkpoint_files import MANIFEST, PARTS, CheckpointDamagedError
from fanfold_engine.protocol import Assignment, Checkpoint
from fanfold_engine.storage import ObjectStore, ObjectUnreadableError
from fanfold_engine.training import Place, TrainingState

log = logging.getLogger(__name__)

UPLOADS_AT_ONCE = 4

Published = Callable[[Checkpoint], None]
Failed = Callable[[BaseException], None]


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

    def write(self, run_id: int, state: TrainingState) -> Checkpoint:
        """Write a checkpoint on the local disk, which is to be published.

        Raises:
            UnstorableError: some state can only be pickled.
        """
        checkpoint = self._describe(run_id, state.place)
        directory = self._directory_of(checkpoint)
        directory.mkdir(parents=True, exist_ok=True)
        checkpoint_files.write(state, directory)
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

    def fetch(self, prefix: str) -> TrainingState:
        """Read the checkpoint that was published under a prefix.

        Raises:
            CheckpointDamagedError: it is not whole, or not what it was.
        """
        directory = self._scratch / "fetched"
        directory.mkdir(parents=True)
        try:
            for name in (MANIFEST, *PARTS):
                self._store.download(self._assignment.bucket, prefix + name, directory / name)
            return checkpoint_files.read(directory)
        except (ObjectUnreadableError, CheckpointDamagedError, json.JSONDecodeError) as error:
            raise CheckpointDamagedError(f"checkpoint {prefix}: {error}") from error
        finally:
            shutil.rmtree(directory)

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
            for name in (*PARTS, MANIFEST):
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
            for name in (MANIFEST, *PARTS):
                self._store.delete(self._assignment.bucket, checkpoint.prefix + name)
        except Exception:  # noqa: BLE001 - what is left over is only untidy
            log.warning("checkpoint %s could not be removed", checkpoint.prefix, exc_info=True)

"""A worker's life: hears what it is for, does it, tells how it went.

Nothing here knows where it runs: there is a control plane at a URL, and object storage.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from fanfold_engine import departure
from fanfold_engine.control_plane import ControlPlane, LetGoError
from fanfold_engine.ending import DONE, FAULT, INTERRUPTED
from fanfold_engine.output import Output
from fanfold_engine.protocol import Assignment, Credentials
from fanfold_engine.session import Session
from fanfold_engine.settings import Settings

if TYPE_CHECKING:
    from fanfold_engine.fit import Fit
    from fanfold_engine.storage import ObjectStore

log = logging.getLogger(__name__)

MakeStore = Callable[[str, Callable[[], Credentials]], "ObjectStore"]
"""Makes the object store from a region and the newest credentials."""


class Worker:
    """One attempt of one worker. ``leave`` ends the process from whatever thread calls it."""

    def __init__(
        self,
        settings: Settings,
        *,
        make_store: MakeStore,
        scratch: Path,
        leave: Callable[[int], object],
    ) -> None:
        self._settings = settings
        self._make_store = make_store
        self._scratch = scratch
        self._leave = leave
        self._session = Session(settings, ControlPlane(settings), ended=self._let_go)
        self._output = Output(self._session.ledger)
        self._fit: Fit | None = None
        self._departs = threading.Lock()

    def work(self) -> int:
        """Do what the worker is for; the exit code."""
        self._session.start()
        with self._output.captured():
            try:
                self._do(self._make_store(self._settings.region, self._session.credentials))
            except Exception:
                log.exception("the worker failed")
                self._session.close(60.0)
                return FAULT
            self._session.close()
        return INTERRUPTED if self._session.orders.leaves else DONE

    def depart(self, why: str, chunk_seconds: float) -> None:
        """The machine is being taken away: a chunk in training may end within so many seconds.

        Then the main thread leaves by itself. A second reason to leave changes nothing.
        """
        if not self._departs.acquire(blocking=False):
            return
        log.info("told to leave (%s); the runs go on elsewhere", why)
        self._session.leave()
        if self._fit is not None:
            time.sleep(chunk_seconds)
            if not self._fit.watchdog.is_watching:
                time.sleep(departure.PUBLISH_SECONDS)
        self._session.close(departure.LAST_SYNC_SECONDS)
        self._leave(INTERRUPTED)

    def _do(self, store: ObjectStore) -> None:
        assignment = self._session.assignment()
        tasks = {
            "fit": self._train,
            "test": self._infer,
            "predict": self._infer,
            "download": self._download,
        }
        tasks[assignment.kind](assignment, store)

    def _download(self, assignment: Assignment, store: ObjectStore) -> None:
        from fanfold_engine.data.download import download  # noqa: PLC0415 - imports cost seconds

        self._session.ledger.report_download(download(assignment, store, self._scratch))

    def _train(self, assignment: Assignment, store: ObjectStore) -> None:
        from fanfold_engine.data.dataset import fetch_dataset  # noqa: PLC0415 - before torch

        if assignment.fit is None:
            raise ValueError("an assignment to a fit says nothing of it")
        with ThreadPoolExecutor(1, thread_name_prefix="data") as pool:
            # The data is on its way while torch is imported.
            dataset = pool.submit(fetch_dataset, assignment, store, self._scratch / "data")
            from fanfold_engine.device import use_threads  # noqa: PLC0415 - imports cost seconds
            from fanfold_engine.fit import Fit  # noqa: PLC0415

            use_threads(self._settings.cpu_threads)
            self._fit = Fit(
                assignment,
                assignment.fit,
                settings=self._settings,
                session=self._session,
                store=store,
                dataset=dataset,
                output=self._output,
                scratch=self._scratch,
                leave=self._leave,
            )
            self._fit.work()
            self._session.flush()
            self._fit.checkpoints.close()

    def _infer(self, assignment: Assignment, store: ObjectStore) -> None:
        from fanfold_engine.data.dataset import fetch_partition  # noqa: PLC0415 - before torch

        if assignment.inference is None:
            raise ValueError(f"an assignment to a {assignment.kind} says nothing of it")
        with ThreadPoolExecutor(1, thread_name_prefix="data") as pool:
            folder = self._scratch / "data"
            data = pool.submit(fetch_partition, assignment, store, folder, assignment.kind)
            from fanfold_engine.device import use_threads  # noqa: PLC0415 - imports cost seconds
            from fanfold_engine.inference import Inference  # noqa: PLC0415

            use_threads(self._settings.cpu_threads)
            Inference(
                assignment,
                assignment.inference,
                session=self._session,
                store=store,
                data=data,
                output=self._output,
                scratch=self._scratch,
                leave=self._leave,
            ).work()

    def _let_go(self, error: BaseException) -> None:
        """The syncing thread ended: nothing that this worker does is wanted, or nobody hears it."""
        if isinstance(error, LetGoError):
            log.info("let go: %s", error)
            self._leave(DONE)
        else:
            log.error("the control plane is lost", exc_info=error)
            self._leave(FAULT)

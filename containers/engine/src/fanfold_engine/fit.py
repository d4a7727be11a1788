"""The ``fit`` task: what all runs of a worker share, and its way from the first run to the last."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path

import torch

# The first optimizer imports it, which takes seconds of its run's time.
import torch._dynamo  # pyright: ignore[reportUnusedImport]

from fanfold_engine.checkpoints import Checkpoints
from fanfold_engine.data.dataset import Dataset
from fanfold_engine.device import best_device
from fanfold_engine.ending import FAULT, RESTART
from fanfold_engine.executors import EXECUTORS
from fanfold_engine.gpu_meter import GpuMeter, gauge_of
from fanfold_engine.memory import rooms_of
from fanfold_engine.ml_spec_source import fetch_ml_spec_file
from fanfold_engine.mlspec import UserCodeError, load_ml_spec
from fanfold_engine.output import Output
from fanfold_engine.protocol import Assignment, DealtRun
from fanfold_engine.protocol import Fit as FitRequest
from fanfold_engine.run import Run
from fanfold_engine.session import Session
from fanfold_engine.settings import Settings
from fanfold_engine.storage import ObjectStore
from fanfold_engine.swapping.shuttle import Shuttle
from fanfold_engine.watchdog import Watch, Watchdog

log = logging.getLogger(__name__)

LAST_WORDS_SECONDS = 30.0


class Fit:
    """One worker's part of a fit.

    ``leave`` ends the process from whatever thread calls it.
    """

    def __init__(
        self,
        assignment: Assignment,
        request: FitRequest,
        *,
        settings: Settings,
        session: Session,
        store: ObjectStore,
        dataset: Future[Dataset],
        output: Output,
        scratch: Path,
        leave: Callable[[int], object],
    ) -> None:
        self.assignment = assignment
        self.request = request
        self.session = session
        self.output = output
        self.device = best_device()
        self.rooms = rooms_of(self.device, scratch, settings)
        self.shuttle = Shuttle(self.device, self.rooms, scratch / "aside")
        on_gpu = self.device.type == "cuda"
        self.ranks = torch.cuda.device_count() if on_gpu else settings.cpu_ranks
        """Processes, each with a GPU of its own, that a run can be trained by."""
        self.checkpoints = Checkpoints(
            assignment, store, scratch / "checkpoints", failed=self._upload_failed
        )
        self.gpu_meter = GpuMeter(gauge_of(self.device))
        self.watchdog = Watchdog(request.chunk_timeout_seconds, self._hung)
        self._store = store
        self._dataset = dataset
        self.scratch = scratch
        self._leave = leave
        self._runs: dict[int, Run] = {}
        self._was_heard = False

    def work(self) -> None:
        """Train until no run is left, or the worker is to leave."""
        self.watchdog.start()
        self.gpu_meter.start()
        try:
            EXECUTORS[self.request.executor]().work(self)
            self.checkpoints.drain()
        finally:
            self.gpu_meter.close()
            self.watchdog.close()

    def take_on(
        self, *, wait: bool = True, make_room: Callable[[], object] = lambda: None
    ) -> Run | None:
        """The next run to train, begun; ``None`` when there is none (yet, without ``wait``)."""
        dealt: DealtRun | None = self.session.orders.next_run(wait=wait)
        if dealt is None:
            return None
        make_room()
        run = self._runs[dealt.run_id] = Run(dealt, self)
        run.begin()
        return run

    def dataset(self) -> Dataset:
        """The data, fetched once.

        Raises:
            DataError: it cannot be used.
        """
        return self._dataset.result()

    def ml_spec(self) -> type:
        """The user's class, loaded once.

        Raises:
            UserCodeError: it cannot be loaded.
        """
        if isinstance(self._loaded_ml_spec, UserCodeError):
            raise self._loaded_ml_spec
        return self._loaded_ml_spec

    @cached_property
    def _loaded_ml_spec(self) -> type | UserCodeError:
        try:
            return load_ml_spec(self.ml_spec_file, self.assignment.ml_spec.sha256)
        except UserCodeError as error:
            return error

    @cached_property
    def ml_spec_file(self) -> Path:
        """The user's file, fetched once."""
        return fetch_ml_spec_file(self.assignment, self._store, self.scratch)

    def be_heard_once(self) -> None:
        """Before user code first runs in this process, the control plane must know for which run.

        Otherwise code that kills the process at once would never be counted against its run.
        """
        if not self._was_heard:
            self._was_heard = self.session.flush()

    def check_device(self) -> None:
        """After an error: leave when it broke the GPU's context for all that follow."""
        if self.device.type != "cuda":
            return
        try:
            torch.cuda.synchronize()
            torch.cuda.empty_cache()
        except RuntimeError:
            log.exception("the GPU context is broken; a new process goes on with the other runs")
            self.start_anew()

    def start_anew(self) -> None:
        """Leave, so that a new process goes on from the newest checkpoints."""
        self._say_last_words_and_leave(RESTART)

    def _hung(self, watch: Watch, stack: str) -> None:
        message = f"{watch.doing} took longer than {watch.limit_seconds:g} s and was taken for hung"
        if watch.run_id is not None:
            run = self._runs[watch.run_id]
            run.fail(message, run.stacks() or stack)
        self.start_anew()

    def _upload_failed(self, error: BaseException) -> None:
        log.error("a checkpoint could not be published", exc_info=error)
        self.session.flush(LAST_WORDS_SECONDS)
        self._leave(FAULT)

    def _say_last_words_and_leave(self, code: int) -> None:
        self.checkpoints.drain(LAST_WORDS_SECONDS)
        self.session.close(LAST_WORDS_SECONDS)
        self._leave(code)

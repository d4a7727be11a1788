"""A fit as a seed has it: its runs are stopped, killed, moved and packed with others.

Everything a journey does is drawn from one generator, so a seed tells a failing one again, but
for the moments at which processes meet.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from control_plane_double import ControlPlaneDouble, Json
from engine_process import exit_code, start
from fanfold_engine import checkpoint_files
from fanfold_engine.ending import DONE, INTERRUPTED
from fanfold_engine.training import TrainingState
from scene import Scene

MAX_WORKERS = 2
MAX_FROZEN = 2
PATIENCE_SECONDS = 120.0
OPEN = {"new", "ongoing"}


@dataclass
class Engine:
    """A process that works for its own control plane."""

    worker: int
    control_plane: ControlPlaneDouble
    process: BaseProcess

    def runs(self, *statuses: str) -> list[int]:
        told = self.control_plane.runs.items()
        dealt = [run["runId"] for run in self.control_plane.waiting]
        return [run for run, each in told if each["status"] in statuses and run not in dealt]


class Journey:
    """Takes ``configs``, runs 1 to n, to their end; ``log`` tells how it went."""

    def __init__(self, scene: Scene, draw: random.Random, configs: list[Json]) -> None:
        self.log: list[str] = []
        self._neighbours: set[int] = set()
        """Runs that only come and go beside the others."""
        self._deleted: set[int] = set()
        self._scene = scene
        self._draw = draw
        self._configs = dict(enumerate(configs, 1))
        self._told: dict[int, Json] = {run: {"status": "stopped"} for run in self._configs}
        """What was last heard of runs that are in no engine's hands."""
        self._engines: list[Engine] = []
        self._frozen: list[Engine] = []
        self._changed = threading.Condition()
        self._leases: dict[int, int] = {}
        self._all: list[ControlPlaneDouble] = []
        self._disturbances: dict[Callable[[], None], int] = {
            self._kill: 3,
            self._terminate: 2,
            self._freeze: 1,
            self._move: 3,
            self._stop: 2,
            self._resume: 3,
            self._start: 2,
            self._bring_neighbour: 1,
            self._delete_neighbour: 1,
        }

    def travel(self, disturbances: int) -> None:
        """Disturb the runs so often, then let them end."""
        with ExitStack() as self._closing:
            try:
                self._start()
                for _ in range(disturbances):
                    self._wait_for_progress(self._draw.randint(0, 4))
                    self._disturb()
                self._arrive()
            finally:
                for engine in [*self._engines, *self._frozen]:
                    engine.process.kill()

    def _disturb(self) -> None:
        kinds, weights = zip(*self._disturbances.items(), strict=True)
        known = len(self.log)
        while len(self.log) == known:  # not every kind finds something to do
            self._draw.choices(kinds, weights)[0]()

    def epochs(self, run: int) -> Iterator[Json]:
        """Every row that was told of a run, those told again too."""
        for control_plane in self._all:
            for report in control_plane.reports:
                if report["runId"] == run:
                    yield from report["epochs"]

    def fused_within(self, run: int) -> float | None:
        """The tolerance within which the run was ever fused."""
        told = (
            report.get("fusedWithin")
            for control_plane in self._all
            for report in control_plane.reports
            if report["runId"] == run
        )
        return max((each for each in told if each is not None), default=None)

    def state(self, run: int) -> TrainingState:
        """What the run's last checkpoint holds."""
        return read_state(self._scene, self._told[run]["checkpoint"])

    def _start(self) -> None:
        """A worker comes and takes on the runs that nobody has, or some of them."""
        if len(self._engines) == MAX_WORKERS:
            return
        idle = self._idle_runs()
        runs = idle if not self._engines else [run for run in idle if self._draw.random() < 0.5]
        at_work = {engine.worker for engine in self._engines}
        worker = self._draw.choice([each for each in (1, 2, 3) if each not in at_work])
        assignment = self._assignment(worker)
        control_plane = ControlPlaneDouble(assignment, [self._dealt(run) for run in runs])
        control_plane.changed = self._changed
        control_plane.more_to_come = True
        control_plane.sync_interval_seconds = 0.1
        control_plane.faults = self._draw.choices([200, None, 503], [8, 1, 1], k=40)
        self._closing.enter_context(control_plane)
        self._all.append(control_plane)
        pause = self._draw.choice([0.0, 0.0, 0.02, 0.1])
        process = start(control_plane, self._scene.store, upload_pause_seconds=pause)
        self._engines.append(Engine(worker, control_plane, process))
        told = f"{assignment['fit']}, uploads that take {pause} s"
        self.log.append(f"worker {worker}.{assignment['lease']} starts with {runs}: {told}")

    def _assignment(self, worker: int) -> Json:
        """That of the worker's next attempt; each has an executor and chunks of its own."""
        self._leases[worker] = lease = self._leases.get(worker, 0) + 1
        assignment = self._scene.assignment()
        fit = {
            **assignment["fit"],
            "executor": self._draw.choice(["single", "interleaved", "auto", "auto"]),
            "numChunks": self._draw.choice([1, 2, 4, 7]),
            "checkpointIntervalSeconds": self._draw.choice([0, 0, 0.2, 3600]),
        }
        keeps_epochs = self._draw.random() < 0.3
        return {
            **assignment,
            **{"worker": worker, "lease": lease, "fit": fit, "epochCheckpoints": keeps_epochs},
        }

    def _kill(self) -> None:
        engine = self._draw.choice(self._engines)
        self.log.append(f"worker {engine.worker} is killed")
        engine.process.kill()
        assert exit_code(engine.process) == -signal.SIGKILL
        self._take_back(engine)

    def _terminate(self) -> None:
        engine = self._draw.choice(self._engines)
        self.log.append(f"worker {engine.worker} is interrupted")
        engine.process.terminate()
        # One that has just begun does not listen yet.
        assert exit_code(engine.process) in {INTERRUPTED, -signal.SIGTERM}
        self._take_back(engine)

    def _freeze(self) -> None:
        """Its host is taken for lost; it wakes up later, fenced."""
        if len(self._frozen) == MAX_FROZEN:
            return
        engine = self._draw.choice(self._engines)
        os.kill(_pid(engine), signal.SIGSTOP)
        self.log.append(f"worker {engine.worker} is frozen")
        self._frozen.append(engine)
        self._take_back(engine)

    def _thaw(self) -> None:
        for engine in self._frozen:
            os.kill(_pid(engine), signal.SIGCONT)
            assert exit_code(engine.process) == DONE
        self._frozen = []

    def _take_back(self, engine: Engine) -> None:
        """Nobody has its runs any more, and what it still sends is refused."""
        self._engines.remove(engine)
        with self._changed:
            engine.control_plane.faults = [409] * 1000
            for dealt in engine.control_plane.waiting:
                self._told[dealt["runId"]] = {"status": "stopped", **dealt}
            for run in engine.runs("new", "ongoing", "stopped", "completed", "failed"):
                self._let_go(engine, run)
        if not self._engines:
            self._start()

    def _let_go(self, engine: Engine, run: int) -> None:
        self._told[run] = engine.control_plane.runs.pop(run)

    def _stop(self) -> None:
        self._stop_one()

    def _stop_one(self) -> int | None:
        training = [
            (engine, run)
            for engine in self._engines
            for run in engine.runs(*OPEN)
            if run not in self._deleted
        ]
        if not training:
            return None
        engine, run = self._draw.choice(training)
        with self._changed:
            engine.control_plane.stop.add(run)
        self.log.append(f"run {run} is stopped at worker {engine.worker}")
        self._wait_for(lambda: run not in engine.runs(*OPEN))
        with self._changed:
            engine.control_plane.stop.discard(run)
            self._let_go(engine, run)
        return run

    def _move(self) -> None:
        """A run goes on at another worker, or comes back to the same."""
        run = self._stop_one()
        if run is not None:
            self._deal(run)

    def _resume(self) -> None:
        idle = self._idle_runs()
        if idle:
            self._deal(self._draw.choice(idle))

    def _bring_neighbour(self) -> None:
        run = len(self._configs) + 1
        self._configs[run] = self._configs[self._draw.choice(list(self._configs))]
        self._told[run] = {"status": "stopped"}
        self._neighbours.add(run)
        self._deal(run)

    def _delete_neighbour(self) -> None:
        for engine in self._engines:
            for run in self._neighbours.intersection(engine.runs(*OPEN)):
                with self._changed:
                    engine.control_plane.drop.add(run)
                self._deleted.add(run)
                self.log.append(f"run {run} is deleted")

    def _deal(self, run: int) -> None:
        if self._told[run]["status"] == "completed" or not self._engines:
            return
        engine = self._draw.choice(self._engines)
        with self._changed:
            engine.control_plane.waiting = [*engine.control_plane.waiting, self._dealt(run)]
        self.log.append(f"run {run} goes on at worker {engine.worker}")

    def _dealt(self, run: int) -> Json:
        checkpoint = self._told.pop(run).get("checkpoint")
        return {
            "runId": run,
            "config": self._configs[run],
            "completedEpochs": checkpoint["epoch"] if checkpoint else 0,
            **({"checkpoint": checkpoint} if checkpoint else {}),
        }

    def _idle_runs(self) -> list[int]:
        open_runs = (run for run, told in self._told.items() if told["status"] != "completed")
        return [run for run in open_runs if run not in self._deleted]

    def _arrive(self) -> None:
        """All that is left is trained, neighbours apart, and every engine ends by itself."""
        self._delete_neighbour()
        for run in set(self._idle_runs()) - self._neighbours:
            self._deal(run)
        self._wait_for(lambda: not self._left())
        self._thaw()
        for engine in self._engines:
            with self._changed:
                engine.control_plane.more_to_come = False
        for engine in list(self._engines):
            assert exit_code(engine.process) == DONE
            with self._changed:
                for run in engine.runs("completed"):
                    self._let_go(engine, run)
            self._engines.remove(engine)

    def _left(self) -> set[int]:
        """The runs that an engine still has to train."""
        control_planes = [engine.control_plane for engine in self._engines]
        waiting = {run["runId"] for each in control_planes for run in each.waiting}
        training = {run for engine in self._engines for run in engine.runs(*OPEN)}
        return (waiting | training) - self._neighbours

    def _wait_for_progress(self, chunks: int) -> None:
        """Wait until so many more reports of chunks came, or none can come."""
        wanted = self._chunks() + chunks
        self._wait_for(lambda: self._chunks() >= wanted or not self._left())

    def _chunks(self) -> int:
        reports = (report for each in self._all for report in each.reports)
        return sum("progress" in report for report in reports)

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            done = lambda: self._has_failed() or condition()  # noqa: E731
            assert self._changed.wait_for(done, PATIENCE_SECONDS), "it never came about"
        assert not self._has_failed(), self._has_failed()

    def _has_failed(self) -> list[Any]:
        reports = (report for each in self._all for report in each.reports)
        errors = [report["error"] for report in reports if "error" in report]
        return errors + [complaint for each in self._all for complaint in each.complaints]


def read_state(scene: Scene, checkpoint: Json) -> TrainingState:
    """A checkpoint in the scene's store."""
    return checkpoint_files.read(Path(scene.store.path("fanfold-bucket", checkpoint["prefix"])))


def _pid(engine: Engine) -> int:
    assert engine.process.pid is not None
    return engine.process.pid

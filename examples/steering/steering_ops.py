"""What it takes to see how quick ops are, and to lose a worker."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fanfold import Experiment
from fanfold.connection import find_connection

PATIENCE_S = 300
PAUSE_S = 0.05

Run = Mapping[str, Any]
Runs = Mapping[int, Run]


class AliveRuns:
    """Runs of the alive experiment, over plain HTTP, which tells of them chunk by chunk."""

    def __init__(self) -> None:
        there = find_connection()
        self._client = httpx.Client(
            base_url=f"{there.url}/v1/workspaces/{there.workspace}/",
            headers={"Authorization": f"Bearer {there.token}"},
        )
        alive = self._get("experiments", status="alive")[0]["name"]
        self._path = f"experiments/{alive}/runs"

    def now(self) -> Runs:
        """The runs by their IDs."""
        return {run["runId"]: run for run in self._get(self._path)}

    def until(self, what: str, holds: Callable[[Runs], bool]) -> None:
        """Look again and again until it holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds(self.now()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {PATIENCE_S} s in vain until {what}")
            time.sleep(PAUSE_S)

    def _get(self, path: str, **query: str) -> list[Any]:
        return self._client.get(path, params=query).raise_for_status().json()["items"]


def all_have_epoch(runs: Runs, count: int) -> bool:
    """Whether so many runs there are, each with a finished epoch."""
    return len(runs) == count and all(run["completedEpochs"] > 0 for run in runs.values())


def is_stopped(run: Run) -> bool:
    return run["status"] == "stopped"


def has_chunk(run: Run) -> bool:
    return run["completedEpochs"] > 0 or run.get("progress", {}).get("chunk", 0) > 0


@dataclass
class Op:
    """An op: what was asked, when that was answered, and when it was first seen to show."""

    text: str
    run_id: int
    effect: str
    looked_for: Callable[[Run], bool]
    asked_at: float
    answered_at: float
    seen_at: float | None = None

    @classmethod
    def stop(cls, exp: Experiment, run_id: int) -> "Op":
        """Stop a run."""
        asked_at = time.monotonic()
        exp.stop(run_id)
        return cls(f"stop {run_id}", run_id, "stopped", is_stopped, asked_at, time.monotonic())

    @classmethod
    def clone(cls, exp: Experiment, parent: int, changes: Run, *, warm_start: bool) -> "Op":
        """Clone a run."""
        asked_at = time.monotonic()
        run_id = exp.clone(parent, changes, warm_start=warm_start)[0]
        text = f"clone {parent} {'warm' if warm_start else 'cold'}"
        return cls(text, run_id, f"run {run_id} has a chunk", has_chunk, asked_at, time.monotonic())

    def shows(self, runs: Runs) -> bool:
        """Whether the run is stopped, or the clone has trained a chunk."""
        if self.seen_at is None and self.looked_for(runs[self.run_id]):
            self.seen_at = time.monotonic()
        return self.seen_at is not None

    def __str__(self) -> str:
        answered, then = self.answered_at - self.asked_at, (self.seen_at or 0) - self.answered_at
        return f"{self.text:<16} answered {answered:6.3f}   {self.effect:<18} {then:6.2f}"


def end_a_worker(jobs: Path) -> int:
    """End one of the workspace's workers as a lost machine would; tells its process ID."""
    mine = f"FANFOLD_WORKER_TOKEN={find_connection().workspace}~".encode()
    for file in sorted(jobs.glob("*/pid")):
        pid = int(file.read_text())
        environment = Path(f"/proc/{pid}/environ")
        if environment.exists() and mine in environment.read_bytes():
            os.kill(pid, signal.SIGKILL)
            return pid
    raise LookupError(f"no worker of the workspace runs in {jobs}")

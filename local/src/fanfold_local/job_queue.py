"""Which job runs when: a fixed number of slots, shares in turn, first come first served."""

import contextvars
import threading
from collections.abc import Callable, Iterator, Mapping

from fanfold_local.container import Outcome
from fanfold_local.jobs import UNFINISHED, Job, now_ms
from fanfold_local.retries import retries

DEPENDENCY_FAILED = "Dependent Job failed"


class JobQueue:
    """Runs jobs on the slots; every change of a status is told to ``on_change``."""

    def __init__(self, slots: int, on_change: Callable[[Job], None]) -> None:
        self._free = slots
        self._on_change = on_change
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._waiting: list[Job] = []
        self._running: list[Job] = []

    def add(self, jobs: list[Job]) -> None:
        """Take jobs in; they start as soon as a slot and their turn allow."""
        with self._lock:
            self._jobs.update({job.id: job for job in jobs})
            for job in [job for job in jobs if not job.children]:
                self._waiting.append(job)
                self._set(job, "PENDING" if job.detail["dependsOn"] else "RUNNABLE")
            self._start_ready()

    def get(self, job_id: str) -> Job | None:
        """Return a job that this process has taken in."""
        return self._jobs.get(job_id)

    def cancel(self, job_id: str, reason: str) -> None:
        """Fail a job that has not started; one that runs goes on, as on AWS."""
        with self._lock:
            for job in self._parts(job_id):
                if job in self._waiting:
                    self._drop(job, reason)
            self._start_ready()

    def terminate(self, job_id: str, reason: str) -> None:
        """Fail a job that has not started, stop one that runs."""
        with self._lock:
            self.cancel(job_id, reason)
            for job in self._parts(job_id):
                if job in self._running and job.stop_reason is None:
                    job.stop_reason = reason
                    job.detail["isTerminated"] = True
                    if job.started:
                        job.container.stop()

    def close(self) -> None:
        """Start nothing more. The jobs that run end with this process (see ``keeper``)."""
        with self._lock:
            self._waiting.clear()
            self._free = 0

    def _parts(self, job_id: str) -> list[Job]:
        """Return an array job's children, or the job itself."""
        job = self._jobs.get(job_id)
        return [] if job is None else job.children or [job]

    def _start_ready(self) -> None:
        self._drop_orphans()
        while self._free and (ready := [job for job in self._waiting if self._is_ready(job)]):
            shares = [job.share for job in self._running]
            job = min(ready, key=lambda waiting: shares.count(waiting.share))
            self._waiting.remove(job)
            self._running.append(job)
            self._free -= 1
            context = contextvars.copy_context()
            threading.Thread(target=context.run, args=(self._run, job), daemon=True).start()

    def _run(self, job: Job) -> None:
        """Run one attempt on a slot; on a thread of its own."""
        with self._lock:
            self._set(job, "STARTING")
        job.begin_attempt()
        with self._lock:
            job.started = True
            self._set(job, "RUNNING")
            if job.stop_reason is not None:
                job.container.stop()
        outcome = job.container.wait(job.timeout_s)
        with self._lock:
            job.end_attempt(outcome)
            self._running.remove(job)
            self._free += 1
            self._settle(job, outcome)
            self._start_ready()

    def _settle(self, job: Job, outcome: Outcome) -> None:
        """Decide what follows an attempt: success, another attempt, or the end."""
        if job.stop_reason is not None:
            self._finish(job, "FAILED", job.stop_reason)
        elif outcome.exit_code == 0:
            self._finish(job, "SUCCEEDED", outcome.reason)
        elif retries(job.detail["retryStrategy"], len(job.attempts), outcome):
            self._waiting.append(job)
            self._set(job, "RUNNABLE")
        else:
            self._finish(job, "FAILED", outcome.reason)

    def _is_ready(self, job: Job) -> bool:
        return all(found.detail["status"] == "SUCCEEDED" for found in self._dependencies(job))

    def _drop_orphans(self) -> None:
        """Fail the jobs whose dependency failed, and what depends on them in turn."""
        while orphan := next(filter(self._is_orphan, self._waiting), None):
            self._drop(orphan, DEPENDENCY_FAILED)

    def _is_orphan(self, job: Job) -> bool:
        return any(found.detail["status"] == "FAILED" for found in self._dependencies(job))

    def _dependencies(self, job: Job) -> Iterator[Job]:
        dependencies: list[Mapping[str, str]] = job.detail["dependsOn"]
        for dependency in dependencies:
            if found := self._jobs.get(dependency.get("jobId", "")):
                yield found

    def _drop(self, job: Job, reason: str) -> None:
        self._waiting.remove(job)
        self._finish(job, "FAILED", reason)

    def _finish(self, job: Job, status: str, reason: str) -> None:
        job.detail["statusReason"] = reason
        self._set(job, status)

    def _set(self, job: Job, status: str) -> None:
        job.detail["status"] = status
        if status not in UNFINISHED:
            job.detail["stoppedAt"] = now_ms()
        self._on_change(job)
        if job.parent and job.parent.detail["status"] != (
            status_now := job.parent.sum_up_children()
        ):
            self._set(job.parent, status_now)
        if status not in UNFINISHED:
            job.finished.set()

"""A Batch job: what DescribeJobs tells of it, and what is needed to run it."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fanfold_local.container import Container, Outcome

UNFINISHED = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
HOST_TERMINATED = "Host EC2 (instance i-embedded) terminated."


@dataclass
class Job:
    """One job, or one child of an array job.

    ``detail`` has AWS's own shape (a JobDetail); it is what the emulator stores and shows.
    """

    detail: dict[str, Any]
    container: Container
    share: str = "default"
    stop_reason: str | None = None
    started: bool = False
    parent: "Job | None" = None
    children: "list[Job]" = field(default_factory=list)
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def id(self) -> str:
        """The job's id."""
        return self.detail["jobId"]

    @property
    def attempts(self) -> list[dict[str, Any]]:
        """The attempts that ended."""
        return self.detail["attempts"]

    @property
    def timeout_s(self) -> float | None:
        """How long one attempt may take."""
        seconds = self.detail["timeout"].get("attemptDurationSeconds")
        return None if seconds is None else float(seconds)

    def begin_attempt(self) -> None:
        """Start the command once more."""
        attempt = len(self.attempts) + 1
        self.detail["startedAt"] = now_ms()
        self.container.environment["AWS_BATCH_JOB_ATTEMPT"] = str(attempt)
        self.container.start(attempt)

    def end_attempt(self, outcome: Outcome) -> None:
        """Keep how an attempt ended."""
        self.started = False
        self.detail["container"]["exitCode"] = outcome.exit_code
        self.attempts.append(
            {
                "container": {
                    "exitCode": outcome.exit_code,
                    "logStreamName": self.detail["container"]["logStreamName"],
                },
                "startedAt": self.detail["startedAt"],
                "stoppedAt": now_ms(),
                "statusReason": outcome.reason,
            }
        )

    def sum_up_children(self) -> str:
        """Count an array job's children by status and return the status that follows for it."""
        statuses = [child.detail["status"] for child in self.children]
        counts = {status: statuses.count(status) for status in sorted(set(statuses))}
        self.detail["arrayProperties"]["statusSummary"] = counts
        if any(status in UNFINISHED for status in statuses):
            return "PENDING"
        return "FAILED" if "FAILED" in counts else "SUCCEEDED"


def now_ms() -> int:
    """Return the time as Batch writes it."""
    return int(time.time() * 1000)


def fail_interrupted(details: Mapping[Any, dict[str, Any]]) -> None:
    """Mark what an ended emulator had not finished: its host is gone."""
    for detail in details.values():
        if detail["status"] in UNFINISHED:
            detail.update(status="FAILED", statusReason=HOST_TERMINATED, stoppedAt=now_ms())

"""One attempt of a job as a process of this machine, in place of a container on an instance."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from fanfold_local import keeper
from fanfold_local.settings import Settings

EXITED = "Essential container in task exited"
TIMED_OUT = "Job attempt duration exceeded timeout"

_API_URL = re.compile(r"https?://([a-z0-9]+)\.execute-api\.[a-z0-9.-]+(?::\d+)?")


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    exit_code: int
    reason: str


@dataclass
class Container:
    """A started command with a folder, a log and an environment of its own."""

    command: list[str]
    environment: dict[str, str]
    folder: Path
    settings: Settings
    _process: "subprocess.Popen[bytes]" = field(init=False)
    _reason: str = EXITED

    def start(self, attempt: int) -> None:
        """Start the command in a fresh working folder; its output is appended to the job's log."""
        work = self.folder / f"attempt-{attempt}"
        (work / "tmp").mkdir(parents=True)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", keeper.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        job = {
            "command": self.command,
            "environment": _own_environment(self.settings, work) | self.environment,
            "folder": str(work),
            "log": str(self.log),
            "pid_file": str(self.folder / "pid"),
            "grace_s": self.settings.stop_grace_s,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().decode().strip()
        self._reason = EXITED if answer == keeper.STARTED else answer

    def wait(self, timeout_s: float | None) -> Outcome:
        """Wait for the end; past the timeout the command is stopped."""
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._reason = TIMED_OUT
            self.stop()
        exit_code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        for work in self.folder.glob("attempt-*"):
            shutil.rmtree(work, ignore_errors=True)
        return Outcome(exit_code, self._reason)

    @property
    def log(self) -> Path:
        """What the command printed, over all attempts."""
        return self.folder / "log"

    def stop(self) -> None:
        """Send SIGTERM; the keeper sends SIGKILL when the grace is over."""
        self._process.terminate()


def reachable(value: str, settings: Settings) -> str:
    """Rewrite API Gateway's host names, which resolve nowhere, to their path on the emulator."""
    return _API_URL.sub(rf"{settings.endpoint}/_aws/execute-api/\1/%24default", value)


def _own_environment(settings: Settings, work: Path) -> dict[str, str]:
    """Return what a container finds set: nothing of the emulator's, and no credentials."""
    return {
        "PATH": f"{settings.job_path}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(work),
        "TMPDIR": str(work / "tmp"),
        "LANG": "C.UTF-8",
        # A container is given its vCPUs; processes must not each take the whole machine.
        "OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // settings.slots)),
        "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }

"""The first process of a job, in place of a container: what it started ends with it.

Runs as a script of its own, once per job attempt. It knows nothing of AWS: standard input brings
one line of JSON (command, environment, folder, log, grace), then stays open for as long as the
emulator lives; standard output answers with one line once the command was started, or why not. The
job's processes end when its main process ends, when the grace after a SIGTERM is over, and when the
emulator is gone, however it went. A server beside the emulator is kept in the same way, by whoever
starts it; `outlives_us` says that it goes on when that process is gone.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import types
from pathlib import Path
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
EXIT_NOT_STARTED = 127
STARTED = "started"


class Keeper:
    """Starts one command, passes SIGTERM on to it, and ends whatever it leaves."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self) -> int:
        """Run the command to its end; the exit status is the container's."""
        signal.signal(signal.SIGALRM, self._kill)
        signal.signal(signal.SIGTERM, self._stop)
        try:
            self._process = self._start()
        except OSError as error:
            answer(f"CannotStartContainerError: {error}")
            return EXIT_NOT_STARTED
        answer(STARTED)
        if self._stopped:  # while it was being started
            self._stop()
        if not self._job.get("outlives_us"):
            threading.Thread(target=self._end_with_emulator, daemon=True).start()
        status = self._process.wait()
        self._kill()
        while living_children():
            os.wait()
            self._kill()
        return status if status >= 0 else 128 - status

    def _start(self) -> "subprocess.Popen[bytes]":
        with Path(self._job["log"]).open("ab") as log:
            process = subprocess.Popen(
                self._job["command"],
                env=self._job["environment"],
                cwd=self._job["folder"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        Path(self._job["pid_file"]).write_text(str(process.pid))
        return process

    def _stop(self, _signal: int = 0, _frame: types.FrameType | None = None) -> None:
        self._stopped = True
        if self._process:
            self._process.terminate()
            signal.setitimer(signal.ITIMER_REAL, self._job["grace_s"])

    def _kill(self, _signal: int = 0, _frame: types.FrameType | None = None) -> None:
        """Kill the command's process group and every descendant that left it."""
        if self._process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        for child in living_children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def _end_with_emulator(self) -> None:
        """Wait for the emulator's end of the pipe to close, then leave nothing running."""
        sys.stdin.read()
        self._kill()


def answer(line: str) -> None:
    """Tell the emulator how the start went."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants (Linux), as a container's init is."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def living_children() -> list[int]:
    """Return the children of this process; empty where the system does not tell (not Linux)."""
    try:
        tasks = Path("/proc/self/task").iterdir()
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    except OSError:
        return []


if __name__ == "__main__":
    adopt_orphans()
    sys.exit(Keeper(json.loads(sys.stdin.readline())).run())

"""How the process ends, and what its exit code tells AWS Batch."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import NoReturn

DONE = 0
FAULT = 1
"""The engine or the world around it failed; a new attempt may fare better."""
BAD_SETTINGS = 2
RESTART = 75
"""User code hangs or broke the GPU's context: a new attempt goes on with the other runs."""
INTERRUPTED = 143
"""SIGTERM: the machine is taken away; the runs go on elsewhere."""


_leaving = threading.Lock()


def leave(code: int, scratch: Path) -> NoReturn:
    """End the process now, whatever its threads are doing.

    Whoever comes first ends it: an upload that fails because its file is being removed does not.
    """
    _leaving.acquire()  # and never released
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.flush()
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(code)

"""SIGTERM: AWS Batch ends the job, or its machine is about to be reclaimed.

The signal is read from a pipe by a thread of its own, so it is heard while the main thread is
deep in a tensor operation.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

CHUNK_SECONDS = 20.0
"""How long the chunk in training may still take. Batch sends SIGKILL 30 s after SIGTERM."""
PUBLISH_SECONDS = 5.0
LAST_SYNC_SECONDS = 3.0


def listen(notice: Callable[[], None]) -> None:
    """Call ``notice`` from another thread at the first SIGTERM or SIGINT. Main thread only."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    threading.Thread(target=_await, args=(reader, notice), name="departure", daemon=True).start()


def _await(reader: int, notice: Callable[[], None]) -> None:
    ours = {signal.SIGTERM, signal.SIGINT}
    while not ours.intersection(os.read(reader, 64)):
        pass
    notice()

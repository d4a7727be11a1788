"""Notices user code that does not come back."""

from __future__ import annotations

import faulthandler
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from fanfold_engine.mlspec import ENGINE_DIRECTORY

BACKSTOP_SECONDS = 360.0
"""Code that keeps the interpreter's lock stops this thread too. When it has not run for so long
beyond the limit (longer than loading may take), faulthandler ends the process."""
REARM_SECONDS = 30.0


@dataclass(frozen=True)
class Watch:
    """What is being done (for which run, if for one), by which thread, and until when."""

    run_id: int | None
    doing: str
    thread_id: int
    limit_seconds: float
    deadline: float


Hung = Callable[[Watch, str], None]


class Watchdog:
    """Watches one piece of work at a time; ``hung`` is called from the watching thread."""

    def __init__(self, limit_seconds: float, hung: Hung) -> None:
        self.limit_seconds = limit_seconds
        self._hung = hung
        self._watch: Watch | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watchdog", daemon=True)

    @property
    def is_watching(self) -> bool:
        """Whether user code is running."""
        return self._watch is not None

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()

    @contextmanager
    def watch(self, run_id: int | None, doing: str, *, at_least: float = 0.0) -> Generator[None]:
        """What is done in here must be done within the limit, or within ``at_least`` seconds."""
        limit = max(self.limit_seconds, at_least)
        deadline = time.monotonic() + limit
        self._watch = Watch(run_id, doing, threading.get_ident(), limit, deadline)
        try:
            yield
        finally:
            self._watch = None

    def _look(self) -> None:
        rearm_at = 0.0
        while not self._over.wait(min(1.0, self.limit_seconds / 5)):
            if time.monotonic() >= rearm_at:
                self._put_off_backstop()
                rearm_at = time.monotonic() + REARM_SECONDS
            watch = self._watch
            if watch is not None and time.monotonic() > watch.deadline:
                self._hung(watch, stack_of(watch.thread_id))
                return
        faulthandler.cancel_dump_traceback_later()

    def _put_off_backstop(self) -> None:
        """Not at every watch: it takes milliseconds each time."""
        if sys.__stderr__ is not None:
            faulthandler.dump_traceback_later(
                self.limit_seconds + BACKSTOP_SECONDS, exit=True, file=sys.__stderr__
            )


def stack_of(thread_id: int) -> str:
    """Where a thread is in the user's code, told like a traceback."""
    frame = sys._current_frames().get(thread_id)  # pyright: ignore[reportPrivateUsage] - the documented way
    frames = list(traceback.extract_stack(frame))
    inside = [entry.filename.startswith(ENGINE_DIRECTORY) for entry in frames]
    first = inside.index(True) if True in inside else 0
    users = [
        entry for entry, is_ours in zip(frames[first:], inside[first:], strict=True) if not is_ours
    ]
    return "".join(
        ["Stack of the stuck thread (most recent call last):\n", *traceback.format_list(users)]
    )

"""What user code says in a rank is told by the worker's process, as if it were said there.

Only the first rank is listened to: the others say the same again.
"""

from __future__ import annotations

import io
import logging
import logging.handlers
import os
import sys
from collections.abc import Callable
from typing import Literal

from fanfold_engine.sharding.messages import Logged, Said

Tell = Callable[[Said | Logged], None]


def speak_through(tell: Tell | None) -> None:
    """From now on whatever this process says goes there, or nowhere."""
    if tell is None:
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - as long as the process
        return
    sys.stdout, sys.stderr = _Stream("stdout", tell), _Stream("stderr", tell)
    handler = _Handler(tell)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)


class _Stream(io.TextIOBase):
    def __init__(self, name: Literal["stdout", "stderr"], tell: Tell) -> None:
        self._name: Literal["stdout", "stderr"] = name
        self._tell = tell

    def write(self, text: str, /) -> int:
        self._tell(Said(self._name, text))
        return len(text)

    def writable(self) -> bool:
        return True


class _Handler(logging.handlers.QueueHandler):
    """Makes records fit for pickling, as for a queue."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(None)  # pyright: ignore[reportArgumentType] - what enqueue does not look at
        self._tell = tell

    def enqueue(self, record: logging.LogRecord) -> None:
        self._tell(Logged(record))

"""Saves the emulator's state soon after every change, so that a hard kill loses next to nothing.

The emulator itself saves at a graceful exit only. Here a change starts a snapshot in a forked
child, as Redis does it: the child sees all services at one instant, while the parent goes on
serving. Without changes nothing happens.
"""

import copy
import json
import logging
import os
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

from ministack import app
from ministack.core import persistence

PAUSE_S = 0.25
SNAPSHOT_LIMIT_S = 60

# Logs and metrics grow with every call and are nobody's state: they are saved at a graceful exit.
_NOT_WORTH_A_SNAPSHOT = ("cloudwatch", "cloudwatch_logs", "cloudtrail")

_logger = logging.getLogger("fanfold_local.autosave")


class Autosave:
    """Writes changed state to the folder, at most every ``PAUSE_S``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed = threading.Event()
        self._restored = threading.Event()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="autosave", daemon=True)

    def start(self) -> None:
        """Begin to watch for changes, once all that was saved before is there again."""
        emulators_own = app._load_persisted_state

        def restore() -> None:
            emulators_own()
            self._restored.set()

        app._load_persisted_state = restore
        self._thread.start()

    def stop(self) -> None:
        """Save once more and never again: what is taken down from now on is no change."""
        if not self._restored.is_set():
            return
        self._ends.set()
        self._changed.set()
        self._thread.join()

    def changed(self) -> None:
        """Note a change; it is on disk within ``PAUSE_S`` and twice the time of a snapshot."""
        self._changed.set()

    def _watch(self) -> None:
        self._restored.wait()
        while self._changed.wait():
            self._changed.clear()
            ends = self._ends.is_set()
            if not self._snapshot():
                self._changed.set()
            if ends:
                return
            time.sleep(PAUSE_S)

    def _snapshot(self) -> bool:
        """Fork, let the child write, and say whether it has."""
        child = os.fork()
        if child == 0:
            _write_and_exit(self._folder)
        deadline = time.monotonic() + SNAPSHOT_LIMIT_S
        while time.monotonic() < deadline:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                return status == 0
            time.sleep(0.005)
        _logger.error("a snapshot took over %s s and was given up", SNAPSHOT_LIMIT_S)
        os.kill(child, 9)
        os.waitpid(child, 0)
        return False


def _write_and_exit(folder: Path) -> NoReturn:
    """Write all services' state, in the child; whatever happens, end without any clean-up."""
    status = 1
    try:
        # This process is a copy already: services need not copy their state to hand it out.
        copy.deepcopy = lambda value, _memo=None: value
        for service, state in app._build_persistence_save_dict().items():
            if service not in _NOT_WORTH_A_SNAPSHOT:
                _replace(folder / f"{service}.json", _serialized(service, state()))
        status = 0
    finally:
        os._exit(status)


def _serialized(service: str, state: Any) -> bytes:
    version = persistence._state_format_version(service)
    document = {"__ministack_format__": version, "payload": state}
    return json.dumps(document, default=persistence._json_default).encode()


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and only when it differs."""
    if path.exists() and path.read_bytes() == content:
        return
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(path)

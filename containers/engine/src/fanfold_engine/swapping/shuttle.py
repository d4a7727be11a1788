"""Carries bytes between the device and what lies beside it: host memory, or files when it is short.

On a GPU host memory is pinned, and bytes travel on a stream of their own while another run trains.
Elsewhere the device's memory is the host's, and they have travelled when the call comes back.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import torch

from fanfold_engine.memory import Rooms


class Shuttle:
    """One for all runs of a worker; ``folder`` is where files may be put."""

    def __init__(self, device: torch.device, rooms: Rooms, folder: Path) -> None:
        self._device = device
        self._host_bytes_left = rooms.host_bytes
        self._folder = folder
        self._numbers = itertools.count(1)
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        self._in_memory: set[int] = set()

    def carry_out(self, content: torch.Tensor) -> torch.Tensor:
        """A copy of these bytes aside; it is whole after :meth:`wait`, and so long they must stay.

        Raises:
            OSError: there is no room for it on the disk.
        """
        aside = self._make_room(len(content))
        with self._beside():
            return aside.copy_(content, non_blocking=True)

    def carry_in(self, aside: torch.Tensor) -> torch.Tensor:
        """A copy of these bytes on the device; it is whole after :meth:`wait`.

        Raises:
            OutOfMemoryError: there is no room for it.
        """
        with self._beside():
            content = torch.empty_like(aside, device=self._device)
            return content.copy_(aside, non_blocking=True)

    def wait(self) -> None:
        """Until all is carried."""
        if self._stream is not None:
            self._stream.synchronize()

    def clear(self, aside: torch.Tensor) -> None:
        """What was carried out is wanted no more."""
        if aside.data_ptr() in self._in_memory:
            self._in_memory.remove(aside.data_ptr())
            self._host_bytes_left += len(aside)

    def _make_room(self, size_bytes: int) -> torch.Tensor:
        if size_bytes > self._host_bytes_left:
            return self._make_file(size_bytes)
        aside = torch.empty(size_bytes, dtype=torch.uint8, pin_memory=self._stream is not None)
        self._host_bytes_left -= size_bytes
        self._in_memory.add(aside.data_ptr())
        return aside

    def _make_file(self, size_bytes: int) -> torch.Tensor:
        """Bytes of a file without a name, which goes when they do."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / str(next(self._numbers))
        with path.open("wb") as file:
            # Else a full disk would be noticed when memory is written, which ends the process.
            os.posix_fallocate(file.fileno(), 0, size_bytes)
        aside = torch.from_file(str(path), shared=True, size=size_bytes, dtype=torch.uint8)
        path.unlink()
        return aside

    @contextmanager
    def _beside(self) -> Generator[None]:
        """Copies in here wait for what the device is asked to do so far, and for nothing later."""
        if self._stream is None:
            yield
            return
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream):
            yield

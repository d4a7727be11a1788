"""The ranks as the worker's process sees them: started, told what to do, ended."""

from __future__ import annotations

import logging
import multiprocessing
import os
import queue
import shutil
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing.connection import Connection, Pipe, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch

from fanfold_engine.sharding.errors import RankLostError
from fanfold_engine.sharding.messages import (
    Done,
    Failed,
    Logged,
    Message,
    Order,
    Said,
    Stack,
    TellStack,
)
from fanfold_engine.sharding.rank import Seat, work

STACK_SECONDS = 3.0
"""A rank that keeps the interpreter's lock for longer says nothing."""
LOSS_SECONDS = 0.5
"""An error that comes of another rank's loss is heard at most so long before that."""
PRELOADED = ["torch", "torch._dynamo", "torchmetrics", "fanfold_engine.sharding.rank"]


class Ranks:
    """One process for each GPU. When one fails all are ended: the others wait for it for ever."""

    def __init__(self, count: int, scratch: Path) -> None:
        # Forked from one that has imported torch, and never used a GPU.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        self._lock = threading.Lock()
        self._stacks: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._folder = Path(tempfile.mkdtemp(prefix="ranks-", dir=scratch))
        threads = max(1, torch.get_num_threads() // count)
        self._pipes: list[Connection[Any, Any]] = []
        self._processes: list[BaseProcess] = []
        for rank in range(count):
            ours, theirs = Pipe()
            seat = Seat(rank, count, self._folder / "meeting-point", threads)
            process = context.Process(target=work, args=(theirs, seat), name=f"rank {rank}")
            with _temporary_files_in(_short_name(scratch)):
                process.start()
            theirs.close()
            self._pipes.append(ours)  # pyright: ignore[reportArgumentType] - Windows has another class
            self._processes.append(process)

    def carry_out(self, order: Order) -> Done:
        """Let all ranks carry out an order; what the first says of it.

        Raises:
            Exception: that of the rank that failed first.
            RankLostError: a process is gone.
        """
        self._send(order)
        answers: dict[int, Done] = {}
        while len(answers) < len(self._pipes):
            for pipe in wait(self._pipes):
                rank = self._pipes.index(pipe)  # pyright: ignore[reportArgumentType]
                message = self._receive(rank)
                if isinstance(message, Done):
                    answers[rank] = message
        return answers[0]

    def stacks(self) -> str:
        """Where each rank is in the user's code. Called while another thread waits for them."""
        told: list[str] = []
        with suppress(queue.Empty, RankLostError):
            self._send(TellStack())
            while len(told) < len(self._pipes):
                told.append(self._stacks.get(timeout=STACK_SECONDS))
        return "\n".join(sorted(told))

    def end(self) -> None:
        """End all processes, whatever they are doing."""
        for process in self._processes:
            process.kill()
        for process, pipe in zip(self._processes, self._pipes, strict=True):
            process.join()
            pipe.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _send(self, order: Order) -> None:
        with self._lock:
            for rank, pipe in enumerate(self._pipes):
                try:
                    pipe.send(order)
                except OSError as error:
                    raise self._lost(rank) from error

    def _receive(self, rank: int) -> Message:
        try:
            message: Message = self._pipes[rank].recv()
        except (OSError, EOFError) as error:
            raise self._lost(rank) from error
        match message:
            case Failed(error):
                self._look_for_the_lost()
                raise error
            case Said(stream, text):
                (sys.stdout if stream == "stdout" else sys.stderr).write(text)
            case Logged(record):
                logging.getLogger(record.name).handle(record)
            case Stack(text):
                self._stacks.put(f"GPU {rank}: {text}")
            case Done():
                pass
        return message

    def _look_for_the_lost(self) -> None:
        """An error may come of another rank's being gone."""
        sentinels = [process.sentinel for process in self._processes]
        for sentinel in wait(sentinels, LOSS_SECONDS):
            raise self._lost(sentinels.index(sentinel))  # pyright: ignore[reportArgumentType]

    def _lost(self, rank: int) -> RankLostError:
        process = self._processes[rank]
        process.join(STACK_SECONDS)
        return RankLostError(f"the process of GPU {rank} is gone (exit code {process.exitcode})")


@contextmanager
def _temporary_files_in(folder: str) -> Generator[None]:
    before, tempfile.tempdir = tempfile.tempdir, folder
    try:
        yield
    finally:
        tempfile.tempdir = before


@cache
def _short_name(folder: Path) -> str:
    """The folder by another name, as long as this process lives: multiprocessing lays a socket
    among its temporary files, and the path of a Unix socket has at most 107 bytes."""
    if sys.platform != "linux":
        return str(folder)
    return f"/proc/{os.getpid()}/fd/{os.open(folder, os.O_RDONLY)}"

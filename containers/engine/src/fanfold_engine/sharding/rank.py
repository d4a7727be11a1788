"""A rank's process: it carries out orders until the pipe to the worker's process closes.

It leaves at once then, whatever it is doing, so that no rank outlives its worker.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import traceback
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import assert_never

import torch
from torch import distributed

from fanfold_engine.checkpoint_files import CheckpointDamagedError
from fanfold_engine.device import use_threads
from fanfold_engine.mlspec import UserCodeError, load_ml_spec
from fanfold_engine.sharding.errors import RankFaultError
from fanfold_engine.sharding.messages import (
    Begin,
    Done,
    Failed,
    FinishEpoch,
    Message,
    Order,
    Save,
    Stack,
    TellStack,
    TrainChunk,
)
from fanfold_engine.sharding.said import speak_through
from fanfold_engine.sharding.sharded_training import ShardedTraining
from fanfold_engine.structure import UnstorableError
from fanfold_engine.warm_start import UnfitWeightsError
from fanfold_engine.watchdog import stack_of

TOLD_ERRORS = (UserCodeError, CheckpointDamagedError, UnstorableError, UnfitWeightsError)
FOR_EVER = timedelta(days=365)
"""A rank may wait for the others as long as the worker's watchdog lets them be."""


@dataclass(frozen=True)
class Seat:
    """Which rank a process is, of how many; they find each other by a file at the meeting point."""

    rank: int
    ranks: int
    meeting_point: Path
    threads: int


def work(pipe: Connection, seat: Seat) -> None:
    """Be one of the ranks."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # The worker's process decides when to leave.
        signal.signal(number, signal.SIG_IGN)
    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
    door = Door(pipe)
    threading.Thread(target=door.hear, args=(orders,), name="orders", daemon=True).start()
    speak_through(door.send if seat.rank == 0 else None)
    use_threads(seat.threads)
    device = _join(seat)
    training: ShardedTraining | None = None
    while True:
        order = orders.get()
        try:
            if isinstance(order, Begin):
                training, value = _begin(order, device), None
            else:
                assert training is not None, "no training was begun"
                value = _carry_out(order, training)
            place, chunks = training.place, training.chunks
            examples = 0 if training.epoch_is_trained else training.next_examples
            door.send(Done(place, chunks, examples, value))
        except TOLD_ERRORS as error:
            door.send(Failed(error))
        except BaseException:  # noqa: BLE001 - nobody else would hear of it
            door.send(Failed(RankFaultError(traceback.format_exc())))


class Door:
    """The pipe to the worker's process; several threads may send."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self._main = threading.get_ident()

    def send(self, message: Message) -> None:
        """Send a message."""
        with self._lock:
            self._pipe.send(message)

    def hear(self, orders: queue.SimpleQueue[Order]) -> None:
        """Pass orders on until the pipe closes, then end the process."""
        try:
            while True:
                order: Order = self._pipe.recv()
                if isinstance(order, TellStack):
                    self.send(Stack(stack_of(self._main)))
                else:
                    orders.put(order)
        except (OSError, EOFError):
            os._exit(0)
        except BaseException:  # noqa: BLE001 - nobody else would hear of it
            traceback.print_exc(file=sys.__stderr__)
            os._exit(1)


def _join(seat: Seat) -> torch.device:
    """Meet the other ranks; this one's device."""
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(seat.rank)
    distributed.init_process_group(
        "cpu:gloo,cuda:nccl" if on_gpu else "gloo",
        init_method=f"file://{seat.meeting_point}",
        rank=seat.rank,
        world_size=seat.ranks,
        timeout=FOR_EVER,
    )
    return torch.device("cuda", seat.rank) if on_gpu else torch.device("cpu")


def _begin(order: Begin, device: torch.device) -> ShardedTraining:
    training = ShardedTraining(
        load_ml_spec(order.ml_spec_file, order.ml_spec_sha256),
        order.config,
        order.dataset,
        layer_classes=order.layer_classes,
        seed=order.seed,
        num_chunks=order.num_chunks,
        device=device,
    )
    if order.checkpoint is not None:
        training.load(order.checkpoint, order.warm_start)
    return training


def _carry_out(order: Order, training: ShardedTraining) -> object:
    match order:
        case TrainChunk():
            return training.train_chunk()
        case FinishEpoch():
            return training.finish_epoch()
        case Save(directory):
            return training.save(directory)
        case Begin() | TellStack():
            raise AssertionError("carried out elsewhere")
        case _:
            assert_never(order)

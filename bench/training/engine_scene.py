"""The engine as in a job, with the control plane and the store of its tests, over the digits."""

import multiprocessing
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from digits import Rows
from plain_loop import SEED, PlainLoop

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "containers/engine/tests"))

from scene import Scene  # noqa: E402

Config = dict[str, Any]


@dataclass(frozen=True)
class Taken:
    seconds: float
    cpu_seconds: float
    """Of all threads of the process."""


class Stopwatch:
    def __init__(self) -> None:
        self._started_at = time.perf_counter(), time.process_time()

    def taken(self) -> Taken:
        seconds, cpu_seconds = self._started_at
        return Taken(time.perf_counter() - seconds, time.process_time() - cpu_seconds)


def digits_scene(folder: Path, data: Path) -> Scene:
    """A scene whose data handle holds the digits."""
    scene = Scene(folder)
    scene.fit["seed"] = SEED
    scene.write_code((Path(__file__).parent / "digits_spec.py").read_text())
    for name in ("train", "validation"):
        content = (data / f"{name}.parquet").read_bytes()
        scene.locators[name] = scene.store.put("data-bucket", f"{name}.parquet", content)
    scene.download()
    return scene


def in_warm_fork(task: Callable[[], Any], config: Config, rows: tuple[Rows, Rows]) -> Connection:
    """Run a task in a fork of this process; its answer comes through the pipe."""
    ours, its = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("fork")
    context.Process(target=_answer, args=(task, its, config, rows)).start()
    its.close()
    return ours


def _answer(
    task: Callable[[], Any], pipe: Connection, config: Config, rows: tuple[Rows, Rows]
) -> None:
    torch.set_num_threads(1)
    warm_up = config | {"train": config["train"] | {"epochs": 1}}
    list(PlainLoop(warm_up).train(*rows))
    pipe.send(task())

"""Trains runs by turns and one after the other: `interleaving.py FOLDER CONFIGS CHUNKS`.

Each way has a process of its own, warmed up, in turns with the others. Timed is from the first
run's first chunk. One after the other, a run's first training loss is that of its first epoch; by
turns it is that of its first chunk. Prints JSON after comparing all weights bit for bit.
"""

import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from digits import read_digits
from engine_scene import Config, Stopwatch, Taken, digits_scene, in_warm_fork
from fanfold_engine.executors import EXECUTORS
from fanfold_engine.executors.executor import Executor
from fanfold_engine.fit import Fit
from fanfold_engine.run import Run
from safetensors.torch import load

TURNS = 3
ONE_RUN = {"device_bytes": 1, "host_bytes": 2**30}
"""A device with room for no state but that of the run in training."""


@dataclass(frozen=True)
class Times:
    all_compared: Taken
    """Until every run had told a training loss."""
    all_done: Taken


@dataclass(frozen=True)
class Trained:
    times: Times
    swapping_seconds: float
    """What a chunk waited for its run's state to come and another's to go, on average."""
    state_bytes: int
    weights: list[dict[str, torch.Tensor]]


class TimedExecutor:
    """Works as another one does, and keeps when every run had been trained for a chunk."""

    times: Times
    inner: type[Executor]

    def work(self, fit: Fit) -> None:
        stopwatches, compared = list[Stopwatch](), dict[int, Taken]()
        advance = Run.advance

        def timed(run: Run) -> None:
            stopwatches.append(Stopwatch())
            advance(run)
            if run.run_id not in compared:
                compared[run.run_id] = stopwatches[0].taken()

        Run.advance = timed  # in a process of its own
        self.inner().work(fit)
        TimedExecutor.times = Times(list(compared.values())[-1], stopwatches[0].taken())


class Comparison:
    def __init__(self, data: Path, configs: list[Config], chunks: int) -> None:
        self.data, self.configs, self.chunks = data, configs, chunks
        self.rows = read_digits(data)

    def one_after_the_other(self) -> Trained:
        return self.train("single", chunks=1)

    def by_turns(self) -> Trained:
        return self.train("interleaved", chunks=self.chunks)

    def swapped(self) -> Trained:
        return self.train("interleaved", chunks=self.chunks, memory=ONE_RUN)

    def train(self, executor: str, *, chunks: int, memory: dict[str, int] | None = None) -> Trained:
        with tempfile.TemporaryDirectory() as folder:
            scene = digits_scene(Path(folder), self.data)
            scene.fit |= {"executor": executor, "numChunks": chunks}
            scene.memory = memory or {}
            control_plane = scene.control_plane(*self.configs)

            def work() -> Times:
                TimedExecutor.inner, EXECUTORS[executor] = EXECUTORS[executor], TimedExecutor
                assert scene.worker(control_plane).work() == 0
                return TimedExecutor.times

            answer = in_warm_fork(work, self.configs[0], self.rows)
            with control_plane:
                times = answer.recv()
            files = [scene.checkpoint(control_plane, run_id) for run_id in control_plane.runs]
            state_bytes = sum(part.stat().st_size for part in files[0].glob("*.safetensors"))
            weights = [load((file / "model.safetensors").read_bytes()) for file in files]
        turns = len(self.configs) * chunks
        swapping_seconds = sum(
            report.get("timeUse", {}).get("swappingSeconds", 0.0)
            for report in control_plane.reports
        )
        return Trained(times, swapping_seconds / turns, state_bytes, weights)


def assert_equal(one: Trained, other: Trained) -> None:
    for ours, theirs in zip(one.weights, other.weights, strict=True):
        for name, weight in ours.items():
            assert torch.equal(weight, theirs[name]), f"{name} differs"


def told(trained: Trained) -> dict[str, Any]:
    return {name: value for name, value in asdict(trained).items() if name != "weights"}


def main(data: Path, configs: list[Config], chunks: int) -> None:
    comparison = Comparison(data, configs, chunks)
    turns = []
    for _ in range(TURNS):
        single, by_turns = comparison.one_after_the_other(), comparison.by_turns()
        swapped = comparison.swapped()
        assert_equal(single, by_turns)
        assert_equal(single, swapped)
        turns.append({"single": told(single), "byTurns": told(by_turns), "swapped": told(swapped)})
    print(json.dumps(turns))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3]))

"""Trains one config in the engine and by hand, in turns: `engine_overhead.py FOLDER CONFIG`.

The engine works as in a job, with its session, reports and checkpoint, over the control plane and
the store of its tests. Timed is the training alone: from the prepared model to the last epoch's
metrics, for the engine until it lets go of the run. Each training has a process of its own, warmed
up. Prints the seconds of both as JSON, after comparing weights and metrics bit for bit.
"""

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from digits import Rows, read_digits
from plain_loop import SEED, PlainLoop
from safetensors.torch import load, save

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "containers/engine/tests"))

from fanfold_engine.executors import EXECUTORS  # noqa: E402
from fanfold_engine.fit import Fit  # noqa: E402
from scene import Scene  # noqa: E402

TURNS = 9

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


@dataclass(frozen=True)
class Trained:
    weights: dict[str, torch.Tensor]
    epochs: list[dict[str, float]]
    taken: Taken


class TimedExecutor:
    """Trains one run and keeps how long that took."""

    taken: Taken

    def work(self, fit: Fit) -> None:
        run = fit.take_on()
        assert run is not None
        stopwatch = Stopwatch()
        while run.is_in_hand:
            run.advance()
        TimedExecutor.taken = stopwatch.taken()


class Comparison:
    def __init__(self, data: Path, config: Config) -> None:
        self.data, self.config = data, config
        self.rows = read_digits(data)

    def in_engine(self) -> Trained:
        with tempfile.TemporaryDirectory() as folder:
            scene = self.scene(Path(folder))
            control_plane = scene.control_plane(self.config)

            def work() -> Taken:
                assert scene.worker(control_plane).work() == 0
                return TimedExecutor.taken

            answer = self.start(work)
            with control_plane:
                taken = answer.recv()
            weights = (scene.checkpoint(control_plane) / "model.safetensors").read_bytes()
        told = [row["metrics"] for row in control_plane.epochs[1]]
        epochs = [{metric["name"]: metric["value"] for metric in metrics} for metrics in told]
        return Trained(load(weights), epochs, taken)

    def by_hand(self) -> Trained:
        def train() -> tuple[bytes, list[dict[str, float]], Taken]:
            loop = PlainLoop(self.config)
            stopwatch = Stopwatch()
            epochs = list(loop.train(*self.rows))
            taken = stopwatch.taken()
            return save(loop.model.state_dict()), epochs, taken

        weights, epochs, taken = self.start(train).recv()
        return Trained(load(weights), epochs, taken)

    def scene(self, folder: Path) -> Scene:
        scene = Scene(folder)
        scene.fit["seed"] = SEED
        scene.write_code((Path(__file__).parent / "digits_spec.py").read_text())
        for name in ("train", "validation"):
            content = (self.data / f"{name}.parquet").read_bytes()
            scene.locators[name] = scene.store.put("data-bucket", f"{name}.parquet", content)
        scene.download()
        return scene

    def start(self, task: Callable[[], Any]) -> Connection:
        """Run a task in a fork of this process; its answer comes through the pipe."""
        ours, its = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("fork")
        context.Process(target=_answer, args=(task, its, self.config, self.rows)).start()
        its.close()
        return ours


def _answer(
    task: Callable[[], Any], pipe: Connection, config: Config, rows: tuple[Rows, Rows]
) -> None:
    torch.set_num_threads(1)
    warm_up = config | {"train": config["train"] | {"epochs": 1}}
    list(PlainLoop(warm_up).train(*rows))
    pipe.send(task())


def assert_equal(one: Trained, other: Trained) -> None:
    assert one.epochs == other.epochs, "the metrics differ"
    assert one.weights.keys() == other.weights.keys()
    for name, weight in one.weights.items():
        assert torch.equal(weight, other.weights[name]), f"{name} differs"


def main(data: Path, config: Config) -> None:
    EXECUTORS["single"] = TimedExecutor
    comparison = Comparison(data, config)
    turns = []
    for _ in range(TURNS):
        engine, by_hand = comparison.in_engine(), comparison.by_hand()
        assert_equal(engine, by_hand)
        turns.append({"engine": asdict(engine.taken), "byHand": asdict(by_hand.taken)})
    print(json.dumps(turns))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))

"""Trains one config in the engine and by hand, in turns: `engine_overhead.py FOLDER CONFIG`.

The engine works as in a job, with its session, reports and checkpoint, over the control plane and
the store of its tests. Timed is the training alone: from the prepared model to the last epoch's
metrics, for the engine until it lets go of the run. Each training has a process of its own, warmed
up. Prints the seconds of both as JSON, after comparing weights and metrics bit for bit.
"""

import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from digits import read_digits
from engine_scene import Config, Stopwatch, Taken, digits_scene, in_warm_fork
from fanfold_engine.executors import EXECUTORS
from fanfold_engine.fit import Fit
from plain_loop import PlainLoop
from safetensors.torch import load, save

TURNS = 9


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
            scene = digits_scene(Path(folder), self.data)
            control_plane = scene.control_plane(self.config)

            def work() -> Taken:
                assert scene.worker(control_plane).work() == 0
                return TimedExecutor.taken

            answer = in_warm_fork(work, self.config, self.rows)
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

        weights, epochs, taken = in_warm_fork(train, self.config, self.rows).recv()
        return Trained(load(weights), epochs, taken)


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

"""Trains configs in a foreach: `metaflow_foreach.py run --data DATA_FOLDER --configs CONFIGS`."""

import json
from pathlib import Path

from metaflow import FlowSpec, JSONType, Parameter, step


class SweepFlow(FlowSpec):
    data = Parameter("data")
    configs = Parameter("configs", type=JSONType)

    @step
    def start(self):
        self.each = self.configs
        self.next(self.train, foreach="each")

    @step
    def train(self):
        from digits import read_digits
        from plain_loop import PlainLoop

        self.epochs = list(PlainLoop(self.input).train(*read_digits(Path(self.data))))
        self.next(self.join)

    @step
    def join(self, branches):
        self.results = [branch.epochs[-1] for branch in branches]
        self.next(self.end)

    @step
    def end(self):
        Path("results.jsonl").write_text("\n".join(json.dumps(result) for result in self.results))


if __name__ == "__main__":
    SweepFlow()

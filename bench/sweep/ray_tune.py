"""Trains configs under Ray Tune, two at a time: `ray_tune.py DATA_FOLDER CONFIGS`."""

import json
import sys
from pathlib import Path

import ray
from ray import tune

data, configs = sys.argv[1:]


def train(space: dict) -> None:
    from digits import read_digits
    from plain_loop import PlainLoop

    for metrics in PlainLoop(space["config"]).train(*read_digits(Path(data))):
        tune.report(metrics)


here = Path.cwd()
ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1", _temp_dir=f"{here}/ray")
results = tune.Tuner(
    tune.with_resources(train, {"cpu": 1}),
    param_space={"config": tune.grid_search(json.loads(configs))},
    run_config=tune.RunConfig(storage_path=f"{here}/results", verbose=0),
).fit()
ray.shutdown()
for result in results:
    print(json.dumps({name: result.metrics[name] for name in ("val_loss", "val_accuracy")}))

"""What users of the Python client meet of SHA, dry runs and budgets: `sha_client.py SPEC`."""

import io
import os
import sys

import fanfold
import pandas as pd
from fanfold import SHA, DataHandle, Experiment, GridSearch, List

train = pd.read_csv(io.StringIO(os.environ["TRAIN_CSV"]))
rates = List([0.05, 0.01, 0.1, 0.001])
config = {
    "train": {"epochs": 3, "batch_size": 16, "optimizer": {"name": "SGD", "args": {"lr": rates}}}
}
group = SHA(GridSearch(config), "val_loss", "min", eta=2, max_epochs=3)

exp = Experiment(sys.argv[1], "client")
dh = DataHandle.from_pandas(train=train, validation=train.head(20))
dh.download()

plan = exp.run_fit(dh, group, dry_run=True)
assert plan is not None
assert (plan.run_count, plan.workers, plan.rungs) == (4, 2, [[1, 2]])
assert plan.gpu_hours is None
alone = exp.run_fit(dh, group, max_workers=1, dry_run=True)
assert alone is not None
assert (alone.workers, alone.runs_per_worker) == (1, 4)
assert exp.get_runs_info().empty

assert exp.run_fit(dh, group, budget={"gpu_hours": 1}) is None
runs = exp.get_runs_info()
assert list(runs["source"]) == ["sha"] * 4
assert sorted(runs["completed_epochs"]) == [1, 1, 2, 3]
assert sorted(runs["ended_by"]) == ["epochs-completed", "sha", "sha", "sha"]

# The best half after the first epoch went on, and the best of those after the second.
losses = exp.get_results().pivot(index="run_id", columns="epoch", values="val_loss")
assert set(losses[1].nsmallest(2).index) == set(losses[2].dropna().index)
assert losses[2].idxmin() == losses[3].dropna().index[0]

later = exp.run_fit(dh, group, dry_run=True)
assert later.gpu_hours > later.hours > 0

for wrong in ({"budget": {"usd": 5}}, {"budget": {"gpu_hours": 0}}, {"max_workers": 3}):
    try:
        exp.run_fit(dh, group, **wrong)
    except fanfold.InvalidRequest as error:
        print(error)
    else:
        raise AssertionError(f"{wrong} was taken")
print("everything is as it should be")

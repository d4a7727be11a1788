"""Reads all records of the alive experiment with the Python client and prints them."""

import sys
import tempfile
from pathlib import Path

import pandas as pd
from fanfold import Experiment

pd.set_option("display.width", 10_000, "display.max_columns", None, "display.max_colwidth", None)

exp = Experiment.attach()
results, runs = exp.get_results(), exp.get_runs_info()
with tempfile.TemporaryDirectory() as folder:
    for ending, read in ((".parquet", pd.read_parquet), (".csv", pd.read_csv)):
        file = Path(folder, f"results{ending}")
        exp.export_results(file)
        pd.testing.assert_frame_equal(read(file), results)
        file = Path(folder, f"runs{ending}")
        exp.export_runs_info(file)
        exported = read(file)
        assert list(exported.columns) == list(runs.columns)
        assert exported.run_id.to_list() == runs.run_id.to_list()
        assert exported.status.to_list() == runs.status.to_list()
        print(exported.to_string())
followed = list(exp.get_logs(follow=True))
assert [str(line) for line in followed] == [str(line) for line in exp.get_logs()]
print(results.to_string(), runs.to_string(), runs.to_json(), *followed, sep="\n")
for run_id in runs.run_id[runs.status == "failed"]:
    exp.show_error(run_id)
sys.stdout.flush()

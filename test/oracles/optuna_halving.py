"""Halves tables of metrics with Optuna's SuccessiveHalvingPruner, for comparison.

Reads a JSON list of tables from standard input and writes, for each, the rungs with the runs that
go on from them, by run ID. A table has ``values`` (per run ID, the metric after each epoch),
``mode``, ``eta`` and ``minEpochs``.

Optuna halves asynchronously: a trial that comes to a rung is judged against those that were there
before it. To ask what it would do once all have arrived, every run in turn is the last to arrive.
"""

import json
import sys

import optuna


def halve(table):
    values = {int(run_id): row for run_id, row in table["values"].items()}
    epochs = len(next(iter(values.values())))
    live, rungs = sorted(values), []
    while rung := next_rung(table, rungs, epochs):
        live = [run_id for run_id in live if goes_on(table, values, live, run_id, rung)]
        rungs.append({"epoch": rung, "promoted": live})
    return rungs


def next_rung(table, rungs, epochs):
    """The epoch at which Optuna halves a lone trial for the next time, before its last one."""
    study = study_of(table)
    trial = study.ask()
    for epoch in range(1, epochs):
        look(trial, epoch, 0.0)
        judged = sum(name.startswith("completed_rung") for name in study.trials[0].system_attrs)
        if judged > len(rungs):
            return epoch
    return None


def goes_on(table, values, live, last, rung):
    study = study_of(table)
    for run_id in [*(run_id for run_id in live if run_id != last), last]:
        trial = study.ask()
        for epoch in range(1, rung + 1):
            pruned = look(trial, epoch, values[run_id][epoch - 1])
    return not pruned


def look(trial, epoch, value):
    trial.report(value, epoch)
    return trial.should_prune()


def study_of(table):
    pruner = optuna.pruners.SuccessiveHalvingPruner(
        min_resource=table["minEpochs"], reduction_factor=table["eta"], min_early_stopping_rate=0
    )
    direction = {"min": "minimize", "max": "maximize"}[table["mode"]]
    return optuna.create_study(direction=direction, pruner=pruner)


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    json.dump([halve(table) for table in json.load(sys.stdin)], sys.stdout)

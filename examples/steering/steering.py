"""Steers a fit of eight small runs while a worker is lost, and tells how quick each op was.

`steering.py [JOBS]`: with the folder where the embedded stack keeps its jobs (`.fanfold/jobs`) it
ends one of the fit's workers, as a machine that is taken away would. Exits with status 1 unless
every run ends as it was told to.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fanfold import DataHandle, Experiment, GridSearch, List
from steering_data import train_and_validation
from steering_ops import AliveRuns, Op, all_have_epoch, end_a_worker

SPEC = Path(__file__).with_name("steering_spec.py")
SEED = 42
RUNS = 8
STOPPED = 4
CONFIGS = GridSearch(
    {
        "train": {
            "epochs": 15,
            "batch_size": 32,
            "optimizer": {"name": "SGD", "args": {"lr": List([0.001, 0.01, 0.1, 0.3])}},
        },
        "user_knobs": {"width": List([8, 16]), "seconds_per_batch": 0.1},
    }
)
LINEAGE = ["run_id", "status", "cloned_from", "warm_started", "completed_epochs", "attempts"]


def main(jobs: Path | None) -> int:
    exp = Experiment(SPEC, "steering")
    train, validation = train_and_validation()
    dh = DataHandle.from_pandas(train=train, validation=validation)
    dh.download()

    with ThreadPoolExecutor(max_workers=1) as beside:
        # By turns, a chunk of each run: fused runs would be rounded otherwise than single ones.
        fit = beside.submit(exp.run_fit, dh, CONFIGS, seed=SEED, executor="interleaved")
        runs = AliveRuns()
        runs.until(f"all {RUNS} have an epoch", lambda seen: all_have_epoch(seen, RUNS))
        ops = steer(exp, runs)
        runs.until("every op shows", lambda seen: all([op.shows(seen) for op in ops]))
        if jobs is not None:
            print(f"Ended the worker with process ID {end_a_worker(jobs)}")
        fit.result()

    info = exp.get_runs_info()
    last = exp.get_results().groupby("run_id").tail(1).sort_values("val_loss")
    print("\nWhere each run comes from, and how it ended:")
    print(info[LINEAGE].to_string(index=False))
    print("\nResults of the last epochs, best first:")
    print(last.to_string(index=False))
    print(
        "\nHow long each op took, in seconds: until it was answered, and from then until it showed:"
    )
    for op in ops:
        print(op)
    exp.end()
    stopped = info.status == "stopped"
    return 0 if stopped.sum() == STOPPED and (info.status[~stopped] == "completed").all() else 1


def steer(exp: Experiment, runs: AliveRuns) -> list[Op]:
    """Stop the worst half after their first epoch, and clone the best with other learning rates."""
    first = exp.get_results().query("epoch == 1").sort_values("val_loss")
    best, *_ = ranking = [int(run_id) for run_id in first.run_id]
    stops = [Op.stop(exp, run_id) for run_id in ranking[-STOPPED:]]
    lr = runs.now()[best]["config"]["train"]["optimizer"]["args"]["lr"]
    slower, faster = ({"train": {"optimizer": {"args": {"lr": lr * by}}}} for by in (0.5, 1.5))
    cold = Op.clone(exp, best, slower, warm_start=False)
    warm = Op.clone(exp, best, faster, warm_start=True)
    return [*stops, cold, warm]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))

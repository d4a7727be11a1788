"""Trains eight small networks on handwritten digits and keeps what they learned.

Run it again after an interrupt: the keys of the calls bring it back to what it had started. Exits
with status 1 unless the best network reads 95 % of the validation digits right, and with 130 when
it was interrupted.
"""

import sys
from pathlib import Path

import pandas as pd
from digits_config import CONFIGS
from digits_data import train_and_validation
from fanfold import DataHandle, Detached, Experiment

SPEC = Path(__file__).with_name("digits_spec.py")
WANTED_ACCURACY = 0.95


def main() -> int:
    exp = Experiment(SPEC, "digits")

    train, validation = train_and_validation()
    dh = DataHandle.from_pandas(train=train, validation=validation)
    dh.download(idempotency_key="digits-data")

    exp.run_fit(dh, CONFIGS, seed=42, idempotency_key="digits-fit")

    results = exp.get_results()
    if "val_accuracy" not in results:
        print("\nNo run finished an epoch:")
        print(exp.get_runs_info()[["run_id", "status", "error"]].to_string(index=False))
        return 1
    last = results.groupby("run_id").tail(1).sort_values("val_accuracy", ascending=False)
    print("\nResults of the last epochs, best first:")
    print(last.to_string(index=False))
    print(f"\n{verdict(last.iloc[0], exp)}\n")

    bucket = exp.storage_uri.removeprefix("s3://").split("/")[0]
    exp.end(artifacts_bucket=f"s3://{bucket}/artifacts/default")
    return 0 if last.iloc[0].val_accuracy >= WANTED_ACCURACY else 1


def verdict(best: pd.Series, exp: Experiment) -> str:
    run_id = int(best.run_id)
    config = exp.get_runs_info().set_index("run_id").config[run_id]
    knobs = config["user_knobs"]
    lr = config["train"]["optimizer"]["args"]["lr"]
    network = f"{knobs['architecture']}, width {knobs['width']}, lr {lr}"
    return f"Best: run {run_id} ({network}) reads {best.val_accuracy:.1%} of the digits right"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Detached as detached:
        print(f"\nDetached: {detached}. Running this script again comes back to it, too.")
        sys.exit(130)

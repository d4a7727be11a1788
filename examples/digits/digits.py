"""Trains eight small networks on handwritten digits and keeps what they learned.

Run it again after an interrupt: the keys of the calls bring it back to what it had started. Exits
with status 1 unless the best network reads 95 % of the validation digits right.
"""

import sys
from pathlib import Path

from digits_config import CONFIGS
from digits_data import train_and_validation
from fanfold import DataHandle, Experiment

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
        print("No run finished an epoch:")
        print(exp.get_runs_info()[["run_id", "status", "error"]].to_string(index=False))
        return 1
    last = results.groupby("run_id").tail(1).sort_values("val_accuracy", ascending=False)
    print(last.to_string(index=False))

    best = last.iloc[0]
    config = exp.get_runs_info().set_index("run_id").config[int(best.run_id)]
    print(f"\nBest: run {int(best.run_id)} with accuracy {best.val_accuracy:.4f}, {config}")

    bucket = exp.storage_uri.removeprefix("s3://").split("/")[0]
    exp.end(artifacts_bucket=f"s3://{bucket}/artifacts/{exp.name}/")
    return 0 if best.val_accuracy >= WANTED_ACCURACY else 1


if __name__ == "__main__":
    sys.exit(main())

"""A whole experiment, each call of which can be made again: `killed_client.py SPEC NAME BUCKET`.

It may be killed wherever it is; run again, it goes on where it was. The current directory is where
predictions go.
"""

import io
import os
import sys

import pandas as pd
from fanfold import DataHandle, Experiment, GridSearch, List

CONFIG = {
    "train": {
        "epochs": 2,
        "batch_size": 16,
        "optimizer": {"name": "SGD", "args": {"lr": List([0.05, 0.01])}},
    }
}


def main(spec, name, bucket):
    rows = pd.read_csv(io.StringIO(os.environ["TRAIN_CSV"]))
    exp = Experiment(spec, name)
    dh = DataHandle.from_pandas(
        train=rows, validation=rows.head(20), test=rows.tail(20), predict=rows.tail(5)
    )
    dh.download(idempotency_key="data")
    exp.run_fit(dh, GridSearch(CONFIG), seed=3, idempotency_key="fit")
    exp.run_test(dh, run_id=1, idempotency_key="test")
    exp.run_predict(dh, run_id=2, idempotency_key="prediction")
    exp.end(f"s3://{bucket}/artifacts/default")


if __name__ == "__main__":
    main(*sys.argv[1:])

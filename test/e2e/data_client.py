"""What a user of the Python client meets: `data_client.py SPEC_FILE`, in an empty folder."""

import io
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import fanfold
import pandas as pd
from fanfold import DataHandle, Experiment

CONFIG = {
    "train": {"epochs": 1, "batch_size": 16, "optimizer": {"name": "SGD", "args": {"lr": 0.05}}}
}


def refusal(kind, call):
    try:
        call()
    except kind as error:
        assert type(error) is kind, error
        return str(error)
    raise AssertionError(f"no {kind.__name__} was raised")


exp = Experiment(sys.argv[1], "client")
train = pd.read_csv(io.StringIO(os.environ["TRAIN_CSV"]))

dh = DataHandle.from_pandas(train=train, validation=train.head(20))
dh.download()
exp.run_fit(dh, CONFIG)
assert list(exp.get_runs_info()["status"]) == ["completed"]

# The same rows, uploaded as a file, and files that go along.
Path("vocabulary").mkdir()
Path("vocabulary/words.txt").write_text("a b c")
train.to_csv("train.csv", index=False)
uploaded = DataHandle.upload("train.csv")
from_files = DataHandle({"train": uploaded, "misc": DataHandle.upload("vocabulary")})
from_files.download()

place = urlsplit(uploaded)
key = place.path.lstrip("/")
boto3.client("s3").put_object(Bucket=place.netloc, Key=key, Body=b"id,x0\n1,2\n")
changed = refusal(fanfold.DataChanged, lambda: exp.run_fit(from_files, CONFIG))
assert "has another size since the data handle was downloaded" in changed, changed

Path("bad.csv").write_text("name\na\n")
bad = DataHandle({"train": DataHandle.upload("bad.csv")})
assert "has no column 'id'" in refusal(fanfold.InvalidData, bad.download)

greedy = DataHandle({"train": uploaded}, fraction=1.5)
assert "/fraction must be above 0" in refusal(fanfold.InvalidRequest, greedy.download)

sys.stdout.write("everything is as it should be\n")

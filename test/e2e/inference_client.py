"""Tests and predicts from Python, in an experiment that is alive with a completed run 1.

The current directory is where predictions go.

Usage: inference_client.py MODEL_TAG UNSAFE_TAG TRAIN_CSV TEST_CSV PREDICT_CSV
"""

import sys
import warnings
from pathlib import Path

import fanfold
import pandas as pd
from fanfold import DataHandle, Experiment, List


def refused(kind, call, **arguments):
    try:
        call(**arguments)
    except kind as refusal:
        return str(refusal)
    raise AssertionError(f"{kind.__name__} was not raised for {arguments}")


def refusals(exp, dh, model_tag, unsafe_tag):
    for call in (exp.run_test, exp.run_predict):
        refused(fanfold.PathwayAmbiguous, call, data_handle=dh)
        refused(fanfold.PathwayAmbiguous, call, data_handle=dh, run_id=1, config={})
        refused(fanfold.RunNotFound, call, data_handle=dh, run_id=99)
        refused(fanfold.NoCheckpoint, call, data_handle=dh, run_id=2)
        there_are = refused(
            fanfold.NoCheckpoint, call, data_handle=dh, run_id=1, epoch_checkpoint=9
        )
        assert "1–3" in there_are, there_are
        refused(
            fanfold.EpochCheckpointNotApplicable,
            call,
            data_handle=dh,
            model_tag=model_tag,
            config={},
            epoch_checkpoint=1,
        )
        varied = {"user_knobs": {"width": List([8, 9])}}
        refused(fanfold.InvalidConfig, call, data_handle=dh, model_tag=model_tag, config=varied)
        refused(fanfold.InvalidModelTag, call, data_handle=dh, model_tag="best.pt", config={})
        refused(fanfold.InvalidRequest, call, data_handle=dh, run_id=1, batch_size=0)
    unsafe = refused(
        fanfold.InvalidModelTag, exp.run_test, data_handle=dh, model_tag=unsafe_tag, config={}
    )
    assert "could run code" in unsafe, unsafe


def main(model_tag, unsafe_tag, train_csv, test_csv, predict_csv):
    exp = Experiment.attach()
    dh = DataHandle(
        {
            "train": DataHandle.upload(train_csv),
            "test": DataHandle.upload(test_csv),
            "predict": DataHandle.upload(predict_csv),
        }
    )
    dh.download()
    refusals(exp, dh, model_tag, unsafe_tag)
    only_train = DataHandle({"train": dh.locators["train"]})
    only_train.download()
    refused(fanfold.PartitionMissing, exp.run_test, data_handle=only_train, run_id=1)

    exp.run_test(dh, run_id=1, batch_size=5)
    exp.run_predict(dh, run_id=1, epoch_checkpoint=2)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        exp.run_predict(dh, model_path=model_tag, config={})
    assert [each.category for each in warned] == [DeprecationWarning], warned
    names = sorted(path.name for path in Path().glob("predictions_*"))
    assert names == ["predictions_best.csv", "predictions_run1_epoch2.csv"], names
    ids = list(pd.read_csv(predict_csv).id)
    for name in names:
        assert list(pd.read_csv(name).id) == ids, name


if __name__ == "__main__":
    main(*sys.argv[1:])

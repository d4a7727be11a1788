import math

import pandas as pd
import wire
from fanfold.frames import results_frame, runs_frame
from fanfold.resources import EpochResult, Run

INFO = [
    "run_id",
    "data_handle_id",
    "status",
    "source",
    "ended_by",
    "completed_epochs",
    "mlflow_run_id",
    "config",
    "cloned_from",
    "warm_started",
    "started_at",
    "runtime_s",
    "gpu_utilization",
    "cost_usd",
    "attempts",
    "interruptions",
    "fused_within",
    "error",
    "gpu_memory_bytes",
    "samples_per_s",
    "loading_s",
    "swapping_s",
    "checkpointing_s",
]


def test_results_have_val_loss_first_and_nan_where_a_run_lacks_a_metric():
    results = [
        wire.result(2, 1, "Infinity", val_accuracy=0.9, val_loss="NaN"),
        wire.result(1, 2, 0.1),
        wire.result(1, 1, 0.2, val_f1=1),
    ]
    frame = results_frame([EpochResult.of(r) for r in results])
    assert list(frame.columns) == [
        "run_id",
        "epoch",
        "train_loss",
        "val_loss",
        "val_accuracy",
        "val_f1",
    ]
    assert list(zip(frame.run_id, frame.epoch, strict=True)) == [(1, 1), (1, 2), (2, 1)]
    assert math.isinf(frame.train_loss[2])
    assert frame.val_loss.isna().all()
    assert frame.dtypes.astype(str).to_list() == ["int64", "int64", *["float64"] * 4]


def test_no_results_yet_is_an_empty_frame_with_its_columns():
    frame = results_frame([])
    assert list(frame.columns) == ["run_id", "epoch", "train_loss"]
    assert frame.empty


def test_runs_have_all_columns_and_none_where_nothing_is_known():
    failed = {"message": "boom", "traceback": "Traceback\nValueError: boom"}
    measured = {"gpuUtilization": 0.75, "costUsd": 0.25, "clonedFrom": 1, "warmStarted": True}
    measured |= {"fusedWithin": 0.0001, "gpuPeakMemoryBytes": 2**33, "samplesPerSecond": 1500.5}
    measured |= {"loadingSeconds": 2.5, "swappingSeconds": 0.5, "checkpointingSeconds": 0.25}
    runs = [
        wire.run(1, startedAt=wire.AT),
        wire.run(2, "failed", endedBy="error", error=failed, **measured),
    ]
    frame = runs_frame([Run.of(r) for r in runs])
    assert list(frame.columns) == INFO
    assert frame.ended_by.to_list() == [None, "error"]
    assert frame.mlflow_run_id.to_list() == [None, None]
    assert frame.started_at[0] == pd.Timestamp(wire.AT)
    assert frame.error[1] == failed["traceback"]
    assert frame.config[0]["train"]["epochs"] == 4
    assert frame.cloned_from.to_list() == [pd.NA, 1]
    assert frame.warm_started.to_list() == [False, True]
    assert frame.gpu_utilization.fillna(-1).to_list() == [-1, 0.75]
    assert frame.fused_within.fillna(-1).to_list() == [-1, 0.0001]
    assert frame.cost_usd.fillna(-1).to_list() == [-1, 0.25]
    assert frame.gpu_memory_bytes.to_list() == [pd.NA, 2**33]
    assert frame.samples_per_s.fillna(-1).to_list() == [-1, 1500.5]
    lost = frame[["loading_s", "swapping_s", "checkpointing_s"]]
    assert lost.fillna(-1).to_numpy().tolist() == [[-1, -1, -1], [2.5, 0.5, 0.25]]
    empty = runs_frame([])
    assert list(empty.columns) == INFO
    assert empty.dtypes.to_list() == frame.dtypes.to_list()


def test_both_can_be_kept_as_csv_and_parquet(tmp_path):
    for frame in (
        results_frame([EpochResult.of(wire.result(1, 1))]),
        runs_frame([Run.of(wire.run(1))]),
    ):
        frame.to_csv(tmp_path / "frame.csv", index=False)
        frame.to_parquet(tmp_path / "frame.parquet")
        assert list(pd.read_parquet(tmp_path / "frame.parquet").columns) == list(frame.columns)

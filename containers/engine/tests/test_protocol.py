from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from control_plane_double import ANSWER, REQUEST
from fanfold_engine.ledger import MAX_LOG_BYTES, Ledger
from fanfold_engine.orders import Orders
from fanfold_engine.protocol import (
    Assignment,
    Checkpoint,
    DealtRun,
    DownloadReport,
    EpochReport,
    GpuUse,
    LogLine,
    Metric,
    Progress,
    RunError,
    RunReport,
    SyncAnswer,
    SyncRequest,
    TimeUse,
    WarmStart,
    instant,
)
from fanfold_engine.settings import Settings, SettingsError
from fanfold_engine.wire import WireError, from_json, to_json
from scene import Scene, config

NOT_FINITE = EpochReport(1, float("nan"), (Metric("a", float("inf")), Metric("b", -float("inf"))))


def test_a_full_request_is_what_the_schema_says() -> None:
    run = RunReport(
        3,
        "failed",
        1,
        Progress(2, 1, 4),
        Checkpoint("p/", 1, 1),
        (NOT_FINITE,),
        1.5,
        RunError("m", "t"),
        GpuUse(2.0, 1.5, 2**30),
        fused_within=0.0001,
        time_use=TimeUse(64, 1.0, 0.25, 0.125, 0.125),
    )
    lines = (LogLine(instant(), "info", "said", 3), LogLine(instant(), "error", "by the worker"))
    request = SyncRequest(
        "job", 1, 7, True, 16, (run,), lines, DownloadReport("ready", {"train": 5}, "sha")
    )
    told = json.loads(json.dumps(to_json(request), allow_nan=False))
    REQUEST.validate(told)
    assert told["runs"][0]["epochs"][0]["trainLoss"] == "NaN"
    assert [metric["value"] for metric in told["runs"][0]["epochs"][0]["metrics"]] == [
        "Infinity",
        "-Infinity",
    ]
    assert "runId" not in told["logs"][1]


def test_a_full_answer_is_read_whole(scene: Scene) -> None:
    told = {
        "sequence": 1,
        "token": "t",
        "assignment": scene.assignment(),
        "train": [
            {
                "runId": 5,
                "config": config(user_knobs={"snake_case": {"camelCase": [None, 1]}}),
                "completedEpochs": 1,
                "checkpoint": {"prefix": "p/", "epoch": 1, "chunk": 0},
                "seed": 7,
                "warmStart": {"prefix": "p/", "onSameData": True},
                "keepCheckpoint": True,
                "secrets": {"set-0": "value"},
                "alone": True,
            }
        ],
        "more": True,
        "stop": [1],
        "branch": [3],
        "drop": [2],
        "exit": False,
        "syncIntervalSeconds": 2,
    }
    ANSWER.validate(told)
    answer = from_json(SyncAnswer, {**told, "newer": "member"})
    assert answer.train[0].checkpoint == Checkpoint("p/", 1, 0)
    assert answer.train[0].warm_start == WarmStart("p/", on_same_data=True)
    assert answer.branch == (3,)
    assert answer.train[0].config == told["train"][0]["config"]
    assert answer.sync_interval_seconds == 2.0
    assert answer.assignment == from_json(Assignment, scene.assignment())
    assert to_json(answer) == {**told, "assignment": to_json(answer.assignment)}


def test_an_answer_that_lacks_a_member_is_refused() -> None:
    with pytest.raises(WireError, match="a SyncAnswer lacks 'train'"):
        from_json(SyncAnswer, {"sequence": 1})


def test_reports_of_one_run_are_merged_until_a_sync_takes_them() -> None:
    ledger, heard = Ledger(), []
    first, second = EpochReport(1, 0.5, ()), EpochReport(2, 0.4, ())
    ledger.report(RunReport(1, "ongoing", 1, epochs=(first,), runtime_seconds=1.0))
    ledger.report(
        RunReport(1, "completed", 2, checkpoint=Checkpoint("p/", 2, 0), epochs=(second,)),
        accepted=lambda: heard.append("checkpoint"),
    )
    ledger.report(RunReport(2, "ongoing", 0))
    entries = ledger.take()
    assert [report.run_id for report in entries.runs] == [1, 2]
    merged = entries.runs[0]
    assert (merged.status, merged.epochs, merged.runtime_seconds) == (
        "completed",
        (first, second),
        1.0,
    )

    ledger.report(RunReport(1, "completed", 2))
    assert not ledger.is_empty
    assert heard == []
    ledger.confirm()
    assert heard == ["checkpoint"]
    assert [report.epochs for report in ledger.take().runs] == [()]


def test_a_sync_carries_fifty_runs_and_a_quarter_megabyte_of_lines() -> None:
    ledger = Ledger()
    for run_id in range(1, 121):
        ledger.report(RunReport(run_id, "ongoing", 0))
    ledger.add_lines(LogLine(instant(), "info", "é" * 5000) for _ in range(100))
    sizes = []
    while not ledger.is_empty:
        entries = ledger.take()
        sizes.append((len(entries.runs), entries.more))
        body = json.dumps(to_json(entries.logs), ensure_ascii=False).encode()
        assert len(body) <= MAX_LOG_BYTES
        ledger.confirm()
    assert [count for count, _ in sizes][:4] == [50, 50, 20, 0]
    assert [more for _, more in sizes] == [True] * (len(sizes) - 1) + [False]


def test_far_too_many_lines_are_dropped_and_counted() -> None:
    ledger = Ledger()
    ledger.add_lines(LogLine(instant(), "info", "x" * 8000) for _ in range(3000))
    lines = []
    while not ledger.is_empty:
        lines += ledger.take().logs
        ledger.confirm()
    assert lines[-1].message.startswith("… 10")
    assert "lines dropped" in lines[-1].message
    assert len(lines) - 1 + int(lines[-1].message.split()[1]) == 3000


def test_a_run_dealt_again_is_not_stopped_by_an_older_order() -> None:
    orders = Orders()
    answer = SyncAnswer(1, (), more=True, stop=(1,), drop=(), exit=False, sync_interval_seconds=1)
    orders.take_in(answer)
    assert orders.stops(1)
    again = DealtRun(1, {}, 0)
    orders.take_in(SyncAnswer(2, (again,), False, (), (), exit=False, sync_interval_seconds=1))
    assert not orders.stops(1)
    assert orders.next_run() == again
    assert orders.next_run() is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"FANFOLD_URL": ""}, "FANFOLD_URL is not set"),
        ({"AWS_BATCH_JOB_ATTEMPT": "0"}, "AWS_BATCH_JOB_ATTEMPT must be a whole number from 1"),
        ({"FANFOLD_CPU_THREADS": "many"}, "FANFOLD_CPU_THREADS must be a whole number"),
        ({"FANFOLD_CPU_RANKS": "0"}, "FANFOLD_CPU_RANKS must be a whole number"),
    ],
)
def test_wrong_settings_are_refused_at_start(change: dict[str, str], message: str) -> None:
    good = {
        "FANFOLD_URL": "https://x/",
        "FANFOLD_WORKER_TOKEN": "t",
        "AWS_REGION": "eu-central-1",
        "AWS_BATCH_JOB_ID": "j",
        "AWS_BATCH_JOB_ATTEMPT": "2",
    }
    assert Settings.from_environment(good).url == "https://x"
    with pytest.raises(SettingsError, match=message):
        Settings.from_environment(good | change)


def test_a_download_imports_no_torch(tmp_path: Path) -> None:
    """And the module starts without a setting only to say which one it lacks."""
    code = (
        "import sys, fanfold_engine.__main__, fanfold_engine.s3_storage;"
        "import fanfold_engine.data.download, fanfold_engine.data.dataset;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0
    command = [sys.executable, "-m", "fanfold_engine"]
    ended = subprocess.run(
        command, cwd=tmp_path, env={}, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (
        2,
        "the environment variable FANFOLD_URL is not set\n",
    )

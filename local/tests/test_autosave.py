"""What was answered a second before the emulator is killed is there when it starts again."""

import json
import os
import signal
import time
import urllib.request
from pathlib import Path

import pytest
from fanfold_local.autosave import PAUSE_S, Autosave
from ministack import app

FOREVER = "import time; time.sleep(600)"


@pytest.fixture
def own_outputs(own_emulator, deploy):
    return deploy(own_emulator)


def test_a_hard_kill_loses_nothing_that_was_answered(own_emulator, own_outputs, jobs_of):
    table, bucket = own_outputs["Table"], own_outputs["Bucket"]
    jobs = jobs_of(own_emulator, own_outputs)
    states = own_emulator.client("stepfunctions")
    given = json.dumps({"name": "unfinished", "code": FOREVER})
    execution = states.start_execution(stateMachineArn=own_outputs["TrainMachine"], input=given)
    job = jobs.submit(FOREVER)
    jobs.wait_for(job, "RUNNING")
    pid = int(Path(jobs.describe(job)["container"]["logStreamName"]).with_name("pid").read_text())
    item = {"pk": {"S": "a"}, "sk": {"S": "b"}, "bytes": {"B": b"\x00\xff"}}
    own_emulator.client("dynamodb").put_item(TableName=table, Item=item)
    own_emulator.client("s3").put_object(
        Bucket=bucket, Key="a/b", Body=b"body", ContentType="text/x", Metadata={"sha256": "0"}
    )
    time.sleep(1)
    own_emulator.end(signal.SIGKILL)
    own_emulator.start()

    found = own_emulator.client("dynamodb").get_item(
        TableName=table, Key={"pk": item["pk"], "sk": item["sk"]}
    )
    assert found["Item"] == item
    found = own_emulator.client("s3").get_object(Bucket=bucket, Key="a/b")
    assert found["Body"].read() == b"body"
    assert (found["ContentType"], found["Metadata"]) == ("text/x", {"sha256": "0"})
    api = f"{own_emulator.endpoint}/_aws/execute-api/{own_outputs['ApiId']}/%24default"
    with urllib.request.urlopen(f"{api}/v1/open") as answer:
        assert json.load(answer)["route"] == "GET /v1/open"
    states = own_emulator.client("stepfunctions")
    ended = states.describe_execution(executionArn=execution["executionArn"])
    assert (ended["status"], ended["error"]) == ("FAILED", "States.ServiceRestart")
    jobs = jobs_of(own_emulator, own_outputs)
    assert jobs.describe(job)["statusReason"].startswith("Host EC2")
    assert not is_running(pid)
    assert jobs.wait_for(jobs.submit("", name="told"))["status"] == "SUCCEEDED"


def test_an_end_leaves_no_job_running(own_emulator, own_outputs, jobs_of, eventually):
    jobs = jobs_of(own_emulator, own_outputs)
    job = jobs.submit(f"import os; os.fork(); print(os.getpid(), flush=True); {FOREVER}")
    eventually(
        lambda: jobs.describe(job)["status"] == "RUNNING" and len(jobs.log(job).split()) == 2
    )
    pids = [int(line) for line in jobs.log(job).split()]
    own_emulator.end()
    eventually(lambda: not any(map(is_running, pids)))
    own_emulator.start()


def test_what_is_taken_down_at_the_end_is_not_saved(monkeypatch, tmp_path):
    snapshots: list[str] = []
    monkeypatch.setattr(Autosave, "_snapshot", lambda _: snapshots.append("taken") is None)
    monkeypatch.setattr(app, "_load_persisted_state", lambda: None)
    autosave = Autosave(tmp_path)
    autosave.start()
    autosave.changed()
    time.sleep(2 * PAUSE_S)
    assert snapshots == []  # not before everything is restored
    app._load_persisted_state()
    autosave.stop()
    taken = len(snapshots)
    assert taken > 0
    autosave.changed()
    time.sleep(2 * PAUSE_S)
    assert len(snapshots) == taken


def test_nothing_is_written_while_nothing_changes(own_emulator, own_outputs):
    time.sleep(1)
    state = own_emulator.folder / "state"
    before = {file: file.stat().st_mtime_ns for file in state.iterdir()}
    own_emulator.client("dynamodb").describe_table(TableName=own_outputs["Table"])
    time.sleep(0.5)
    assert {file: file.stat().st_mtime_ns for file in state.iterdir()} == before


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

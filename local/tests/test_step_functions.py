"""State machines submit jobs, wait for them, and take them along when they are stopped."""

import json
import time

import pytest
from botocore.exceptions import ClientError
from fanfold_local.retriers import delay_seconds

FOREVER = "import time; time.sleep(600)"


@pytest.fixture
def machines(emulator, outputs, eventually):
    return Machines(emulator.client("stepfunctions"), outputs, eventually)


class Machines:
    def __init__(self, client, outputs, eventually):
        self.client, self.outputs, self.eventually = client, outputs, eventually

    def start(self, machine, given):
        arn = self.outputs[machine]
        return self.client.start_execution(stateMachineArn=arn, input=json.dumps(given))[
            "executionArn"
        ]

    def result(self, execution):
        def ended():
            found = self.client.describe_execution(executionArn=execution)
            return None if found["status"] == "RUNNING" else found

        return self.eventually(ended)


def job_id(jobs, name):
    found = jobs.batch.list_jobs(
        jobQueue=jobs.queue, filters=[{"name": "JOB_NAME", "values": [name]}]
    )
    return found["jobSummaryList"][0]["jobId"] if found["jobSummaryList"] else None


def test_submit_job_sync_answers_with_the_finished_job(machines):
    result = machines.result(machines.start("TrainMachine", {"name": "one", "code": ""}))
    assert json.loads(result["output"]) == {"status": "SUCCEEDED", "exitCode": 0}


def test_a_failed_job_fails_its_state(machines):
    given = {"name": "bad", "code": "import sys; sys.exit(3)"}
    result = machines.result(machines.start("TrainMachine", given))
    assert (result["status"], result["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(result["cause"])["Container"]["ExitCode"] == 3


def test_a_stopped_execution_terminates_its_job(machines, jobs, eventually):
    execution = machines.start("TrainMachine", {"name": "stopped", "code": FOREVER})
    job = eventually(lambda: job_id(jobs, "stopped"))
    jobs.wait_for(job, "RUNNING")
    machines.client.stop_execution(executionArn=execution)
    assert jobs.wait_for(job)["statusReason"] == "Terminated: the execution was stopped"
    time.sleep(0.2)
    assert machines.result(execution)["status"] == "ABORTED"


def test_a_distributed_map_runs_a_job_per_item(machines):
    workers = [{"name": f"w{i}", "code": f"import sys; sys.exit({i})"} for i in range(3)]
    result = machines.result(machines.start("FanOutMachine", {"workers": workers}))
    settled = json.loads(result["output"])
    assert settled[0] == {"status": "SUCCEEDED", "exitCode": 0}
    assert [one["error"]["Error"] for one in settled[1:]] == ["States.TaskFailed"] * 2


def test_a_stopped_map_terminates_the_jobs_of_its_items_and_starts_no_more(
    machines, jobs, eventually
):
    workers = [{"name": f"map-{i}", "code": FOREVER} for i in range(3)]
    execution = machines.start("FanOutMachine", {"workers": workers})
    found = [eventually(lambda i=i: job_id(jobs, f"map-{i}")) for i in range(3)]
    machines.client.stop_execution(executionArn=execution)
    assert [jobs.wait_for(job)["status"] for job in found] == ["FAILED"] * 3
    assert machines.result(execution)["status"] == "ABORTED"


def test_retry_and_catch_know_a_thrown_error_by_its_name(machines):
    execution = machines.start("CatchMachine", {})
    result = machines.result(execution)
    error = json.loads(result["output"])["error"]
    assert error["Error"] == "Unsettled"
    assert json.loads(error["Cause"])["errorMessage"] == "as asked"
    history = machines.client.get_execution_history(executionArn=execution)["events"]
    assert [event["type"] for event in history].count("TaskFailed") == 2


def test_submits_that_are_throttled_are_refused_and_tried_again(machines, jobs, emulator):
    left = emulator.folder / "throttled-submits"
    left.write_text("1")
    with pytest.raises(ClientError) as refused:
        jobs.submit("")
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429

    left.write_text("7")
    workers = [{"name": f"throttled-{i}", "code": ""} for i in range(3)]
    result = machines.result(machines.start("FanOutMachine", {"workers": workers}))
    assert json.loads(result["output"]) == [{"status": "SUCCEEDED", "exitCode": 0}] * 3
    assert left.read_text() == "0"


def test_a_state_waits_as_its_retrier_says():
    doubling = {"IntervalSeconds": 2, "BackoffRate": 2, "MaxDelaySeconds": 60}
    assert [delay_seconds(doubling, made) for made in range(7)] == [2, 4, 8, 16, 32, 60, 60]
    jittered = [delay_seconds({**doubling, "JitterStrategy": "FULL"}, 3) for _ in range(100)]
    assert 0 <= min(jittered) < 4
    assert 12 < max(jittered) <= 16

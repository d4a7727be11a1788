"""Batch runs jobs as processes, by Batch's rules."""

import os
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

FOREVER = "import time; print('up', flush=True); time.sleep(600)"
DEAF = "import signal; signal.signal(15, signal.SIG_IGN);" + FOREVER


def test_a_job_runs_in_a_clean_environment(jobs, emulator, outputs):
    job = jobs.submit(
        "import os; [print(f'{k}={v}') for k, v in os.environ.items()]",
        containerOverrides={"environment": [{"name": "OWN", "value": "yes"}]},
    )
    detail = jobs.wait_for(job)
    assert (detail["status"], detail["container"]["exitCode"]) == ("SUCCEEDED", 0)
    found = dict(line.split("=", 1) for line in jobs.log(job).splitlines())
    assert found["OWN"] == "yes"
    assert found["GREETING"] == "hello"
    assert found["AWS_BATCH_JOB_ID"] == job
    assert found["AWS_BATCH_JOB_ATTEMPT"] == "1"
    assert found["AWS_ENDPOINT_URL"] == emulator.endpoint
    api = outputs["ApiId"]
    assert found["API"] == f"{emulator.endpoint}/_aws/execute-api/{api}/%24default"
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "SECRET_OF_THE_EMULATOR"} & set(found)
    assert not Path(found["HOME"]).exists()


def test_jobs_wait_for_a_slot_and_are_listed_by_name_and_status(jobs):
    running = [jobs.submit(FOREVER, name=f"slots-{i}") for i in range(2)]
    waiting = jobs.submit("", name="slots-2")
    other = jobs.submit("", name="other")
    for job in running:
        jobs.wait_for(job, "RUNNING")
    assert jobs.describe(waiting)["status"] == "RUNNABLE"

    named = [{"name": "JOB_NAME", "values": ["slots-*"]}]
    found = jobs.batch.list_jobs(jobQueue=jobs.queue, filters=named)["jobSummaryList"]
    assert {job["jobId"] for job in found} == {*running, waiting}
    found = jobs.batch.list_jobs(jobQueue=jobs.queue, jobStatus="RUNNABLE")["jobSummaryList"]
    assert {job["jobId"] for job in found} == {waiting, other}

    jobs.batch.cancel_job(jobId=other, reason="not needed")
    jobs.batch.cancel_job(jobId=running[1], reason="a running job is not cancelled")
    assert jobs.describe(other)["statusReason"] == "not needed"
    jobs.batch.terminate_job(jobId=running[0], reason="enough")
    assert jobs.wait_for(waiting)["status"] == "SUCCEEDED"
    assert jobs.describe(running[1])["status"] == "RUNNING"
    jobs.batch.terminate_job(jobId=running[1], reason="enough")
    assert jobs.wait_for(running[1])["statusReason"] == "enough"


def test_the_retry_strategy_decides_what_is_tried_again(jobs):
    code = "import os, sys; sys.exit(75 if os.environ['AWS_BATCH_JOB_ATTEMPT'] < '3' else 0)"
    retried = jobs.submit(code)
    left = jobs.submit("import sys; sys.exit(3)")
    detail = jobs.wait_for(retried)
    assert detail["status"] == "SUCCEEDED"
    assert [attempt["container"]["exitCode"] for attempt in detail["attempts"]] == [75, 75, 0]
    assert len(jobs.wait_for(left)["attempts"]) == 1


def test_a_terminated_job_may_end_by_itself(jobs):
    code = (
        "import signal, sys; signal.signal(15, lambda *_: sys.exit(print('saved') or 4));" + FOREVER
    )
    job = jobs.submit(code)
    jobs.wait_for(job, "RUNNING")
    while "up" not in jobs.log(job):
        time.sleep(0.02)
    jobs.batch.terminate_job(jobId=job, reason="cancelled by the user")
    detail = jobs.wait_for(job)
    assert (detail["status"], detail["statusReason"]) == ("FAILED", "cancelled by the user")
    assert detail["container"]["exitCode"] == 4
    assert "saved" in jobs.log(job)


def test_a_job_that_ignores_sigterm_is_killed_with_all_its_processes(jobs, eventually):
    code = f"import os; os.fork() or os.setsid(); print(os.getpid(), flush=True); {DEAF}"
    job = jobs.submit(code)
    eventually(lambda: jobs.describe(job)["status"] == "RUNNING" and jobs.log(job).count("up") == 2)
    jobs.batch.terminate_job(jobId=job, reason="enough")
    assert jobs.wait_for(job)["container"]["exitCode"] == 137
    for pid in [int(line) for line in jobs.log(job).split() if line.isdigit()]:
        assert not Path(f"/proc/{pid}").exists()


def test_a_job_past_its_timeout_fails_and_is_not_retried(jobs):
    job = jobs.submit(FOREVER, timeout={"attemptDurationSeconds": 1})
    detail = jobs.wait_for(job)
    assert detail["statusReason"] == "Job attempt duration exceeded timeout"
    assert len(detail["attempts"]) == 1


def test_a_killed_process_counts_as_exit_137(jobs):
    job = jobs.submit(FOREVER)
    jobs.wait_for(job, "RUNNING")
    pid = Path(jobs.describe(job)["container"]["logStreamName"]).with_name("pid")
    os.kill(int(pid.read_text()), 9)
    assert jobs.wait_for(job)["container"]["exitCode"] == 137


def test_an_array_job_ends_with_its_children(jobs):
    code = "import os, sys; sys.exit(int(os.environ['AWS_BATCH_JOB_ARRAY_INDEX']) == 2)"
    job = jobs.submit(code, arrayProperties={"size": 3})
    after = jobs.submit("", dependsOn=[{"jobId": job}])
    detail = jobs.wait_for(job)
    assert detail["status"] == "FAILED"
    assert detail["arrayProperties"]["statusSummary"] == {"FAILED": 1, "SUCCEEDED": 2}
    assert jobs.wait_for(after)["statusReason"] == "Dependent Job failed"


def test_a_command_that_does_not_exist_fails_the_job(jobs):
    job = jobs.submit("", containerOverrides={"command": ["no-such-program"]})
    detail = jobs.wait_for(job)
    assert detail["container"]["exitCode"] == 127
    assert detail["statusReason"].startswith("CannotStartContainerError")


def test_an_unknown_definition_is_refused(jobs):
    with pytest.raises(ClientError, match="JobDefinition nothing not found"):
        jobs.batch.submit_job(jobName="a", jobQueue=jobs.queue, jobDefinition="nothing")


def test_a_finished_job_invokes_the_function_of_a_rule(jobs, emulator, outputs, eventually):
    job = jobs.submit("", name="told")
    jobs.wait_for(job)
    table = emulator.client("dynamodb")
    events = eventually(
        lambda: [
            item["event"]["S"]
            for item in table.scan(TableName=outputs["Table"])["Items"]
            if job in item.get("event", {}).get("S", "")
        ]
    )
    assert '"status":"SUCCEEDED"' in events[0]
    assert '"detail-type":"Batch Job State Change"' in events[0]

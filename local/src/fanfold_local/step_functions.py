"""Step Functions' ``batch:submitJob`` and ``batch:submitJob.sync``, and aborts that reach the jobs.

The emulator runs each execution on threads that it cannot interrupt. So a stopped execution's jobs
are terminated, and its threads end at the next task that they enter.
"""

import json
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.services import stepfunctions

from fanfold_local.aws_json import camel, pascal
from fanfold_local.batch import Batch, BatchError, TooManyRequestsError
from fanfold_local.retriers import delay_seconds

Shape = dict[str, Any]

STOPPED = "Terminated: the execution was stopped"

_execution: ContextVar[Shape] = ContextVar("execution")


class ExecutionStopped(Exception):  # noqa: N818 (not an error of any state)
    """Ends a stopped execution's thread; no state's Retry or Catch sees it."""


class BatchIntegration:
    """Submits jobs for executions and remembers which execution waits for which job."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._waiting_for: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def register(self, on_change: Callable[[], None]) -> None:
        """Add the integration to the emulator's, and make StopExecution reach the jobs."""
        integrations: dict[str, Any] = stepfunctions._SERVICE_DISPATCH
        integrations["arn:aws:states:::batch:submitJob"] = self.submit
        _wait_as_retriers_say()
        _know_the_execution_in_tasks(on_change)
        _keep_stopped_executions_stopped(on_change)
        stop = stepfunctions._stop_execution

        def stop_with_jobs(request: Shape) -> Any:
            answer = stop(request)
            self._terminate_jobs(request.get("executionArn", ""))
            on_change()
            return answer

        stepfunctions._stop_execution = stop_with_jobs

    def submit(self, resource: str, request: Shape) -> Shape:
        """Submit a job; with ``.sync`` wait for its end and fail when it failed."""
        try:
            answer = self._batch.submit(camel(request))
        except BatchError as error:
            raise stepfunctions._ExecutionError(_name_of(error), str(error)) from error
        if not resource.endswith(".sync"):
            return pascal(answer)
        detail = self._wait(answer["jobId"])
        if detail["status"] != "SUCCEEDED":
            cause = json.dumps(pascal(detail))
            raise stepfunctions._ExecutionError("States.TaskFailed", cause)
        return pascal(detail)

    def _wait(self, job_id: str) -> Shape:
        root = _root(_execution.get())
        with self._lock:
            jobs = self._waiting_for.setdefault(root["executionArn"], set())
            jobs.add(job_id)
        if root["status"] != "RUNNING":
            self._terminate_jobs(root["executionArn"])
        detail = self._batch.wait(job_id)
        with self._lock:
            jobs.discard(job_id)
            if not jobs:
                self._waiting_for.pop(root["executionArn"], None)
        _refuse_when_stopped()
        return detail

    def _terminate_jobs(self, execution_arn: str) -> None:
        with self._lock:
            jobs = list(self._waiting_for.get(execution_arn, ()))
        for job_id in jobs:
            self._batch.terminate({"jobId": job_id, "reason": STOPPED})


def _name_of(error: BatchError) -> str:
    """By which a state's Retry knows it."""
    if isinstance(error, TooManyRequestsError):
        return "Batch.TooManyRequestsException"
    return "Batch.ClientException"


def _wait_as_retriers_say() -> None:
    """Heed ``MaxDelaySeconds`` and ``JitterStrategy``, which the emulator does not know of."""
    find = stepfunctions._find_matching_retrier

    def find_with_delay(
        retriers: list[Shape], error: str, retry_counts: dict[int, int]
    ) -> tuple[Shape | None, int]:
        retrier, index = find(retriers, error, retry_counts)
        if retrier is None:
            return None, index
        delay_s = delay_seconds(retrier, retry_counts.get(index, 0))
        return retrier | {"IntervalSeconds": delay_s, "BackoffRate": 1}, index

    stepfunctions._find_matching_retrier = find_with_delay


def _know_the_execution_in_tasks(on_change: Callable[[], None]) -> None:
    """Tell integrations whose task they run, and enter no task of a stopped execution."""
    execute = stepfunctions._execute_task

    def execute_task(state: Shape, given: Any, execution: Shape, context: Shape) -> Any:
        _execution.set(execution)
        _refuse_when_stopped()
        on_change()
        return execute(state, given, execution, context)

    stepfunctions._execute_task = execute_task


def _keep_stopped_executions_stopped(on_change: Callable[[], None]) -> None:
    """A thread that ends after StopExecution must not turn ABORTED into FAILED."""
    fail, emit = stepfunctions._fail_execution, stepfunctions._emit_execution_status_event

    def fail_execution(execution: Shape, error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)

    def emit_status(execution: Shape) -> None:
        emit(execution)
        on_change()

    stepfunctions._fail_execution = fail_execution
    stepfunctions._emit_execution_status_event = emit_status


def _refuse_when_stopped() -> None:
    if _root(_execution.get())["status"] == "ABORTED":
        raise ExecutionStopped


def _root(execution: Shape) -> Shape:
    """Return the execution that a Distributed Map's child belongs to."""
    while run := stepfunctions._map_runs.get(execution.get("mapRunArn")):
        execution = stepfunctions._executions[run["executionArn"]]
    return execution

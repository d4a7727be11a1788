"""AWS Batch's API over child processes, in place of the emulator's jobs that only pretend."""

import copy
import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import batch

from fanfold_local.container import Container, reachable
from fanfold_local.job_events import publish
from fanfold_local.job_queue import JobQueue
from fanfold_local.jobs import Job, fail_interrupted, now_ms
from fanfold_local.listing import list_jobs
from fanfold_local.settings import Settings
from fanfold_local.throttling import throttles_a_submit

Shape = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]


class BatchError(Exception):
    """A request that Batch refuses; on the wire a ``ClientException``."""


class TooManyRequestsError(BatchError):
    """A call that comes too soon after others; it may be made again."""


class Batch:
    """The operations on jobs. What surrounds them (queues, definitions) is the emulator's."""

    def __init__(self, settings: Settings, on_change: Callable[[], None]) -> None:
        def changed(job: Job) -> None:
            publish(job.detail)
            on_change()

        self._settings = settings
        self._queue = JobQueue(settings.slots, changed)

    def register(self) -> None:
        """Take the place of the emulator's own job operations."""
        operations = {
            "/v1/submitjob": self.submit,
            "/v1/describejobs": self.describe,
            "/v1/listjobs": lambda request: list_jobs(request, list(batch._jobs.values())),
            "/v1/terminatejob": self.terminate,
            "/v1/canceljob": self.cancel,
        }
        for path, operation in operations.items():
            batch._DISPATCH[path] = _answering(operation)  # pyright: ignore[reportArgumentType]
        _fail_interrupted_jobs_on_restore()

    def close(self) -> None:
        """Start no more jobs."""
        self._queue.close()

    def submit(self, request: Shape) -> Shape:
        """SubmitJob."""
        if throttles_a_submit(self._settings.folder):
            raise TooManyRequestsError("Too Many Requests")
        definition = _definition(request.get("jobDefinition", ""))
        queue = _queue_arn(request.get("jobQueue", ""))
        if not request.get("jobName"):
            raise BatchError("jobName is required")
        job = self._job(str(uuid.uuid4()), request, definition, queue)
        size = (request.get("arrayProperties") or {}).get("size")
        if size:
            job.detail["arrayProperties"] = {"size": size, "statusSummary": {}}
            job.children = [self._child(job, i, request, definition) for i in range(size)]
        jobs = [job, *job.children]
        for one in jobs:
            batch._jobs[one.id] = one.detail
        self._queue.add(jobs)
        return {"jobName": request["jobName"], "jobId": job.id, "jobArn": job.detail["jobArn"]}

    def describe(self, request: Shape) -> Shape:
        """DescribeJobs."""
        found = (batch._jobs.get(job_id) for job_id in request.get("jobs", []))
        return {"jobs": [copy.deepcopy(detail) for detail in found if detail]}

    def terminate(self, request: Shape) -> Shape:
        """TerminateJob."""
        self._queue.terminate(_job_id(request), request.get("reason", ""))
        return {}

    def cancel(self, request: Shape) -> Shape:
        """CancelJob."""
        self._queue.cancel(_job_id(request), request.get("reason", ""))
        return {}

    def wait(self, job_id: str) -> Shape:
        """Wait for a job that was submitted to this process, and describe it."""
        job = self._queue.get(job_id)
        if job is None:
            raise BatchError(f"Job {job_id} not found")
        job.finished.wait()
        return job.detail

    def _child(self, parent: Job, index: int, request: Shape, definition: Shape) -> Job:
        child = self._job(f"{parent.id}:{index}", request, definition, parent.detail["jobQueue"])
        child.detail["arrayProperties"] = {"index": index}
        child.container.environment["AWS_BATCH_JOB_ARRAY_INDEX"] = str(index)
        child.parent = parent
        return child

    def _job(self, job_id: str, request: Shape, definition: Shape, queue: str) -> Job:
        properties = definition["containerProperties"]
        overrides = request.get("containerOverrides") or {}
        parameters = (definition.get("parameters") or {}) | (request.get("parameters") or {})
        command = _command(overrides.get("command") or properties.get("command", []), parameters)
        given = (properties.get("environment") or []) + (overrides.get("environment") or [])
        variables = {entry["name"]: entry.get("value", "") for entry in given}
        container = Container(
            command=command,
            environment={
                name: reachable(value, self._settings) for name, value in variables.items()
            }
            | {"AWS_BATCH_JOB_ID": job_id, "AWS_BATCH_JQ_NAME": queue.rsplit("/", 1)[-1]},
            folder=self._settings.jobs_folder / job_id.replace(":", "-"),
            settings=self._settings,
        )
        shown = {
            "image": properties.get("image", ""),
            "command": command,
            "environment": [{"name": name, "value": text} for name, text in variables.items()],
            "logStreamName": str(container.log),
        }
        detail = {
            "jobId": job_id,
            "jobArn": batch._job_arn(job_id),
            "jobName": request["jobName"],
            "jobQueue": queue,
            "jobDefinition": definition["jobDefinitionArn"],
            "status": "SUBMITTED",
            "createdAt": now_ms(),
            "attempts": [],
            "container": shown,
            "dependsOn": request.get("dependsOn") or [],
            "parameters": parameters,
            "retryStrategy": request.get("retryStrategy")
            or definition.get("retryStrategy")
            or {"attempts": 1},
            "timeout": request.get("timeout") or definition.get("timeout") or {},
            "tags": request.get("tags") or {},
        }
        share = request.get("shareIdentifier") or "default"
        return Job(detail=detail, container=container, share=share)


def _answering(operation: Callable[[Shape], Shape]) -> Callable[[Shape], Answer]:
    """Turn an operation into what the emulator dispatches to."""

    def answer(request: Shape) -> Answer:
        try:
            return batch._json(200, operation(request))
        except TooManyRequestsError as error:
            return error_response_json("TooManyRequestsException", str(error), 429)
        except BatchError as error:
            return error_response_json("ClientException", str(error), 400)

    return answer


def _fail_interrupted_jobs_on_restore() -> None:
    """Let restored jobs end: their processes ended with the emulator that ran them."""
    restore = batch.load_persisted_state

    def restore_and_fail(data: Shape) -> None:
        restore(data)
        fail_interrupted(batch._jobs._data)

    batch.load_persisted_state = restore_and_fail


def _definition(reference: str) -> Shape:
    """Find a definition by ARN, ``name:revision`` or ``name`` (its newest active revision)."""
    name, _, revision = reference.rsplit("/", 1)[-1].partition(":")
    for definition in reversed(batch._job_definitions.get(name) or []):
        wanted = str(definition["revision"]) == revision if revision else True
        if wanted and definition["status"] == "ACTIVE":
            return definition
    raise BatchError(f"JobDefinition {reference} not found")


def _queue_arn(reference: str) -> str:
    queue = batch._job_queues.get(reference.rsplit("/", 1)[-1])
    if not queue:
        raise BatchError(f"Job Queue {reference} not found")
    return queue["jobQueueArn"]


def _job_id(request: Shape) -> str:
    if not request.get("reason"):
        raise BatchError("reason is required")
    if request.get("jobId") not in batch._jobs:
        raise BatchError(f"Job {request.get('jobId')} not found")
    return request["jobId"]


def _command(words: list[str], parameters: dict[str, str]) -> list[str]:
    """Fill in ``Ref::name``, as Batch does."""
    return [parameters.get(w[5:], w) if w.startswith("Ref::") else w for w in words]

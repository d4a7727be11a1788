"""ListJobs: by status, by array job, or by name."""

from typing import Any

Shape = dict[str, Any]

_SHOWN = (
    "jobId", "jobArn", "jobName", "status", "statusReason", "createdAt", "startedAt", "stoppedAt",
    "jobDefinition", "arrayProperties",
)  # fmt: skip


def list_jobs(request: Shape, details: list[Shape]) -> Shape:
    """Return one page of summaries, newest first."""
    filters = {entry["name"]: entry["values"] for entry in request.get("filters") or []}
    found = [detail for detail in details if _wanted(detail, request, filters)]
    found.sort(key=lambda detail: detail["createdAt"], reverse=True)
    start = int(request.get("nextToken") or 0)
    end = start + int(request.get("maxResults") or 1000)
    page: Shape = {"jobSummaryList": [_summary(detail) for detail in found[start:end]]}
    if end < len(found):
        page["nextToken"] = str(end)
    return page


def _wanted(detail: Shape, request: Shape, filters: dict[str, list[str]]) -> bool:
    """As on AWS, a filter makes Batch ignore the status, and without either it lists RUNNING."""
    parent, _, child = detail["jobId"].partition(":")
    if array := request.get("arrayJobId"):
        return bool(child) and parent == array and _has_status(detail, request, None)
    if child or not _in_queue(detail, request.get("jobQueue")):
        return False
    if "JOB_NAME" in filters:
        return any(_is_named(detail["jobName"], name) for name in filters["JOB_NAME"])
    return _has_status(detail, request, "RUNNING")


def _has_status(detail: Shape, request: Shape, default: str | None) -> bool:
    status = request.get("jobStatus") or default
    return status is None or detail["status"] == status


def _in_queue(detail: Shape, queue: str | None) -> bool:
    return not queue or detail["jobQueue"].rsplit("/", 1)[-1] == queue.rsplit("/", 1)[-1]


def _is_named(name: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return name.lower().startswith(pattern[:-1].lower())
    return name.lower() == pattern.lower()


def _summary(detail: Shape) -> Shape:
    summary = {key: detail[key] for key in _SHOWN if key in detail}
    exit_code = detail["container"].get("exitCode")
    return summary | {"container": {} if exit_code is None else {"exitCode": exit_code}}

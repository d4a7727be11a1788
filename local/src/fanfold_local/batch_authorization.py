"""Names the resource of a call to Batch, so that grants on one job or queue hold as on AWS."""

import json
from typing import Any

from ministack.core import iam_actions

from fanfold_local.settings import ACCOUNT


def register() -> None:
    """Teach the emulator's authorization the ARNs of jobs; for other services it has its own."""
    emulators_own = iam_actions.extract_resource_arn

    def resource_arn(service: str, *request: Any, **named: Any) -> str:
        if service == "batch":
            region = request[5] if len(request) > 5 else named.get("region", "")
            body = request[3] if len(request) > 3 else named.get("body", b"")
            return _batch_resource(body, region)
        return emulators_own(service, *request, **named)

    iam_actions.extract_resource_arn = resource_arn


def _batch_resource(body: bytes, region: str) -> str:
    try:
        job_id = json.loads(body or b"{}").get("jobId")
    except (ValueError, AttributeError):
        return "*"
    return f"arn:aws:batch:{region}:{ACCOUNT}:job/{job_id}" if job_id else "*"

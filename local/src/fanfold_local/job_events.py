"""Batch's job state change events, on the account's default event bus."""

import json
from typing import Any

from ministack.services import eventbridge


def publish(detail: dict[str, Any]) -> None:
    """Put one event; the rules that match it invoke their targets."""
    event = {
        "Source": "aws.batch",
        "DetailType": "Batch Job State Change",
        "Detail": json.dumps(detail),
        "Resources": [detail["jobArn"]],
    }
    eventbridge._put_events({"Entries": [event]}, allow_aws_source=True)

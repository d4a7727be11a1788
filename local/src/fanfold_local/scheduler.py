"""Mends of the emulator's EventBridge Scheduler: time zones, and what stands for the moment.

The emulator reads every cron expression in UTC, hands over a target's input as it stands, looks
every ten seconds, and takes every schedule for one of the default group when it checks rights.
"""

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ministack.core import iam_actions
from ministack.core.responses import (
    get_account_id,
    get_region,
    set_request_account_id,
    set_request_region,
)
from ministack.services import eventbridge, scheduler

Shape = dict[str, Any]

_TICK_S = 1
_SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"

_logger = logging.getLogger(__name__)


def register() -> None:
    """Replace the emulator's look at its schedules."""
    scheduler._SCHEDULE_TICK_INTERVAL = _TICK_S
    scheduler._tick_schedules = fire_due
    emulators_own = iam_actions.extract_resource_arn

    def resource_arn(service: str, *request: Any, **named: Any) -> str:
        arn = emulators_own(service, *request, **named)
        if service != "scheduler" or len(request) < 5:
            return arn
        return arn.replace("schedule/default/", f"schedule/{_group(request[3], request[4])}/")

    iam_actions.extract_resource_arn = resource_arn


def _group(body: bytes, query: Shape) -> str:
    """Return the group that a call names, in its body or, where it has none, in its query."""
    named = query.get("groupName", "default")
    in_query = named[0] if isinstance(named, list) else named
    try:
        return json.loads(body or b"{}").get("GroupName", in_query)
    except (ValueError, AttributeError):
        return in_query


def fire_due() -> None:
    """Fire every schedule that came due since the last look, once."""
    now = time.time()
    account, region = get_account_id(), get_region()
    try:
        for key, schedule in list(scheduler._schedules._data.items()):
            due = _due(key, schedule, now)
            if due is None:
                continue
            set_request_account_id(key[0])
            set_request_region(key[1])
            _fire(schedule, due)
    finally:
        set_request_account_id(account)
        set_request_region(region)


def _due(key: Any, schedule: Shape, now: float) -> float | None:
    """Return the moment that a schedule came due, and begin to wait for the next one."""
    timing = (schedule["ScheduleExpression"], schedule["State"])
    waits_for = scheduler._schedule_last_fired
    waiting = waits_for.get(key)
    if waiting is None or waiting[0] != timing:
        waits_for[key] = (timing, next_moment(schedule, now))
        return None
    due = waiting[1]
    if due is None or now < due:
        return None
    waits_for[key] = (timing, next_moment(schedule, now))
    return due if schedule["State"] == "ENABLED" else None


def next_moment(schedule: Shape, now: float) -> float | None:
    """Return when a schedule comes due for the first time after `now`."""
    expression = schedule["ScheduleExpression"]
    interval = eventbridge._parse_rate_seconds(expression)
    if interval is not None:
        created = schedule["CreationDate"]
        return created + (int((now - created) // interval) + 1) * interval
    fields = eventbridge._parse_cron_fields(expression)
    if fields is None:
        return None
    # Wall clock times, which the emulator takes for UTC's.
    zone = ZoneInfo(schedule["ScheduleExpressionTimezone"])
    wall = datetime.fromtimestamp(now, zone).replace(tzinfo=UTC)
    found = eventbridge._cron_next_fire(fields, wall)
    return found and found.replace(tzinfo=zone).timestamp()


def _fire(schedule: Shape, due: float) -> None:
    text = datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    target = schedule["Target"]
    given = target.get("Input", "{}").replace(_SCHEDULED_TIME, text)
    _logger.info("schedule %s came due at %s", schedule["Name"], text)
    event = {"Source": "aws.scheduler", "DetailType": "Scheduled Event", "Detail": "{}"}
    eventbridge._invoke_target({**target, "Input": given}, event, schedule)

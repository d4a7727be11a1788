"""When schedules come due, and what their targets are told."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fanfold_local import scheduler
from ministack.services import eventbridge
from ministack.services import scheduler as emulators


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def schedule_of(expression: str, zone: str = "UTC", **more: Any) -> dict[str, Any]:
    return {
        "Name": "nightly",
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": zone,
        "CreationDate": moment("2026-11-24T10:00:05"),
        "State": "ENABLED",
        "Target": {"Arn": "an-arn", "Input": '{"scheduledAt": "<aws.scheduler.scheduled-time>"}'},
        **more,
    }


@pytest.mark.parametrize(
    ("zone", "due"),
    [
        ("UTC", "2026-11-25T06:00:00"),
        ("Europe/Vienna", "2026-11-25T05:00:00"),
        ("Asia/Kathmandu", "2026-11-25T00:15:00"),
        ("America/New_York", "2026-11-24T11:00:00"),
    ],
)
def test_a_cron_expression_is_read_in_the_schedules_zone(zone: str, due: str) -> None:
    schedule = schedule_of("cron(0 6 ? * * *)", zone)
    assert scheduler.next_moment(schedule, moment("2026-11-24T10:30:00")) == moment(due)


def test_a_clock_that_is_put_forward_keeps_the_hour() -> None:
    schedule = schedule_of("cron(0 6 ? * * *)", "Europe/Vienna")
    assert scheduler.next_moment(schedule, moment("2026-03-28T12:00:00")) == moment(
        "2026-03-29T04:00:00"
    )


def test_a_rate_counts_from_when_the_schedule_was_made() -> None:
    schedule = schedule_of("rate(2 minutes)")
    assert scheduler.next_moment(schedule, moment("2026-11-24T10:02:06")) == moment(
        "2026-11-24T10:04:05"
    )


def test_a_schedule_fires_once_for_each_moment_and_says_which(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fired: list[str] = []
    clock = [moment("2026-11-24T10:00:30")]
    monkeypatch.setattr("time.time", lambda: clock[0])
    monkeypatch.setattr(
        eventbridge, "_invoke_target", lambda target, _event, _rule: fired.append(target["Input"])
    )
    key = ("000000000000", "us-east-1", "group/nightly")
    schedule = schedule_of("cron(* * * * ? *)")
    monkeypatch.setitem(emulators._schedules._data, key, schedule)
    scheduler.fire_due()
    for seconds in (29, 1, 1, 58, 1):
        clock[0] += seconds
        scheduler.fire_due()
    assert fired == [
        '{"scheduledAt": "2026-11-24T10:01:00Z"}',
        '{"scheduledAt": "2026-11-24T10:02:00Z"}',
    ]
    schedule["State"] = "DISABLED"
    for _ in range(3):
        clock[0] += 60
        scheduler.fire_due()
    assert len(fired) == 2
    emulators._schedule_last_fired.pop(key)

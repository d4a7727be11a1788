"""Whether Batch tries a failed job again: the rules of ``retryStrategy``, pure."""

from collections.abc import Mapping
from typing import Any

from fanfold_local.container import TIMED_OUT, Outcome


def retries(strategy: Mapping[str, Any], attempts_made: int, outcome: Outcome) -> bool:
    """Say whether another attempt follows. A timed-out job is never retried, as on AWS."""
    if outcome.exit_code == 0 or outcome.reason == TIMED_OUT:
        return False
    if attempts_made >= int(strategy.get("attempts", 1)):
        return False
    for rule in strategy.get("evaluateOnExit", []):
        if _applies(rule, outcome):
            return rule["action"].upper() == "RETRY"
    return True


def _applies(rule: Mapping[str, str], outcome: Outcome) -> bool:
    """Match all conditions that the rule names; ``reason`` is the container's, none here."""
    found = {
        "onExitCode": str(outcome.exit_code),
        "onStatusReason": outcome.reason,
        "onReason": "",
    }
    return all(_matches(rule[name], value) for name, value in found.items() if name in rule)


def _matches(pattern: str, value: str) -> bool:
    """Match the whole value, or its beginning when the pattern ends in an asterisk."""
    if pattern.endswith("*"):
        return value.lower().startswith(pattern[:-1].lower())
    return value.lower() == pattern.lower()

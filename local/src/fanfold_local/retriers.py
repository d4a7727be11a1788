"""How long a state of Step Functions waits before it is tried again, as its ``Retry`` says."""

import random
from collections.abc import Mapping
from typing import Any


def delay_seconds(retrier: Mapping[str, Any], retries_made: int) -> float:
    """The delay after so many retries; with full jitter, a part of it that is drawn."""
    delay = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** retries_made
    delay = min(delay, retrier.get("MaxDelaySeconds", delay))
    return random.uniform(0, delay) if retrier.get("JitterStrategy") == "FULL" else delay

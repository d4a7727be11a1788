"""SubmitJob calls that are refused as too many, for tests of whoever makes them.

AWS Batch takes 50 a second from an account. How many of the next calls are refused here is a number
in a file of the emulator's folder; without the file, none is.
"""

import threading
from pathlib import Path

THROTTLED_SUBMITS = "throttled-submits"

_lock = threading.Lock()


def throttles_a_submit(folder: Path) -> bool:
    """Whether this call is refused; it is counted then."""
    file = folder / THROTTLED_SUBMITS
    with _lock:
        left = int(file.read_text()) if file.exists() else 0
        if left > 0:
            file.write_text(str(left - 1))
        return left > 0

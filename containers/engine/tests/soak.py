"""`npm run soak [-- MINUTES]`: disturbed fits of ever new seeds, until one ends unlike.

Minutes come as an argument or in `MINUTES` (60 by default); `SEED` tells one journey again.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import exactness

DEFAULT_MINUTES = "60"


def main() -> int:
    """The exit code: 1 when a journey failed."""
    if "SEED" in os.environ:
        return 0 if _is_exact(int(os.environ["SEED"])) else 1
    words = [*sys.argv[1:], os.environ.get("MINUTES", DEFAULT_MINUTES)]
    until = time.monotonic() + 60 * float(words[0])
    journeys = 0
    while time.monotonic() < until:
        if not _is_exact(secrets.randbelow(2**32)):
            return 1
        journeys += 1
    sys.stdout.write(f"{journeys} journeys, all as if nothing had happened\n")
    return 0


def _is_exact(seed: int) -> bool:
    started_at = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fanfold-soak-") as folder:
        try:
            log = exactness.prove(Path(folder), seed)
        except Exception:  # noqa: BLE001 - whatever it is, it is what a soak is for
            sys.stdout.write(traceback.format_exc())
            sys.stdout.write(f"\nSEED={seed} npm run soak   # tells this one again\n")
            return False
    seconds = time.monotonic() - started_at
    sys.stdout.write(f"seed {seed}: {len(log)} disturbances in {seconds:.0f} s\n")
    sys.stdout.flush()
    return True


if __name__ == "__main__":
    sys.exit(main())

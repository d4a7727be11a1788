"""Room on the worker's disk: a dataset that does not fit is refused with a sentence."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from fanfold_engine.data.errors import DiskTooSmallError

GIGABYTE = 1_000_000_000
REMEDY = "use a smaller fraction, or workers with more disk"


def require_room(folder: Path, size_bytes: int) -> None:
    """Refuse to begin what cannot end.

    Raises:
        DiskTooSmallError: less than ``size_bytes`` are free where the folder lies.
    """
    free_bytes = shutil.disk_usage(folder).free
    if size_bytes > free_bytes:
        raise DiskTooSmallError(
            f"the data take {size_bytes / GIGABYTE:.1f} GB, and the worker's disk has "
            f"{free_bytes / GIGABYTE:.1f} GB free; {REMEDY}"
        )


def is_full(error: OSError) -> bool:
    """Whether a write found no room."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def told_when_full() -> Generator[None]:
    """Turns a write that found no room into a :class:`DiskTooSmallError`."""
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        raise DiskTooSmallError(
            f"the worker's disk is full before all of the data are on it; {REMEDY}"
        ) from error

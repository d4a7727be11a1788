"""Which rows of a partition a data handle holds, and how their ids are written down."""

from __future__ import annotations

import base64
import random
import zlib

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]


def select(rows: int, fraction: float, *, seed: int, partition: str) -> npt.NDArray[np.intp]:
    """The positions of the rows drawn from a partition, in their own order.

    Every row gets a random number from ``random.Random(f"{seed}/{partition}")``, whose stream
    Python promises to keep; the ``round(rows * fraction)`` rows with the lowest ones are taken.
    """
    if fraction == 1.0:
        return np.arange(rows)
    draw = random.Random(f"{seed}/{partition}").random
    lots = np.fromiter((draw() for _ in range(rows)), dtype=np.float64, count=rows)
    return np.sort(np.argsort(lots, kind="stable")[: round(rows * fraction)])


def pack_ids(ids: Ids) -> str:
    """Ids as text: their differences as little-endian 64-bit integers, deflated, in base 64."""
    differences = np.diff(ids, prepend=np.int64(0)).astype("<i8")
    return base64.b64encode(zlib.compress(differences.tobytes(), 9)).decode()


def unpack_ids(text: str) -> Ids:
    """The ids that :func:`pack_ids` wrote."""
    differences = np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype="<i8")
    return np.cumsum(differences).astype(np.int64)

"""Why runs are not fused."""

from __future__ import annotations


class UnfusableError(Exception):
    """The runs must be trained apart; the message says why, after "because"."""

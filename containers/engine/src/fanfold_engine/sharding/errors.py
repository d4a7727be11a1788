"""What goes wrong with ranks, beside the errors of user code."""

from __future__ import annotations


class RankLostError(Exception):
    """A rank's process is gone."""


class RankFaultError(Exception):
    """The engine failed in a rank; the message is the traceback."""

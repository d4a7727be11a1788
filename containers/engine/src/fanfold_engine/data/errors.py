"""What can be wrong with a dataset."""

from __future__ import annotations

from typing import ClassVar, Literal

DataErrorType = Literal["invalid-data", "data-changed", "data-too-large"]


class DataError(Exception):
    """The data cannot be used as it is; the message says what is wrong and what to do."""

    error_type: ClassVar[DataErrorType] = "invalid-data"


class DataChangedError(DataError):
    """A source object is not the one that was downloaded."""

    error_type = "data-changed"

    def __init__(self, uri: str, what: str) -> None:
        super().__init__(
            f"{uri} {what} since the data handle was downloaded; download a new data handle"
        )


class DiskTooSmallError(DataError):
    """The worker's disk cannot hold the data."""

    error_type = "data-too-large"

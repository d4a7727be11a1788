"""What can be wrong with a dataset."""


class DataError(Exception):
    """The data cannot be used as it is; the message says what is wrong and what to do."""


class DataChangedError(DataError):
    """A source object is not the one that was downloaded (``data-changed``)."""

    def __init__(self, uri: str, what: str) -> None:
        super().__init__(
            f"data-changed: {uri} {what} since the data handle was downloaded; "
            "download a new data handle"
        )

"""Log lines that show as text."""

from collections.abc import Iterable, Sequence
from typing import overload

from fanfold.resources import LogLine


class LogLines(Sequence[LogLine]):
    """The lines of a log, in order."""

    def __init__(self, lines: Iterable[LogLine]) -> None:
        self._lines = tuple(lines)

    @overload
    def __getitem__(self, index: int) -> LogLine: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[LogLine]: ...
    def __getitem__(self, index: int | slice) -> LogLine | Sequence[LogLine]:
        return self._lines[index]

    def __len__(self) -> int:
        return len(self._lines)

    def __repr__(self) -> str:
        return "\n".join(map(str, self._lines)) or "No log lines yet"

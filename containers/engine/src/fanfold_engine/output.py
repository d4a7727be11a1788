"""What user code prints, warns and logs becomes log lines of the run that said it.

Everything also goes on to the real streams, line by line; secrets are hidden in both. What native
code and other processes write to the real streams passes by here. Standard output is ``info``,
standard error ``warning``, records of ``logging`` keep their level. Of a progress bar that
rewrites its line only the last state of the line is kept; lines longer than ``MAX_LINE`` are told
in pieces.
"""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, TextIO

from fanfold_engine.ledger import Ledger
from fanfold_engine.protocol import LogLevel, LogLine, instant

MAX_LINE = 8_000
CHATTY = ("boto3", "botocore", "httpcore", "httpx", "s3transfer", "urllib3")
ENGINE = __name__.split(".", maxsplit=1)[0]


class Output:
    """Turns text into log lines. One run speaks at a time."""

    def __init__(self, ledger: Ledger) -> None:
        self.mask = ledger.mask
        self._ledger = ledger
        self._speaker: int | None = None
        self._streams: list[_Tee] = []

    @contextmanager
    def captured(self) -> Generator[None]:
        """Listen to the process's streams and loggers."""
        out, err = sys.stdout, sys.stderr
        self._streams = [_Tee(out, self, "info"), _Tee(err, self, "warning")]
        sys.stdout, sys.stderr = self._streams
        handler = _Handler(self, err)
        root, level = logging.getLogger(), logging.getLogger().level
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        for name in CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
        try:
            yield
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
            sys.stdout, sys.stderr = out, err

    @contextmanager
    def of(self, run_id: int) -> Generator[None]:
        """What is said in here is said by the run."""
        before, self._speaker = self._speaker, run_id
        try:
            yield
        finally:
            for stream in self._streams:
                stream.end_line()
            self._speaker = before

    def say(self, level: LogLevel, text: str, *, by_engine: bool = False) -> None:
        """Put whole lines in the ledger."""
        run_id, at = None if by_engine else self._speaker, instant()
        self._ledger.add_lines(
            LogLine(at, level, _sendable(line[start : start + MAX_LINE]), run_id)
            for line in text.split("\n")
            for start in range(0, max(1, len(line)), MAX_LINE)
        )


class _Tee(io.TextIOBase):
    """A stream that passes on what is written and tells it line by line."""

    def __init__(self, stream: TextIO, output: Output, level: LogLevel) -> None:
        self._stream = stream
        self._output = output
        self._level: LogLevel = level
        self._line = ""
        self._lock = threading.Lock()

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._stream.encoding

    def __getattr__(self, name: str) -> Any:
        """Whatever else the real stream has, as its ``buffer``; what goes there is not told."""
        return getattr(self._stream, name)

    def write(self, text: str, /) -> int:
        with self._lock:
            *lines, self._line = (self._line + text).replace("\r\n", "\n").split("\n")
            if len(self._line) >= MAX_LINE + self._output.mask.reach:
                lines += self._piece()
        if lines:
            self._tell(lines)
        return len(text)

    def _piece(self) -> list[str]:
        """Take what there is of a long line, but for what may be the start of a secret."""
        line = self._output.mask(self._line)
        end = max(0, len(line) - self._output.mask.reach)
        self._line = line[end:]
        return [line[:end]] if end else []

    def end_line(self) -> None:
        """Tell the line that was begun."""
        with self._lock:
            line, self._line = self._line, ""
        if line:
            self._tell([line])

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def _tell(self, lines: list[str]) -> None:
        hidden = self._output.mask("\n".join(lines))
        self._stream.write(f"{hidden}\n")
        last_states = (line.rstrip("\r").rsplit("\r", 1)[-1] for line in hidden.split("\n"))
        self._output.say(self._level, "\n".join(last_states))


class _Handler(logging.Handler):
    """Tells log records; the engine's own are not said by any run."""

    def __init__(self, output: Output, stream: TextIO) -> None:
        super().__init__()
        self._output = output
        self._stream = stream
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self._output.mask(self.format(record))
            self._stream.write(f"{record.levelname} {record.name}: {text}\n")
            by_engine = record.name.split(".", 1)[0] == ENGINE
            self._output.say(_level(record.levelno), text, by_engine=by_engine)
        except Exception:  # noqa: BLE001 - logging's own rule: a record must never raise
            self.handleError(record)


def _level(number: int) -> LogLevel:
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warning"
    return "info" if number >= logging.INFO else "debug"


def _sendable(text: str) -> str:
    """The text without lone surrogates, which UTF-8 has no bytes for."""
    return text.encode("utf-8", "replace").decode()

"""What the worker has to tell, kept until it was heard.

Reports of one run are merged while they wait, so a run has at most one in each sync. What a
sync took is gone from the ledger only when that sync was answered; meanwhile new reports of the
same run queue up.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from fanfold_engine.protocol import (
    MAX_LOG_LINES,
    MAX_RUN_REPORTS,
    DownloadReport,
    GpuUse,
    InferenceReport,
    LogLine,
    RunError,
    RunReport,
    TimeUse,
    instant,
)
from fanfold_engine.secrets import Mask

MAX_LOG_BYTES = 250_000
MAX_WAITING_LOG_BYTES = 16_000_000
LINE_OVERHEAD_BYTES = 110

Accepted = Callable[[], None]
Use = TypeVar("Use", GpuUse, TimeUse)


@dataclass(frozen=True)
class Entries:
    """What one sync carries, and whether more waits than fitted."""

    runs: tuple[RunReport, ...] = ()
    logs: tuple[LogLine, ...] = ()
    download: DownloadReport | None = None
    inference: InferenceReport | None = None
    accepted: tuple[Accepted, ...] = ()
    more: bool = False


@dataclass
class _Waiting:
    report: RunReport
    accepted: list[Accepted] = field(default_factory=list)


class Ledger:
    """Reports and log lines that wait for a sync. Every method may be called from any thread.

    ``mask`` hides the secrets in all that is told.
    """

    def __init__(self) -> None:
        self.mask = Mask()
        self._lock = threading.Lock()
        self._runs: dict[int, _Waiting] = {}
        self._lines: deque[tuple[LogLine, int]] = deque()
        self._line_bytes = 0
        self._dropped_lines = 0
        self._download: DownloadReport | None = None
        self._inference: InferenceReport | None = None
        self._in_flight: Entries | None = None

    def report(self, report: RunReport, accepted: Accepted | None = None) -> None:
        """Put in what became of a run; ``accepted`` is called when the control plane heard it."""
        if report.error is not None:
            report = replace(report, error=self._hidden(report.error))
        with self._lock:
            waiting = self._runs.get(report.run_id)
            if waiting is None:
                waiting = self._runs[report.run_id] = _Waiting(report)
            else:
                waiting.report = _merge(waiting.report, report)
            if accepted is not None:
                waiting.accepted.append(accepted)

    def report_download(self, report: DownloadReport) -> None:
        """Put in how the download ended."""
        with self._lock:
            self._download = report

    def report_inference(self, report: InferenceReport) -> None:
        """Put in how far the test or the prediction is now."""
        if report.error is not None:
            hidden = self._hidden(RunError(report.error.message, report.error.traceback))
            error = replace(report.error, message=hidden.message, traceback=hidden.traceback)
            report = replace(report, error=error)
        with self._lock:
            self._inference = report

    def add_lines(self, lines: Iterable[LogLine]) -> None:
        """Put in log lines; when far too many wait, the newest are counted and dropped."""
        with self._lock:
            for line in lines:
                size = (
                    len(json.dumps(line.message, ensure_ascii=False).encode()) + LINE_OVERHEAD_BYTES
                )
                if self._line_bytes + size > MAX_WAITING_LOG_BYTES:
                    self._dropped_lines += 1
                    continue
                self._lines.append((line, size))
                self._line_bytes += size

    def take(self) -> Entries:
        """What the next sync carries; it stays in flight until :meth:`confirm`."""
        with self._lock:
            run_ids = list(self._runs)[:MAX_RUN_REPORTS]
            taken = [self._runs.pop(run_id) for run_id in run_ids]
            lines, download, self._download = self._take_lines(), self._download, None
            inference, self._inference = self._inference, None
            self._in_flight = Entries(
                runs=tuple(waiting.report for waiting in taken),
                logs=lines,
                download=download,
                inference=inference,
                accepted=tuple(call for waiting in taken for call in waiting.accepted),
                more=self._waits(),
            )
            return self._in_flight

    def confirm(self) -> None:
        """What was taken has been heard."""
        heard = self._in_flight
        for call in heard.accepted if heard else ():
            call()
        with self._lock:
            self._in_flight = None

    @property
    def is_empty(self) -> bool:
        """Whether everything has been heard."""
        with self._lock:
            return self._in_flight is None and not self._waits()

    def _hidden(self, error: RunError) -> RunError:
        traceback = None if error.traceback is None else self.mask(error.traceback)
        return replace(error, message=self.mask(error.message), traceback=traceback)

    def _waits(self) -> bool:
        told = self._download or self._inference
        return bool(self._runs or self._lines or self._dropped_lines or told)

    def _take_lines(self) -> tuple[LogLine, ...]:
        lines: list[LogLine] = []
        room = MAX_LOG_BYTES
        while self._lines and len(lines) < MAX_LOG_LINES and self._lines[0][1] <= room:
            line, size = self._lines.popleft()
            self._line_bytes -= size
            room -= size
            lines.append(line)
        if self._dropped_lines and not self._lines and len(lines) < MAX_LOG_LINES:
            message = f"… {self._dropped_lines} lines dropped: more was printed than could be sent"
            lines.append(LogLine(instant(), "warning", message))
            self._dropped_lines = 0
        return tuple(lines)


def _merge(earlier: RunReport, later: RunReport) -> RunReport:
    return replace(
        later,
        progress=later.progress or earlier.progress,
        checkpoint=later.checkpoint or earlier.checkpoint,
        branch=later.branch or earlier.branch,
        epochs=earlier.epochs + later.epochs,
        epoch_checkpoints=earlier.epoch_checkpoints + later.epoch_checkpoints,
        runtime_seconds=earlier.runtime_seconds + later.runtime_seconds,
        time_use=_add(earlier.time_use, later.time_use),
        gpu=_add(earlier.gpu, later.gpu),
        error=later.error or earlier.error,
    )


def _add(earlier: Use | None, later: Use | None) -> Use | None:
    return earlier or later if earlier is None or later is None else earlier + later

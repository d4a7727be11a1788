"""Lines in a run's log that say how fast its chunks were trained, and what time was lost."""

from __future__ import annotations

from collections.abc import Iterator

from fanfold_engine.protocol import GpuUse, LogLine, RunReport, TimeUse, instant

LINE_SECONDS = 5.0
"""Chunks that are shorter are told of together, so that small runs do not fill the logs."""
SHOWN_SECONDS = 0.005


class ChunkLog:
    """Sums up what is reported of one run until it is worth a line."""

    def __init__(self, run_id: int) -> None:
        self._run_id = run_id
        self._forget()

    def _forget(self) -> None:
        self._chunks = 0
        self._seconds = 0.0
        self._time = TimeUse()
        self._gpu: GpuUse | None = None

    def lines_of(self, report: RunReport) -> Iterator[LogLine]:
        """The line that is due with this report, if one is."""
        self._seconds += report.runtime_seconds
        self._time += report.time_use or TimeUse()
        if report.gpu is not None:
            self._gpu = report.gpu if self._gpu is None else self._gpu + report.gpu
        if report.progress is None:
            return
        self._chunks += 1
        if self._seconds >= LINE_SECONDS:
            place = report.progress
            where = f"epoch {place.epoch}, chunk {place.chunk} of {place.chunks}"
            yield LogLine(instant(), "info", f"{where}: {self._told()}", self._run_id)
            self._forget()

    def _told(self) -> str:
        time, chunks = self._time, f"{self._chunks} chunks, " if self._chunks > 1 else ""
        rate = time.examples / time.training_seconds if time.training_seconds else 0.0
        words = [f"{chunks}{time.examples} examples at {rate:.0f} per second"]
        lost = {
            "loading": time.loading_seconds,
            "swapping": time.swapping_seconds,
            "checkpointing": time.checkpointing_seconds,
        }
        told = [
            f"{seconds:.2f} s {what}" for what, seconds in lost.items() if seconds >= SHOWN_SECONDS
        ]
        words.append(f"{self._seconds:.1f} s in all" + (f", {', '.join(told)}" if told else ""))
        if self._gpu is not None and self._gpu.seconds > 0:
            busy, memory = self._gpu.busy_seconds / self._gpu.seconds, self._gpu.peak_memory_bytes
            words.append(f"GPU {busy:.0%} busy, {memory / 2**30:.1f} GiB in use")
        return "; ".join(words)

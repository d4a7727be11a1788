"""What the control plane is told of one run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from fanfold_engine.chunk_log import ChunkLog
from fanfold_engine.protocol import (
    Checkpoint,
    DealtRun,
    EpochReport,
    GpuUse,
    Progress,
    RunError,
    RunReport,
    RunStatus,
    TimeUse,
)
from fanfold_engine.session import Session


class RunTale:
    """Each report repeats what holds until it changes; several threads may tell."""

    def __init__(self, dealt: DealtRun, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._log = ChunkLog(dealt.run_id)
        self._told = RunReport(dealt.run_id, "ongoing", dealt.completed_epochs)

    def was_fused(self, within: float) -> None:
        """From now on it is told that the run was fused, after a trial with this tolerance."""
        with self._lock:
            self._told = replace(self._told, fused_within=within)

    def tell(
        self,
        *,
        status: RunStatus | None = None,
        completed_epochs: int | None = None,
        progress: Progress | None = None,
        checkpoint: Checkpoint | None = None,
        epochs: tuple[EpochReport, ...] = (),
        epoch_checkpoints: tuple[Checkpoint, ...] = (),
        branch: Checkpoint | None = None,
        runtime_seconds: float = 0.0,
        time_use: TimeUse | None = None,
        gpu: GpuUse | None = None,
        error: RunError | None = None,
        accepted: Callable[[], None] | None = None,
    ) -> None:
        """Put a report in the ledger; status, epochs done and error stay told until they change."""
        with self._lock:
            self._told = replace(
                self._told,
                status=status or self._told.status,
                completed_epochs=completed_epochs or self._told.completed_epochs,
                error=error or self._told.error,
            )
            report = replace(
                self._told,
                progress=progress,
                checkpoint=checkpoint,
                epochs=epochs,
                epoch_checkpoints=epoch_checkpoints,
                branch=branch,
                runtime_seconds=runtime_seconds,
                time_use=time_use,
                gpu=gpu,
            )
            self._session.ledger.report(report, accepted)
            self._session.ledger.add_lines(self._log.lines_of(report))

    def tell_time(self, lost: TimeUse) -> None:
        """Tell of time that went into anything but a chunk."""
        seconds = lost.loading_seconds + lost.swapping_seconds + lost.checkpointing_seconds
        self.tell(runtime_seconds=seconds, time_use=lost)

    def tell_status(self, status: RunStatus) -> None:
        """Tell that the run is over, if it is."""
        if status != "ongoing":
            self.tell(status=status)
            self._session.sync_soon()

"""What a fit would do, as the service plans it without starting anything."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from fanfold.resources import Json


@dataclass(frozen=True)
class FitPlan:
    """What `run_fit(..., dry_run=True)` gives back.

    Attributes:
        run_count: Runs, one per leaf config.
        configs: Leaf configs of the first 100 runs.
        workers: AWS Batch jobs, of one GPU each, that share the runs.
        runs_per_worker: Runs of the worker that gets the most.
        reason: Why the runs are shared out so.
        rungs: Per `SHA`, the epochs after which it halves its runs.
        gpu_hours: Estimated hours of training over all GPUs; `None` when nothing is known.
        hours: Estimated hours until the worker with the most to train is done, from its start.
        cost_usd: What they cost at the deployment's price; `None` when one of both is unknown.
        gpu_utilization: The share of the time, from 0 to 1, that the runs it goes by kept a GPU
            busy; `None` where that was not measured.
        gpu_memory_bytes: The most that was in use on a GPU while these runs trained.
        estimate_reason: What the estimate goes by, or why there is none.
    """

    run_count: int
    configs: Sequence[Mapping[str, Any]]
    workers: int
    runs_per_worker: int
    reason: str
    rungs: Sequence[Sequence[int]]
    gpu_hours: float | None
    hours: float | None
    cost_usd: float | None
    gpu_utilization: float | None
    gpu_memory_bytes: int | None
    estimate_reason: str

    @classmethod
    def of(cls, wire: Json) -> Self:
        """Read it from JSON."""
        plan, estimate = wire["plan"], wire["estimate"] or {}
        return cls(
            run_count=wire["runCount"],
            configs=wire["configs"],
            workers=plan["workers"],
            runs_per_worker=plan["runsPerWorker"],
            reason=plan["reason"],
            rungs=[bracket["rungs"] for bracket in wire["brackets"]],
            gpu_hours=estimate.get("gpuHours"),
            hours=estimate.get("hours"),
            cost_usd=estimate.get("usd"),
            gpu_utilization=estimate.get("gpuUtilization"),
            gpu_memory_bytes=estimate.get("gpuPeakMemoryBytes"),
            estimate_reason=wire["estimateReason"],
        )

    def __str__(self) -> str:
        lines = [
            f"Dry run: {_counted(self.run_count, 'run')} on {_counted(self.workers, 'worker')}, "
            f"at most {self.runs_per_worker} each ({self.reason})",
            *(_halved(rungs) for rungs in self.rungs),
            *self._estimate(),
            "Nothing was started",
        ]
        return "\n".join(lines)

    def _estimate(self) -> Iterator[str]:
        if self.gpu_hours is None:
            yield f"No estimate: {self.estimate_reason}"
            return
        cost = "" if self.cost_usd is None else f", ${self.cost_usd:.2f}"
        yield (
            f"Estimate: {self.gpu_hours:.3g} GPU hours{cost}, done in {self.hours:.3g} hours "
            f"({self.estimate_reason})"
        )
        if self.gpu_utilization is not None and self.gpu_memory_bytes is not None:
            memory_gib = self.gpu_memory_bytes / 2**30
            yield (
                f"These runs kept a GPU {self.gpu_utilization:.0%} busy, with at most "
                f"{memory_gib:.1f} GiB of its memory in use"
            )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _halved(rungs: Sequence[int]) -> str:
    if not rungs:
        return "SHA halves nothing: its first rung is the last epoch"
    epochs = ", ".join(map(str, rungs))
    return f"SHA lets the best go on after {'epoch' if len(rungs) == 1 else 'epochs'} {epochs}"

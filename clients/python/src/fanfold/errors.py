"""What can go wrong, as exceptions.

* FanfoldError
  x NotConnected
  x Unreachable
  x OperationFailed
  x Problem
    + CodeChanged
    + DataChanged, also an OperationFailed
    + DataHandleNotFound
    + DataHandleNotReady
    + DataTooLarge, also an OperationFailed
    + EpochCheckpointNotApplicable
    + EpochCheckpointsDisabled
    + ExperimentEnded
    + ExperimentNotFound
    + Forbidden
    + IdempotencyKeyReused
    + IllegalTransition
    + InternalError
    + InvalidConfig
    + InvalidData, also an OperationFailed
    + InvalidMlSpec
    + InvalidModelTag
    + InvalidRequest
    + NoActiveFit
    + NoCheckpoint
    + NoPredictions
    + NotFound
    + OperationInProgress
    + OperationNotFound
    + PartitionMissing
    + PathwayAmbiguous
    + RunNotFound
    + ScheduleNotFound
    + SettingsChanged
    + TokenNotFound
    + TooLarge
    + TooManyRequests
    + Unauthorized
    + WorkerFenced
* KeyboardInterrupt
  x Detached
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One offending place of a request: a JSON pointer (RFC 6901) and what is wrong there.

    In a text, such as an MLSpec file, `line` and `column` (from 1) say where.
    """

    pointer: str
    detail: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = self.pointer if self.line is None else f"line {self.line}, column {self.column}"
        return f"{place}: {self.detail}"

    def is_told_in(self, sentence: str) -> bool:
        """Whether a sentence says the same."""
        place = self.pointer if self.line is None else f":{self.line}:{self.column}"
        return f"{place} {self.detail}" in sentence


class FanfoldError(Exception):
    """Everything this package raises on purpose; its text says what to do."""

    def _render_traceback_(self) -> list[str]:
        """Show the sentence alone in a notebook; the frames are not the user's."""
        return f"{type(self).__name__}: {self}".splitlines()


class NotConnected(FanfoldError):  # noqa: N818
    """It is not known where the service is."""


class Unreachable(FanfoldError):  # noqa: N818
    """The service did not answer, however often it was asked."""


class OperationFailed(FanfoldError):  # noqa: N818
    """An operation could not be carried out."""


class Problem(FanfoldError):  # noqa: N818
    """The service refused a call (RFC 9457); a refused call has changed nothing.

    Attributes:
        detail: One sentence that says what to do.
        errors: The offending places of the request, if it is about places.
        status: The HTTP status; `None` when the client refused before it asked the service.
        instance: The request's id, to find it in the service's logs.

    Example:
        >>> try:
        ...     exp.run_fit(dh, config)
        ... except fanfold.InvalidConfig as problem:
        ...     for fault in problem.errors:
        ...         print(fault.pointer, fault.detail)
    """

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        status: int | None = None,
        instance: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.status = status
        self.instance = instance

    def __str__(self) -> str:
        untold = [error for error in self.errors if not error.is_told_in(self.detail)]
        # A list of several is shown whole, even if the sentence has its first.
        places = self.errors if untold else ()
        return "\n".join([self.detail, *(f"  {error}" for error in places)])


class CodeChanged(Problem):
    """The alive experiment of that name has other MLSpec code."""


class DataChanged(Problem, OperationFailed):
    """A source object is not what it was when the data handle was downloaded: download anew."""


class DataHandleNotFound(Problem):
    """The experiment has no such data handle."""


class DataHandleNotReady(Problem):
    """The data handle is not downloaded in this experiment: call `download()` first."""


class DataTooLarge(Problem, OperationFailed):
    """The data do not fit on a worker's disk: use a smaller fraction, or workers with more disk."""


class EpochCheckpointNotApplicable(Problem):
    """`epoch_checkpoint` chooses among a run's checkpoints; a `model_tag` names one already."""


class EpochCheckpointsDisabled(Problem):
    """The experiment was made with `epoch_checkpoints=False`."""


class ExperimentEnded(Problem):
    """The experiment has ended; results, runs and logs can still be read."""


class ExperimentNotFound(Problem):
    """The workspace has no such experiment, or none is alive."""


class Forbidden(Problem):
    """The token does not open this workspace, or its role is less than the call takes."""


class IdempotencyKeyReused(Problem):
    """The idempotency key was used for a different call."""


class IllegalTransition(Problem):
    """The run cannot go there from its status."""


class InternalError(Problem):
    """Something went wrong on the service's side."""


class InvalidConfig(Problem):
    """The config, or a leaf of the config group, is not valid."""


class InvalidData(Problem, OperationFailed):
    """A dataset is not as it must be; the sentence says what is wrong, where, and what to do."""


class InvalidMlSpec(Problem):
    """The MLSpec file does not parse or lacks what it must have."""


class InvalidModelTag(Problem):
    """The model tag names no checkpoint that can be used."""


class InvalidRequest(Problem):
    """An argument is not valid."""


class NoActiveFit(Problem):
    """The call needs an active fit."""


class NoCheckpoint(Problem):
    """The run has no checkpoint, or none of the epoch asked for."""


class NoPredictions(Problem):
    """The operation is no completed prediction."""


class NotFound(Problem):
    """The URL leads nowhere; client and service may be of different versions."""


class OperationInProgress(Problem):
    """Another operation of the experiment is active: `watch()` it or `cancel_current()`."""


class OperationNotFound(Problem):
    """The experiment has no such operation."""


class PartitionMissing(Problem):
    """The data handle lacks a partition that the operation needs."""


class PathwayAmbiguous(Problem):
    """A model is named by a run, or by a tag together with a config, and by nothing else."""


class RunNotFound(Problem):
    """The experiment has no such run."""


class ScheduleNotFound(Problem):
    """The workspace has no such schedule."""


class SettingsChanged(Problem):
    """The alive experiment of that name has another `epoch_checkpoints`."""


class TokenNotFound(Problem):
    """There is no such API token, or the caller's own does not open what it opens."""


class TooLarge(Problem):
    """The request is too large."""


class TooManyRequests(Problem):
    """The token's calls of this minute are used up: go on in the next one."""


class Unauthorized(Problem):
    """The token is not accepted."""


class WorkerFenced(Problem):
    """A newer attempt of a worker has taken over; only workers meet this."""


class Detached(KeyboardInterrupt):
    """The user interrupted the watching; the operation goes on, and the text says how to return."""

    def _render_traceback_(self) -> list[str]:
        """Show the sentence alone in a notebook."""
        return [f"Detached: {self}"]


def _problem_name(cls: type[Problem]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


problem_classes: Mapping[str, type[Problem]] = {
    _problem_name(cls): cls for cls in Problem.__subclasses__()
}
"""The class of each problem type, by the last segment of its `type` URI."""


def failure(detail: str, error_type: str | None) -> FanfoldError:
    """The exception for an operation that failed: of its own class if the error has a type."""
    named = problem_classes.get(error_type or "")
    return OperationFailed(detail) if named is None else named(detail)

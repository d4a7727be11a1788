"""What can be done to the runs of an experiment while a fit is active."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pandas as pd

from fanfold.frames import control_frame
from fanfold.knobs import ConfigGroup, to_wire
from fanfold.resources import Run
from fanfold.routes import ExperimentRoutes
from fanfold.screens import say


class RunControl:
    """The steering half of an experiment; of two users' conflicting ops one wins.

    An op is done or refused at once, against the run as it is then, and kept in the control log.
    """

    _routes: ExperimentRoutes

    def stop(self, run_id: int) -> None:
        """Stop a run with a checkpoint, at its next chunk boundary; `resume` lets it go on.

        A run that has not begun stops at once; one whose next boundary is its end completes.

        Raises:
            IllegalTransition: The run is neither new nor ongoing, or was stopped before.
            NoActiveFit: No fit is active.
            RunNotFound: The experiment has no such run.

        Example:
            >>> exp.stop(3)
            Run 3 stops at its next chunk boundary
        """
        run = self._routes.control_run(run_id, "stop", idempotency_key=str(uuid4()))
        ending = "is stopped" if run.status == "stopped" else "stops at its next chunk boundary"
        say(f"Run {run_id} {ending}")

    def resume(self, run_id: int) -> None:
        """Let a stopped run go on exactly where it stopped.

        It may be of an earlier fit, cut short by its budget or by `cancel_current`: then it belongs
        to the active fit from now on, if that has the run's data handle, and keeps its seed.

        Raises:
            IllegalTransition: The run is not stopped; one that is to stop has to have stopped.
            NoActiveFit: No fit is active, or one on another data handle.
            RunNotFound: The experiment has no such run.

        Example:
            >>> exp.resume(3)
            Run 3 goes on after 2 epochs
        """
        run = self._routes.control_run(run_id, "resume", idempotency_key=str(uuid4()))
        say(f"Run {run_id} goes on after {_epochs(run)}")

    def clone(
        self,
        run_id: int,
        changes: ConfigGroup | None = None,
        *,
        warm_start: bool = False,
        epoch: int | None = None,
    ) -> list[int]:
        """Make runs of the active fit from a run of any status but deleted, with knobs changed.

        They are trained on the fit's data handle with the run's seed, and begin within seconds,
        whoever else is training.

        Args:
            run_id: The run that is cloned, of this fit or an earlier one.
            changes: The knobs that change, as far down as they lie in the config; the others are
                the run's, and `None` takes a knob away. In a `GridSearch` or `RandomSearch`, or
                listed, they make several runs; at most 40.
            warm_start: Whether they start from the run's newest weights and buffers, in place of
                fresh ones; their optimizer and scheduler are fresh either way. On the same data
                handle they take the data up where the run stood in its epoch.
            epoch: With `warm_start`: from the weights after this epoch (from 1), in place of the
                newest. Needs an experiment made with `epoch_checkpoints=True`.

        Returns:
            The new runs' IDs.

        Raises:
            EpochCheckpointsDisabled: `epoch` is given and the experiment keeps none.
            IllegalTransition: The run is deleted; or it is new or failed and `warm_start` is set.
            InvalidConfig: A changed config is refused; pointers name the knobs, under `/changes`.
            InvalidRequest: `epoch` is given without `warm_start`.
            NoActiveFit: No fit is active.
            NoCheckpoint: With `warm_start`: the run has no such checkpoint.
            RunNotFound: The experiment has no such run.

        A warm clone whose changed knobs alter the names or shapes of the model's parameters fails
        at its start; `error` in `get_runs_info` names the first ones.

        Example:
            >>> args = {"lr": List([0.01, 0.03])}
            >>> exp.clone(3, GridSearch({"train": {"optimizer": {"args": args}}}), warm_start=True)
            Runs 9 and 10 start from run 3's weights
            [9, 10]
        """
        body: dict[str, Any] = {
            "changes": to_wire({} if changes is None else changes),
            "warmStart": warm_start,
        }
        if epoch is not None:
            body["epoch"] = epoch
        clones = self._routes.clone_run(run_id, body, idempotency_key=str(uuid4()))
        say(_cloned(clones, run_id, warm_start=warm_start, epoch=epoch))
        return clones

    def extend(self, run_id: int, epochs: int) -> None:
        """Let a completed run go on, as if its epochs had been so many more at first.

        It may be of an earlier fit, as for `resume`.

        Args:
            run_id: The run.
            epochs: How many epochs to add; a whole number from 1.

        Raises:
            IllegalTransition: The run is not completed.
            InvalidConfig: Its config does not allow so many epochs.
            InvalidRequest: `epochs` is no whole number from 1.
            NoActiveFit: No fit is active, or one on another data handle.
            RunNotFound: The experiment has no such run.

        Example:
            >>> exp.extend(3, 5)
            Run 3 goes on to 10 epochs
        """
        run = self._routes.control_run(
            run_id, "extend", {"epochs": epochs}, idempotency_key=str(uuid4())
        )
        say(f"Run {run_id} goes on to {run.epochs} epochs")

    def delete(self, run_id: int) -> None:
        """Remove a run from runs and results, for good; it can still be asked for by its ID.

        Raises:
            IllegalTransition: The run was deleted before.
            NoActiveFit: No fit is active.
            RunNotFound: The experiment has no such run.

        Example:
            >>> exp.delete(3)
            Run 3 is deleted
        """
        self._routes.control_run(run_id, "delete", idempotency_key=str(uuid4()))
        say(f"Run {run_id} is deleted")

    def get_control_log(self) -> pd.DataFrame:
        """Every op that was asked for, in order.

        Returns:
            A row per op: `at` (UTC), `by` (the label of the caller's token), `op`, `run_id`,
            `asked` (what else was said of a `clone` or an `extend`, as it travelled, secrets
            hidden), `made` (IDs of the clones), `outcome` (`accepted` or `refused`), and `refusal`
            (its problem type) and `detail` (its sentence) of those refused. What an op has nothing
            of is `None`.

        Example:
            >>> exp.get_control_log().query("run_id == 3")
        """
        return control_frame(self._routes.list_control_log())


def _epochs(run: Run) -> str:
    return f"{run.completed_epochs} epoch{'' if run.completed_epochs == 1 else 's'}"


def _cloned(clones: Sequence[int], parent: int, *, warm_start: bool, epoch: int | None) -> str:
    *others, last = (str(run_id) for run_id in clones)
    who = f"Runs {', '.join(others)} and {last}" if others else f"Run {last}"
    if not warm_start:
        return f"{who} {'are' if others else 'is'} cloned from run {parent}"
    when = "" if epoch is None else f" after epoch {epoch}"
    return f"{who} start{'' if others else 's'} from run {parent}'s weights{when}"

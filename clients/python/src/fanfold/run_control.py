"""What can be done to the runs of an experiment while a fit is active."""

from uuid import uuid4

import pandas as pd

from fanfold.frames import control_frame
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
        """Let a stopped run of the active fit go on exactly where it stopped.

        Raises:
            IllegalTransition: The run is not stopped; one that is to stop has to have stopped.
            NoActiveFit: No fit is active, or not the one that the run belongs to.
            RunNotFound: The experiment has no such run.

        Example:
            >>> exp.resume(3)
            Run 3 goes on after 2 epochs
        """
        run = self._routes.control_run(run_id, "resume", idempotency_key=str(uuid4()))
        say(f"Run {run_id} goes on after {_epochs(run)}")

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
            `outcome` (`accepted` or `refused`), and `refusal` (its problem type) and `detail` (its
            sentence) of those refused, else `None`.

        Example:
            >>> exp.get_control_log().query("run_id == 3")
        """
        return control_frame(self._routes.list_control_log())


def _epochs(run: Run) -> str:
    return f"{run.completed_epochs} epoch{'' if run.completed_epochs == 1 else 's'}"

"""What can be read of an experiment, alive or ended: results, runs, logs."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from fanfold.exports import export
from fanfold.frames import results_frame, runs_frame
from fanfold.log_lines import follow_log, read_log
from fanfold.resources import LogLine
from fanfold.routes import ExperimentRoutes, LogFilter
from fanfold.screens import say


class ExperimentRecords:
    """The reading half of an experiment; the service answers the same whoever asks, and when."""

    _routes: ExperimentRoutes

    @property
    def name(self) -> str:
        """Its unique name in the workspace, suffix included."""
        return self._routes.name

    def get_results(self, run_id: int | None = None) -> pd.DataFrame:
        """Results of every finished epoch, of all fits of the experiment.

        Returns:
            A row per run and epoch, in that order: `run_id`, `epoch` (from 1), `train_loss`, then
            a column per validation metric, `val_loss` first, NaN where a run lacks it. Deleted
            runs only when asked for by `run_id`.

        Raises:
            RunNotFound: The experiment has no such run.

        Example:
            >>> exp.get_results().sort_values("val_loss").head(1)
        """
        return results_frame(self._routes.list_results(run_id=run_id))

    def get_runs_info(self) -> pd.DataFrame:
        """Everything known of every run of the experiment.

        Returns:
            A row per run: `run_id`, `data_handle_id`, `status`, `source`, `ended_by`,
            `completed_epochs`, `mlflow_run_id`, `config` (a dict), `cloned_from`, `warm_started`,
            `started_at` (UTC), `runtime_s` (seconds that workers spent on it), `gpu_utilization`
            (share of those seconds, 0 to 1, that the GPU was busy), `cost_usd` (the run's share of
            its worker's GPU hours), `attempts` (workers that trained it), `interruptions`
            (those whose machine was taken away, as Spot hosts are), `fused_within` (if it was
            fused with others, within what a trial batch equalled that of the run alone), `error`
            (with the Python traceback), `gpu_memory_bytes` (most that was in use), `samples_per_s`
            (examples per second of training), and what was lost of `runtime_s`: `loading_s` (data,
            code, model), `swapping_s` (moving its state), `checkpointing_s`. `None`, NaN or NA
            where it is not known. In `config`, `***` stands for every secret.

        Example:
            >>> exp.get_runs_info().query("status == 'failed'").error
        """
        return runs_frame(self._routes.list_runs())

    def show_error(self, run_id: int) -> None:
        """Print why a run failed, with its traceback.

        Raises:
            RunNotFound: The experiment has no such run.
        """
        run = self._routes.get_run(run_id)
        told = [part.rstrip() for part in (run.message, run.traceback) if part]
        say("\n".join(told) or f"Run {run_id} has no error; it is {run.status}")

    def export_results(self, path: str | Path) -> None:
        """Write what `get_results` gives, as the service has it, to a `.csv` or `.parquet` file.

        Raises:
            InvalidRequest: The file has another ending, or its folder does not exist.

        Example:
            >>> exp.export_results("results.parquet")
            100000 results of digits are in results.parquet
        """
        rows = export(self._routes, "results", path)
        say(f"{rows} results of {self.name} are in {path}")

    def export_runs_info(self, path: str | Path) -> None:
        """Write what `get_runs_info` gives to a `.csv` or `.parquet` file, configs as JSON.

        Raises:
            InvalidRequest: The file has another ending, or its folder does not exist.

        Example:
            >>> exp.export_runs_info("runs.csv")
            8 runs of digits are in runs.csv
        """
        rows = export(self._routes, "runs", path)
        say(f"{rows} runs of {self.name} are in {path}")

    def get_logs(
        self,
        run_id: int | None = None,
        *,
        operation: int | None = None,
        level: str | None = None,
        follow: bool = False,
    ) -> Iterable[LogLine]:
        """Message log of the experiment, of one run, or of one operation, in the order it arrived.

        Args:
            run_id: Only what this run said.
            operation: Only what was said in this operation.
            level: Only lines of this level and above: `debug`, `info`, `warning` or `error`.
            follow: Whether to go on with each line as it comes, until the run (and ten seconds of
                silence), the operation, or whatever is active is over.

        Returns:
            The lines; each has `at`, `level`, `operation`, `worker`, `run_id` and `message`. All
            there are by now: a sequence that shows as text when printed, or left last in a
            notebook cell. With `follow`: an iterator.

        Raises:
            RunNotFound: The experiment has no such run.
            OperationNotFound: The experiment has no such operation.
            InvalidRequest: There is no such level.

        Example:
            >>> for line in exp.get_logs(3, follow=True):
            ...     print(line)
        """
        wanted = LogFilter(run_id, operation, level)
        return follow_log(self._routes, wanted) if follow else read_log(self._routes, wanted)

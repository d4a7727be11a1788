"""The experiment: a named container of operations and runs, tied to one MLSpec file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from fanfold.connection import Connection, find_connection
from fanfold.data_handle import DataHandle
from fanfold.errors import ExperimentNotFound, failure
from fanfold.fit_plan import FitPlan
from fanfold.fit_request import fit_request
from fanfold.inference import InferenceOps, follow_inference
from fanfold.knobs import ConfigGroup
from fanfold.records import ExperimentRecords
from fanfold.resources import ExperimentResource, Operation
from fanfold.routes import WorkspaceRoutes
from fanfold.run_control import RunControl
from fanfold.saving import saving_view
from fanfold.screens import say
from fanfold.session import remember
from fanfold.spec_file import read_source
from fanfold.watching import follow_fit, follow_operation, follow_progress


class Experiment(ExperimentRecords, InferenceOps, RunControl):
    """Creates an experiment, or reconnects to the alive one of that name.

    One experiment is alive per workspace: creating another ends the alive one, without artifacts.
    A name that an ended experiment used gets a suffix (`name_1`), which is printed. Reconnecting
    disturbs nothing that runs.

    Args:
        ml_spec: Path of the Python file with the class `MLSpec`.
        experiment_name: 1 to 64 of `A-Z a-z 0-9 . _ -`, starting with a letter or digit.
        epoch_checkpoints: Whether to keep the checkpoint of every epoch of every run.
        connection: The service and workspace; if left out, found through `FANFOLD_URL`,
            `FANFOLD_TOKEN` and `FANFOLD_WORKSPACE`, or else through the nearest
            `.fanfold/stack.json` in the current directory or above.

    Raises:
        InvalidMlSpec: The file does not parse, or lacks what it must have.
        CodeChanged: The alive experiment of that name has other code.
        SettingsChanged: The alive experiment of that name has another `epoch_checkpoints`.
        NotConnected: It is not known where the service is.

    Example:
        >>> exp = Experiment("digits_spec.py", "digits")
        Experiment digits created
    """

    def __init__(
        self,
        ml_spec: str | Path,
        experiment_name: str,
        epoch_checkpoints: bool = False,
        *,
        connection: Connection | None = None,
    ) -> None:
        workspace = WorkspaceRoutes(connection or find_connection())
        file = Path(ml_spec)
        created = workspace.create_experiment(
            experiment_name,
            file_name=file.name,
            source=read_source(file),
            epoch_checkpoints=epoch_checkpoints,
        )
        self._open(workspace, created.experiment)
        name = created.experiment.name
        if created.superseded:
            say(f"Experiment {created.superseded} was alive and has ended, without artifacts")
        say(f"Experiment {name} {'reconnected' if created.reconnected else 'created'}")
        if name != experiment_name:
            say(f"The name {experiment_name} was taken by an ended experiment, hence the suffix")

    @classmethod
    def attach(cls, *, connection: Connection | None = None) -> Self:
        """The workspace's alive experiment, without its file or name.

        Raises:
            ExperimentNotFound: No experiment is alive.

        Example:
            >>> exp = Experiment.attach()
            Experiment digits reconnected
        """
        workspace = WorkspaceRoutes(connection or find_connection())
        alive = workspace.find_alive()
        if alive is None:
            raise ExperimentNotFound(
                f"no experiment is alive in workspace {workspace.connection.workspace}; "
                "create one with Experiment(ml_spec, experiment_name)"
            )
        attached = cls.__new__(cls)
        attached._open(workspace, alive)
        say(f"Experiment {alive.name} reconnected")
        return attached

    def _open(self, workspace: WorkspaceRoutes, resource: ExperimentResource) -> None:
        self._routes = workspace.experiment(resource.name)
        self._storage_uri = resource.storage_uri
        remember(self._routes)

    @property
    def storage_uri(self) -> str:
        """`s3://` URI under which everything of the experiment lies."""
        return self._storage_uri

    def run_fit(
        self,
        data_handle: DataHandle,
        ml_config: ConfigGroup,
        seed: int = 42,
        *,
        num_chunks: int | None = None,
        chunk_timeout_s: float = 1800,
        executor: str = "auto",
        max_workers: int | None = None,
        budget: Mapping[str, float] | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> FitPlan | None:
        """Train and validate every config of a group, and show it until it is over.

        An interrupt detaches from the fit and leaves it running: `watch()` comes back to it,
        `cancel_current()` cancels it. A run that fails does not disturb the others; the table
        says why, and `show_error()` has its traceback.

        Args:
            data_handle: A downloaded data handle with a train partition, and a validation
                partition if there is to be validation.
            ml_config: A config, a generator, or a list nesting any of these.
            seed: For all randomness of the fit, from 0 to 4294967295.
            num_chunks: Chunks per epoch, between which runs are swapped and steered; the engine
                picks the number if left out.
            chunk_timeout_s: Seconds after which a chunk is taken for hung, and its run fails.
            executor: How a worker trains its runs: `single` one after the other, `interleaved` a
                chunk of each in turn, so that all can be compared early, `fused` those of equal
                shape as one. `auto` fuses runs when a trial shows that they end as they would
                alone but for rounding, and lets the others take turns; the logs say which.
            max_workers: AWS Batch jobs, and so GPUs, that the fit may use at once, in place of as
                many as the deployment allows. Fewer start cheaper and leave GPUs to others; more
                runs share one then.
            budget: `{"gpu_hours": 2}` or `{"usd": 5}` of training by all runs together, after which
                every open run stops with a checkpoint.
            dry_run: Print and give back what the fit would do; start nothing.
            idempotency_key: Makes the call repeatable: the same key again comes back to the same
                fit instead of starting another.

        Raises:
            InvalidConfig: A knob is wrong; `errors` points to it. Nothing was started.
            InvalidRequest: The budget is not one of the two, or not positive; or `max_workers` is
                not at least 1, or more than the deployment allows.
            DataHandleNotReady: The data handle was not downloaded in this experiment.
            PartitionMissing: The data handle has no train partition, or `SHA` no validation.
            OperationInProgress: Another operation is active.
            ExperimentEnded: The experiment has ended.
            DataChanged: The data are not what they were when the data handle was downloaded.
            DataTooLarge: The data do not fit on a worker's disk.
            OperationFailed: The fit as a whole failed.
            Detached: The user interrupted; the fit goes on.

        Example:
            >>> exp.run_fit(dh, GridSearch(config), seed=7)
            Creating Fanfold Workers ...
        """
        body = fit_request(
            data_handle.id_in(self._routes),
            ml_config,
            seed=seed,
            num_chunks=num_chunks,
            chunk_timeout_s=chunk_timeout_s,
            executor=executor,
            max_workers=max_workers,
            budget=budget,
        )
        if dry_run:
            plan = self._routes.plan_fit(body)
            say(str(plan))
            return plan
        operation = self._routes.start_fit(body, idempotency_key=idempotency_key)
        if idempotency_key is None or operation.status == "pending":
            say("Creating Fanfold Workers ...")
        else:
            say(f"Fit {operation.number} was started with this key before; here it is")
        follow_fit(self._routes, operation)
        return None

    def watch(self) -> None:
        """Show the active operation until it is over, as the call that started it does.

        Raises:
            OperationFailed: The operation failed.
            Detached: The user interrupted; the operation goes on.
        """
        number = self._routes.get().active_operation
        if number is None:
            say(f"No operation of {self.name} is active")
            return
        operation = self._routes.get_operation(number)
        if operation.kind == "fit":
            follow_fit(self._routes, operation)
        elif operation.inference is not None:
            follow_inference(self._routes, operation)
        else:
            self._wait(operation)

    def cancel_current(self) -> None:
        """Cancel whatever is active and wait until its workers are gone.

        Runs cut short become `stopped` and keep their checkpoints and results. With nothing
        active it says so.

        Raises:
            Detached: The user interrupted; the cancelling goes on.
        """
        operation = self._routes.cancel_current()
        if operation is None:
            say(f"No operation of {self.name} is active, so there is nothing to cancel")
            return
        kind, number = operation.kind, operation.number
        ended = follow_operation(self._routes, operation, doing=f"Cancelling {kind} {number}")
        say(f"{kind.capitalize()} {number} {ended.status}")

    def end(
        self, artifacts_bucket: str | None = None, save_epoch_checkpoints: bool = False
    ) -> None:
        """End the experiment, saving its artifacts first if told where to.

        Results, runs and logs can still be read afterwards.

        Args:
            artifacts_bucket: `s3://bucket/prefix` for the final checkpoints, metrics, logs, code,
                configs and data manifests; nothing is saved if left out.
            save_epoch_checkpoints: Whether to save the checkpoints of all epochs as well; ignored
                without `artifacts_bucket`.

        Raises:
            OperationInProgress: Another operation is active; `cancel_current()` it first.
            EpochCheckpointsDisabled: The experiment was made with `epoch_checkpoints=False`.
            OperationFailed: The artifacts could not be saved; the experiment is still alive.

        Example:
            >>> exp.end("s3://my-bucket/outputs/digits")
        """
        ended, operation = self._routes.end(
            artifacts_bucket, save_epoch_checkpoints=save_epoch_checkpoints
        )
        if operation is not None:
            self._wait(operation)
        elif ended:
            say(f"Experiment {self.name} ended")
        else:
            say(f"Experiment {self.name} has ended before, so there is nothing to end")

    def _wait(self, operation: Operation) -> None:
        """Wait for a download or an end and tell how it came out."""
        ended = self._follow(operation)
        name = f"{operation.kind} {operation.number}"
        if ended.status == "failed":
            detail = f"{name} of experiment {self.name} failed: {ended.error}"
            raise failure(detail, ended.error_type)
        if operation.kind == "end" and ended.status == "completed":
            say(f"Experiment {self.name} ended; its artifacts are under {ended.artifacts_uri}")
        else:
            say(f"{name.capitalize()} {ended.status}")

    def _follow(self, operation: Operation) -> Operation:
        if operation.kind == "end":
            return follow_progress(self._routes, operation, saving_view)
        return follow_operation(self._routes, operation, doing="Downloading the data handle")

    def __repr__(self) -> str:
        return f"<Experiment {self.name}>"

"""The service's routes, a method each; the names are those of its OpenAPI document."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from fanfold.connection import Connection
from fanfold.fit_plan import FitPlan
from fanfold.http import Http
from fanfold.resources import (
    ControlEntry,
    CreatedExperiment,
    DataHandleResource,
    EpochResult,
    ExperimentResource,
    LogLine,
    Operation,
    Run,
)

# Runs and results of one page; the service gives fewer when they are big.
_RUNS_PAGE = 1_000
_RESULTS_PAGE = 9_999


@dataclass(frozen=True)
class LogFilter:
    """Which lines of a log are wanted: all, or those of a run, an operation, a level and above."""

    run_id: int | None = None
    operation: int | None = None
    level: str | None = None


class WorkspaceRoutes:
    """What can be asked of a workspace."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.http = Http(connection)
        self._path = f"/v1/workspaces/{connection.workspace}"

    def experiment(self, name: str) -> "ExperimentRoutes":
        """Routes of one experiment."""
        return ExperimentRoutes(self, name)

    def create_experiment(
        self, name: str, *, file_name: str, source: str, epoch_checkpoints: bool
    ) -> CreatedExperiment:
        """Create an experiment or reconnect to it."""
        body = {
            "name": name,
            "mlSpec": {"fileName": file_name, "source": source},
            "epochCheckpoints": epoch_checkpoints,
        }
        return CreatedExperiment.of(self.http.post(f"{self._path}/experiments", body))

    def find_alive(self) -> ExperimentResource | None:
        """The workspace's alive experiment, of which there is at most one."""
        alive = self.http.pages(f"{self._path}/experiments", status="alive")
        return next(map(ExperimentResource.of, alive), None)

    def upload(self, path: str, file: Path) -> str:
        """Put a file in the workspace's bucket, unless it is there; gives its `s3://` URI."""
        place = self.http.post(f"{self._path}/uploads", {"path": path}, repeatable=True)
        if not place["exists"]:
            self.http.put_file(place["uploadUrl"], file)
        return place["uri"]

    def place_folder(self, folder: str, names: Sequence[str]) -> tuple[str, Mapping[str, str]]:
        """Where files of a folder go: its `s3://` prefix, and URLs of those not there by name."""
        body = {"folder": folder, "paths": names}
        place = self.http.post(f"{self._path}/folder-uploads", body, repeatable=True)
        return place["uri"], {file["path"]: file["uploadUrl"] for file in place["files"]}


class ExperimentRoutes:
    """What can be asked of an experiment."""

    def __init__(self, workspace: WorkspaceRoutes, name: str) -> None:
        self.workspace = workspace
        self.name = name
        self._http = workspace.http
        self._path = f"/v1/workspaces/{workspace.connection.workspace}/experiments/{name}"

    def get(self) -> ExperimentResource:
        """The experiment as it is now."""
        return ExperimentResource.of(self._http.get(self._path))

    def end(
        self, artifacts_bucket: str | None, *, save_epoch_checkpoints: bool
    ) -> tuple[bool, Operation | None]:
        """End it; tells whether it ended at once, and the operation that saves artifacts."""
        body: dict[str, Any] = {"saveEpochCheckpoints": save_epoch_checkpoints}
        if artifacts_bucket is not None:
            body["artifactsBucket"] = artifacts_bucket
        answer = self._http.post(f"{self._path}/end", body, idempotency_key=str(uuid4()))
        return answer["ended"], _operation(answer)

    def create_data_handle(
        self, body: Mapping[str, Any], *, idempotency_key: str | None
    ) -> tuple[DataHandleResource, Operation | None]:
        """Start the download of a data handle; the same key again gives the same handle."""
        path = f"{self._path}/data-handles"
        answer = self._http.post(path, body, idempotency_key=idempotency_key or str(uuid4()))
        return DataHandleResource.of(answer["dataHandle"]), _operation(answer)

    def get_data_handle(self, data_handle_id: str) -> DataHandleResource:
        """One data handle."""
        return DataHandleResource.of(self._http.get(f"{self._path}/data-handles/{data_handle_id}"))

    def start_fit(self, body: Mapping[str, Any], *, idempotency_key: str | None) -> Operation:
        """Start a fit; the same key again gives the same fit."""
        key = idempotency_key or str(uuid4())
        return Operation.of(self._http.post(f"{self._path}/fits", body, idempotency_key=key))

    def plan_fit(self, body: Mapping[str, Any]) -> FitPlan:
        """What a fit would do; starts nothing."""
        dry = {**body, "dryRun": True}
        return FitPlan.of(self._http.post(f"{self._path}/fits", dry, repeatable=True))

    def start_test(self, body: Mapping[str, Any], *, idempotency_key: str | None) -> Operation:
        """Start a test; the same key again gives the same test."""
        key = idempotency_key or str(uuid4())
        return Operation.of(self._http.post(f"{self._path}/tests", body, idempotency_key=key))

    def start_prediction(
        self, body: Mapping[str, Any], *, idempotency_key: str | None
    ) -> Operation:
        """Start a prediction; the same key again gives the same prediction."""
        key = idempotency_key or str(uuid4())
        path = f"{self._path}/predictions"
        return Operation.of(self._http.post(path, body, idempotency_key=key))

    def download_predictions(self, number: int, path: Path) -> None:
        """Fetch a prediction's file; `path` is written whole or not at all."""
        place = self._http.get(f"{self._path}/operations/{number}/predictions")
        self._http.get_file(place["url"], path)

    def get_operation(self, number: int) -> Operation:
        """One operation."""
        return Operation.of(self._http.get(f"{self._path}/operations/{number}"))

    def cancel_current(self) -> Operation | None:
        """Cancel whatever is active; nothing when nothing was."""
        path = f"{self._path}/operations/current/cancel"
        answer = self._http.post(path, repeatable=True)
        return _operation(answer) if answer["cancelled"] else None

    def list_runs(self, *, operation: int | None = None) -> list[Run]:
        """All runs, or those of one operation, by run ID."""
        pages = self._http.pages(f"{self._path}/runs", operation=operation, limit=_RUNS_PAGE)
        return [Run.of(item) for item in pages]

    def get_run(self, run_id: int) -> Run:
        """One run, also a deleted one."""
        return Run.of(self._http.get(f"{self._path}/runs/{run_id}"))

    def control_run(
        self,
        run_id: int,
        op: str,
        body: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str,
    ) -> Run:
        """Stop, resume, extend or delete a run; tells how it is then."""
        path = f"{self._path}/runs/{run_id}/{op}"
        return Run.of(self._http.post(path, body, idempotency_key=idempotency_key)["run"])

    def clone_run(self, run_id: int, body: Mapping[str, Any], *, idempotency_key: str) -> list[int]:
        """Make runs from a run with some knobs changed; tells their IDs."""
        path = f"{self._path}/runs/{run_id}/clone"
        answer = self._http.post(path, body, idempotency_key=idempotency_key)
        return [run["runId"] for run in answer["runs"]]

    def list_control_log(self) -> list[ControlEntry]:
        """All that was asked to be done to runs, in order."""
        pages = self._http.pages(f"{self._path}/control-log", limit=_RUNS_PAGE)
        return [ControlEntry.of(item) for item in pages]

    def list_results(self, *, run_id: int | None = None) -> list[EpochResult]:
        """Results of all finished epochs, or those of one run, by run and epoch."""
        pages = self._http.pages(f"{self._path}/results", runId=run_id, limit=_RESULTS_PAGE)
        return [EpochResult.of(item) for item in pages]

    def export_results(self, path: Path, *, file_format: str) -> int:
        """Fetch all results into a file; tells how many rows it has."""
        return self._export("results", path, file_format)

    def export_runs(self, path: Path, *, file_format: str) -> int:
        """Fetch all runs into a file; tells how many rows it has."""
        return self._export("runs", path, file_format)

    def _export(self, what: str, path: Path, file_format: str) -> int:
        body = {"format": file_format}
        export = self._http.post(f"{self._path}/{what}/exports", body, repeatable=True)
        self._http.get_file(export["url"], path)
        return export["rows"]

    def log_pages(
        self, wanted: LogFilter, cursor: str | None = None
    ) -> Iterator[tuple[list[LogLine], str | None]]:
        """Pages of log lines after a cursor, as they arrived, each with the cursor after it.

        They end when there are no more yet; the last cursor serves to go on later.
        """
        asked = {"runId": wanted.run_id, "operation": wanted.operation, "level": wanted.level}
        while True:
            page = self._http.get(f"{self._path}/logs", **asked, cursor=cursor)
            following: str | None = page.get("nextCursor", cursor)
            yield [LogLine.of(item) for item in page["items"]], following
            if following == cursor:
                return
            cursor = following


def _operation(answer: Mapping[str, Any]) -> Operation | None:
    wire = answer.get("operation")
    return None if wire is None else Operation.of(wire)

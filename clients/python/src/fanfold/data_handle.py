"""The data handle: an immutable, sampled, versioned view of a dataset."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pandas as pd

from fanfold.connection import Connection
from fanfold.errors import (
    DataHandleNotReady,
    FanfoldError,
    Fault,
    InvalidRequest,
    OperationFailed,
    failure,
)
from fanfold.resources import DataHandleResource, Operation
from fanfold.routes import ExperimentRoutes, WorkspaceRoutes
from fanfold.screens import say
from fanfold.session import current_connection, current_experiment
from fanfold.uploads import upload_frame, upload_path
from fanfold.watching import follow_operation

_PARTITIONS = ("train", "validation", "test", "predict")

# The locators' names as the service writes them.
_WIRE_NAMES = {
    **{name: name for name in _PARTITIONS},
    "objects": "objects",
    **{f"{name}_objects": f"{name}Objects" for name in _PARTITIONS},
    "misc": "misc",
}


class DataHandle:
    """Names a dataset; `download()` makes it ready for an experiment.

    Args:
        locators: `s3://` URIs by name. `train`, `validation`, `test`, `predict`: one Example
            Structure File each (CSV or Parquet) with a column `id` of unique integers.
            `objects`, or `train_objects` and so on: prefix of the object files. `misc`: prefix of
            further files.
        download_columns: Columns that hold paths of object files, whose files are to be fetched.
        fraction: Share of each partition's rows that is drawn, in (0, 1].
        seed: For the draw; the same arguments and the same objects give the same rows.

    Raises:
        InvalidRequest: A locator's name is unknown, or `download_columns` is no list.

    Example:
        >>> dh = DataHandle({"train": "s3://bucket/train.csv", "validation": "s3://bucket/val.csv"})
        >>> dh.download()
        Data handle 3f2a... ready: 50,000 train rows, 10,000 validation rows
    """

    def __init__(
        self,
        locators: Mapping[str, str],
        download_columns: Sequence[str] | None = None,
        fraction: float = 1.0,
        seed: int = 42,
    ) -> None:
        unknown = [name for name in locators if name not in _WIRE_NAMES]
        if unknown:
            raise InvalidRequest(
                f"unknown locator; those there are: {', '.join(_WIRE_NAMES)}",
                errors=[Fault(f"/locators/{name}", "unknown") for name in unknown],
            )
        if isinstance(download_columns, str):
            raise InvalidRequest(
                f"download_columns is a list of names, here [{download_columns!r}]",
                errors=[Fault("/downloadColumns", "must be a list")],
            )
        self.locators = dict(locators)
        self.download_columns = list(download_columns or [])
        self.fraction = fraction
        self.seed = seed
        # A manifest belongs to one experiment, so the handle has an id in each.
        self._ids: dict[tuple[Connection, str], str] = {}
        self._last_id: str | None = None

    @classmethod
    def from_pandas(
        cls,
        train: pd.DataFrame | None = None,
        validation: pd.DataFrame | None = None,
        test: pd.DataFrame | None = None,
        predict: pd.DataFrame | None = None,
        *,
        objects: str | Path | None = None,
        misc: str | Path | None = None,
        download_columns: Sequence[str] | None = None,
        fraction: float = 1.0,
        seed: int = 42,
        connection: Connection | None = None,
    ) -> Self:
        """Put DataFrames in the workspace's bucket, as Parquet, and name them.

        Equal frames are sent once, however often this is called.

        Args:
            train: Rows with a column `id` of unique integers; the index is not kept.
            validation: As `train`.
            test: As `train`.
            predict: As `train`.
            objects: Prefix (`s3://`) or local folder of the object files.
            misc: Prefix (`s3://`) or local folder of further files.
            download_columns: See `DataHandle`.
            fraction: See `DataHandle`.
            seed: See `DataHandle`.
            connection: The service; that of the current experiment if left out.

        Raises:
            InvalidRequest: A frame has no column `id` of unique integers.

        Example:
            >>> dh = DataHandle.from_pandas(train=train, validation=validation)
        """
        workspace = WorkspaceRoutes(connection or current_connection())
        frames = {"train": train, "validation": validation, "test": test, "predict": predict}
        folders = {"objects": objects, "misc": misc}
        given = {name: frame for name, frame in frames.items() if frame is not None}
        for name, frame in given.items():
            _check_ids(name, frame)
        locators = {name: upload_frame(workspace, name, frame) for name, frame in given.items()}
        for name, folder in folders.items():
            if folder is not None:
                is_uri = str(folder).startswith("s3://")
                locators[name] = str(folder) if is_uri else upload_path(workspace, Path(folder))
        return cls(locators, download_columns, fraction, seed)

    @staticmethod
    def upload(path: str | Path, *, connection: Connection | None = None) -> str:
        """Put a local file, or a folder with all its files, in the workspace's bucket.

        Returns:
            The file's `s3://` URI, or the folder's prefix, for use as a locator.

        Example:
            >>> DataHandle({"train": DataHandle.upload("train.csv")})
        """
        return upload_path(WorkspaceRoutes(connection or current_connection()), Path(path))

    @property
    def data_handle_id(self) -> str | None:
        """Its id in the experiment where it was downloaded last; `None` before."""
        return self._last_id

    def download(self, *, idempotency_key: str | None = None) -> None:
        """Write the dataset's manifest for the current experiment and wait until that is done.

        The current experiment is the one last created or attached in this process, or else the
        workspace's alive one. Downloading again looks at the data anew.

        Args:
            idempotency_key: Makes the call repeatable: the same key again gives the same handle.

        Raises:
            InvalidRequest: An argument is not valid, such as a fraction outside (0, 1].
            InvalidData: The data are not as they must be; says what is wrong and where.
            DataTooLarge: The data do not fit on a worker's disk.
            OperationFailed: The download was cancelled, or could not be carried out.
            OperationInProgress: Another operation is active.
            ExperimentNotFound: No experiment is alive.
        """
        routes = current_experiment()
        resource, operation = routes.create_data_handle(
            self._wire(), idempotency_key=idempotency_key
        )
        if operation is not None:
            operation = follow_operation(routes, operation, doing="Downloading the data handle")
            resource = routes.get_data_handle(resource.data_handle_id)
        if resource.status != "ready":
            raise _failure(resource, operation)
        self._last_id = resource.data_handle_id
        self._ids[_place(routes)] = resource.data_handle_id
        say(f"Data handle {resource.data_handle_id} ready: {_rows(resource)}")

    def id_in(self, routes: ExperimentRoutes) -> str:
        """Its id in an experiment.

        Raises:
            DataHandleNotReady: It was not downloaded there.
        """
        found = self._ids.get(_place(routes))
        if found is None:
            raise DataHandleNotReady(
                f"the data handle is not downloaded in experiment {routes.name}; call its "
                "download() first"
            )
        return found

    def _wire(self) -> dict[str, Any]:
        return {
            "locators": {_WIRE_NAMES[name]: uri for name, uri in self.locators.items()},
            "downloadColumns": self.download_columns,
            "fraction": self.fraction,
            "seed": self.seed,
        }

    def __repr__(self) -> str:
        return f"<DataHandle {self._last_id or 'not downloaded'}: {', '.join(self.locators)}>"


def _place(routes: ExperimentRoutes) -> tuple[Connection, str]:
    return routes.workspace.connection, routes.name


def _failure(resource: DataHandleResource, operation: Operation | None) -> FanfoldError:
    if resource.error is not None and resource.error_type is not None:
        return failure(resource.error, resource.error_type)
    reason = resource.error or (operation and operation.error) or "it was cancelled"
    return OperationFailed(f"the data handle is not ready: {reason}")


def _rows(resource: DataHandleResource) -> str:
    counts = [(name, resource.rows[name]) for name in _PARTITIONS if name in resource.rows]
    return ", ".join(f"{count:,} {name} rows" for name, count in counts)


def _check_ids(name: str, frame: pd.DataFrame) -> None:
    def refusal(detail: str) -> InvalidRequest:
        return InvalidRequest(
            f"the {name} frame needs a column 'id' of unique integers, for example "
            f"{name}.insert(0, 'id', range(len({name})))",
            errors=[Fault(f"/{name}/id", detail)],
        )

    if "id" not in frame.columns:
        raise refusal("missing")
    if not pd.api.types.is_integer_dtype(frame["id"]):
        raise refusal(f"holds {frame['id'].dtype}, not integers")
    if frame["id"].duplicated().any():
        raise refusal("holds duplicates")

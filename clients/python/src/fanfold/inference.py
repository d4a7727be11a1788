"""`run_test` and `run_predict`: using a model that is trained already."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fanfold.data_handle import DataHandle
from fanfold.errors import Fault, OperationFailed, PathwayAmbiguous, failure
from fanfold.inference_resource import Inference, Predictions
from fanfold.inference_view import NAMES, inference_view, model_text
from fanfold.knobs import to_wire
from fanfold.progress_view import ProgressView
from fanfold.resources import Operation
from fanfold.routes import ExperimentRoutes
from fanfold.screens import say
from fanfold.watching import follow_progress


class InferenceOps:
    """The operations of an experiment that use a trained model."""

    _routes: ExperimentRoutes

    def run_test(
        self,
        data_handle: DataHandle,
        run_id: int | None = None,
        model_tag: str | None = None,
        config: Mapping[str, Any] | None = None,
        epoch_checkpoint: int | None = None,
        batch_size: int = 64,
        *,
        idempotency_key: str | None = None,
    ) -> None:
        """Measure a trained model on the test partition and print its metrics.

        The model is either that of a run, whose own config is used, or that of a file together
        with a config. An interrupt detaches and leaves the test running: `watch()` comes back.

        Args:
            data_handle: A downloaded data handle with a test partition.
            run_id: A run of this experiment. Its final checkpoint is used, or the newest one if
                it did not complete.
            model_tag: `s3://` URI of a checkpoint: safetensors, or a file of `torch.save` that
                loads with `weights_only=True`.
            config: Goes with `model_tag`: `user_knobs`, one value each, and `named_metrics`.
            epoch_checkpoint: Use the run as it was after this epoch (from 1); the experiment must
                have been made with `epoch_checkpoints=True`.
            batch_size: Examples per batch and GPU.
            idempotency_key: Makes the call repeatable: the same key again comes back to the same
                test instead of starting another.

        Raises:
            PathwayAmbiguous: Neither or both of `run_id` and `model_tag` with `config`.
            RunNotFound: The experiment has no such run.
            NoCheckpoint: The run has no checkpoint, or none of that epoch; says which there are.
            EpochCheckpointNotApplicable: `epoch_checkpoint` was given with `model_tag`.
            EpochCheckpointsDisabled: The experiment keeps no epochs' checkpoints.
            InvalidConfig: A knob of `config` is wrong, or has several values.
            InvalidModelTag: The file is no checkpoint that can be used.
            PartitionMissing: The data handle has no test partition.
            DataHandleNotReady: The data handle was not downloaded in this experiment.
            OperationInProgress: Another operation is active.
            OperationFailed: The test failed, for example because the code raised.

        Example:
            >>> exp.run_test(dh, run_id=3)
            >>> exp.run_test(dh, model_tag="s3://bucket/best.pt", config={"user_knobs": {}})
        """
        body = _body(self._routes, data_handle, batch_size)
        body |= _model(run_id, model_tag, config, epoch_checkpoint)
        operation = self._routes.start_test(body, idempotency_key=idempotency_key)
        follow_inference(self._routes, operation)

    def run_predict(
        self,
        data_handle: DataHandle,
        run_id: int | None = None,
        model_tag: str | None = None,
        config: Mapping[str, Any] | None = None,
        epoch_checkpoint: int | None = None,
        batch_size: int = 64,
        *,
        model_path: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Predict with a trained model and download the predictions into the current directory.

        The file is `predictions_run{run}.csv`, `predictions_run{run}_epoch{epoch}.csv` or
        `predictions_{checkpoint name}.csv`; one of that name is replaced. It has a row per example
        of the predict partition, in its order: `id`, then `prediction`, or `prediction_0`,
        `prediction_1` … when the model has several outputs.

        Args:
            data_handle: A downloaded data handle with a predict partition.
            run_id: See `run_test`.
            model_tag: See `run_test`.
            config: See `run_test`.
            epoch_checkpoint: See `run_test`.
            batch_size: See `run_test`.
            model_path: The former name of `model_tag`.
            idempotency_key: See `run_test`.

        Raises:
            OperationFailed: The prediction failed, for example because the code raised.
            Problem: As `run_test`.

        Example:
            >>> exp.run_predict(dh, run_id=3)
            Predictions of run 3 (10,000 rows) are in predictions_run3.csv
        """
        if model_path is not None:
            model_tag = _renamed(model_path, model_tag)
        body = _body(self._routes, data_handle, batch_size)
        body |= _model(run_id, model_tag, config, epoch_checkpoint)
        operation = self._routes.start_prediction(body, idempotency_key=idempotency_key)
        follow_inference(self._routes, operation)


def follow_inference(routes: ExperimentRoutes, operation: Operation) -> None:
    """Show a test or a prediction until it is over; download what a prediction wrote.

    Raises:
        Problem: It failed for a reason that only a worker could see.
        OperationFailed: It failed.
        Detached: The user interrupted; it goes on.
    """
    ended = follow_progress(routes, operation, _view)
    if ended.status == "failed":
        raise _failure(ended)
    if ended.inference is not None and ended.inference.predictions is not None:
        _download(routes, ended, ended.inference, ended.inference.predictions)


def _view(operation: Operation) -> ProgressView:
    if operation.inference is None:
        raise TypeError(f"operation {operation.number} is neither a test nor a prediction")
    return inference_view(operation, operation.inference)


def _body(routes: ExperimentRoutes, data_handle: DataHandle, batch_size: int) -> dict[str, Any]:
    return {"dataHandleId": data_handle.id_in(routes), "batchSize": batch_size}


def _model(
    run_id: int | None,
    model_tag: str | None,
    config: Mapping[str, Any] | None,
    epoch_checkpoint: int | None,
) -> dict[str, Any]:
    given = {
        "runId": run_id,
        "modelTag": model_tag,
        "config": None if config is None else to_wire(config),
        "epochCheckpoint": epoch_checkpoint,
    }
    return {name: value for name, value in given.items() if value is not None}


def _renamed(model_path: str, model_tag: str | None) -> str:
    if model_tag is not None:
        raise PathwayAmbiguous(
            "model_path is the former name of model_tag; give model_tag alone",
            errors=[Fault("/modelTag", "is given under two names")],
        )
    warnings.warn("model_path is called model_tag now", DeprecationWarning, stacklevel=3)
    return model_path


def _failure(operation: Operation) -> Exception:
    if operation.error_type is not None:
        return failure(operation.error or operation.error_type, operation.error_type)
    name = f"{NAMES[operation.kind]} {operation.number}"
    traceback = f"\n{operation.traceback}" if operation.traceback else ""
    return OperationFailed(f"{name} failed: {operation.error}{traceback}")


def _download(
    routes: ExperimentRoutes, operation: Operation, inference: Inference, predictions: Predictions
) -> None:
    path = Path(predictions.file_name)
    replaced = ", in place of the file that was there" if path.exists() else ""
    routes.download_predictions(operation.number, path)
    rows = f"{predictions.rows:,} rows"
    model = f"Predictions with {model_text(inference.model)}"
    say(f"{model} are in {predictions.file_name} ({rows}){replaced}")

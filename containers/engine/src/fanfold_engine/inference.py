"""The ``test`` and ``predict`` tasks: one trained model, one partition, batch after batch.

With retries left out it is this loop; a worker that is lost starts it anew, and ends with the same
numbers::

    random.seed(SEED); numpy.random.seed(SEED); torch.manual_seed(SEED)
    spec = MLSpec()
    spec.initialize_run(misc_path, cfg, mode)
    model = spec.create_model(cfg)
    model.load_state_dict(weights)
    model.eval()
    for start in range(0, len(rows), batch_size):
        examples = [spec.row_prep(row, object_dir, cfg, mode) for row in rows[start:…]]
        batch = spec.collate(examples, cfg, mode)
        with torch.no_grad():
            answer = spec.compute_forward(model, batch, cfg, mode)
        …                                   # test: the loss and the metrics see the answer
        …                                   # predict: answer["predictions"] go to the file
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from fanfold_engine.checkpoint_files import CheckpointDamagedError
from fanfold_engine.data.dataset import PartialDataset
from fanfold_engine.data.errors import DataError
from fanfold_engine.device import best_device
from fanfold_engine.ending import RESTART
from fanfold_engine.evaluation import Evaluation, Scores
from fanfold_engine.metrics import EvaluationMetrics, import_torchmetrics
from fanfold_engine.ml_spec_source import fetch_ml_spec
from fanfold_engine.mlspec import RunCode, UserCodeError, blamed
from fanfold_engine.output import Output
from fanfold_engine.predictions import PredictionsWriter
from fanfold_engine.protocol import (
    Assignment,
    BatchProgress,
    InferenceError,
    InferenceReport,
    Metric,
    PredictionsFile,
)
from fanfold_engine.protocol import Inference as InferenceRequest
from fanfold_engine.randomness import seed_all
from fanfold_engine.recipe import Evaluating
from fanfold_engine.secrets import reveal
from fanfold_engine.session import Session
from fanfold_engine.storage import ObjectStore
from fanfold_engine.watchdog import Watch, Watchdog
from fanfold_engine.weights import ModelTagError, Weights, fetch_weights, load_into

log = logging.getLogger(__name__)

SEED = 42
BATCH_TIMEOUT_SECONDS = 1800.0
LAST_WORDS_SECONDS = 30.0
INFERENCE_ERRORS = (UserCodeError, DataError, CheckpointDamagedError, ModelTagError)


class Inference:
    """One test or one prediction. ``leave`` ends the process from whatever thread calls it."""

    def __init__(
        self,
        assignment: Assignment,
        request: InferenceRequest,
        *,
        session: Session,
        store: ObjectStore,
        data: Future[PartialDataset],
        output: Output,
        scratch: Path,
        leave: Callable[[int], object],
    ) -> None:
        self._assignment = assignment
        self._request = request
        self._config: dict[str, Any] = reveal(request.config, request.secrets)
        session.ledger.mask.hide(request.secrets.values())
        self._session = session
        self._store = store
        self._data = data
        self._output = output
        self._scratch = scratch
        self._leave = leave
        self._device = best_device()
        self._watchdog = Watchdog(BATCH_TIMEOUT_SECONDS, self._hung)
        self._progress = BatchProgress(0, 0)

    def work(self) -> None:
        """Go over the partition and tell how it came out, unless the worker is to leave."""
        self._watchdog.start()
        try:
            with self._speaking():
                self._infer()
        except INFERENCE_ERRORS as error:
            self._fail(str(error), getattr(error, "user_traceback", None), _type_of(error))
        finally:
            self._watchdog.close()

    def _infer(self) -> None:
        data = self._data.result()
        weights = fetch_weights(self._request.model, self._store, self._scratch / "model")
        # The control plane must know of the attempt before user code can end the process.
        self._tell()
        self._session.flush()
        evaluation, code = self._prepare(data, weights)
        self._progress = BatchProgress(0, evaluation.batches)
        if self._assignment.kind == "test":
            self._test(evaluation, code)
        else:
            self._predict(evaluation)

    def _prepare(self, data: PartialDataset, weights: Weights) -> tuple[Evaluation, RunCode]:
        told = Evaluating.read(self._config)
        with self._watchdog.watch(None, "loading the code"):
            ml_spec = fetch_ml_spec(self._assignment, self._store, self._scratch)
            if told.named_metrics:
                import_torchmetrics()
        with self._watchdog.watch(None, "making the model"):
            seed_all(SEED)
            code = RunCode.fresh(ml_spec, self._config, self._assignment.kind)
            code.initialize(data.misc_path)
            model = code.create_model()
            load_into(model, weights, self._request.model)
            with blamed(f"moving the model to {self._device}"):
                model.to(self._device).eval()
        evaluation = Evaluation(
            code,
            model,
            data.partition,
            batch_size=self._request.batch_size,
            precision=told.precision,
            device=self._device,
        )
        return evaluation, code

    def _test(self, evaluation: Evaluation, code: RunCode) -> None:
        named = Evaluating.read(self._config).named_metrics
        scores = Scores(EvaluationMetrics(code, named, self._device))

        def test(number: int) -> None:
            rows = evaluation.rows_of(number)
            scores.add(evaluation.answer(rows), len(rows))

        if self._go_over(evaluation, test):
            with self._watchdog.watch(None, "computing the metrics"):
                metrics = scores.compute()
            self._complete(metrics=metrics)

    def _predict(self, evaluation: Evaluation) -> None:
        path = self._scratch / "predictions.csv"
        writer = PredictionsWriter(path)

        def predict(number: int) -> None:
            rows = evaluation.rows_of(number)
            ids = [row["id"] for row in rows]
            writer.write(ids, evaluation.answer(rows).get("predictions"))

        if self._go_over(evaluation, predict):
            told = writer.close()
            key = self._request.predictions_key
            if key is None:
                raise ValueError("an assignment to a prediction does not say where to write it")
            self._store.upload(self._assignment.bucket, key, path)
            self._complete(predictions=told)

    def _go_over(self, evaluation: Evaluation, do: Callable[[int], None]) -> bool:
        """Do every batch; false when the worker is to leave before the last."""
        orders = self._session.orders
        for number in range(evaluation.batches):
            if orders.exits or orders.leaves:
                return False
            with self._watchdog.watch(None, f"batch {number + 1} of {evaluation.batches}"):
                do(number)
            self._progress = BatchProgress(number + 1, evaluation.batches)
            self._tell()
        return True

    def _tell(self) -> None:
        self._session.ledger.report_inference(InferenceReport("ongoing", self._progress))

    def _complete(
        self,
        *,
        metrics: tuple[Metric, ...] | None = None,
        predictions: PredictionsFile | None = None,
    ) -> None:
        report = InferenceReport("completed", self._progress, metrics, predictions)
        self._session.ledger.report_inference(report)

    def _fail(self, message: str, traceback: str | None, error_type: str | None = None) -> None:
        error = InferenceError(message, traceback, error_type)
        report = InferenceReport("failed", self._progress, error=error)
        self._session.ledger.report_inference(report)

    def _hung(self, watch: Watch, stack: str) -> None:
        message = f"{watch.doing} took longer than {watch.limit_seconds:g} s and was taken for hung"
        self._fail(message, stack)
        self._session.close(LAST_WORDS_SECONDS)
        self._leave(RESTART)

    def _speaking(self) -> AbstractContextManager[None]:
        """What is said of a run's model is said by the run."""
        run_id = self._request.model.run_id
        return nullcontext() if run_id is None else self._output.of(run_id)


def _type_of(error: Exception) -> str | None:
    if isinstance(error, DataError):
        return error.error_type
    return "invalid-model-tag" if isinstance(error, ModelTagError) else None

"""`run_test` and `run_predict`, against a scripted service."""

import io
import json
import warnings
from collections.abc import Callable
from typing import Any

import fanfold
import httpx
import pytest
import wire
from fanfold import Connection, DataHandle, Experiment, List
from fanfold.inference_resource import Inference, Model
from fanfold.inference_view import inference_view, model_text
from fanfold.resources import Operation
from rich.console import Console

BASE = "/v1/workspaces/default"
HERE = "/experiments/digits"
RUN = {"runId": 3, "choice": "final", "epoch": 5, "chunk": 0, "checkpointUri": "s3://b/c/"}
METRICS = {"test_loss": 0.25, "test_accuracy": 0.9375}
CSV = "id,prediction\n7,0.5\n8,0.25\n"


def inference(kind: str, status: str, done: int = 0, **more: Any) -> dict[str, Any]:
    progress = {"done": done, "of": 8}
    told = {"kind": kind, "model": RUN, "batchSize": 64, "progress": progress}
    return wire.operation(status, **{**told, **more})


class Service(httpx.BaseTransport):
    """Takes one test or prediction, which comes out as told."""

    def __init__(self, kind: str, *states: dict[str, Any]) -> None:
        self.kind = kind
        self.states = list(states)
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.refusal: dict[str, Any] | None = None
        self.files: list[Callable[[], httpx.Response]] = [lambda: httpx.Response(200, text=CSV)]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix(BASE)
        if path == "/file":
            return (self.files.pop(0) if len(self.files) > 1 else self.files[0])()
        if path in (f"{HERE}/tests", f"{HERE}/predictions"):
            assert path == f"{HERE}/{'tests' if self.kind == 'test' else 'predictions'}"
            return self._start(request)
        return httpx.Response(200, json=self._resource(path))

    def _start(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(json.loads(request.read()))
        self.keys.append(request.headers.get("Idempotency-Key"))
        if self.refusal is not None:
            return httpx.Response(self.refusal["status"], json=self.refusal)
        return httpx.Response(202, json=self.states[0])

    def _resource(self, path: str) -> dict[str, Any]:
        resources: dict[str, Callable[[], dict[str, Any]]] = {
            "/experiments": lambda: {"experiment": EXPERIMENT, "reconnected": False},
            HERE: lambda: EXPERIMENT,
            f"{HERE}/data-handles": lambda: {"dataHandle": HANDLE},
            f"{HERE}/operations/1": self._next_state,
            f"{HERE}/operations/1/predictions": lambda: {"url": "http://there/file"},
        }
        return resources[path]()

    def _next_state(self) -> dict[str, Any]:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]


EXPERIMENT = {
    "name": "digits",
    "requestedName": "digits",
    "status": "alive",
    "storageUri": "s3://b/",
    "activeOperation": 1,
}
HANDLE = {"dataHandleId": "dh-1", "status": "ready", "rows": {"test": 64}}
PREDICTED = {
    "predictions": {
        "fileName": "predictions_run3.csv",
        "uri": "s3://b/p.csv",
        "rows": 2,
        "columns": ["id", "prediction"],
    }
}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch, tmp_path):
    monkeypatch.setattr("fanfold.http.random.uniform", lambda *_: 0.0)
    monkeypatch.setattr("fanfold.watching.time.sleep", lambda _: None)
    (tmp_path / "spec.py").write_text("class MLSpec: ...\n")
    monkeypatch.chdir(tmp_path)


def open_with(service: Service) -> tuple[Experiment, DataHandle]:
    exp = Experiment(
        "spec.py", "digits", connection=Connection("http://there", "t", transport=service)
    )
    dh = DataHandle({"test": "s3://b/t.csv"})
    dh.download()
    return exp, dh


def test_a_test_shows_its_progress_then_its_metrics(capsys):
    states = [
        inference("test", "pending"),
        inference("test", "running", 2),
        inference("test", "running", 4),
        inference("test", "completed", 8, metrics=METRICS),
    ]
    service = Service("test", *states)
    exp, dh = open_with(service)
    exp.run_test(dh, run_id=3)
    assert service.bodies == [{"dataHandleId": "dh-1", "batchSize": 64, "runId": 3}]
    assert service.keys[0]
    lines = capsys.readouterr().out.splitlines()
    assert "Test 1 running · run 3, final checkpoint (epoch 5) · 20%" in lines
    assert "Test 1 running · run 3, final checkpoint (epoch 5) · 50%" in lines
    assert lines[-4] == "Test 1 completed · run 3, final checkpoint (epoch 5) · 100%"
    assert [line.split() for line in lines[-3:]] == [
        ["metric", "value"],
        ["test_loss", "0.25"],
        ["test_accuracy", "0.9375"],
    ]


def test_both_pathways_are_sent_as_they_are_given():
    service = Service("test", inference("test", "completed", 8))
    exp, dh = open_with(service)
    exp.run_test(dh, 3, epoch_checkpoint=2, batch_size=128, idempotency_key="k")
    exp.run_test(dh, model_tag="s3://b/m.pt", config={"user_knobs": {"width": List([1, 2])}})
    assert service.bodies == [
        {"dataHandleId": "dh-1", "batchSize": 128, "runId": 3, "epochCheckpoint": 2},
        {
            "dataHandleId": "dh-1",
            "batchSize": 64,
            "modelTag": "s3://b/m.pt",
            "config": {"user_knobs": {"width": {"$list": [1, 2]}}},
        },
    ]
    assert service.keys[0] == "k"


def test_a_prediction_is_downloaded_into_the_current_directory(capsys, tmp_path):
    service = Service("predict", inference("predict", "completed", 8, **PREDICTED))
    exp, dh = open_with(service)
    exp.run_predict(dh, run_id=3)
    assert (tmp_path / "predictions_run3.csv").read_text() == CSV
    said = "Predictions with run 3, final checkpoint (epoch 5) are in predictions_run3.csv (2 rows)"
    assert capsys.readouterr().out.endswith(f"{said}\n")
    exp.run_predict(dh, run_id=3)
    assert f"{said}, in place of the file that was there" in capsys.readouterr().out


def test_a_download_that_breaks_off_is_made_again_and_leaves_no_half_file(tmp_path):
    def cut() -> httpx.Response:
        raise httpx.ReadError("cut")

    service = Service("predict", inference("predict", "completed", 8, **PREDICTED))
    service.files = [cut, cut, *service.files]
    exp, dh = open_with(service)
    exp.run_predict(dh, run_id=3)
    assert (tmp_path / "predictions_run3.csv").read_text() == CSV

    service.files = [lambda: httpx.Response(403, text="expired")]
    with pytest.raises(fanfold.InternalError, match="HTTP 403"):
        exp.run_predict(dh, run_id=3)
    assert {path.name for path in tmp_path.iterdir()} == {"spec.py", "predictions_run3.csv"}


def test_model_path_is_taken_as_model_tag_with_a_warning_and_not_beside_it():
    service = Service("predict", inference("predict", "cancelled"))
    exp, dh = open_with(service)
    with pytest.warns(DeprecationWarning, match="model_path is called model_tag now") as warned:
        exp.run_predict(dh, model_path="s3://b/m.pt", config={})
    assert warned[0].filename == __file__
    assert service.bodies[0]["modelTag"] == "s3://b/m.pt"
    with warnings.catch_warnings(), pytest.raises(fanfold.PathwayAmbiguous, match="former name"):
        exp.run_predict(dh, model_path="s3://b/m.pt", model_tag="s3://b/m.pt", config={})
    assert len(service.bodies) == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pathway-ambiguous", fanfold.PathwayAmbiguous),
        ("no-checkpoint", fanfold.NoCheckpoint),
        ("epoch-checkpoint-not-applicable", fanfold.EpochCheckpointNotApplicable),
        ("epoch-checkpoints-disabled", fanfold.EpochCheckpointsDisabled),
        ("invalid-model-tag", fanfold.InvalidModelTag),
        ("run-not-found", fanfold.RunNotFound),
        ("partition-missing", fanfold.PartitionMissing),
        ("no-predictions", fanfold.NoPredictions),
    ],
)
def test_a_refusal_is_raised_as_its_class(name, kind):
    service = Service("test")
    service.refusal = {"type": f"https://x/{name}", "detail": "no", "status": 422}
    exp, dh = open_with(service)
    with pytest.raises(kind, match="no"):
        exp.run_test(dh, run_id=3)


def test_what_only_the_worker_could_refuse_is_raised_as_its_class():
    failed = inference("test", "failed", error="s3://b/m.pt …", errorType="invalid-model-tag")
    exp, dh = open_with(Service("test", failed))
    with pytest.raises(fanfold.InvalidModelTag, match=r"s3://b/m\.pt"):
        exp.run_test(dh, model_tag="s3://b/m.pt", config={})


def test_an_error_of_the_users_code_comes_with_its_traceback():
    failed = inference("predict", "failed", error="it raised", traceback="File spec.py, line 3")
    exp, dh = open_with(Service("predict", failed))
    with pytest.raises(fanfold.OperationFailed, match="Prediction 1 failed: it raised\nFile spec"):
        exp.run_predict(dh, run_id=3)


def test_watch_comes_back_to_a_prediction_and_downloads_it(capsys, tmp_path):
    states = [
        inference("predict", "running", 4),
        inference("predict", "completed", 8, **PREDICTED),
    ]
    exp, _ = open_with(Service("predict", *states))
    exp.watch()
    assert (tmp_path / "predictions_run3.csv").exists()
    assert "Prediction 1 completed" in capsys.readouterr().out


def test_an_interrupt_detaches_and_says_how_to_come_back(monkeypatch):
    exp, dh = open_with(Service("test", inference("test", "running", 1)))

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fanfold.watching.time.sleep", interrupt)
    with pytest.raises(fanfold.Detached, match=r"attach\(\)\.watch\(\) comes back to it"):
        exp.run_test(dh, run_id=3)


def test_the_view_draws_a_bar_and_a_table_for_terminal_and_notebook():
    told = inference("test", "completed", 4, metrics={"test_<loss>": "NaN"})
    operation = Operation.of(told)
    assert operation.inference is not None
    view = inference_view(operation, operation.inference)
    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(view)
    text = console.export_text()
    assert f"{'━' * 20}{'─' * 20} 4/8 batches" in text
    assert "nan" in text
    assert "width:50%" in view.html
    assert "test_&lt;loss&gt;" in view.html
    assert inference_view(operation, Inference(Model.of(RUN), 0, 0, {}, None)).label == "starting"


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ({"modelTag": "s3://b/m.pt"}, "s3://b/m.pt"),
        ({**RUN, "choice": "epoch", "epoch": 2}, "run 3, checkpoint of epoch 2"),
        (
            {**RUN, "choice": "newest", "epoch": 2, "chunk": 3},
            "run 3, newest checkpoint, as it did not complete (after epoch 2 and 3 chunks more)",
        ),
        (
            {**RUN, "choice": "newest", "epoch": 0, "chunk": 3},
            "run 3, newest checkpoint, as it did not complete (in its first epoch)",
        ),
    ],
)
def test_it_is_told_which_checkpoint_is_used(model, text):
    assert model_text(Model.of(model)) == text

"""The client's side of an experiment, against a scripted service."""

import json

import fanfold
import httpx
import pandas as pd
import pytest
import wire
from fanfold import Connection, DataHandle, Experiment

BASE = "/v1/workspaces/default"


class Script(httpx.BaseTransport):
    """Answers each route with the next of its answers; the last one stays."""

    def __init__(self, **answers: list[object]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, dict[str, object]]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        route = f"{request.method} {request.url.path.removeprefix(BASE)}"
        content = request.read()
        is_json = request.headers.get("Content-Type") == "application/json"
        self.calls.append((route, json.loads(content) if is_json else {}))
        answers = self.answers[route]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return httpx.Response(200, json=answer)

    def bodies(self, route: str) -> list[dict[str, object]]:
        return [body for called, body in self.calls if called == route]


def experiment(name: str = "digits", **more: object) -> dict[str, object]:
    return {
        "name": name,
        "requestedName": "digits",
        "workspace": "default",
        "status": "alive",
        "storageUri": f"s3://bucket/workspaces/default/experiments/{name}/",
        **more,
    }


def created(name: str = "digits", *, reconnected: bool = False) -> dict[str, object]:
    return {"experiment": experiment(name), "reconnected": reconnected}


def handle(status: str, **more: object) -> dict[str, object]:
    return {"dataHandleId": "dh-1", "status": status, **more}


DOWNLOAD = {
    "POST /experiments/digits/data-handles": [
        {
            "dataHandle": handle("downloading"),
            "operation": wire.operation(kind="download"),
        }
    ],
    "GET /experiments/digits/data-handles/dh-1": [handle("ready", rows={"train": 1437})],
    "GET /experiments/digits/operations/1": [
        wire.operation("completed", kind="download"),
        wire.operation("pending", runCount=2),
        wire.operation("running", runCount=2),
        wire.operation("completed", runCount=2),
    ],
}

FIT = {
    "POST /experiments/digits/fits": [wire.operation("pending", runCount=2)],
    "GET /experiments/digits/runs": [
        {"items": []},
        httpx.ReadError("cut"),
        {"items": [wire.run(1, completedEpochs=1), wire.run(2, "new")]},
        {"items": [wire.run(1, "completed", completedEpochs=4), wire.run(2, "completed")]},
    ],
    "GET /experiments/digits/results": [{"items": [wire.result(1, 1, 0.5, val_loss=0.25)]}],
}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch, tmp_path):
    monkeypatch.setattr("fanfold.http.random.uniform", lambda *_: 0.0)
    monkeypatch.setattr("fanfold.watching.time.sleep", lambda _: None)
    (tmp_path / "spec.py").write_text("class MLSpec: ...\n")
    monkeypatch.chdir(tmp_path)


def open_experiment(script: Script) -> Experiment:
    script.answers.setdefault("POST /experiments", [created()])
    there = Connection("http://there", "secret", transport=script)
    return Experiment("spec.py", "digits", connection=there)


def routes(*tables: dict[str, list[object]]) -> Script:
    return Script(**{route: list(answers) for table in tables for route, answers in table.items()})


def test_creating_and_reconnecting_are_told_apart(capsys):
    script = routes({"POST /experiments": [created(), created(reconnected=True)]})
    open_experiment(script)
    open_experiment(script)
    assert capsys.readouterr().out.splitlines() == [
        "Experiment digits created",
        "Experiment digits reconnected",
    ]
    assert script.bodies("POST /experiments")[0] == {
        "name": "digits",
        "mlSpec": {"fileName": "spec.py", "source": "class MLSpec: ...\n"},
        "epochCheckpoints": False,
    }


def test_a_suffix_is_told(capsys):
    open_experiment(routes({"POST /experiments": [created("digits_1")]}))
    assert "Experiment digits_1 created\nThe name digits was" in capsys.readouterr().out


def test_attach_finds_the_alive_experiment_or_says_there_is_none():
    script = routes({"GET /experiments": [{"items": [experiment("other")]}, {"items": []}]})
    there = Connection("http://there", "secret", transport=script)
    assert Experiment.attach(connection=there).name == "other"
    with pytest.raises(fanfold.ExperimentNotFound, match="create one"):
        Experiment.attach(connection=there)


def test_a_fit_is_watched_to_its_end_through_a_hiccup_of_the_network(capsys):
    script = routes(DOWNLOAD, FIT)
    exp = open_experiment(script)
    dh = DataHandle({"train": "s3://b/t.csv", "train_objects": "s3://b/o/"})
    dh.download()
    assert dh.data_handle_id == "dh-1"
    exp.run_fit(dh, {"train": {"epochs": 4}}, num_chunks=3)
    (download,) = script.bodies("POST /experiments/digits/data-handles")
    assert download["locators"] == {"train": "s3://b/t.csv", "trainObjects": "s3://b/o/"}
    (fit,) = script.bodies("POST /experiments/digits/fits")
    assert fit == {
        "dataHandleId": "dh-1",
        "mlConfig": {"train": {"epochs": 4}},
        "seed": 42,
        "executor": "auto",
        "chunkTimeoutSeconds": 1800,
        "numChunks": 3,
    }
    out = capsys.readouterr().out
    assert "Data handle dh-1 ready: 1,437 train rows" in out
    assert "Creating Fanfold Workers ..." in out
    assert "run 1: ongoing, epoch 1/4, train_loss 0.5000, val_loss 0.2500" in out
    assert "Fit 1 completed" in out


def test_a_fit_started_with_the_same_key_before_is_shown_not_announced(capsys):
    before = {"POST /experiments/digits/fits": [wire.operation("completed", runCount=2)]}
    script = routes(DOWNLOAD, FIT, before)
    exp = open_experiment(script)
    dh = DataHandle({"train": "s3://b/t.csv"})
    dh.download()
    exp.run_fit(dh, {}, idempotency_key="mine")
    out = capsys.readouterr().out
    assert "Fit 1 was started with this key before" in out
    assert "Creating" not in out


def test_a_handle_of_another_experiment_is_refused():
    script = routes(DOWNLOAD, {"POST /experiments": [created(), created("digits_1")]})
    open_experiment(script)
    dh = DataHandle({"train": "s3://b/t.csv"})
    dh.download()
    later = open_experiment(script)
    with pytest.raises(fanfold.DataHandleNotReady, match=r"digits_1; call its download\(\)"):
        later.run_fit(dh, {})


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"error": "no column id", "errorType": "invalid-data"}, fanfold.InvalidData),
        ({"error": "no column id", "errorType": "data-too-large"}, fanfold.DataTooLarge),
        ({"error": "no column id"}, fanfold.OperationFailed),
    ],
)
def test_a_download_that_fails_says_why(error, kind):
    failed = {"GET /experiments/digits/data-handles/dh-1": [handle("failed", **error)]}
    open_experiment(routes(DOWNLOAD, failed))
    with pytest.raises(fanfold.OperationFailed, match="no column id") as raised:
        DataHandle({"train": "s3://b/t.csv"}).download()
    assert type(raised.value) is kind


def test_a_fit_whose_data_changed_says_so():
    failed = wire.operation("failed", runCount=1, error="t.csv changed", errorType="data-changed")
    exp = open_experiment(routes(DOWNLOAD, FIT, {"GET /experiments/digits/operations/1": [failed]}))
    dh = DataHandle({"train": "s3://b/t.csv"})
    dh.download()
    with pytest.raises(fanfold.DataChanged, match=r"fit 1 failed: t\.csv changed"):
        exp.run_fit(dh, {"train": {"epochs": 4}})


def test_an_interrupt_detaches_and_says_how_to_come_back():
    running = {
        "GET /experiments/digits": [experiment(activeOperation=1)],
        "GET /experiments/digits/operations/1": [wire.operation("running", runCount=2)],
        "GET /experiments/digits/runs": [KeyboardInterrupt()],
    }
    script = routes(running)
    exp = open_experiment(script)
    with pytest.raises(fanfold.Detached, match=r"fit 1 of experiment digits goes on.*watch\(\)"):
        exp.watch()
    assert not [called for called, _ in script.calls if "cancel" in called]


def test_a_fit_that_fails_as_a_whole_raises():
    failed = wire.operation("failed", runCount=1, error="no capacity")
    running = {
        "GET /experiments/digits": [experiment(activeOperation=1)],
        "GET /experiments/digits/operations/1": [failed],
    }
    exp = open_experiment(routes(FIT, running))
    with pytest.raises(fanfold.OperationFailed, match="no capacity"):
        exp.watch()


def test_cancel_waits_until_the_workers_are_gone(capsys):
    cancelled = {
        "POST /experiments/digits/operations/current/cancel": [
            {"cancelled": True, "operation": wire.operation("cancelling")},
            {"cancelled": False},
        ],
        "GET /experiments/digits/operations/1": [
            wire.operation("cancelling"),
            wire.operation("cancelled"),
        ],
    }
    exp = open_experiment(routes(cancelled))
    exp.cancel_current()
    exp.cancel_current()
    assert "Fit 1 cancelled\nNo operation of digits is active" in capsys.readouterr().out


def test_end_saves_artifacts_and_a_second_end_has_nothing_to_do(capsys):
    saved = wire.operation("completed", kind="end", artifactsUri="s3://bucket/out/")
    ends = {
        "POST /experiments/digits/end": [
            {"ended": False, "operation": wire.operation(kind="end")},
            {"ended": False},
        ],
        "GET /experiments/digits/operations/1": [saved],
    }
    exp = open_experiment(routes(ends))
    exp.end("s3://bucket/out")
    exp.end()
    out = capsys.readouterr().out
    assert "its artifacts are under s3://bucket/out/" in out
    assert "nothing to end" in out


def test_end_tells_how_many_runs_are_saved(capsys):
    uri = "s3://bucket/out/digits/"
    saving = [
        wire.operation(state, kind="end", artifactsUri=uri, progress={"done": done, "of": 4})
        for state, done in [("pending", 0), ("pending", 2), ("completed", 4)]
    ]
    ends = {
        "POST /experiments/digits/end": [{"ended": False, "operation": saving[0]}],
        "GET /experiments/digits/operations/1": saving,
    }
    open_experiment(routes(ends)).end("s3://bucket/out")
    shares = [f"Saving the artifacts under {uri} · {share}" for share in ("0%", "50%", "100%")]
    assert "\n".join(shares) in capsys.readouterr().out


def test_an_error_is_readable(capsys):
    error = {"message": "it raised", "traceback": "Traceback\nValueError: bad"}
    exp = open_experiment(
        routes(
            {
                "GET /experiments/digits/runs/3": [wire.run(3, "failed", error=error)],
            }
        )
    )
    exp.show_error(3)
    assert capsys.readouterr().out.endswith("it raised\nTraceback\nValueError: bad\n")


def test_an_ml_spec_that_is_not_there_is_refused():
    with pytest.raises(fanfold.InvalidRequest, match=r"no MLSpec file nowhere\.py"):
        Experiment("nowhere.py", "x", connection=Connection("http://there", "t"))


def test_frames_are_sent_once_under_names_of_their_content():
    uploads = [
        {"uri": "s3://bucket/a/train.parquet", "uploadUrl": "http://there/put", "exists": False},
        {"uri": "s3://bucket/a/train.parquet", "uploadUrl": "http://there/put", "exists": True},
    ]
    script = routes({"POST /uploads": uploads, "PUT /put": [{}]})
    there = Connection("http://there", "secret", transport=script)
    frame = pd.DataFrame({"id": [1, 2], "pixels": [[0.0], [1.0]]})
    first = DataHandle.from_pandas(train=frame, connection=there)
    DataHandle.from_pandas(train=frame.copy(), connection=there)
    assert first.locators == {"train": "s3://bucket/a/train.parquet"}
    one, two = script.bodies("POST /uploads")
    assert one == two
    assert len(script.bodies("PUT /put")) == 1


@pytest.mark.parametrize(
    ("frame", "detail"),
    [
        (pd.DataFrame({"x": [1]}), "missing"),
        (pd.DataFrame({"id": ["a"]}), "not integers"),
        (pd.DataFrame({"id": [1, 1]}), "duplicates"),
    ],
)
def test_a_frame_without_unique_integer_ids_is_refused(frame, detail):
    there = Connection("http://there", "secret", transport=Script())
    with pytest.raises(fanfold.InvalidRequest, match=detail):
        DataHandle.from_pandas(train=frame, connection=there)


def test_a_folder_becomes_a_prefix(tmp_path):
    (tmp_path / "images" / "a").mkdir(parents=True)
    (tmp_path / "images" / "a" / "1.png").write_bytes(b"1")
    (tmp_path / "images" / "b.png").write_bytes(b"2")
    place = {"uri": "s3://b/f/", "files": []}
    single = {"uri": "s3://b/g/b.png", "uploadUrl": "", "exists": True}
    script = routes({"POST /folder-uploads": [place], "POST /uploads": [single]})
    there = Connection("http://there", "secret", transport=script)
    assert DataHandle.upload(tmp_path / "images", connection=there) == "s3://b/f/"
    assert script.bodies("POST /folder-uploads")[0]["paths"] == ["a/1.png", "b.png"]
    assert DataHandle.upload(tmp_path / "images" / "b.png", connection=there).endswith("/b.png")


def test_a_large_folder_is_sent_in_parts_and_only_what_is_not_there(tmp_path):
    reviews = tmp_path / "reviews"
    reviews.mkdir()
    for number in range(501):
        (reviews / f"{number:03}.txt").write_text("good")
    missing = {"path": "007.txt", "uploadUrl": "http://there/put"}
    places = [{"uri": "s3://b/f/", "files": [missing]}, {"uri": "s3://b/f/", "files": []}]
    script = routes({"POST /folder-uploads": places, "PUT /put": [{}]})
    DataHandle.upload(reviews, connection=Connection("http://there", "secret", transport=script))
    first, second = script.bodies("POST /folder-uploads")
    assert first["folder"] == second["folder"]
    assert [*first["paths"], *second["paths"]] == [f"{number:03}.txt" for number in range(501)]
    assert (len(first["paths"]), len(second["paths"])) == (500, 1)
    assert len(script.bodies("PUT /put")) == 1


def test_a_file_that_is_too_large_for_one_upload_is_refused(tmp_path):
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(5 * 1024**3 + 1)
    there = Connection("http://there", "secret", transport=Script())
    with pytest.raises(fanfold.InvalidRequest, match=r"'huge\.csv' is larger than 5 GiB.*s3://"):
        DataHandle.upload(tmp_path / "huge.csv", connection=there)


@pytest.mark.parametrize("name", ["a b.png", "ü.png", "a..b"])
def test_a_file_whose_name_cannot_be_kept_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"1")
    there = Connection("http://there", "secret", transport=Script())
    with pytest.raises(fanfold.InvalidRequest, match="names of files are made of"):
        DataHandle.upload(tmp_path, connection=there)


def test_nothing_to_upload_is_refused(tmp_path):
    there = Connection("http://there", "secret", transport=Script())
    with pytest.raises(fanfold.InvalidRequest, match="there is no file .*nothing"):
        DataHandle.upload(tmp_path / "nothing", connection=there)


def test_one_name_in_the_place_of_a_list_of_columns_is_refused():
    with pytest.raises(fanfold.InvalidRequest, match=r"a list of names, here \['image'\]"):
        DataHandle({"train": "s3://b/t.csv"}, download_columns="image")


def test_an_unknown_locator_is_refused():
    with pytest.raises(fanfold.InvalidRequest, match="/locators/tran"):
        DataHandle({"tran": "s3://b/t.csv"})

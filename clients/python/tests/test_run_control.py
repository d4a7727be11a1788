"""Steering runs, against a scripted service."""

import json

import httpx
import pytest
import wire
from fanfold import Connection, Experiment, GridSearch, IllegalTransition, InvalidConfig, List

EXPERIMENTS = "/v1/workspaces/default/experiments"
ALIVE = {
    "name": "digits",
    "requestedName": "digits",
    "status": "alive",
    "storageUri": "s3://b/",
}


def entry(op, run_id, **more):
    line = {"at": wire.AT, "by": "alice", "op": op, "runId": run_id, "outcome": "accepted"}
    return {**line, **more}


class Service:
    def __init__(self, *runs, busy=0):
        self.runs = {run["runId"]: run for run in runs}
        self.busy = busy
        self.asked = []
        self.bodies = []
        self.log = []

    def __call__(self, request):
        path = request.url.path.removeprefix(EXPERIMENTS)
        if path == "":
            return httpx.Response(200, json={"items": [ALIVE]})
        if path == "/digits/control-log":
            return httpx.Response(200, json={"items": self.log})
        self.asked.append((path, request.headers["Idempotency-Key"]))
        if len(self.asked) <= self.busy:
            return httpx.Response(503)
        _, _, _, run_id, op = path.split("/")
        self.bodies.append(json.loads(request.content) if request.content else None)
        if op == "clone":
            made = [run for run in self.runs.values() if run.get("clonedFrom") == int(run_id)]
            return httpx.Response(202, json={"runs": made, "control": entry(op, int(run_id))})
        run = self.runs.get(int(run_id))
        if run is None:
            problem = {
                "type": "https://fanfold.dev/problems/illegal-transition",
                "title": "The run cannot go there from its status",
                "status": 409,
                "detail": f"run {run_id} cannot go from completed to stopped",
            }
            return httpx.Response(409, json=problem)
        return httpx.Response(200, json={"run": run, "control": entry(op, int(run_id))})


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr("fanfold.http.random.uniform", lambda *_: 0.0)


def open_experiment(service):
    there = Connection("http://there", "secret", transport=httpx.MockTransport(service))
    return Experiment.attach(connection=there)


def test_what_was_done_to_a_run_is_said(capsys):
    service = Service(
        wire.run(1), wire.run(2, "stopped"), wire.run(3, completedEpochs=1), wire.run(4, "deleted")
    )
    exp = open_experiment(service)
    exp.stop(1)
    exp.stop(2)
    exp.resume(3)
    exp.delete(4)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "Run 1 stops at its next chunk boundary",
        "Run 2 is stopped",
        "Run 3 goes on after 1 epoch",
        "Run 4 is deleted",
    ]
    assert [path.split("/", 2)[2] for path, _ in service.asked] == [
        "runs/1/stop",
        "runs/2/stop",
        "runs/3/resume",
        "runs/4/delete",
    ]


def clones_of(parent, *run_ids):
    source = "interactive-control"
    return [wire.run(run_id, "new", source=source, clonedFrom=parent) for run_id in run_ids]


def test_changed_knobs_travel_as_configs_do_and_the_clones_are_named(capsys):
    service = Service(*clones_of(3, 9, 10), *clones_of(4, 11), *clones_of(5, 12, 13, 14))
    exp = open_experiment(service)
    changes = GridSearch({"train": {"optimizer": {"args": {"lr": List([0.1, 0.2])}}}})
    assert exp.clone(3, changes) == [9, 10]
    assert exp.clone(4, {"train": {"lr_scheduler": None}}, warm_start=True) == [11]
    assert exp.clone(5, [{}, {}, {}], warm_start=True, epoch=2) == [12, 13, 14]
    assert exp.clone(4) == [11]
    assert capsys.readouterr().out.splitlines()[1:] == [
        "Runs 9 and 10 are cloned from run 3",
        "Run 11 starts from run 4's weights",
        "Runs 12, 13 and 14 start from run 5's weights after epoch 2",
        "Run 11 is cloned from run 4",
    ]
    grid = {"$grid": {"train": {"optimizer": {"args": {"lr": {"$list": [0.1, 0.2]}}}}}}
    assert service.bodies == [
        {"changes": grid, "warmStart": False},
        {"changes": {"train": {"lr_scheduler": None}}, "warmStart": True},
        {"changes": [{}, {}, {}], "warmStart": True, "epoch": 2},
        {"changes": {}, "warmStart": False},
    ]


def test_changes_that_have_no_json_form_are_refused_before_anything_is_sent():
    service = Service(*clones_of(3, 9))
    with pytest.raises(InvalidConfig) as refusal:
        open_experiment(service).clone(3, {"user_knobs": {"act": object}})
    assert refusal.value.errors[0].pointer == "/user_knobs/act"
    assert service.asked == []


def test_a_completed_run_is_extended_by_epochs(capsys):
    service = Service(wire.run(3, completedEpochs=2))
    open_experiment(service).extend(3, 2)
    assert capsys.readouterr().out.splitlines()[1:] == ["Run 3 goes on to 4 epochs"]
    assert service.bodies == [{"epochs": 2}]


def test_an_op_asked_again_after_a_hiccup_keeps_its_key():
    service = Service(wire.run(1), busy=2)
    open_experiment(service).stop(1)
    assert len(service.asked) == 3
    assert len(set(service.asked)) == 1


def test_a_refused_op_raises_by_its_name():
    with pytest.raises(IllegalTransition, match="cannot go from completed to stopped"):
        open_experiment(Service()).stop(7)


def test_the_control_log_is_a_frame():
    service = Service()
    exp = open_experiment(service)
    columns = ["at", "by", "op", "run_id", "asked", "made"]
    columns += ["outcome", "refusal", "detail"]
    assert list(exp.get_control_log().columns) == columns
    refused = {"outcome": "refused", "refusal": "no-active-fit", "detail": "run_fit first"}
    asked = {"changes": {"train": {"epochs": 3}}, "warmStart": True}
    clone = entry("clone", 1, asked=asked, made=[2, 3])
    service.log = [entry("stop", 1), entry("resume", 1, **refused), clone]
    frame = exp.get_control_log()
    assert frame[["by", "op", "run_id", "outcome"]].to_numpy().tolist() == [
        ["alice", "stop", 1, "accepted"],
        ["alice", "resume", 1, "refused"],
        ["alice", "clone", 1, "accepted"],
    ]
    assert frame.refusal.tolist() == [None, "no-active-fit", None]
    assert frame.asked.tolist() == [None, None, asked]
    assert frame.made.tolist() == [None, None, [2, 3]]
    assert str(frame["at"].dt.tz) == "UTC"

"""What `run_fit` asks for, and what it shows of a fit that is only planned."""

import httpx
import pytest
from fanfold import SHA, Connection, DataHandle, Experiment, FitPlan, InvalidRequest, List
from fanfold.fit_request import fit_request

FITS = "/v1/workspaces/default/experiments/digits/fits"

PLAN = {
    "runCount": 9,
    "configs": [{"train": {"epochs": 9}}],
    "brackets": [{"rungs": [1, 3]}],
    "plan": {"workers": 2, "runsPerWorker": 5, "reason": "9 runs share 2"},
    "estimate": {"gpuHours": 0.0123456, "hours": 0.00625, "usd": 6.5},
    "estimateReason": "by 6 epochs of 2 earlier runs",
}


def asked(**more: object) -> dict[str, object]:
    plain = {"seed": 1, "num_chunks": None, "chunk_timeout_s": 60, "executor": "single"}
    return fit_request("dh-1", {"a": 1}, **{**plain, "max_workers": None, "budget": None, **more})


def test_what_is_left_out_is_not_sent():
    assert asked() == {
        "dataHandleId": "dh-1",
        "mlConfig": {"a": 1},
        "seed": 1,
        "executor": "single",
        "chunkTimeoutSeconds": 60,
    }
    assert asked(num_chunks=3)["numChunks"] == 3
    assert asked(max_workers=2)["maxWorkers"] == 2


def test_a_budget_travels_in_the_service_s_words_and_is_judged_there():
    assert asked(budget={"gpu_hours": 2})["budget"] == {"gpuHours": 2}
    assert asked(budget={"usd": 0.5})["budget"] == {"usd": 0.5}
    assert asked(budget={"eur": 1})["budget"] == {"eur": 1}


@pytest.fixture
def there(tmp_path, monkeypatch):
    """An experiment and a data handle, with a service that plans fits and refuses budgets."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.py").write_text("class MLSpec: ...\n")
    bodies: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.read())
        if b'"budget"' in bodies[-1]:
            problem = {"type": "https://fanfold.dev/problems/invalid-request", "detail": "no"}
            return httpx.Response(400, json={"title": "t", "status": 400, **problem})
        if request.url.path == FITS:
            return httpx.Response(200, json=PLAN)
        resource = {"name": "digits", "requestedName": "digits", "status": "alive"}
        resource |= {"workspace": "default", "storageUri": "s3://b/"}
        return httpx.Response(201, json={"experiment": resource, "reconnected": False})

    connection = Connection("http://there", "secret", transport=httpx.MockTransport(answer))
    exp = Experiment("spec.py", "digits", connection=connection)
    monkeypatch.setattr(DataHandle, "id_in", lambda *_: "dh-1")
    return exp, DataHandle({"train": "s3://b/t.csv"}), bodies


def test_a_dry_run_is_printed_and_given_back(there, capsys):
    exp, handle, bodies = there
    plan = exp.run_fit(handle, SHA(List([{}]), "val_loss", "min"), dry_run=True)
    assert b'"dryRun":true' in bodies[-1].replace(b" ", b"")
    assert (plan.run_count, plan.workers, plan.rungs) == (9, 2, [[1, 3]])
    assert (plan.gpu_hours, plan.hours, plan.cost_usd) == (0.0123456, 0.00625, 6.5)
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "Dry run: 9 runs on 2 workers, at most 5 each (9 runs share 2)",
        "SHA lets the best go on after epochs 1, 3",
        "Estimate: 0.0123 GPU hours, $6.50, done in 0.00625 hours (by 6 epochs of 2 earlier runs)",
        "Nothing was started",
    ]


def test_a_plan_tells_what_earlier_runs_took_of_a_gpu():
    measured = {**PLAN["estimate"], "gpuUtilization": 0.07, "gpuPeakMemoryBytes": 3 * 2**30}
    plan = FitPlan.of({**PLAN, "estimate": measured})
    assert (plan.gpu_utilization, plan.gpu_memory_bytes) == (0.07, 3 * 2**30)
    told = "These runs kept a GPU 7% busy, with at most 3.0 GiB of its memory in use"
    assert told in str(plan).splitlines()


def test_the_workers_that_are_asked_for_travel(there):
    exp, handle, bodies = there
    exp.run_fit(handle, {}, max_workers=2, dry_run=True)
    assert b'"maxWorkers":2' in bodies[-1].replace(b" ", b"")


def test_a_plan_without_an_estimate_says_why():
    plan = FitPlan.of({**PLAN, "estimate": None, "estimateReason": "no run", "brackets": []})
    assert plan.gpu_hours is None
    assert plan.cost_usd is None
    assert "No estimate: no run" in str(plan)
    assert "SHA" not in str(plan)


def test_a_budget_that_is_none_is_refused(there):
    exp, handle, _ = there
    with pytest.raises(InvalidRequest):
        exp.run_fit(handle, {}, budget={"eur": 1})

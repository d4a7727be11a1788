"""Logs and exported files, against a scripted service."""

import httpx
import pytest
import wire
from fanfold import Connection, Experiment, InvalidRequest
from fanfold.log_lines import LogLines

LOGS = "/v1/workspaces/default/experiments/digits/logs"


def line(number, run_id=None, worker=1):
    speaker = {} if run_id is None else {"runId": run_id}
    named = {"at": wire.AT, "level": "info", "operation": 1, "worker": worker}
    return {**named, **speaker, "message": f"line {number}"}


class Service:
    """A service whose log grows by a step with each question for its last page."""

    def __init__(self, steps, over_after=0):
        self.steps = steps
        self.over_after = over_after
        self.asked = []
        self.read = 0

    def __call__(self, request):
        query = dict(request.url.params)
        self.asked.append((request.method, request.url.path, query))
        if request.url.path == LOGS:
            return self.log(query)
        over = self.read >= self.over_after
        active = {} if over else {"activeOperation": 1}
        answers = {
            "digits": {"name": "digits", "requestedName": "digits", "status": "alive", **active},
            "3": wire.run(3, "completed" if over else "ongoing"),
            "1": wire.operation("completed" if over else "running"),
            "experiments": {"items": [{"name": "digits", "requestedName": "digits"}]},
        }
        answer = answers[request.url.path.rsplit("/", 1)[-1]]
        if "items" in answer:
            answer = {"items": [{**answers["digits"], "storageUri": "s3://b/"}]}
        return httpx.Response(200, json={"storageUri": "s3://b/", **answer})

    def log(self, query):
        cursor = int(query.get("cursor", 0))
        if cursor < min(self.read + 1, len(self.steps)):
            return httpx.Response(
                200, json={"items": self.steps[cursor], "nextCursor": str(cursor + 1)}
            )
        self.read += 1
        last = {"nextCursor": str(cursor)} if cursor else {}
        return httpx.Response(200, json={"items": [], **last})


def open_experiment(handler):
    there = Connection("http://there", "secret", transport=httpx.MockTransport(handler))
    return Experiment.attach(connection=there)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    clock = iter(range(0, 10_000_000, 4))
    monkeypatch.setattr("fanfold.log_lines.time.sleep", lambda _: None)
    monkeypatch.setattr("fanfold.log_lines.time.monotonic", lambda: float(next(clock)))


def test_logs_show_as_text_and_say_who_spoke():
    exp = open_experiment(Service([[line(1, run_id=3), line(2, worker=2)]]))
    logs = exp.get_logs()
    assert str(logs).splitlines() == [
        "2026-01-02 03:04:05 info    run 3: line 1",
        "2026-01-02 03:04:05 info    worker 2: line 2",
    ]
    assert isinstance(logs, LogLines)
    assert (len(logs), logs[1].worker, logs[0:1][0].operation) == (2, 2, 1)


def test_no_lines_yet_are_said_so():
    assert str(open_experiment(Service([])).get_logs()) == "No log lines yet"


def test_lines_are_filtered_by_the_service():
    service = Service([[line(1)]])
    open_experiment(service).get_logs(3, operation=1, level="warning")
    assert service.asked[-2][2] == {"runId": "3", "operation": "1", "level": "warning"}


@pytest.mark.parametrize("filtered", [{}, {"operation": 1}, {"run_id": 3}])
def test_a_followed_log_gives_every_line_once_until_its_speaker_is_over(filtered):
    steps = [[line(1)], [], [line(2), line(3)], [line(4)]]
    service = Service(steps, over_after=3)
    told = [one.message for one in open_experiment(service).get_logs(**filtered, follow=True)]
    assert told == ["line 1", "line 2", "line 3", "line 4"]


def test_an_export_is_fetched_into_a_file_named_by_its_format(tmp_path, capsys):
    asked = []

    def serve(request):
        asked.append((request.method, request.url.path, request.read()))
        if request.url.path.endswith("/exports"):
            return httpx.Response(201, json={"url": "http://storage/file", "rows": 2})
        if request.url.host == "storage":
            assert "Authorization" not in request.headers
            return httpx.Response(200, content=b"run_id\n1\n2\n")
        return Service([])(request)

    exp = open_experiment(serve)
    exp.export_results(tmp_path / "results.csv")
    exp.export_runs_info(str(tmp_path / "runs.Parquet"))
    assert (tmp_path / "results.csv").read_bytes() == b"run_id\n1\n2\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results.csv", "runs.Parquet"]
    exports = [(path.rsplit("/", 2)[1], body) for _, path, body in asked if "exports" in path]
    assert exports == [("results", b'{"format":"csv"}'), ("runs", b'{"format":"parquet"}')]
    assert "2 results of digits are in" in capsys.readouterr().out


def test_an_export_to_nowhere_is_refused_before_anything_is_written(tmp_path):
    exp = open_experiment(Service([]))
    with pytest.raises(InvalidRequest, match=r"must end in \.csv or \.parquet"):
        exp.export_results(tmp_path / "results.xlsx")
    with pytest.raises(InvalidRequest, match="there is no folder"):
        exp.export_runs_info(tmp_path / "nowhere" / "runs.csv")

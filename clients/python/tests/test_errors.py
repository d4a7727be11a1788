import json
import re
from pathlib import Path

import fanfold
import httpx
import pytest
from fanfold.errors import problem_classes
from fanfold.http import Http, problem_of


def answer(status: int, **body: object) -> httpx.Response:
    request = httpx.Request("GET", "http://there/v1/x")
    return httpx.Response(status, json=body, request=request)


def test_every_problem_type_of_the_contract_has_its_class():
    generated = Path(fanfold.__file__).with_name("problems.json")
    assert set(problem_classes) == set(json.loads(generated.read_text()))


def test_the_tree_at_the_top_shows_every_class():
    drawn = set(re.findall(r"[*x+] (\w+)", fanfold.errors.__doc__ or ""))
    classes = {cls.__name__ for cls in problem_classes.values()}
    more = {"FanfoldError", "NotConnected", "Unreachable", "OperationFailed", "Problem"}
    assert drawn == classes | more | {"KeyboardInterrupt", "Detached"}


def test_a_problem_keeps_its_sentence_its_places_and_its_status():
    problem = problem_of(
        answer(
            422,
            type="https://fanfold.dev/problems/invalid-config",
            title="The config is not valid",
            detail="1 knob is wrong",
            errors=[{"pointer": "/train/epochs", "detail": "must be at least 1"}],
        )
    )
    assert isinstance(problem, fanfold.InvalidConfig)
    assert problem.status == 422
    assert problem.errors == (fanfold.Fault("/train/epochs", "must be at least 1"),)
    assert str(problem) == "1 knob is wrong\n  /train/epochs: must be at least 1"


def test_what_the_sentence_tells_already_is_not_listed_again():
    fault = fanfold.Fault("/train", "is missing")
    told = fanfold.InvalidConfig("it cannot be trained: /train is missing", errors=[fault])
    assert str(told) == "it cannot be trained: /train is missing"


def test_a_problem_type_of_a_later_service_is_still_a_problem():
    problem = problem_of(answer(409, type="https://fanfold.dev/problems/new-one", detail="no"))
    assert type(problem) is fanfold.Problem


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, fanfold.Unauthorized),
        (403, fanfold.Unauthorized),
        (404, fanfold.NotFound),
        (413, fanfold.TooLarge),
        (429, fanfold.TooManyRequests),
        (500, fanfold.InternalError),
    ],
)
def test_what_the_gateway_itself_answers_is_understood(status, kind):
    problem = problem_of(answer(status, message="Forbidden"))
    assert type(problem) is kind
    assert "Forbidden" in problem.detail


def test_a_notebook_shows_the_sentence_without_frames():
    refused = fanfold.InvalidConfig("no", errors=[fanfold.Fault("/train", "missing")])
    assert refused._render_traceback_() == ["InvalidConfig: no", "  /train: missing"]


class Flaky(httpx.BaseTransport):
    """Fails as told, one fault per request, then answers."""

    def __init__(self, *faults: Exception | int) -> None:
        self.faults = list(faults)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if not self.faults:
            return httpx.Response(200, json={"ok": True})
        fault = self.faults.pop(0)
        if isinstance(fault, Exception):
            raise fault
        return httpx.Response(fault, json={"message": "later"}, headers={"Retry-After": "0"})


def http(transport: httpx.BaseTransport) -> Http:
    return Http(fanfold.Connection("http://there/stage/%24default", "secret", transport=transport))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr("fanfold.http.random.uniform", lambda *_: 0.0)


@pytest.mark.parametrize("fault", [httpx.ReadError("cut"), httpx.ReadTimeout("late"), 429, 503])
def test_a_read_and_a_keyed_call_are_tried_again(fault):
    transport = Flaky(fault, fault)
    assert http(transport).get("/v1/x") == {"ok": True}
    assert len(transport.requests) == 3

    transport = Flaky(fault)
    assert http(transport).post("/v1/x", {}, idempotency_key="k") == {"ok": True}
    assert [r.headers["Idempotency-Key"] for r in transport.requests] == ["k", "k"]


def test_a_call_without_a_key_is_tried_again_only_if_it_never_arrived():
    transport = Flaky(httpx.ReadError("cut"))
    with pytest.raises(fanfold.Unreachable):
        http(transport).post("/v1/x", {})
    assert len(transport.requests) == 1
    assert http(Flaky(httpx.ConnectError("refused"))).post("/v1/x", {}) == {"ok": True}


def test_a_call_beyond_the_tokens_rate_had_no_effect_and_is_tried_again_after_a_while(monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr("fanfold.http.time.sleep", waited.append)
    answers = iter(
        [httpx.Response(429, headers={"Retry-After": "60"}), httpx.Response(200, json={})]
    )
    assert http(httpx.MockTransport(lambda _: next(answers))).post("/v1/x", {}) == {}
    assert waited == [60.0]
    with pytest.raises(fanfold.TooManyRequests):
        http(Flaky(*[429] * 9)).post("/v1/x", {})


def test_a_service_that_never_answers_is_unreachable():
    with pytest.raises(fanfold.Unreachable, match="npm run up"):
        http(Flaky(*[httpx.ConnectError("refused")] * 9)).get("/v1/x")


def test_what_answers_but_is_no_fanfold_service_is_told_apart():
    page = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>"))
    with pytest.raises(fanfold.Unreachable, match="not as a Fanfold service does"):
        http(page).get("/v1/x")


def test_the_base_url_keeps_its_path_and_the_token_goes_along():
    transport = Flaky()
    http(transport).get("/v1/x", cursor=None, limit=5)
    (request,) = transport.requests
    assert str(request.url) == "http://there/stage/%24default/v1/x?limit=5"
    assert request.headers["Authorization"] == "Bearer secret"


def test_a_presigned_url_never_sees_the_token(tmp_path):
    transport = Flaky()
    (tmp_path / "file").write_bytes(b"abc")
    http(transport).put_file("http://bucket/key?X-Amz-Signature=1", tmp_path / "file")
    (request,) = transport.requests
    assert "Authorization" not in request.headers


def test_a_file_is_sent_whole_each_time_with_its_length(tmp_path):
    sent: list[bytes] = []

    def take(request: httpx.Request) -> httpx.Response:
        assert "Transfer-Encoding" not in request.headers
        assert request.headers["Content-Length"] == "3000000"
        sent.append(request.read())
        return httpx.Response(503 if len(sent) == 1 else 200, headers={"Retry-After": "0"})

    (tmp_path / "file").write_bytes(b"x" * 3_000_000)
    http(httpx.MockTransport(take)).put_file("http://bucket/key", tmp_path / "file")
    assert sent == [b"x" * 3_000_000] * 2


@pytest.mark.parametrize(
    ("error_type", "kind"),
    [
        ("invalid-data", fanfold.InvalidData),
        ("data-changed", fanfold.DataChanged),
        ("data-too-large", fanfold.DataTooLarge),
        ("of-a-later-service", fanfold.OperationFailed),
        (None, fanfold.OperationFailed),
    ],
)
def test_an_operation_that_failed_raises_what_its_error_is_called(error_type, kind):
    raised = fanfold.errors.failure("s3://b/t.csv has no column 'id'", error_type)
    assert type(raised) is kind
    assert isinstance(raised, fanfold.OperationFailed)
    assert str(raised) == "s3://b/t.csv has no column 'id'"


def test_pages_follow_cursors_and_stop_where_a_cursor_stands_still():
    pages = {None: (["a"], "1"), "1": ([], "2"), "2": (["b"], "2")}

    def serve(request: httpx.Request) -> httpx.Response:
        items, cursor = pages[request.url.params.get("cursor")]
        return httpx.Response(200, json={"items": items, "nextCursor": cursor})

    assert list(http(httpx.MockTransport(serve)).pages("/v1/x")) == ["a", "b"]

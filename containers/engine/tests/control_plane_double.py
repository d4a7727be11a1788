"""A control plane of one worker, over HTTP, that holds both sides to the JSON Schemas."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib import resources
from typing import Any

import jsonschema
from loopback import Handler, Loopback

Json = dict[str, Any]

schemas = resources.files("fanfold_engine") / "schema"
REQUEST = jsonschema.Draft202012Validator(json.loads((schemas / "sync-request.json").read_text()))
ANSWER = jsonschema.Draft202012Validator(json.loads((schemas / "sync-answer.json").read_text()))


class ControlPlaneDouble(Loopback):
    """Deals runs, takes in reports, and gives the orders a test asks for."""

    def __init__(self, assignment: Json, runs: list[Json]) -> None:
        self.assignment = assignment
        self.waiting = list(runs)
        self.runs: dict[int, Json] = {}
        self.epochs: dict[int, list[Json]] = {}
        self.reports: list[Json] = []
        self.logs: list[Json] = []
        self.requests: list[Json] = []
        self.download: Json | None = None
        self.inference: Json | None = None
        self.stop: set[int] = set()
        self.branch: set[int] = set()
        """Runs that are asked for a checkpoint for clones, until they give it."""
        self.drop: set[int] = set()
        self.exit = False
        self.more_to_come = False
        """Whether runs that were let go of may be dealt again."""
        self.sync_interval_seconds = 0.5
        self.clock_ahead = timedelta(0)
        """Of the engine's."""
        self.token = "planned-token"
        self.complaints: list[str] = []
        self.faults: list[int | None] = []
        """What becomes of the next calls: an HTTP status, or None for an answer that gets lost."""
        self.on_request: Callable[[Json], None] = lambda _: None
        self.changed = threading.Condition()
        self._last: tuple[int, bytes, Json] | None = None
        super().__init__(_handler(self))

    def __exit__(self, *of_an_error: object) -> None:
        super().__exit__(*of_an_error)
        assert self.complaints == []

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.clock_ahead

    def next_attempt(self) -> None:
        """The worker's next attempt: its open runs are dealt again, from their checkpoints."""
        open_runs = [run for run in self.runs.values() if run["status"] in {"new", "ongoing"}]
        again = [
            {
                "runId": run["runId"],
                "config": run["config"],
                "completedEpochs": run.get("checkpoint", {}).get("epoch", 0),
                **({"checkpoint": run["checkpoint"]} if run.get("checkpoint") else {}),
            }
            for run in open_runs
        ]
        self.waiting = again + self.waiting
        self.assignment = {**self.assignment, "lease": self.assignment["lease"] + 1}
        self.token = "planned-token"
        self._last = None

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, 60), "the engine never told so"

    def logged(self, run_id: int | None = None) -> list[str]:
        return [line["message"] for line in self.logs if line.get("runId") == run_id]

    def answer(self, token: str, body: bytes) -> tuple[int, Json] | None:
        request = json.loads(body)
        REQUEST.validate(request)
        with self.changed:
            self.requests.append(request)
            fault = self.faults.pop(0) if self.faults else 200
            if fault is not None and fault != 200:
                return fault, {"type": "https://fanfold.dev/problems/x", "detail": "a fault"}
            answer = self._take_in(token, body, request)
            self.changed.notify_all()
            return None if fault is None else (200, answer)

    def _take_in(self, token: str, body: bytes, request: Json) -> Json:
        if self._last and self._last[0] == request["sequence"]:
            assert body == self._last[1], "a repeated sync says something else"
            return self._last[2]
        assert request["sequence"] == (self._last[0] if self._last else 0) + 1
        assert token == f"Bearer {self.token}"
        self.on_request(request)
        answer = self._follow(request)
        ANSWER.validate(answer)
        self._last = (request["sequence"], body, answer)
        return answer

    def _follow(self, request: Json) -> Json:
        self.logs += request["logs"]
        self.reports += request["runs"]
        self.download = request.get("download", self.download)
        self.inference = request.get("inference", self.inference)
        for report in request["runs"]:
            self._take_in_run(report)
        train = [] if self.exit else self.waiting[: request["room"]]
        self.waiting = self.waiting[len(train) :]
        for run in train:
            self.runs[run["runId"]] = {**self.runs.get(run["runId"], {}), **run, "status": "new"}
        answer = {
            "sequence": request["sequence"],
            "train": train,
            "more": (bool(self.waiting) or self.more_to_come) and not self.exit,
            "stop": sorted(self.stop),
            "branch": sorted(self.branch),
            "drop": sorted(self.drop),
            "exit": self.exit,
            "syncIntervalSeconds": self.sync_interval_seconds,
        }
        if request["sequence"] == 1:
            answer["assignment"] = self.assignment
        if request["needsCredentials"]:
            self.token = f"token-{request['sequence']}"
            answer |= {"token": self.token, "credentials": _credentials(self.now)}
        return answer

    def _take_in_run(self, report: Json) -> None:
        run = self.runs[report["runId"]]
        if "branch" in report:
            self.branch.discard(report["runId"])
        if run["status"] in {"new", "ongoing"}:
            run.update({name: value for name, value in report.items() if name != "epochs"})
        rows = {row["epoch"]: row for row in self.epochs.get(report["runId"], [])}
        rows |= {row["epoch"]: row for row in report["epochs"]}
        self.epochs[report["runId"]] = [rows[epoch] for epoch in sorted(rows)]


def _credentials(now: datetime) -> Json:
    expires_at = now + timedelta(hours=1)
    return {
        "accessKeyId": "key",
        "secretAccessKey": "secret",
        "sessionToken": "session",
        "expiresAt": expires_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def _handler(double: ControlPlaneDouble) -> type[Handler]:
    class Answering(Handler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # noqa: N802
            size = int(self.headers["content-length"])
            body = self.rfile.read(size)
            if len(body) < size:  # the engine's process ended while it was sending
                self.close_connection = True
                return
            try:
                answer = double.answer(self.headers["authorization"], body)
            except Exception as error:  # noqa: BLE001
                double.complaints.append(repr(error))
                answer = (400, {"detail": repr(error)})
            if answer is None:
                self.close_connection = True
                return
            data = json.dumps(answer[1]).encode()
            self.answer(answer[0], data, {"content-type": "application/json"})

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(double.now, usegmt=True)

    return Answering

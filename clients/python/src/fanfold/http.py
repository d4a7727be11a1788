"""The one seam to the network: requests, retries, and refusals as exceptions."""

import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from fanfold.connection import Connection
from fanfold.errors import Fault, InternalError, Problem, Unreachable, problem_classes

# An HTTP API of AWS answers within 30 seconds or not at all.
_TIMEOUT = httpx.Timeout(35.0, connect=5.0)

# A file is sent in one request; minutes, not the API's seconds.
_UPLOAD_TIMEOUT = httpx.Timeout(600.0, connect=5.0)

_PIECE_BYTES = 1024 * 1024

# Full jitter over 0.2, 0.4, 0.8, 1.6 s: about 1.5 s on average before `Unreachable`.
_ATTEMPTS = 5
_FIRST_DELAY_S = 0.2
_LONGEST_DELAY_S = 60.0

_LIMITED = 429
_BUSY = frozenset({_LIMITED, 502, 503, 504})

# What a gateway answers without the service's words.
_NAMELESS = {
    401: "unauthorized",
    403: "unauthorized",
    404: "not-found",
    413: "too-large",
    429: "too-many-requests",
}

Json = dict[str, Any]


class Http:
    """Calls one service. Calls that have one effect however often they are made are retried."""

    def __init__(self, connection: Connection) -> None:
        self._url = connection.url
        self._client = httpx.Client(
            base_url=connection.url,
            headers={"Authorization": f"Bearer {connection.token}", "Accept": "application/json"},
            timeout=_TIMEOUT,
            transport=connection.transport,
        )
        # Presigned URLs carry their own authority; the token must not travel there.
        self._storage = httpx.Client(timeout=_UPLOAD_TIMEOUT, transport=connection.transport)

    def get(self, path: str, **query: str | int | None) -> Json:
        """Read a resource."""
        params = {name: value for name, value in query.items() if value is not None}
        return self._call(self._client.build_request("GET", path, params=params), repeatable=True)

    def pages(self, path: str, **query: str | int | None) -> Iterator[Json]:
        """Read the items of every page of a list."""
        cursor: str | None = None
        while True:
            page = self.get(path, **query, cursor=cursor)
            yield from page["items"]
            following = page.get("nextCursor")
            # A list that can be followed gives its last cursor again when there is no more.
            if following is None or following == cursor:
                return
            cursor = following

    def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        repeatable: bool = False,
    ) -> Json:
        """Ask for something; `repeatable` says that asking twice is harmless without a key."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        request = self._client.build_request("POST", path, json=body or {}, headers=headers)
        return self._call(request, repeatable=repeatable or idempotency_key is not None)

    def put_file(self, url: str, file: Path) -> None:
        """Send a file to a presigned URL, read as it is sent."""
        headers = {"Content-Length": str(file.stat().st_size)}
        request = self._storage.build_request("PUT", url, content=_Pieces(file), headers=headers)
        response = self._send(self._storage, request, repeatable=True)
        if not response.is_success:
            raise InternalError(
                f"storage did not take the file (HTTP {response.status_code}); try again",
                status=response.status_code,
            )

    def get_file(self, url: str, path: Path) -> None:
        """Fetch a presigned URL into a file, which appears when it is whole."""
        aside = path.with_name(f".{path.name}.part")
        try:
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    return self._fetch(url, aside, path)
                except httpx.TransportError as error:
                    if attempt == _ATTEMPTS:
                        raise Unreachable(self._no_answer(error)) from error
                    _pause(attempt)
        finally:
            aside.unlink(missing_ok=True)

    def _fetch(self, url: str, aside: Path, path: Path) -> None:
        with self._storage.stream("GET", url) as response:
            if not response.is_success:
                raise InternalError(
                    f"storage did not give {path} (HTTP {response.status_code}); try again",
                    status=response.status_code,
                )
            with aside.open("wb") as file:
                for part in response.iter_bytes():
                    file.write(part)
        aside.replace(path)

    def _call(self, request: httpx.Request, *, repeatable: bool) -> Json:
        response = self._send(self._client, request, repeatable=repeatable)
        if not response.is_success:
            raise problem_of(response)
        try:
            return response.json()
        except ValueError:
            raise Unreachable(
                f"{self._url} answers, but not as a Fanfold service does; check FANFOLD_URL"
            ) from None

    def _send(
        self, client: httpx.Client, request: httpx.Request, *, repeatable: bool
    ) -> httpx.Response:
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            try:
                response = client.send(request)
            except httpx.TransportError as error:
                # What never arrived has had no effect, whatever it was.
                if last or not (repeatable or isinstance(error, httpx.ConnectError)):
                    # The reason is in the sentence; the transport's own frames would bury it.
                    raise Unreachable(self._no_answer(error)) from None
                _pause(attempt)
                continue
            # What met a limit of calls has had no effect, whatever it was.
            may_repeat = repeatable or response.status_code == _LIMITED
            if last or not may_repeat or response.status_code not in _BUSY:
                return response
            _pause(attempt, response.headers.get("Retry-After"))
        raise AssertionError("the last attempt returns or raises")

    def _no_answer(self, error: httpx.TransportError) -> str:
        return (
            f"{self._url} does not answer ({str(error) or type(error).__name__}): start the "
            "embedded stack with `npm run up`, or set FANFOLD_URL to where the service is"
        )


class _Pieces:
    """A file's content, from its start each time it is asked for: a request may be sent again."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        with self._file.open("rb") as opened:
            while piece := opened.read(_PIECE_BYTES):
                yield piece


def problem_of(response: httpx.Response) -> Problem:
    """Turn an answer that is not a success into its exception."""
    try:
        body = response.json()
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    name = str(body.get("type", "")).rsplit("/", 1)[-1]
    if name not in problem_classes and not body.get("detail"):
        return _nameless(response, str(body.get("message", "")))
    return problem_classes.get(name, Problem)(
        body.get("detail") or body.get("title") or name,
        errors=[
            Fault(e["pointer"], e["detail"], e.get("line"), e.get("column"))
            for e in body.get("errors", [])
        ],
        status=response.status_code,
        instance=body.get("instance"),
    )


def _nameless(response: httpx.Response, message: str) -> Problem:
    status = response.status_code
    name = _NAMELESS.get(status, "internal-error")
    words = f": {message}" if message else ""
    detail = f"{response.request.method} {response.request.url.path} got HTTP {status}{words}"
    if status in (401, 403):
        detail = (
            "the token is not accepted: it is misspelt, expired or revoked; check FANFOLD_TOKEN, "
            f"or ask an admin for a new one ({detail})"
        )
    return problem_classes[name](detail, status=status)


def _pause(attempt: int, retry_after: str | None = None) -> None:
    if retry_after is not None and retry_after.isdigit():
        time.sleep(min(float(retry_after), _LONGEST_DELAY_S))
        return
    time.sleep(random.uniform(0, _FIRST_DELAY_S * 2 ** (attempt - 1)))

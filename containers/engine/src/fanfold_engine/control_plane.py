"""The HTTP side of the worker protocol: one call, sent again until it is answered or hopeless."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from fanfold_engine.protocol import SyncAnswer, SyncRequest
from fanfold_engine.settings import Settings
from fanfold_engine.wire import WireError, from_json, to_json

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 600.0
FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 20.0
TIMEOUT = httpx.Timeout(30.0, connect=10.0)

LET_GO = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.GONE}
)


class LetGoError(Exception):
    """The worker is not wanted any more: it must stop at once and upload nothing."""


class ControlPlaneLostError(Exception):
    """The control plane did not answer for too long, or its answer makes no sense."""


class ControlPlane:
    """Sends syncs, one at a time."""

    def __init__(
        self,
        settings: Settings,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = f"{settings.url}/v1/worker/sync"
        self._token = settings.token
        self._patience_seconds = patience_seconds
        self._sleep = sleep
        self._http = httpx.Client(timeout=TIMEOUT)
        # A generator of its own: the module's global one belongs to the run in training.
        self._jitter = random.Random()

    def sync(self, request: SyncRequest) -> SyncAnswer:
        """Send one sync; the same bytes again while the answer stays out.

        Raises:
            LetGoError: the worker is fenced or its experiment has ended.
            ControlPlaneLostError: there is no use in trying further.
        """
        body = json.dumps(to_json(request), ensure_ascii=False, allow_nan=False).encode()
        give_up_at = time.monotonic() + self._patience_seconds
        delay = FIRST_DELAY_SECONDS
        while (answer := self._try(body)) is None:
            if time.monotonic() + delay > give_up_at:
                raise ControlPlaneLostError(f"no answer for {self._patience_seconds:.0f} s")
            self._sleep(delay * self._jitter.uniform(0.5, 1.0))
            delay = min(2 * delay, LONGEST_DELAY_SECONDS)
        self._token = answer.token or self._token
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _try(self, body: bytes) -> SyncAnswer | None:
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        try:
            response = self._http.post(self._url, content=body, headers=headers)
        except httpx.TransportError as error:
            log.warning("a sync got no answer (%s: %s); trying again", type(error).__name__, error)
            return None
        status = response.status_code
        if status == HTTPStatus.OK:
            return _answer(response)
        if status in LET_GO:
            raise LetGoError(_detail(response))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            log.warning("a sync was answered %d; trying again", status)
            return None
        raise ControlPlaneLostError(f"a sync was answered {status}: {_detail(response)}")


def _answer(response: httpx.Response) -> SyncAnswer:
    try:
        answer = from_json(SyncAnswer, response.json())
        return _by_own_clock(answer, response.headers.get("date"))
    except (ValueError, WireError) as error:
        raise ControlPlaneLostError(f"an answer makes no sense: {error}") from error


def _by_own_clock(answer: SyncAnswer, date: str | None) -> SyncAnswer:
    """This machine's clock may be wrong: how long the credentials still last is what counts."""
    if answer.credentials is None or date is None:
        return answer
    left = datetime.fromisoformat(answer.credentials.expires_at) - parsedate_to_datetime(date)
    expires_at = (datetime.now(UTC) + left).isoformat()
    return replace(answer, credentials=replace(answer.credentials, expires_at=expires_at))


def _detail(response: httpx.Response) -> str:
    try:
        problem = response.json()
    except ValueError:
        return response.text[:500]
    return f"{problem.get('type', '')}: {problem.get('detail', '')}"[:500]

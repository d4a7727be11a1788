"""The notice that EC2 takes a Spot host away in two minutes, asked of its metadata service.

AWS Batch passes no notice on, and jobs use their host's network, so they can ask themselves.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from http import HTTPStatus

import httpx

log = logging.getLogger(__name__)

CHUNK_SECONDS = 80.0
"""How long the chunk in training may still take, of 120 s."""
POLL_SECONDS = 5.0
TIMEOUT_SECONDS = 2.0
TOKEN_SECONDS = 21_600


def watch(url: str, notice: Callable[[], None]) -> None:
    """Call ``notice`` from another thread when the host is about to be taken away."""
    threading.Thread(target=_watch, args=(url, notice), name="spot", daemon=True).start()


def _watch(url: str, notice: Callable[[], None]) -> None:
    # Without trust_env=False it would ask a proxy.
    with httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False) as http:
        metadata = _Metadata(http)
        while not metadata.tells_of_an_end():
            threading.Event().wait(POLL_SECONDS)
    notice()


class _Metadata:
    """The metadata service, version 2: every question needs a token."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._token: str | None = None
        self._answers = True

    def tells_of_an_end(self) -> bool:
        """Whether the host is to be stopped or terminated."""
        try:
            answer = self._ask("/latest/meta-data/spot/instance-action")
        except httpx.HTTPError as error:
            if self._answers:
                log.warning("the host's metadata service does not answer: %s", error)
            self._answers = False
            return False
        self._answers = True
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            self._token = None
        return answer.status_code == HTTPStatus.OK

    def _ask(self, path: str) -> httpx.Response:
        if self._token is None:
            ttl = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)}
            answer = self._http.put("/latest/api/token", headers=ttl).raise_for_status()
            self._token = answer.text
        return self._http.get(path, headers={"X-aws-ec2-metadata-token": self._token})

"""A proxy that answers some requests in place of what is behind it, or breaks answers off."""

from __future__ import annotations

import httpx
from loopback import Handler, Loopback

Fault = int | str
"""An HTTP status with S3's code for it, or "half" for an answer that breaks off."""

OWN_HEADERS = {"connection", "transfer-encoding", "date", "server"}
CODES = {503: "SlowDown", 500: "InternalError", 400: "ExpiredToken", 403: "AccessDenied"}


class FaultyProxy(Loopback):
    def __init__(self, target: str) -> None:
        self.faults: list[Fault] = []
        """What becomes of the next requests; those after them are passed on."""
        self.target = target
        super().__init__(_handler(self))


def _handler(proxy: FaultyProxy) -> type[Handler]:
    class Answering(Handler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            fault = proxy.faults.pop(0) if proxy.faults else None
            if isinstance(fault, int):
                return self.answer(fault, f"<Error><Code>{CODES[fault]}</Code></Error>".encode())
            answer = httpx.request(
                self.command, proxy.target + self.path, headers=dict(self.headers), content=body
            )
            content = answer.content[: len(answer.content) // 2] if fault else answer.content
            passed_on = {
                name: value for name, value in answer.headers.items() if name not in OWN_HEADERS
            }
            return self.answer(answer.status_code, content, passed_on)

        do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _serve  # noqa: N815

    return Answering

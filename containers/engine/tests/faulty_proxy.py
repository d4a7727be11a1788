"""A proxy that answers some requests in place of what is behind it, or breaks answers off."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

Fault = int | str
"""An HTTP status with S3's code for it, or "half" for an answer that breaks off."""

CODES = {503: "SlowDown", 500: "InternalError", 400: "ExpiredToken", 403: "AccessDenied"}


class FaultyProxy:
    def __init__(self, target: str) -> None:
        self.faults: list[Fault] = []
        """What becomes of the next requests; those after them are passed on."""
        self.target = target
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> FaultyProxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"


def _handler(proxy: FaultyProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            fault = proxy.faults.pop(0) if proxy.faults else None
            if isinstance(fault, int):
                return self._answer(fault, {}, f"<Error><Code>{CODES[fault]}</Code></Error>")
            answer = httpx.request(
                self.command, proxy.target + self.path, headers=dict(self.headers), content=body
            )
            content = answer.content[: len(answer.content) // 2] if fault else answer.content
            return self._answer(answer.status_code, dict(answer.headers), content)

        def _answer(self, status: int, headers: dict[str, str], body: str | bytes) -> None:
            data = body.encode() if isinstance(body, str) else body
            self.send_response(status)
            for name, value in ({"content-length": str(len(data))} | headers).items():
                if name not in {"connection", "transfer-encoding", "date", "server"}:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler

"""The metadata service of an EC2 host that may be taken away."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "metadata-token"


class MetadataDouble:
    def __init__(self) -> None:
        self.is_taken_away = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> MetadataDouble:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"


def _handler(double: MetadataDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:  # noqa: N802
            is_asked = self.path == "/latest/api/token"
            seconds = int(self.headers["X-aws-ec2-metadata-token-ttl-seconds"])
            self._answer(200 if is_asked and 1 <= seconds <= 21_600 else 400, TOKEN)

        def do_GET(self) -> None:  # noqa: N802
            if self.headers["X-aws-ec2-metadata-token"] != TOKEN:
                return self._answer(401, "")
            is_there = self.path == "/latest/meta-data/spot/instance-action"
            if not (is_there and double.is_taken_away):
                return self._answer(404, "")
            return self._answer(200, '{"action": "terminate", "time": "2026-01-01T00:00:00Z"}')

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    return Handler

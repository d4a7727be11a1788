"""The metadata service of an EC2 host that may be taken away."""

from __future__ import annotations

from loopback import Handler, Loopback

TOKEN = "metadata-token"


class MetadataDouble(Loopback):
    def __init__(self) -> None:
        self.is_taken_away = False
        super().__init__(_handler(self))


def _handler(double: MetadataDouble) -> type[Handler]:
    class Answering(Handler):
        def do_PUT(self) -> None:  # noqa: N802
            is_asked = self.path == "/latest/api/token"
            seconds = int(self.headers["X-aws-ec2-metadata-token-ttl-seconds"])
            self.answer(200 if is_asked and 1 <= seconds <= 21_600 else 400, TOKEN.encode())

        def do_GET(self) -> None:  # noqa: N802
            if self.headers["X-aws-ec2-metadata-token"] != TOKEN:
                return self.answer(401, b"")
            is_there = self.path == "/latest/meta-data/spot/instance-action"
            if not (is_there and double.is_taken_away):
                return self.answer(404, b"")
            return self.answer(200, b'{"action": "terminate", "time": "2026-01-01T00:00:00Z"}')

    return Answering

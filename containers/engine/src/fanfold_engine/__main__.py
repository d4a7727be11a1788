"""``python -m fanfold_engine``: one attempt of one worker."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fanfold_engine import departure, spot
from fanfold_engine.ending import BAD_SETTINGS, leave
from fanfold_engine.protocol import Credentials
from fanfold_engine.settings import Settings, SettingsError
from fanfold_engine.worker import MakeStore, Worker

if TYPE_CHECKING:
    from fanfold_engine.s3_storage import S3Storage


def main(make_store: MakeStore) -> None:
    """Work as the environment says, then end the process."""
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(BAD_SETTINGS)
    # User code runs in this process; the token is none of its business.
    del os.environ["FANFOLD_WORKER_TOKEN"]
    scratch = Path(tempfile.mkdtemp(prefix="fanfold-"))
    worker = Worker(
        settings, make_store=make_store, scratch=scratch, leave=lambda code: leave(code, scratch)
    )
    departure.listen(lambda: worker.depart("SIGTERM", departure.CHUNK_SECONDS))
    if settings.metadata_url is not None:
        spot.watch(settings.metadata_url, lambda: worker.depart("Spot notice", spot.CHUNK_SECONDS))
    leave(worker.work(), scratch)


def s3_store(region: str, newest_credentials: Callable[[], Credentials]) -> S3Storage:
    """The object store in the cloud; imported while the first sync is under way."""
    from fanfold_engine.s3_storage import S3Storage  # noqa: PLC0415 - boto3 takes its time

    return S3Storage(region, newest_credentials)


if __name__ == "__main__":
    main(s3_store)

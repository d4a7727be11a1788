"""Starts the emulator with our parts in it, and ends it without leaving anything behind."""

import asyncio
import logging
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fanfold_local.settings import ACCOUNT, HOST, Settings

Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]

STOP_LIMIT_S = 15
"""As `local/stack.ts` waits for an emulator that it stops."""

_READING = ("Get", "BatchGet", "TransactGet", "Query", "Scan", "Describe", "List")


def serve(settings: Settings) -> None:
    """Serve until a signal, or until standard input is closed where the emulator has an owner."""
    settings.jobs_folder.mkdir(parents=True, exist_ok=True)
    (settings.folder / "state").mkdir(exist_ok=True)
    # What a killed emulator's functions left.
    shutil.rmtree(settings.folder / "tmp", ignore_errors=True)
    (settings.folder / "tmp").mkdir()
    # The functions' scripts are CommonJS, whatever a package.json above this folder says.
    (settings.folder / "tmp" / "package.json").write_text('{"type": "commonjs"}\n')
    # The emulator reads its settings from the environment while it is imported.
    os.environ.update(_environment(settings))
    logging.getLogger("hypercorn").setLevel(logging.WARNING)
    if settings.owned:
        threading.Thread(target=_end_with_owner, daemon=True).start()
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    from hypercorn.asyncio import serve as serve_http
    from hypercorn.config import Config
    from ministack import app as emulator

    from fanfold_local import (
        batch_authorization,
        cloudformation,
        dynamodb,
        lambda_runtime,
        scheduler,
    )
    from fanfold_local.autosave import Autosave
    from fanfold_local.batch import Batch
    from fanfold_local.step_functions import BatchIntegration

    autosave = Autosave(settings.folder / "state")
    batch = Batch(settings, autosave.changed)
    batch.register()
    BatchIntegration(batch).register(autosave.changed)
    batch_authorization.register()
    cloudformation.register()
    dynamodb.register()
    lambda_runtime.register()
    scheduler.register()

    config = Config()
    config.bind = [f"{HOST}:{settings.port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    autosave.start()
    ended = _signalled()
    app: Any = _telling(emulator.app, autosave.changed)
    await serve_http(app, config, shutdown_trigger=ended.wait)
    batch.close()
    autosave.stop()
    emulator._get_module("lambda_svc").reset()


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "GATEWAY_PORT": str(settings.port),
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": settings.region,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(settings.folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(settings.folder / "s3"),
        "TMPDIR": str(settings.folder / "tmp"),
        "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }


def _signalled() -> asyncio.Event:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    return ended


def _end_with_owner() -> None:
    # Not through sys.stdin, whose lock would be held when the interpreter ends for another reason.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    # Threads that wait for a job or a function may hold the end up, and nobody else is left to see.
    time.sleep(STOP_LIMIT_S)
    os.kill(os.getpid(), signal.SIGKILL)


def _telling(app: App, on_change: Callable[[], None]) -> App:
    """Wrap the emulator's application: tell of each request that may have changed something.

    Loopback stands for TLS, so that policies which deny plain HTTP hold here as they do on AWS.
    """

    async def application(scope: Scope, receive: Any, send: Any) -> None:
        try:
            await app({**scope, "scheme": "https"}, receive, send)
        finally:
            if scope["type"] == "http" and not _only_reads(scope):
                on_change()

    return application


def _only_reads(scope: Scope) -> bool:
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return True
    target = dict(scope["headers"]).get(b"x-amz-target", b"").decode()
    return target.rpartition(".")[2].startswith(_READING)

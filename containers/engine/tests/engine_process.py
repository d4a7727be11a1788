"""Engine processes of their own, forked from one server that imported torch once."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from control_plane_double import ControlPlaneDouble
from folder_store import FolderStore

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(
    ["torch", "torch._dynamo", "torchmetrics", "fanfold_engine.fit", "fanfold_engine.data.dataset"]
)


def start(
    control_plane: ControlPlaneDouble,
    store: FolderStore,
    attempt: int = 1,
    environment: dict[str, str] | None = None,
    *,
    folder: str = "",
    **troubles: Any,
) -> BaseProcess:
    """Start one attempt of a worker; ``troubles`` are those of its storage.

    Its temporary files lie beside the store, or in a folder there.
    """
    temporary = store.root.parent / folder
    temporary.mkdir(exist_ok=True)
    settings = {
        "FANFOLD_URL": control_plane.url,
        "FANFOLD_WORKER_TOKEN": control_plane.token,
        "FANFOLD_CPU_THREADS": "1",
        "AWS_REGION": "eu-central-1",
        "AWS_BATCH_JOB_ID": "job-1",
        "AWS_BATCH_JOB_ATTEMPT": str(attempt),
        "TMPDIR": str(temporary),
        **(environment or {}),
    }
    process = context.Process(target=_work, args=(settings, store.root, troubles))
    process.start()
    return process


def exit_code(process: BaseProcess) -> int | None:
    """Wait until the process ended."""
    process.join(60)
    if process.exitcode is None:
        process.kill()
        raise AssertionError("the engine did not end")
    return process.exitcode


def _work(environment: dict[str, str], root: Path, troubles: dict[str, Any]) -> None:
    os.environ.update(environment)
    sys.stdin.close()
    tempfile.tempdir = None  # read TMPDIR anew
    from fanfold_engine.__main__ import main

    main(lambda *_: FolderStore(root, **troubles))

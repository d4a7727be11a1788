"""Writes what the image installs: the engine's part of ``uv.lock``, with hashes.

``python -m fanfold_engine.tools.requirements`` writes ``containers/engine/requirements.txt``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[5]
TARGET = REPOSITORY / "containers" / "engine" / "requirements.txt"

EXPORT = (
    "export",
    "--frozen",
    "--offline",
    "--no-dev",
    "--no-emit-workspace",
    "--no-header",
    "--quiet",
    "--package=fanfold-engine",
)


def exported() -> str:
    """The requirements as the lock file has them now."""
    command = [sys.executable, "-m", "uv", *EXPORT]
    return subprocess.run(
        command, cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout


if __name__ == "__main__":
    TARGET.write_text(exported())

"""Where the service is and who is calling."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from fanfold.errors import NotConnected

_STACK_FILE = Path(".fanfold") / "stack.json"


@dataclass(frozen=True)
class Connection:
    """One workspace of one Fanfold service.

    Attributes:
        url: Base URL of the service, without `/v1`.
        token: API token.
        workspace: Name of the workspace.
        transport: What carries the requests; httpx's own when left out.

    Example:
        >>> there = fanfold.Connection("https://fanfold.example.com", token, workspace="vision")
        >>> exp = fanfold.Experiment("spec.py", "resnets", connection=there)
    """

    url: str
    token: str = field(repr=False)
    workspace: str = "default"
    transport: httpx.BaseTransport | None = field(default=None, repr=False, compare=False)


def find_connection() -> Connection:
    """Find the service the way every Fanfold client does.

    `FANFOLD_URL`, `FANFOLD_TOKEN` and `FANFOLD_WORKSPACE` if the first is set; else the embedded
    stack of the nearest `.fanfold/stack.json`, in the current directory or above. With the latter
    `FANFOLD_WORKSPACE` still chooses the workspace.

    Raises:
        NotConnected: There is neither, or it is incomplete.
    """
    url = os.environ.get("FANFOLD_URL")
    if url:
        return _connection(url, os.environ.get("FANFOLD_TOKEN"), source="FANFOLD_URL")
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / _STACK_FILE).is_file():
            return _of_stack(folder / _STACK_FILE)
    raise NotConnected(
        "no Fanfold service found: start the embedded one with `npm run up` in the project's "
        f"folder (this looked for {_STACK_FILE} in {here} and above), or set FANFOLD_URL and "
        "FANFOLD_TOKEN"
    )


def _of_stack(file: Path) -> Connection:
    try:
        stack: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise NotConnected(f"{file} cannot be read; run `npm run up` again") from error
    url, token = stack.get("url"), stack.get("token")
    if not url:
        raise NotConnected(f"{file} names no url; run `npm run up` again")
    return _connection(url, token, source=str(file), workspace=stack.get("workspace"))


def _connection(
    url: str, token: str | None, *, source: str, workspace: str | None = None
) -> Connection:
    if not token:
        raise NotConnected(f"{source} gives a URL but no token; set FANFOLD_TOKEN")
    chosen = os.environ.get("FANFOLD_WORKSPACE") or workspace or "default"
    return Connection(url.rstrip("/"), token, chosen)

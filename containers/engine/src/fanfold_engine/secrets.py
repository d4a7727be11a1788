"""Secrets of configs: user code gets their values, and nobody is told them.

A config comes with ``{"$secret": name}`` in their place and the values apart. What the worker
says is searched for the values, also as ``repr``, JSON and URLs write them, and for each line of
one that has several. Texts of fewer than ``SHORTEST`` characters stay: hiding them would garble
what is said and protect nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "***"
SHORTEST = 4


def reveal(config: Any, secrets: Mapping[str, str]) -> Any:
    """The config with the values of its secrets in their places."""
    if isinstance(config, dict):
        if config.keys() == {"$secret"}:
            return secrets[config["$secret"]]
        return {name: reveal(value, secrets) for name, value in config.items()}
    if isinstance(config, list):
        return [reveal(value, secrets) for value in config]
    return config


class Mask:
    """Puts ``***`` in the place of every secret it knows. May be used from any thread."""

    def __init__(self) -> None:
        self._forms: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None

    def hide(self, secrets: Iterable[str]) -> None:
        """Know these secrets too, from now on."""
        added = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
        if added <= self._forms:
            return
        self._forms |= added
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        return text if self._pattern is None else self._pattern.sub(HIDDEN, text)

    @property
    def reach(self) -> int:
        """Characters at the end of a text that may be the start of a secret."""
        return max(map(len, self._forms), default=1) - 1


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield from (line.strip() for line in secret.splitlines())
    yield repr(secret)[1:-1]
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(secret, safe="")
    yield quote_plus(secret)

"""Frozen dataclasses to and from the JSON of the worker protocol.

Members are ``snake_case`` here and ``camelCase`` there; ``None`` is left out. Numbers that JSON
has no word for travel as ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``. Members of an answer
that are not known here are passed over, so that a newer control plane can tell more.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


class WireError(Exception):
    """An answer is not what the protocol says."""


def to_json(value: Any) -> Any:
    """The JSON value of a dataclass, or of anything made of dataclasses and JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        members = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {_camel(name): to_json(member) for name, member in members if member is not None}
    if isinstance(value, list | tuple):
        return [to_json(member) for member in value]
    if isinstance(value, Mapping):
        return {name: to_json(member) for name, member in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value


def from_json(kind: type[T], value: Any) -> T:
    """The dataclass ``kind`` as told by a JSON value.

    Raises:
        WireError: a required member is missing.
    """
    if not isinstance(value, Mapping):
        raise WireError(f"a {kind.__name__} must be an object, not {value!r:.80}")
    members = {}
    for name, (camel, hint, required) in _members(kind).items():
        if value.get(camel) is not None:
            members[name] = _read(hint, value[camel])
        elif required:
            raise WireError(f"a {kind.__name__} lacks {camel!r}")
    return kind(**members)


@cache
def _members(kind: Any) -> dict[str, tuple[str, Any, bool]]:
    hints = typing.get_type_hints(kind)
    return {
        field.name: (
            _camel(field.name),
            hints[field.name],
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
        )
        for field in dataclasses.fields(kind)
    }


def _read(hint: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(hint):
        return from_json(typing.cast(type, hint), value)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType:
        return _read(arguments[0], value)
    if origin is tuple:
        return tuple(_read(arguments[0], member) for member in value)
    if hint is float:
        return float(value)
    return value


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)

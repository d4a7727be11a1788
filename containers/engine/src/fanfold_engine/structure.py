"""Nested Python values as JSON plus named tensors, and back. No pickle: reading runs no code.

What JSON has no word for is an object with one member that starts with ``$``.
"""

from __future__ import annotations

import base64
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

Tensors = dict[str, torch.Tensor]


class UnstorableError(Exception):
    """A value cannot be written without pickle."""


def pack(value: Any, name: str, tensors: Tensors) -> Any:
    """The JSON of a value; its tensors are put in ``tensors`` under names that begin with ``name``.

    Raises:
        UnstorableError: some part of it is neither plain data nor a tensor.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float | np.number):
        return _number(value)
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, torch.Tensor):
        tensors[name] = value
        return {"$tensor": name}
    if isinstance(value, np.ndarray) and value.dtype != object:
        tensors[name] = torch.from_numpy(value.copy())
        return {"$array": name}
    return _pack_container(value, name, tensors)


def unpack(told: Any, tensors: Mapping[str, torch.Tensor]) -> Any:
    """The value that :func:`pack` wrote."""
    if isinstance(told, list):
        return [unpack(member, tensors) for member in told]
    if not isinstance(told, dict):
        return told
    tag = next(iter(told), "")
    if not tag.startswith("$"):
        return {key: unpack(member, tensors) for key, member in told.items()}
    return _unpack_tagged(tag, told[tag], tensors)


def _number(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.number) else value
    if isinstance(plain, float) and not math.isfinite(plain):
        return {"$float": repr(plain)}
    return plain


def _pack_container(value: Any, name: str, tensors: Tensors) -> Any:
    if isinstance(value, list):
        return [pack(member, f"{name}.{i}", tensors) for i, member in enumerate(value)]
    if isinstance(value, tuple):
        return {"$tuple": [pack(member, f"{name}.{i}", tensors) for i, member in enumerate(value)]}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: pack(member, f"{name}.{key}", tensors) for key, member in value.items()}
        pairs = [
            [pack(k, name, tensors), pack(v, f"{name}.{k}", tensors)] for k, v in value.items()
        ]
        return {"$counter" if isinstance(value, Counter) else "$dict": pairs}
    raise UnstorableError(f"{name} is a {type(value).__name__}, which a checkpoint cannot hold")


def _unpack_tagged(tag: str, told: Any, tensors: Mapping[str, torch.Tensor]) -> Any:
    match tag:
        case "$float":
            return float(told)
        case "$bytes":
            return base64.b64decode(told)
        case "$tensor":
            return tensors[told]
        case "$array":
            return tensors[told].numpy()
        case "$tuple":
            return tuple(unpack(member, tensors) for member in told)
        case "$counter":
            return Counter({unpack(k, tensors): unpack(v, tensors) for k, v in told})
        case "$dict":
            return {unpack(k, tensors): unpack(v, tensors) for k, v in told}
        case _:
            raise UnstorableError(f"a checkpoint of a later version: {tag}")

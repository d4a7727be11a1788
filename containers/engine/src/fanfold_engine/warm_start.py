"""Whether a model can start from another one's weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

SHOWN = 3
"""Differences that are told of."""


class UnfitWeightsError(Exception):
    """A clone's model differs from its parent's in the names or shapes of its parameters."""


def check_fit(own: Mapping[str, Any], parent: Mapping[str, Any]) -> None:
    """Compare two models' ``state_dict``.

    Raises:
        UnfitWeightsError: they differ; the first differing ones are named.
    """
    differences = list(_differences(own, parent))
    if not differences:
        return
    more = len(differences) - SHOWN
    told = "; ".join(differences[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
    raise UnfitWeightsError(
        "the changed knobs alter the model's parameters, so that it cannot start from its "
        f"parent's weights ({told}); clone it cold, or leave those knobs as they were"
    )


def _differences(own: Mapping[str, Any], parent: Mapping[str, Any]) -> Iterator[str]:
    for name in [*own, *(name for name in parent if name not in own)]:
        here, there = _shape(own, name), _shape(parent, name)
        if here != there:
            yield f"{name} is {here} here and {there} in the parent"


def _shape(model: Mapping[str, Any], name: str) -> str:
    if name not in model:
        return "missing"
    value = model[name]
    return str(tuple(value.shape)) if isinstance(value, torch.Tensor) else type(value).__name__

"""Writes which optimizers, schedulers and metrics a config may name, and with which arguments.

``python -m fanfold_engine.tools.signatures`` writes ``domain/torch-signatures.json``, by which
unknown names and arguments are refused before a worker starts. What the training loop cannot drive,
or what JSON cannot say, is left out; the reasons are below.
"""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
import torchmetrics
from torchmetrics.classification.base import (
    _ClassificationTaskWrapper,  # pyright: ignore[reportPrivateUsage] - has no public name
)
from torchmetrics.wrappers.abstract import WrapperMetric

REPOSITORY = Path(__file__).parents[5]
TARGET = REPOSITORY / "domain" / "torch-signatures.json"

OPTIMIZERS_LEFT_OUT = {
    "LBFGS": "evaluates the loss several times per step, through a closure",
}
SCHEDULERS_LEFT_OUT = {
    "ChainedScheduler": "takes scheduler objects",
    "LambdaLR": "takes a function",
    "LRScheduler": "is the base class",
    "MultiplicativeLR": "takes a function",
    "ReduceLROnPlateau": "steps by a metric, which is known only after validation",
    "SequentialLR": "takes scheduler objects",
}
METRICS_LEFT_OUT = {
    "ConfusionMatrix": "is a table, not a number",
    "PrecisionRecallCurve": "is a curve, not a number",
    "ROC": "is a curve, not a number",
}
BASE_METRIC_ARGUMENTS = (
    "compute_on_cpu",
    "compute_with_cache",
    "dist_sync_on_step",
    "sync_on_compute",
)
ARGUMENTS_LEFT_OUT = {
    "differentiable": "needs the step inside of a graph",
    "last_epoch": "is set by resuming",
    "scale_fn": "is a function",
}

Signature = dict[str, list[str]]


def signatures() -> dict[str, Any]:
    """Everything, by name."""
    return {
        "torch": torch.__version__.split("+")[0],
        "torchmetrics": metadata.version("torchmetrics"),
        "optimizers": _sorted(_optimizers()),
        "schedulers": _sorted(_schedulers()),
        "metrics": _sorted(_metrics()),
    }


def text(told: dict[str, Any]) -> str:
    """The JSON text, one line per class."""
    members = []
    for name, value in told.items():
        if isinstance(value, dict):
            lines = [f"    {json.dumps(each)}: {json.dumps(value[each])}" for each in value]
            members.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n  }")
        else:
            members.append(f"  {json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def _optimizers() -> Iterator[tuple[str, Signature]]:
    for name, kind in _classes(torch.optim, torch.optim.Optimizer):
        if kind is not torch.optim.Optimizer and name not in OPTIMIZERS_LEFT_OUT:
            yield name, _signature(kind.__init__, skip={"self", "params"})


def _schedulers() -> Iterator[tuple[str, Signature]]:
    for name, kind in _classes(torch.optim.lr_scheduler, torch.optim.lr_scheduler.LRScheduler):
        if not name.startswith("_") and name not in SCHEDULERS_LEFT_OUT:
            yield name, _signature(kind.__init__, skip={"self", "optimizer"})


def _metrics() -> Iterator[tuple[str, Signature]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, kind in _classes(torchmetrics, torchmetrics.Metric):
            if name not in METRICS_LEFT_OUT and _takes_predictions_and_targets(kind):
                is_wrapper = issubclass(kind, _ClassificationTaskWrapper)
                make, own = (kind.__new__, "cls") if is_wrapper else (kind.__init__, "self")
                yield name, _signature(make, skip={own}, more=BASE_METRIC_ARGUMENTS)


def _classes(module: Any, base: type) -> Iterator[tuple[str, type]]:
    for name in sorted(set(getattr(module, "__all__", ())) | set(vars(module))):
        kind = getattr(module, name, None)
        if isinstance(kind, type) and issubclass(kind, base) and kind.__name__ == name:
            yield name, kind


def _takes_predictions_and_targets(kind: type) -> bool:
    """Whether ``update`` takes two tensors, and no argument of the class is a metric itself."""
    if issubclass(kind, _ClassificationTaskWrapper):
        return True
    if issubclass(kind, WrapperMetric) or inspect.isabstract(kind):
        return False
    update = inspect.signature(getattr(kind, "update"))  # noqa: B009 - known to be a Metric's
    needed = [name for name, each in update.parameters.items() if each.default is each.empty][1:]
    return needed in (["preds", "target"], ["p", "q"])


def _signature(make: Any, *, skip: set[str], more: tuple[str, ...] = ()) -> Signature:
    required: list[str] = []
    optional: set[str] = set()
    for parameter in inspect.signature(make).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            optional |= set(more)
        elif parameter.name not in skip | ARGUMENTS_LEFT_OUT.keys():
            if parameter.default is parameter.empty:
                required.append(parameter.name)
            else:
                optional.add(parameter.name)
    return {"required": sorted(required), "optional": sorted(optional)}


def _sorted(found: Iterator[tuple[str, Signature]]) -> dict[str, Signature]:
    return dict(sorted(found))


if __name__ == "__main__":
    TARGET.write_text(text(signatures()))

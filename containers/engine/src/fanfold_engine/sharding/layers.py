"""Which layers of a model are sharded, each as a unit."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

from fanfold_engine.mlspec import UserCodeError, blamed
from fanfold_engine.recipe import Precision

MAX_TOLD = 20


def layers_of(model: torch.nn.Module, classes: Sequence[str]) -> list[torch.nn.Module]:
    """The layers of these classes, inner ones before those that hold them.

    Raises:
        UserCodeError: a class is that of no module.
    """
    known = {type(module).__name__: None for module in model.modules()}
    for name in classes:
        if name not in known:
            told = ", ".join([*known][:MAX_TOLD]) + (" …" if len(known) > MAX_TOLD else "")
            raise UserCodeError(
                f"fsdp_layer_cls names {name!r}, but the model has no such layer; "
                f"the classes of its modules are {told}"
            )
    inside = [module for module in model.modules() if module is not model]
    return [module for module in reversed(inside) if type(module).__name__ in classes]


def shard(
    model: torch.nn.Module, classes: Sequence[str], mesh: DeviceMesh, precision: Precision
) -> None:
    """Leave each rank its part of every parameter; what a layer needs is gathered while it runs.

    Raises:
        UserCodeError: a class is that of no module, or of one that cannot be sharded.
    """
    policy = _policy(precision)
    for layer in layers_of(model, classes):
        with blamed(f"sharding {type(layer).__name__}"):
            fully_shard(layer, mesh=mesh, mp_policy=policy)
    with blamed("sharding the model"):
        fully_shard(model, mesh=mesh, mp_policy=policy)


def _policy(precision: Precision) -> MixedPrecisionPolicy:
    """``bf16`` gathers bfloat16 copies of the parameters. Gradients are summed in float32, and
    inputs are left to autocast, so that the same code runs on one GPU and on many."""
    if precision == "fp32":
        return MixedPrecisionPolicy()
    return MixedPrecisionPolicy(
        param_dtype=torch.bfloat16, reduce_dtype=torch.float32, cast_forward_inputs=False
    )

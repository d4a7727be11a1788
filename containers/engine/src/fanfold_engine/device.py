"""Where tensors are computed, and how precisely."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from fanfold_engine.recipe import Precision


def best_device() -> torch.device:
    """The GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def use_threads(cpu_threads: int | None) -> None:
    """Set torch's threads; left alone it takes ``OMP_NUM_THREADS``, or one per core."""
    if cpu_threads is not None:
        torch.set_num_threads(cpu_threads)


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[Any]:
    """What a forward pass in this precision runs in."""
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def on_device(batch: Any, device: torch.device) -> Any:
    """The batch with all its tensors on the device."""
    return batch if device.type == "cpu" else _moved(batch, device)


def _moved(batch: Any, device: torch.device) -> Any:
    if isinstance(batch, dict):
        return {key: _moved(value, device) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(_moved(value, device) for value in batch))
    if isinstance(batch, list | tuple):
        return type(batch)(_moved(value, device) for value in batch)
    move = getattr(batch, "to", None)
    return batch if move is None else move(device, non_blocking=True)

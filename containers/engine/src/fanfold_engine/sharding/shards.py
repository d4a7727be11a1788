"""The optimizer's state in a checkpoint, a file for each rank with the shards that it holds.

``torch.distributed.checkpoint`` writes them as safetensors, and reads them back at any number of
ranks: each takes from all files what is its own by then.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.distributed.checkpoint.hf_storage import (
    HuggingFaceStorageReader,
    HuggingFaceStorageWriter,
)
from torch.distributed.checkpoint.metadata import TensorStorageMetadata
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save
from torch.distributed.tensor import DTensor, distribute_tensor

from fanfold_engine.structure import Tensors, pack

STATE = "optimizer"


def save_shards(optimizer: dict[str, Any], folder: Path) -> frozenset[str]:
    """Write the shards of an optimizer's ``state_dict``, all ranks together; the tensors' names."""
    tensors: Tensors = {}
    pack(optimizer, STATE, tensors)
    shards = {name: tensor for name, tensor in tensors.items() if isinstance(tensor, DTensor)}
    save(shards, storage_writer=HuggingFaceStorageWriter(str(folder), save_distributed=True))
    return frozenset(shards)


def load_own_shards(folder: Path, parameters: Sequence[DTensor]) -> Tensors:
    """What the optimizer of these parameters holds on this rank; all ranks together."""
    reader = HuggingFaceStorageReader(str(folder))
    tensors: Tensors = {
        name: torch.empty_like(_owner(name, parameters), dtype=told.properties.dtype)
        for name, told in _told(reader).items()
    }
    load(tensors, storage_reader=reader)
    return tensors


def shards_without_values(folder: Path) -> Tensors:
    """What shards there are, for whoever has no use for what is in them."""
    return {
        name: torch.empty(told.size, dtype=told.properties.dtype, device="meta")
        for name, told in _told(HuggingFaceStorageReader(str(folder))).items()
    }


def load_whole(folder: Path) -> Tensors:
    """All shards put together, in a process that trains alone."""
    reader = HuggingFaceStorageReader(str(folder))
    tensors = {
        name: torch.empty(told.size, dtype=told.properties.dtype)
        for name, told in _told(reader).items()
    }
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        # Told of every load in a single process, also where that is asked for.
        load(tensors, storage_reader=reader, no_dist=True)
    return tensors


def own_part(tensor: torch.Tensor, parameter: DTensor) -> torch.Tensor:
    """A rank's part of a whole tensor, divided as a parameter of its shape is."""
    part = torch.empty_like(parameter, dtype=tensor.dtype)
    mesh, placements = parameter.device_mesh, parameter.placements
    # A copy: a view would keep the whole alive.
    part.copy_(distribute_tensor(tensor, mesh, placements, src_data_rank=None))
    return part


def _told(reader: HuggingFaceStorageReader) -> dict[str, TensorStorageMetadata]:
    found = reader.read_metadata().state_dict_metadata
    return {name: told for name, told in found.items() if isinstance(told, TensorStorageMetadata)}


def _owner(name: str, parameters: Sequence[DTensor]) -> DTensor:
    """The parameter that ``optimizer.state.3.exp_avg`` is of: the fourth."""
    return parameters[int(name.split(".")[2])]

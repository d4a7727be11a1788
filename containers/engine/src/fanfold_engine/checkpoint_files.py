"""A checkpoint as a local directory.

- ``model.safetensors``: the model's ``state_dict``. A tensor that several names share (tied
  weights) is written once, and the metadata tells the other names, as
  ``safetensors.torch.save_model`` does.
- ``optimizer.safetensors``: the tensors of the optimizer's and scheduler's state and of the
  random numbers.
- ``optimizer/``: only of a run on several GPUs, and with the tensors of the optimizer's state that
  are divided over them: a file for each, as ``sharding/shards.py`` says.
- ``state.json``: everything else: place, structure of the optimizer's state, what is no tensor.
- ``manifest.json``: size and SHA-256 of the others; a checkpoint without it is none.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from fanfold_engine.randomness import RandomState
from fanfold_engine.schedule import DataStart
from fanfold_engine.structure import Tensors, pack, unpack
from fanfold_engine.training import Place, TrainingState

VERSION = 1
MODEL, OPTIMIZER, STATE, MANIFEST = (
    "model.safetensors",
    "optimizer.safetensors",
    "state.json",
    "manifest.json",
)
PARTS = (MODEL, OPTIMIZER, STATE)
SHARDS = "optimizer"

ReadShards = Callable[[Path], Tensors]
"""Reads the tensors that a folder of shards holds."""


class CheckpointDamagedError(Exception):
    """A checkpoint is not what its manifest says."""


def write(state: TrainingState, directory: Path, divided: Collection[str] = ()) -> None:
    """Write a checkpoint into a directory. ``divided`` tensors lie there already, as shards.

    Raises:
        UnstorableError: some state can only be pickled.
    """
    model = {name: value for name, value in state.model.items() if isinstance(value, torch.Tensor)}
    extra = {name: value for name, value in state.model.items() if name not in model}
    tensors: Tensors = {}
    told = {
        "version": VERSION,
        "place": pack(asdict(state.place), "place", tensors),
        "random": _pack_random(state.random, tensors),
        "optimizer": pack(state.optimizer, "optimizer", tensors),
        "scheduler": pack(state.scheduler, "scheduler", tensors),
        "modelExtra": pack(extra, "model", tensors),
        "dataStart": asdict(state.data_start),
    }
    _save_model(model, directory / MODEL)
    here = {name: each for name, each in tensors.items() if name not in divided}
    _save(here, directory / OPTIMIZER)
    (directory / STATE).write_text(json.dumps(told, allow_nan=False))
    shards = sorted(path.name for path in directory.glob(f"{SHARDS}/*"))
    names = (*PARTS, *(f"{SHARDS}/{name}" for name in shards))
    files = {name: _digest(directory / name) for name in names}
    manifest = {"version": VERSION, "files": files}
    (directory / MANIFEST).write_text(json.dumps(manifest, indent=1))


def names_of(directory: Path) -> tuple[str, ...]:
    """The files of a checkpoint whose manifest is there already, but for that."""
    return tuple(json.loads((directory / MANIFEST).read_text())["files"])


def read(directory: Path) -> TrainingState:
    """The state that :func:`write` wrote.

    Raises:
        CheckpointDamagedError: a file is not what the manifest says.
    """
    check(directory)
    return read_checked(directory)


def check(directory: Path) -> None:
    """Look whether all files are there as they were written.

    Raises:
        CheckpointDamagedError: a file is not what the manifest says.
    """
    for name in names_of(directory):
        _check(directory, name)


def read_checked(directory: Path, read_shards: ReadShards | None = None) -> TrainingState:
    """The state in files that were checked; shards, if there are any, are put together, or read
    in another way."""
    told = json.loads((directory / STATE).read_text())
    tensors = _load(directory / OPTIMIZER)[0]
    if (directory / SHARDS).is_dir():
        tensors |= (read_shards or _read_whole)(directory / SHARDS)
    return TrainingState(
        place=Place(**unpack(told["place"], tensors)),
        random=_unpack_random(told["random"], tensors),
        model=load_model(directory / MODEL) | unpack(told["modelExtra"], tensors),
        optimizer=unpack(told["optimizer"], tensors),
        scheduler=unpack(told["scheduler"], tensors),
        data_start=DataStart(**told["dataStart"]),
    )


def read_model(directory: Path, fetch: Callable[[str], None]) -> dict[str, Any]:
    """The model's state alone; ``fetch`` puts a file into the directory when it is needed.

    Raises:
        CheckpointDamagedError: a file is not what the manifest says.
    """
    fetch(MANIFEST)
    for name in (MODEL, STATE):
        fetch(name)
        _check(directory, name)
    extra, tensors = json.loads((directory / STATE).read_text())["modelExtra"], {}
    if extra:
        fetch(OPTIMIZER)
        _check(directory, OPTIMIZER)
        tensors = _load(directory / OPTIMIZER)[0]
    return load_model(directory / MODEL) | unpack(extra, tensors)


def load_model(path: Path) -> dict[str, Any]:
    """A model's tensors by all their names."""
    tensors, metadata = _load(path)
    aliases = {name: kept for name, kept in metadata.items() if kept in tensors}
    return OrderedDict({name: tensors[kept] for name, kept in aliases.items()} | tensors)


def _read_whole(folder: Path) -> Tensors:
    from fanfold_engine.sharding.shards import load_whole  # noqa: PLC0415 - hardly ever needed

    return load_whole(folder)


def _pack_random(random: RandomState, tensors: Tensors) -> Any:
    members = {
        "python": random.python,
        "numpy": random.numpy,
        "torch": random.torch,
        "cuda": random.cuda,
    }
    return pack(members, "random", tensors)


def _unpack_random(told: Any, tensors: Tensors) -> RandomState:
    return RandomState(**unpack(told, tensors))


def _save_model(model: dict[str, torch.Tensor], path: Path) -> None:
    kept: Tensors = {}
    names: dict[Any, str] = {}
    aliases: dict[str, str] = {}
    for name, tensor in model.items():
        same = names.setdefault(_identity(tensor, name), name)
        if same == name:
            kept[name] = tensor
        else:
            aliases[name] = same
    _save(kept, path, aliases)


def _identity(tensor: torch.Tensor, name: str) -> Any:
    """Equal for two names of one tensor; an empty tensor is only itself."""
    if tensor.numel() == 0:
        return name
    return (tensor.data_ptr(), tensor.dtype, tensor.device, tensor.shape, tensor.stride())


def _save(tensors: Tensors, path: Path, metadata: dict[str, str] | None = None) -> None:
    """Save tensors, each with bytes of its own (safetensors refuses views of one storage)."""
    seen: set[int] = set()
    own: Tensors = {}
    for name, tensor in tensors.items():
        plain = tensor.detach().cpu().contiguous()
        storage = plain.untyped_storage()
        if storage.data_ptr() in seen or storage.nbytes() != plain.numel() * plain.element_size():
            plain = plain.clone()
        seen.add(plain.untyped_storage().data_ptr())
        own[name] = plain
    save_file(own, path, metadata={"format": "pt", **(metadata or {})})


def _load(path: Path) -> tuple[Tensors, dict[str, str]]:
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = dict(file.metadata() or {})
    metadata.pop("format", None)
    return tensors, metadata


def _check(directory: Path, name: str) -> None:
    manifest = json.loads((directory / MANIFEST).read_text())
    if _digest(directory / name) != manifest["files"][name]:
        raise CheckpointDamagedError(f"{name} is not what the checkpoint's manifest says")


def _digest(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sizeBytes": path.stat().st_size, "sha256": sha256}

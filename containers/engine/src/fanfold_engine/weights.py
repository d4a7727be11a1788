"""The weights of a model that is trained already: a run's checkpoint, or a file of the user's.

A file is safetensors, or what ``torch.load`` reads with ``weights_only=True``: reading it runs no
code, whoever made it.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from fanfold_engine import checkpoint_files
from fanfold_engine.checkpoint_files import CheckpointDamagedError
from fanfold_engine.mlspec import UserCodeError, blamed
from fanfold_engine.protocol import ModelSource
from fanfold_engine.storage import ObjectStore, ObjectUnreadableError, split_uri

Weights = Mapping[str, Any]

WRAPPERS = ("state_dict", "model_state_dict", "model")
"""Under these names training scripts keep the weights beside other things."""
MAX_REASON = 600
NAMED_GLOBAL = re.compile(r"GLOBAL (\S+)")
NO_CHECKPOINT = "is neither safetensors nor a file of torch.save"


class ModelTagError(Exception):
    """The model tag names no checkpoint that can be used (``invalid-model-tag``)."""


def fetch_weights(model: ModelSource, store: ObjectStore, scratch: Path) -> Weights:
    """Fetch and read the weights of a run's checkpoint, or of a file that the user named.

    Raises:
        CheckpointDamagedError: the run's checkpoint is not whole, or not what it was.
        ModelTagError: the file cannot be read, or only by running code that is in it.
    """
    scratch.mkdir(parents=True)
    bucket, key = split_uri(model.uri)
    if model.kind == "run":
        return _fetch_checkpoint(bucket, key, store, scratch)
    path = scratch / "model"
    try:
        store.download(bucket, key, path)
    except ObjectUnreadableError as error:
        raise ModelTagError(
            f"{error}; check model_tag, and that workers may read the bucket (setting dataBuckets)"
        ) from error
    return read_file(path, model.uri)


def read_file(path: Path, uri: str) -> Weights:
    """Read the weights in a file.

    Raises:
        ModelTagError: it is neither safetensors nor a torch file that loads without running code.
    """
    with path.open("rb") as file:
        is_safetensors = file.read(9)[8:] == b"{"
    weights = _read_safetensors(path, uri) if is_safetensors else _read_torch(path, uri)
    if not weights or not all(isinstance(name, str) for name in weights):
        raise ModelTagError(f"{uri} holds no state_dict; save model.state_dict()")
    return weights


def load_into(model: torch.nn.Module, weights: Weights, source: ModelSource) -> None:
    """Give a model its weights; every name and shape must fit.

    Raises:
        ModelTagError: the user's file does not fit the model.
        UserCodeError: a run's checkpoint does not.
    """
    try:
        with blamed("loading the checkpoint"):
            model.load_state_dict(weights)
    except UserCodeError as error:
        if source.kind == "run":
            raise
        raise ModelTagError(
            f"{source.uri} does not fit the model that create_model makes of this config: "
            f"{_short(error.__cause__)}"
        ) from error


def _fetch_checkpoint(bucket: str, prefix: str, store: ObjectStore, directory: Path) -> Weights:
    def fetch(name: str) -> None:
        store.download(bucket, prefix + name, directory / name)

    try:
        return checkpoint_files.read_model(directory, fetch)
    except (ObjectUnreadableError, CheckpointDamagedError, ValueError) as error:
        raise CheckpointDamagedError(f"checkpoint s3://{bucket}/{prefix}: {error}") from error


def _read_safetensors(path: Path, uri: str) -> Mapping[Any, Any]:
    try:
        return checkpoint_files.load_model(path)
    except (SafetensorError, OSError) as error:
        raise ModelTagError(f"{uri} is no whole safetensors file: {_short(error)}") from error


def _read_torch(path: Path, uri: str) -> Mapping[Any, Any]:
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelTagError(f"{uri} {_why_not_unpickled(error)}") from error
    except Exception as error:  # a broken file makes torch raise whatever it stumbles over
        raise ModelTagError(f"{uri} {NO_CHECKPOINT}: {_short(error)}") from error
    return _unwrapped(loaded)


def _why_not_unpickled(error: pickle.UnpicklingError) -> str:
    refused = NAMED_GLOBAL.search(str(error))
    if refused is None:
        return NO_CHECKPOINT
    return (
        f"is refused: it holds {refused[1]}, and reading that could run code; save "
        "model.state_dict() alone, as safetensors or with torch.save"
    )


def _unwrapped(loaded: Any) -> Mapping[Any, Any]:
    if not isinstance(loaded, Mapping):
        return {}
    for name in WRAPPERS:
        if isinstance(inner := loaded.get(name), Mapping):
            return inner
    return loaded


def _short(error: BaseException | None) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= MAX_REASON else f"{text[:MAX_REASON]} …"

"""Knobs with several values, generators that choose among them, and how both travel."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from fanfold.errors import Fault, InvalidConfig


@dataclass(frozen=True)
class List:
    """A knob that takes one of several values, in the order given.

    Example:
        >>> {"batch_size": List([16, 32])}
    """

    values: Sequence[Any]


@dataclass(frozen=True)
class Range:
    """A knob that takes a value from `low` to `high`, for `RandomSearch`.

    Two integers give integers, both ends included; else the values are floats. With `log` the
    logarithm of the value is uniform.

    Example:
        >>> {"lr": Range(1e-4, 1e-1, log=True)}
    """

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Secret:
    """A knob's text of 1 to 8192 characters that user code gets in `cfg` and nobody else is shown.

    `***` stands for it in tables, logs and files. Texts of knobs with names like `api_key`,
    `token` or `password` are treated so without it.

    Example:
        >>> {"user_knobs": {"wandb": Secret(os.environ["WANDB_API_KEY"])}}
    """

    value: str = field(repr=False)


@dataclass(frozen=True)
class GridSearch:
    """Every combination of the config's `List` knobs, in declared order.

    A `Range` in it is refused (`InvalidConfig`), as are more than 10,000 combinations.

    Example:
        >>> GridSearch({"train": {..., "batch_size": List([16, 32])}})
    """

    config: Mapping[str, Any]


@dataclass(frozen=True)
class RandomSearch:
    """`num_configs` distinct configs drawn from the `List` and `Range` knobs.

    The draws follow `seed`, or else the fit's seed and the search's place in the config group.
    Asking for more configs than there are is refused (`InvalidConfig`).

    Example:
        >>> RandomSearch({"train": {..., "batch_size": Range(16, 64)}}, num_configs=10)
    """

    config: Mapping[str, Any]
    num_configs: int
    seed: int | None = None


@dataclass(frozen=True)
class SHA:
    """Synchronous successive halving of a config group.

    All runs train `min_epochs`, then the best one in `eta` go on to `eta` times as many, and so on
    up to the `epochs` of the configs, which must be equal. The others stop where they stand.

    Args:
        config_group: A config, a generator other than `SHA`, or a list nesting any of these.
        metric: Column of a validation metric in the results, such as `val_loss`.
        mode: Whether the metric is best at its `"min"` or its `"max"`.
        eta: One in so many runs goes on from each rung; 2 or more.
        min_epochs: Epochs up to the first rung.
        max_epochs: The configs' `epochs`, which it must equal if given.

    Example:
        >>> SHA(GridSearch(config), metric="val_accuracy", mode="max", eta=3, max_epochs=9)
    """

    config_group: "ConfigGroup"
    metric: str
    mode: Literal["min", "max"]
    eta: int = 3
    min_epochs: int = 1
    max_epochs: int | None = None


ConfigGroup = Mapping[str, Any] | GridSearch | RandomSearch | SHA | List | Sequence[Any]
"""A config, a generator, or a list nesting any of these."""


def to_wire(ml_config: ConfigGroup) -> Any:
    """Turn a config group into JSON values.

    Raises:
        InvalidConfig: A value has no JSON form; the pointer names it.
    """
    return _group(ml_config, "")


def _group(value: Any, pointer: str) -> Any:
    if isinstance(value, List):
        return _group(value.values, pointer)
    if isinstance(value, list | tuple):
        return [_group(item, f"{pointer}/{at}") for at, item in enumerate(value)]
    return _value(value, pointer)


def _value(value: Any, pointer: str) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    match value:
        case None | bool() | int() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case float():
            raise _refusal(pointer, f"{value} cannot be sent; use a finite number")
        case List() | Range() | Secret() | GridSearch() | RandomSearch() | SHA():
            return _knob(value, pointer)
        case Mapping():
            return {
                _name(key, pointer): _value(v, member_pointer(pointer, key))
                for key, v in value.items()
            }
        case list() | tuple():
            return [_value(item, f"{pointer}/{at}") for at, item in enumerate(value)]
        case np.ndarray():
            return _value(value.tolist(), pointer)
        case _:
            raise _refusal(
                pointer,
                f"a {_kind(value)} cannot be sent; "
                "use numbers, strings, booleans, None, lists and dicts",
            )


def _kind(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _knob(
    value: List | Range | Secret | GridSearch | RandomSearch | SHA, pointer: str
) -> dict[str, Any]:
    match value:
        case Secret(text):
            return {"$secret": _value(text, f"{pointer}/$secret")}
        case List(values):
            return {"$list": [_value(v, f"{pointer}/$list/{at}") for at, v in enumerate(values)]}
        case Range(low, high, log):
            ends = {"low": _value(low, f"{pointer}/low"), "high": _value(high, f"{pointer}/high")}
            whole = all(isinstance(end, int) for end in ends.values())
            return {"$range": {**ends, "log": bool(log), "dtype": "int" if whole else "float"}}
        case GridSearch(config):
            return {"$grid": _value(config, f"{pointer}/$grid")}
        case RandomSearch(config, num_configs, seed):
            body = {"config": _value(config, f"{pointer}/$random/config")}
            body["numConfigs"] = _value(num_configs, f"{pointer}/$random/numConfigs")
            if seed is not None:
                body["seed"] = _value(seed, f"{pointer}/$random/seed")
            return {"$random": body}
        case SHA():
            return {"$sha": _halving(value, f"{pointer}/$sha")}


def _halving(sha: SHA, pointer: str) -> dict[str, Any]:
    parts = {
        "metric": sha.metric,
        "mode": sha.mode,
        "eta": sha.eta,
        "minEpochs": sha.min_epochs,
        "maxEpochs": sha.max_epochs,
    }
    given = {
        name: _value(part, f"{pointer}/{name}") for name, part in parts.items() if part is not None
    }
    return {"configGroup": _group(sha.config_group, f"{pointer}/configGroup"), **given}


def _name(key: Any, pointer: str) -> str:
    if isinstance(key, str):
        return key
    raise _refusal(
        member_pointer(pointer, key), f"names of knobs are strings, not {type(key).__name__}"
    )


def member_pointer(pointer: str, key: Any) -> str:
    """The JSON pointer (RFC 6901) to a member of what `pointer` names."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _refusal(pointer: str, detail: str) -> InvalidConfig:
    return InvalidConfig(
        "the config cannot be sent to the service", errors=[Fault(pointer, detail)]
    )

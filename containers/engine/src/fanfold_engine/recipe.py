"""How a run is to be trained: the ``train`` part of its leaf config, read once."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from fanfold_engine.mlspec import UserCodeError

Precision = Literal["fp32", "bf16"]


@dataclass(frozen=True)
class Named:
    """A class by its name, and what to make it with."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Named:
        """Read ``{name, args}``."""
        return cls(told["name"], dict(told.get("args") or {}))


@dataclass(frozen=True)
class Recipe:
    """Epochs, batches, optimizer and the rest."""

    epochs: int
    batch_size: int
    optimizer: Named
    lr_scheduler: Named | None
    scheduler_interval: Literal["batch", "epoch"]
    max_grad_norm: float | None
    accumulation: int
    precision: Precision
    named_metrics: dict[str, Named]

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Recipe:
        """Read a leaf config; it was checked when the fit was asked for.

        Raises:
            UserCodeError: it is not a config all the same.
        """
        with _readable():
            return cls._read(config["train"], _named_metrics(config))

    @classmethod
    def _read(cls, train: Mapping[str, Any], named_metrics: dict[str, Named]) -> Recipe:
        scheduler = train.get("lr_scheduler")
        norm = train.get("max_grad_norm")
        return cls(
            epochs=int(train["epochs"]),
            batch_size=int(train["batch_size"]),
            optimizer=Named.read(train["optimizer"]),
            lr_scheduler=Named.read(scheduler) if scheduler else None,
            scheduler_interval=_one_of(
                ("batch", "epoch"), (scheduler or {}).get("interval") or "batch"
            ),
            max_grad_norm=None if norm is None else float(norm),
            accumulation=int(train.get("gradient_accumulation_steps") or 1),
            precision=_precision(train),
            named_metrics=named_metrics,
        )


def layer_classes_of(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The classes of layers that a leaf config names to be sharded."""
    told = config.get("fsdp_layer_cls") or ()
    return (told,) if isinstance(told, str) else tuple(told)


@dataclass(frozen=True)
class Evaluating:
    """What a config says of a model that is trained already."""

    precision: Precision
    named_metrics: dict[str, Named]

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Evaluating:
        """Read a leaf config, or one that says nothing of training.

        Raises:
            UserCodeError: it is no config.
        """
        with _readable():
            return cls(_precision(config.get("train") or {}), _named_metrics(config))


@contextmanager
def _readable() -> Generator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserCodeError(f"the config cannot be used: {type(error).__name__} {error}") from error


def _precision(train: Mapping[str, Any]) -> Precision:
    return _one_of(("fp32", "bf16"), train.get("precision") or "fp32")


def _named_metrics(config: Mapping[str, Any]) -> dict[str, Named]:
    named = config.get("named_metrics") or {}
    return {label: Named.read(told) for label, told in named.items()}


def _one_of(allowed: tuple[str, ...], value: Any) -> Any:
    if value not in allowed:
        raise ValueError(f"{value!r} is not one of {', '.join(allowed)}")
    return value

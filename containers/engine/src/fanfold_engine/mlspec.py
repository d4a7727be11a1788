"""The one door to the user's code: every call of it goes through here.

Whatever user code raises, ``SystemExit`` and ``KeyboardInterrupt`` included, becomes one
:class:`UserCodeError` with a sentence and the traceback of the user's own frames.
"""

from __future__ import annotations

import copy
import hashlib
import importlib.util
import pickle
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from torch.utils.data import default_collate

MODULE_NAME = "fanfold_ml_spec"
ENGINE_DIRECTORY = str(Path(__file__).parent)


class UserCodeError(Exception):
    """User code raised, or gave back something that cannot be used."""

    def __init__(self, message: str, user_traceback: str | None = None) -> None:
        super().__init__(message)
        self.user_traceback = user_traceback


class blamed:  # noqa: N801 - reads as a word: with blamed("create_model"): …
    """Turns what is raised inside into a :class:`UserCodeError` that says what was being done."""

    __slots__ = ("_doing",)

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, UserCodeError):
            return
        raise UserCodeError(_sentence(self._doing, error), user_traceback(error)) from error


def load_ml_spec(path: Path, sha256: str) -> type:
    """Run the user's file and return its class ``MLSpec``.

    Raises:
        UserCodeError: the file is another one, raises, or has no such class.
    """
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise UserCodeError(
            f"the stored code of {path.name} is not what the experiment was made with"
        )
    spec = importlib.util.spec_from_file_location(MODULE_NAME, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE_NAME] = module
    with blamed(f"loading {path.name}"):
        spec.loader.exec_module(module)
    ml_spec = getattr(module, "MLSpec", None)
    if not isinstance(ml_spec, type):
        raise UserCodeError(f"{path.name} defines no class MLSpec")
    return ml_spec


class RunCode:
    """An MLSpec object as one run uses it in one mode.

    Every mode has an object of its own, so that what ``initialize_run`` sets for validation is
    not seen in training. The others are shallow copies of the one for training, taken after
    ``create_model``, so that what ``create_model`` leaves on ``self`` is there in every mode.
    """

    def __init__(self, ml_spec: object, config: dict[str, Any], mode: str) -> None:
        self.mode = mode
        self._ml_spec: Any = ml_spec
        self._config = config
        self._row_prep = getattr(ml_spec, "row_prep", None)
        self._collate = getattr(ml_spec, "collate", None)
        self._compute_forward = getattr(ml_spec, "compute_forward", None)

    @classmethod
    def fresh(cls, ml_spec: type, config: dict[str, Any], mode: str) -> RunCode:
        """A new object of the user's class."""
        with blamed("MLSpec()"):
            return cls(ml_spec(), copy.deepcopy(config), mode)

    def in_mode(self, mode: str) -> RunCode:
        """The same code in another mode."""
        with blamed(f"copying the MLSpec object for mode {mode!r}"):
            return RunCode(copy.copy(self._ml_spec), self._config, mode)

    @property
    def config(self) -> dict[str, Any]:
        """What user code gets as its config."""
        return self._config

    def memory(self) -> bytes:
        """What user code left on its object, as bytes to compare.

        Raises:
            Exception: some of it cannot be pickled.
        """
        kind = type(self._ml_spec)
        return pickle.dumps((self.mode, id(kind), vars(self._ml_spec)))

    def aside(self) -> RunCode:
        """The same code over a copy of its object: what it does there is not remembered."""
        return RunCode(copy.deepcopy(self._ml_spec), self._config, self.mode)

    def initialize(self, misc_path: str) -> None:
        """Call ``initialize_run`` if there is one."""
        initialize_run = getattr(self._ml_spec, "initialize_run", None)
        if initialize_run is not None:
            with blamed("initialize_run"):
                initialize_run(misc_path, self._config, self.mode)

    def create_model(self) -> torch.nn.Module:
        """Call ``create_model``."""
        with blamed("create_model"):
            model = self._ml_spec.create_model(self._config)
        if not isinstance(model, torch.nn.Module):
            raise UserCodeError(f"create_model must return a torch.nn.Module, not {_kind(model)}")
        return model

    def batch(self, rows: Sequence[dict[str, Any]], object_dir: str | None) -> Any:
        """Make a batch of rows: ``row_prep`` on each, then ``collate``."""
        row_prep, config, mode = self._row_prep, self._config, self.mode
        with blamed("row_prep"):
            examples = [row_prep(row, object_dir, config, mode) for row in rows]  # pyright: ignore[reportOptionalCall]
        with blamed("collate"):
            if self._collate is None:
                return default_collate(examples)
            return self._collate(examples, config, mode)

    def forward(self, model: torch.nn.Module, batch: Any) -> Mapping[str, Any]:
        """Call ``compute_forward``."""
        with blamed("compute_forward"):
            answer = self._compute_forward(model, batch, self._config, self.mode)  # pyright: ignore[reportOptionalCall]
        if not isinstance(answer, Mapping):
            raise UserCodeError(
                'compute_forward must return a dict with "loss", "predictions" and "targets", '
                f"not {_kind(answer)}"
            )
        return answer

    def loss(self, model: torch.nn.Module, batch: Any) -> torch.Tensor:
        """The loss of a training batch."""
        answer = self.forward(model, batch)
        if answer.get("loss") is None:
            raise UserCodeError(
                'compute_forward must return a "loss" in mode train; '
                f"it returned {sorted(map(str, answer))}"
            )
        loss = scalar_loss(answer["loss"])
        if not loss.requires_grad:
            raise UserCodeError(
                'the "loss" of compute_forward depends on no parameter that requires a gradient'
            )
        return loss

    def metrics(self) -> dict[str, Any]:
        """Call ``metrics`` if there is one."""
        metrics = getattr(self._ml_spec, "metrics", None)
        if metrics is None:
            return {}
        with blamed("metrics"):
            made = metrics(self._config, self.mode)
            return dict(made or {})


def scalar_loss(loss: Any) -> torch.Tensor:
    """The loss, if it is one number. NaN is a number too: it is recorded."""
    if not isinstance(loss, torch.Tensor):
        raise UserCodeError(f'the "loss" of compute_forward must be a tensor, not {_kind(loss)}')
    if loss.numel() != 1:
        raise UserCodeError(
            'the "loss" of compute_forward must be one number, '
            f"not a tensor of shape {tuple(loss.shape)}; take its mean"
        )
    return loss.reshape(()) if loss.ndim else loss


def user_traceback(error: BaseException) -> str:
    """The traceback without the engine's own frames."""
    told = traceback.TracebackException.from_exception(error)
    _cut(told)
    return "".join(told.format()).replace(f'"{_code_directory()}/', '"')


def _code_directory() -> Path:
    """Where this worker happens to keep the user's file."""
    return Path(getattr(sys.modules.get(MODULE_NAME), "__file__", "-")).parent


def _cut(told: traceback.TracebackException | None) -> None:
    while told is not None:
        frames = [frame for frame in told.stack if not frame.filename.startswith(ENGINE_DIRECTORY)]
        told.stack = traceback.StackSummary.from_list(frames)
        _cut(told.__cause__)
        told = told.__context__


def is_out_of_memory(error: BaseException) -> bool:
    """Whether it is for want of the GPU's memory, in user code or outside of it."""
    return isinstance(error, torch.OutOfMemoryError) or isinstance(
        error.__cause__, torch.OutOfMemoryError
    )


def _sentence(doing: str, error: BaseException) -> str:
    if isinstance(error, torch.OutOfMemoryError):
        return (
            f"{doing} ran out of GPU memory; try a smaller batch_size with "
            "gradient_accumulation_steps, or precision bf16; a model too large for one GPU can be "
            f"divided over several by fsdp_layer_cls, where gpusPerWorker gives as many ({error})"
        )
    text = str(error)
    return f"{doing} raised {type(error).__name__}" + (f": {text}" if text else "")


def _kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"

"""What a run starts from: its own checkpoint, that of its parent, or its seed alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fanfold_engine import checkpoint_files
from fanfold_engine.data.dataset import Dataset
from fanfold_engine.metrics import import_torchmetrics
from fanfold_engine.protocol import Checkpoint, DealtRun, WarmStart
from fanfold_engine.recipe import layer_classes_of
from fanfold_engine.sharding.layers import layers_of
from fanfold_engine.training import Training

if TYPE_CHECKING:
    from fanfold_engine.fit import Fit
    from fanfold_engine.sharding.training_on_ranks import TrainingOnRanks

T = TypeVar("T")

LOADING_SECONDS = 300.0
"""What the user's imports may take at least; the limit for chunks does not mean them."""


class RunStart:
    """Loads code, data and checkpoint, so that the next chunk can be trained."""

    def __init__(self, dealt: DealtRun, config: dict[str, Any], fit: Fit) -> None:
        self._dealt = dealt
        self._config = config
        self._fit = fit

    def here(self, dataset: Dataset, checkpoint: Checkpoint | None) -> Training:
        """The training in this process."""
        state = self._fetch(checkpoint, checkpoint_files.read)
        run_id, watch = self._dealt.run_id, self._fit.watchdog.watch
        with watch(run_id, "loading the code", at_least=LOADING_SECONDS):
            ml_spec = self._fit.ml_spec()
            if self._config.get("named_metrics"):
                import_torchmetrics()
        with watch(run_id, "making the model"):
            training = Training(
                ml_spec,
                self._config,
                dataset,
                seed=self._seed,
                num_chunks=self._fit.request.num_chunks,
                device=self._fit.device,
            )
            warm_start = self._warm_start(checkpoint)
            if state is not None and warm_start is None:
                training.restore(state)
            elif state is not None and warm_start is not None:
                training.start_from(state, on_same_data=warm_start.on_same_data)
            layers_of(training.model, layer_classes_of(self._config))
        return training

    def on_ranks(self, dataset: Dataset, checkpoint: Checkpoint | None) -> TrainingOnRanks:
        """The training in a process for each GPU."""
        from fanfold_engine.sharding.training_on_ranks import begin_on_ranks  # noqa: PLC0415 - seldom

        def begin(directory: Path | None) -> TrainingOnRanks:
            with self._fit.watchdog.watch(
                self._dealt.run_id, "making the model", at_least=LOADING_SECONDS
            ):
                return begin_on_ranks(
                    self._fit,
                    self._config,
                    dataset,
                    seed=self._seed,
                    checkpoint=directory,
                    warm_start=self._warm_start(checkpoint),
                )

        return self._fetch(checkpoint, begin) or begin(None)

    @property
    def _seed(self) -> int:
        own = self._dealt.seed
        return self._fit.request.seed if own is None else own

    def _fetch(self, checkpoint: Checkpoint | None, read: Callable[[Path], T]) -> T | None:
        """What is read of its own checkpoint, or else of its parent's."""
        start = checkpoint or self._dealt.warm_start
        return None if start is None else self._fit.checkpoints.fetch(start.prefix, read)

    def _warm_start(self, checkpoint: Checkpoint | None) -> WarmStart | None:
        """How it starts from its parent, if it has not started yet."""
        return self._dealt.warm_start if checkpoint is None else None

"""The training of one run, chunk by chunk. It knows nothing of workers, storage or other runs.

With chunks, stops, moves and retries left out, it is this loop, and its weights and metrics
equal those of this loop bit for bit on a CPU (tests hold it to that)::

    random.seed(seed); numpy.random.seed(seed); torch.manual_seed(seed)
    spec = MLSpec()
    spec.initialize_run(misc_path, cfg, "train")
    model = spec.create_model(cfg)
    optimizer = torch.optim.NAME(model.parameters(), **args)
    scheduler = torch.optim.lr_scheduler.NAME(optimizer, **args)
    with random_numbers_kept_aside():
        validation_spec = copy.copy(spec)
        validation_spec.initialize_run(misc_path, cfg, "validation")
        metrics = validation_spec.metrics(cfg, "validation")
    for epoch in range(1, epochs + 1):
        model.train()
        generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
        order = torch.randperm(len(rows), generator=generator).tolist()
        batches = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
        for group in [batches[i : i + accumulation] for i in range(0, len(batches), accumulation)]:
            for batch in group:
                examples = [spec.row_prep(rows[i], object_dir, cfg, "train") for i in batch]
                examples = spec.collate(examples, cfg, "train")
                loss = spec.compute_forward(model, examples, cfg, "train")["loss"]
                (loss / len(group)).backward()
                loss_sum += loss.item() * len(batch)
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
            optimizer.step()
            optimizer.zero_grad()
            scheduler.step()                # here for interval "batch"
        scheduler.step()                    # or here for interval "epoch"
        train_loss = loss_sum / len(rows)
        with random_numbers_kept_aside(), torch.no_grad():
            model.eval()                    # then compute_forward over the validation rows in
            their order, ...                             # val_loss weighted by examples, and
            the metrics

Validation starts from the random numbers where training stands and gives them back untouched,
so what it draws never changes training. The random numbers are the run's own: they are put in
place when a chunk begins and kept aside when it ends.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch

from fanfold_engine.data.dataset import Dataset, PartitionData
from fanfold_engine.device import autocast, on_device
from fanfold_engine.evaluation import Evaluation, Scores
from fanfold_engine.metrics import EvaluationMetrics
from fanfold_engine.mlspec import RunCode, blamed
from fanfold_engine.optimizers import create_optimizer, create_scheduler
from fanfold_engine.protocol import EpochReport, Metric
from fanfold_engine.randomness import RandomState, isolated, seed_all
from fanfold_engine.recipe import Recipe
from fanfold_engine.schedule import DEFAULT_CHUNKS, DataStart, EpochSchedule
from fanfold_engine.warm_start import check_fit


@dataclass(frozen=True)
class Place:
    """How far a run has come: finished epochs, chunks of the next, and the sums over those."""

    epoch: int = 0
    chunk: int = 0
    chunks: int = 0
    loss_sum: float = 0.0
    examples: int = 0


@dataclass(frozen=True)
class TrainingState:
    """All that must be kept to go on elsewhere as if nothing had happened."""

    place: Place
    random: RandomState
    model: dict[str, Any]
    optimizer: dict[str, Any]
    scheduler: dict[str, Any] | None
    data_start: DataStart = DataStart()


class Training:
    """One run's model, optimizer and place."""

    def __init__(
        self,
        ml_spec: type,
        config: dict[str, Any],
        dataset: Dataset,
        *,
        seed: int,
        num_chunks: int | None,
        device: torch.device,
    ) -> None:
        seed_all(seed)
        self.recipe = Recipe.read(config)
        self.place = Place()
        self.dataset = dataset
        self.seed = seed
        self.data_start = DataStart()
        self._num_chunks = num_chunks or DEFAULT_CHUNKS
        self.device = device
        self.code = RunCode.fresh(ml_spec, config, "train")
        self.code.initialize(dataset.misc_path)
        self.model = self.code.create_model()
        self.place_model()
        self.optimizer = create_optimizer(self.model, self.recipe.optimizer)
        self.scheduler = create_scheduler(self.optimizer, self.recipe.lr_scheduler)
        self.epoch_schedule = self._schedule(1)
        self.random = RandomState.now(device)
        if dataset.validation is not None:
            with isolated(device):
                self.validation_code = self.code.in_mode("validation")
                self.validation_code.initialize(dataset.misc_path)
                named = self.recipe.named_metrics
                self.metrics = EvaluationMetrics(self.validation_code, named, device)

    @property
    def is_over(self) -> bool:
        """Whether all epochs are done."""
        return self.place.epoch >= self.recipe.epochs

    @property
    def chunks(self) -> int:
        """Chunks of the epoch in training."""
        return self.epoch_schedule.chunks

    @property
    def next_examples(self) -> int:
        """How many examples the next chunk has."""
        return self.epoch_schedule.examples_of(self.place.chunk)

    def train_chunk(self) -> None:
        """Train on the next chunk of the epoch."""
        losses: list[tuple[torch.Tensor, int]] = []
        with self.own_random_numbers():
            self.model.train()
            for batches in self.epoch_schedule.steps_of(self.place.chunk):
                for batch in batches:
                    losses.append((self._backward(batch, len(batches)), len(batch)))
                self._step()
            if self.ends_epoch and self.recipe.scheduler_interval == "epoch":
                self.step_scheduler()
        # Read only now, as reading a number from a GPU waits for it.
        self.end_chunk(self._read_losses(losses))

    def end_chunk(self, losses: Sequence[tuple[float, int]]) -> None:
        """Go on to the next chunk, after each batch's loss and number of examples."""
        loss_sum = self.place.loss_sum
        for loss, examples in losses:
            loss_sum += loss * examples
        examples = self.place.examples + sum(count for _, count in losses)
        self.place = replace(
            self.place,
            chunk=self.place.chunk + 1,
            chunks=self.chunks,
            loss_sum=loss_sum,
            examples=examples,
        )

    @property
    def train_loss(self) -> float:
        """The mean loss over the chunks of the epoch so far; there must be one."""
        return self.place.loss_sum / self.place.examples

    @property
    def epoch_is_trained(self) -> bool:
        """Whether the epoch has no chunks left and is to be finished."""
        return self.place.chunk == self.chunks

    def finish_epoch(self) -> EpochReport:
        """Validate after the last chunk and go on to the next epoch."""
        partition = self.dataset.validation
        return self.end_epoch(() if partition is None else self._validate(partition))

    def end_epoch(self, metrics: tuple[Metric, ...]) -> EpochReport:
        """Go on to the next epoch, after what its validation gave."""
        epoch = self.place.epoch + 1
        train_loss = self.train_loss
        self.place = Place(epoch=epoch)
        self.epoch_schedule = self._schedule(epoch + 1)
        return EpochReport(epoch, train_loss, metrics)

    def capture(self) -> TrainingState:
        """What the training is made of now, between two chunks. Tensors are shared, not copied."""
        scheduler = None if self.scheduler is None else self.scheduler.state_dict()
        with blamed("the model's state_dict"):
            model = self.model.state_dict()
        optimizer = self.optimizer.state_dict()
        return TrainingState(self.place, self.random, model, optimizer, scheduler, self.data_start)

    def restore(self, state: TrainingState) -> None:
        """Go on from a captured state."""
        with blamed("loading the checkpoint"):
            self.load_model(state.model)
            self.optimizer.load_state_dict(state.optimizer)
            if self.scheduler is not None and state.scheduler is not None:
                self.scheduler.load_state_dict(state.scheduler)
        self.place = state.place
        self.random = state.random
        self.data_start = state.data_start
        # An epoch that was begun keeps its chunks, whatever this fit's number is.
        self.epoch_schedule = self._schedule(self.place.epoch + 1, self.place.chunks or None)

    def start_from(self, parent: TrainingState, *, on_same_data: bool) -> None:
        """Begin with a parent's weights and buffers, and take its data up where it stood.

        Raises:
            UnfitWeightsError: the parameters are not the same in name and shape.
        """
        check_fit(self.model.state_dict(), parent.model)
        with blamed("loading the parent's weights"):
            self.load_model(parent.model)
        if on_same_data:
            rows, place = len(self.dataset.train.rows), parent.place
            self.data_start = parent.data_start.after(place.epoch, place.examples, rows)
            self.epoch_schedule = self._schedule(1)

    def load_model(self, state: dict[str, Any]) -> None:
        """Take over a model's ``state_dict``."""
        self.model.load_state_dict(state)

    def place_model(self) -> None:
        """Put the new model where it is trained."""
        with blamed(f"moving the model to {self.device}"):
            self.model.to(self.device)

    def _schedule(self, epoch: int, chunks: int | None = None) -> EpochSchedule:
        return EpochSchedule(
            rows=len(self.dataset.train.rows),
            batch_size=self.recipe.batch_size,
            accumulation=self.recipe.accumulation,
            seed=self.seed,
            epoch=epoch,
            wanted_chunks=chunks or self._num_chunks,
            start=self.data_start,
        )

    @property
    def ends_epoch(self) -> bool:
        """Whether the next chunk is the epoch's last."""
        return self.place.chunk + 1 == self.chunks

    @contextmanager
    def own_random_numbers(self) -> Generator[None]:
        """Draw the run's own random numbers in here."""
        self.random.restore(self.device)
        yield
        self.random = RandomState.now(self.device)

    def batch(self, positions: Sequence[int]) -> Any:
        """The batch of these training rows, on the device."""
        return self.batch_by(self.code, positions)

    def batch_by(self, code: RunCode, positions: Sequence[int]) -> Any:
        """The batch that this code makes of these training rows, on the device."""
        train = self.dataset.train
        batch = code.batch(train.rows.take(positions), train.object_dir)
        return on_device(batch, self.device)

    def _backward(self, positions: Sequence[int], batches_in_step: int) -> torch.Tensor:
        batch = self.batch(positions)
        with autocast(self.device, self.recipe.precision):
            loss = self.code.loss(self.model, batch)
        with blamed("the backward pass"):
            (loss / batches_in_step if batches_in_step > 1 else loss).backward()
        return loss.detach()

    def _read_losses(self, losses: Sequence[tuple[torch.Tensor, int]]) -> list[tuple[float, int]]:
        return [(loss.item(), examples) for loss, examples in losses]

    def _step(self) -> None:
        with blamed("the optimizer step"):
            if self.recipe.max_grad_norm is not None:
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.max_grad_norm)
            self.optimizer.step()
            self.optimizer.zero_grad()
        if self.recipe.scheduler_interval == "batch":
            self.step_scheduler()

    def step_scheduler(self) -> None:
        """Let the lr_scheduler, if there is one, take a step."""
        if self.scheduler is not None:
            with blamed("the lr_scheduler step"):
                self.scheduler.step()

    def evaluation(self, partition: PartitionData) -> Evaluation:
        """A pass over the validation partition."""
        return Evaluation(
            self.validation_code,
            self.model,
            partition,
            batch_size=self.recipe.batch_size,
            precision=self.recipe.precision,
            device=self.device,
        )

    def _validate(self, partition: PartitionData) -> tuple[Metric, ...]:
        evaluation, scores = self.evaluation(partition), Scores(self.metrics)
        with self.own_random_numbers(), isolated(self.device):
            self.model.eval()
            for number in range(evaluation.batches):
                rows = evaluation.rows_of(number)
                scores.add(evaluation.answer(rows), len(rows))
            return scores.compute()

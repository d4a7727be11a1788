"""One rank's part of the training of one run.

The loop is that of :class:`~fanfold_engine.training.Training`; this says what differs. Every rank
goes through the same batches and computes its part of each. A gradient is the mean over the
examples of the whole batch, however they are divided, and so are losses; so the run's curve is
that of one process but for rounding. What draws random numbers in ``row_prep`` or in the forward
pass draws others than in one process: those of a chunk follow from the seed, the place and the
rank alone, so a run stopped and resumed on as many ranks still ends as if it had never stopped.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import distributed
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor

from fanfold_engine import checkpoint_files
from fanfold_engine.data.dataset import Dataset, PartitionData
from fanfold_engine.device import autocast
from fanfold_engine.evaluation import Scores
from fanfold_engine.mlspec import UserCodeError, blamed
from fanfold_engine.protocol import Metric, WarmStart
from fanfold_engine.randomness import isolated, seed_all
from fanfold_engine.sharding.layers import shard
from fanfold_engine.sharding.parts import part_of
from fanfold_engine.sharding.shards import (
    load_own_shards,
    own_part,
    save_shards,
    shards_without_values,
)
from fanfold_engine.training import Training, TrainingState

UNSHARDED_OPTIMIZERS = ("Adafactor", "Muon", "SparseAdam")
"""Their steps need whole matrices, or gradients of another kind."""


class ShardedTraining(Training):
    """What one rank holds of the run; all ranks call the same methods in the same order."""

    def __init__(
        self,
        ml_spec: type,
        config: dict[str, Any],
        dataset: Dataset,
        *,
        layer_classes: Sequence[str],
        seed: int,
        num_chunks: int | None,
        device: torch.device,
    ) -> None:
        self._rank, self._ranks = distributed.get_rank(), distributed.get_world_size()
        self._mesh = init_device_mesh(device.type, (self._ranks,))
        self._layer_classes = layer_classes
        super().__init__(ml_spec, config, dataset, seed=seed, num_chunks=num_chunks, device=device)

    def save(self, directory: Path) -> None:
        """Write a checkpoint that any number of ranks, or one process, can go on from.

        The first rank has all of the model's tensors in its host memory meanwhile, and the GPUs
        one of them at a time.
        """
        state = self.capture()
        divided = save_shards(state.optimizer, directory / checkpoint_files.SHARDS)
        model = state.model | self._gathered()
        if self._rank == 0:
            checkpoint_files.write(replace(state, model=model), directory, divided)

    def load(self, directory: Path, warm_start: WarmStart | None) -> None:
        """Go on from a checkpoint that was checked, or begin with the weights of a parent's."""
        if warm_start is None:
            self.restore(checkpoint_files.read_checked(directory, self._read_shards))
        else:
            parent = checkpoint_files.read_checked(directory, shards_without_values)
            self.start_from(parent, on_same_data=warm_start.on_same_data)

    def restore(self, state: TrainingState) -> None:
        """Go on from a captured state whose tensors are whole, or this rank's already."""
        super().restore(replace(state, optimizer=self._own_parts(state.optimizer)))

    def load_model(self, state: dict[str, Any]) -> None:
        """Take this rank's part of a whole model's state."""
        own = self.model.state_dict()
        super().load_model({name: _own(value, own.get(name)) for name, value in state.items()})

    def place_model(self) -> None:
        """Shard the model, layer by layer, each moved to the GPU by itself."""
        self._refuse_what_cannot_be_sharded()
        shard(self.model, self._layer_classes, self._mesh, self.recipe.precision)

    def _refuse_what_cannot_be_sharded(self) -> None:
        recipe, ranks, validation = self.recipe, self._ranks, self.dataset.validation
        if recipe.optimizer.name in UNSHARDED_OPTIMIZERS:
            raise UserCodeError(
                f"{recipe.optimizer.name} cannot step a model that lies on several GPUs; "
                "take another optimizer, such as AdamW, or leave fsdp_layer_cls out"
            )
        if recipe.batch_size < ranks:
            raise UserCodeError(
                f"a batch_size of {recipe.batch_size} cannot be divided over {ranks} GPUs; "
                "it counts the examples of all of them together"
            )
        if validation is not None and len(validation.rows) < ranks:
            raise UserCodeError(
                f"the validation partition has {len(validation.rows)} rows; "
                f"{ranks} GPUs need at least one for each"
            )

    @contextmanager
    def own_random_numbers(self) -> Generator[None]:
        """Draw the numbers of this place and this rank in here."""
        place = (self.seed, self.place.epoch, self.place.chunk, self._rank)
        seed_all(int(np.random.SeedSequence(place).generate_state(1, np.uint64)[0] >> 1))
        yield

    def _backward(self, positions: Sequence[int], batches_in_step: int) -> torch.Tensor:
        part = part_of(positions, self._rank, self._ranks)
        batch = self.batch(part.members)
        with autocast(self.device, self.recipe.precision):
            loss = self.code.loss(self.model, batch) * part.share
        with blamed("the backward pass"):
            # FSDP takes the mean over the ranks, where the sum is meant.
            (loss * (self._ranks / batches_in_step)).backward()
        return loss.detach()

    def _read_losses(self, losses: Sequence[tuple[torch.Tensor, int]]) -> list[tuple[float, int]]:
        total = torch.stack([loss.double() for loss, _ in losses])
        distributed.all_reduce(total)
        self._share_buffers()
        return list(zip(total.tolist(), (examples for _, examples in losses), strict=True))

    def _share_buffers(self) -> None:
        """Buffers that a forward pass changes, as of batch normalisation, are the first rank's."""
        for buffer in self.model.buffers():
            dtype = torch.uint8 if buffer.dtype == torch.bool else buffer.dtype
            first = torch.empty(buffer.shape, dtype=dtype, device=buffer.device).copy_(buffer)
            distributed.broadcast(first, 0)
            if not torch.equal(first.to(buffer.dtype), buffer):
                buffer.copy_(first)

    def _validate(self, partition: PartitionData) -> tuple[Metric, ...]:
        evaluation, scores = self.evaluation(partition), SharedScores(self.metrics)
        with self.own_random_numbers(), isolated(self.device):
            self.model.eval()
            for number in range(evaluation.batches):
                part = part_of(evaluation.rows_of(number), self._rank, self._ranks)
                answer = evaluation.answer(part.members)
                if part.share > 0:
                    scores.add(answer, len(part.members))
            return scores.compute()

    def _gathered(self) -> dict[str, torch.Tensor]:
        """The model's whole tensors, in the first rank's host memory; tied ones stay one."""
        kept: dict[int, torch.Tensor] = {}
        whole: dict[str, torch.Tensor] = {}
        for name, value in self.model.state_dict(keep_vars=True).items():
            if not isinstance(value, DTensor):
                continue
            if id(value) not in kept:
                tensor = value.full_tensor().detach()
                kept[id(value)] = tensor.cpu() if self._rank == 0 else tensor.new_empty(0)
            whole[name] = kept[id(value)]
        return whole

    def _read_shards(self, folder: Path) -> dict[str, torch.Tensor]:
        return load_own_shards(folder, self._parameters())

    def _own_parts(self, optimizer: dict[str, Any]) -> dict[str, Any]:
        parameters = self._parameters()
        state = {
            index: {name: _own(value, parameters[index]) for name, value in values.items()}
            for index, values in optimizer["state"].items()
        }
        return {**optimizer, "state": state}

    def _parameters(self) -> list[DTensor]:
        return [each for each in self.model.parameters() if isinstance(each, DTensor)]


class SharedScores(Scores):
    """Scores of all ranks together. torchmetrics brings its own states together."""

    def _sums(self) -> tuple[float, int]:
        total, count = super()._sums()
        sums = torch.tensor([total, count], dtype=torch.float64)
        distributed.all_reduce(sums)
        return sums[0].item(), int(sums[1].item())


def _own(value: Any, like: Any) -> Any:
    """A rank's part of a whole tensor where its like is divided; anything else as it is."""
    if not isinstance(like, DTensor) or not isinstance(value, torch.Tensor):
        return value
    is_like = not isinstance(value, DTensor) and value.shape == like.shape
    return own_part(value, like) if is_like else value

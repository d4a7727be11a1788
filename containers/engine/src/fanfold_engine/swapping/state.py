"""The tensors that a run keeps between its chunks, on the device or aside.

Whole storages are carried, byte by byte, and the tensors that look into them are pointed to the
copy. So models, optimizers and what they refer to stay the same objects; tied weights stay tied. A
storage that anything else looks into as well (a tensor shared by runs, a view that user code keeps)
stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from fanfold_engine.swapping.shuttle import Shuttle
from fanfold_engine.training import Training


@dataclass(frozen=True)
class _Piece:
    """A storage, as the tensors that look into it."""

    tensors: list[torch.Tensor]

    def content(self) -> torch.Tensor:
        storage = self.tensors[0].untyped_storage()
        return torch.empty(0, dtype=torch.uint8, device=storage.device).set_(storage)

    def point_to(self, content: torch.Tensor) -> None:
        storage = content.untyped_storage()
        for tensor in self.tensors:
            place = tensor.storage_offset(), tensor.size(), tensor.stride()
            there = torch.empty(0, dtype=tensor.dtype, device=content.device)
            tensor.data = there.set_(storage, *place)  # pyright: ignore[reportArgumentType]


class State:
    """Where a training's tensors are. They are whole and usable there at any time, also on their
    way: a move is over, and its source given up, only when it is settled."""

    def __init__(self, training: Training, shuttle: Shuttle) -> None:
        self._training = training
        self._shuttle = shuttle
        self._aside: list[tuple[_Piece, torch.Tensor]] = []
        self._moves: list[tuple[_Piece, torch.Tensor]] = []
        self.is_present = True
        """Whether it is on the device, or on its way there."""
        self.takes_room = True
        """Whether the device has no room for others where it lies."""

    @property
    def is_settled(self) -> bool:
        """Whether no move is under way."""
        return not self._moves

    def is_of(self, training: Training) -> bool:
        """Whether it is this training's."""
        return self._training is training

    def begin_to_leave(self) -> None:
        """Carry all of it out.

        Raises:
            OSError: there is no room for it on the disk.
        """
        self.is_present = False
        for piece in _pieces_of(self._training):
            self._moves.append((piece, self._shuttle.carry_out(piece.content())))

    def begin_to_come(self) -> None:
        """Carry all of it in.

        Raises:
            OutOfMemoryError: the device has no room for it; then it stays where it is.
        """
        try:
            for piece, aside in self._aside:
                self._moves.append((piece, self._shuttle.carry_in(aside)))
        except torch.OutOfMemoryError:
            self._moves.clear()
            raise
        self.is_present = self.takes_room = True

    def settle(self) -> None:
        """Whatever was begun is over, now that the shuttle has carried it."""
        moves, self._moves = self._moves, []
        for piece, content in moves:
            piece.point_to(content)
        if moves:
            self._clear()
        if not self.is_present:
            self._aside, self.takes_room = self._aside or moves, False

    def give_up(self) -> None:
        """The training is over."""
        self._moves.clear()
        self._clear()

    def _clear(self) -> None:
        for _, aside in self._aside:
            self._shuttle.clear(aside)
        self._aside = []


def _pieces_of(training: Training) -> Iterator[_Piece]:
    pieces: dict[int, list[torch.Tensor]] = {}
    for tensor in _tensors_of(training):
        if tensor.layout is torch.strided and tensor.device.type == training.device.type:
            pieces.setdefault(tensor.untyped_storage().data_ptr(), []).append(tensor)
    pieces.pop(0, None)
    for tensors in pieces.values():
        if _looks_of(tensors[0]) == len(tensors):
            yield _Piece(tensors)


def _tensors_of(training: Training) -> Iterator[torch.Tensor]:
    """Each once."""
    yield from training.model.parameters()
    yield from training.model.buffers()
    for state in training.optimizer.state.values():
        yield from (value for value in state.values() if isinstance(value, torch.Tensor))


def _looks_of(tensor: torch.Tensor) -> int:
    """How many tensors look into this one's storage."""
    storage = tensor.untyped_storage()
    # Nothing public tells; CUDA graphs in torch go by it too. The storage object here is one.
    return torch._C._storage_Use_Count(storage._cdata) - 1  # pyright: ignore

"""The same tensors of many runs, side by side in one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

Tensors = Sequence[torch.Tensor]


class Flat:
    """``numbers`` has the shape (runs, numbers of a run); all else are views of it."""

    def __init__(self, runs: Sequence[Tensors]) -> None:
        self._shapes = [tensor.shape for tensor in runs[0]]
        self.numbers = torch.stack([flatten(tensors) for tensors in runs])

    def stacked(self) -> list[torch.Tensor]:
        """Each tensor of all runs, shape (runs, …)."""
        return self._cut(self.numbers, (len(self.numbers),))

    def of_run(self, index: int) -> list[torch.Tensor]:
        """The tensors of one run."""
        return self._cut(self.numbers[index], ())

    def _cut(self, numbers: torch.Tensor, leading: tuple[int, ...]) -> list[torch.Tensor]:
        pieces = numbers.split([shape.numel() for shape in self._shapes], dim=-1)
        return [
            piece.view(*leading, *shape) for piece, shape in zip(pieces, self._shapes, strict=True)
        ]


def flatten(tensors: Iterable[torch.Tensor]) -> torch.Tensor:
    """The numbers of a run's tensors, one after the other."""
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors])

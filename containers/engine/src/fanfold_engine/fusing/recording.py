"""A function of tensors, recorded as the operations it comes to and replayed without the rest.

Mapping a function over runs costs more than computing it when models are small. What a recording
cannot show is code that looks into tensors, which is not recorded.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch._ops import OpOverload
from torch.fx import Graph, GraphModule, Node
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

Function = Callable[[Any], Any]

RECORDED_AT = 3
"""The third use of a shape: a rare shape is not worth it."""
LOOKING = {torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape}


class UnrecordableError(Exception):
    """What the function does depends on what is in its tensors."""


class Recorded:
    """A function of a batch that is recorded for each shape of batch that comes often.

    Other tensors that the function uses must stay the same; what is in them may change.
    """

    def __init__(self, function: Function) -> None:
        self._function = function
        self._uses: Counter[Any] = Counter()
        self._recordings: dict[Any, Function] = {}

    def __call__(self, batch: Any) -> Any:
        """The function, or its recording for such a batch."""
        shape = _shape_of(batch)
        if shape is None:
            return self._function(batch)
        self._uses[shape] += 1
        if self._uses[shape] == RECORDED_AT:
            return self._record(shape, batch)
        if self._uses[shape] == RECORDED_AT + 1:
            return self._check(shape, batch)
        return self._recordings.get(shape, self._function)(batch)

    def _record(self, shape: Any, batch: Any) -> Any:
        try:
            answer, self._recordings[shape] = record(self._function, batch)
        except UnrecordableError:
            return self._function(batch)
        return answer

    def _check(self, shape: Any, batch: Any) -> Any:
        """The first replay must give what the function gives, for other numbers than recorded."""
        recording = self._recordings.get(shape)
        if recording is None:
            return self._function(batch)
        with torch.random.fork_rng():
            replayed = pytree.tree_leaves(recording(batch))
        answer = self._function(batch)
        if not all(map(_is_same, replayed, pytree.tree_leaves(answer))):
            del self._recordings[shape]
        return answer


def record(function: Function, batch: Any) -> tuple[Any, Function]:
    """What the function gives for a batch of tensors, and a function that gives it for others.

    Raises:
        UnrecordableError: it looks into its tensors.
    """
    tape = _Tape(pytree.tree_leaves(batch))
    with tape:
        answer = function(batch)
    told, structure = pytree.tree_flatten(answer)
    replay = tape.finish(told).forward

    def replayed(other: Any) -> Any:
        return pytree.tree_unflatten(replay(*pytree.tree_leaves(other)), structure)

    return answer, replayed


class _Tape(TorchDispatchMode):
    """Writes down each operation, below all that transforms functions."""

    def __init__(self, inputs: Sequence[torch.Tensor]) -> None:
        super().__init__()
        self._graph = Graph()
        self._root = torch.nn.Module()
        self._nodes: dict[int, Node] = {}
        self._kept: list[torch.Tensor] = []
        for number, tensor in enumerate(inputs):
            self._know(tensor, self._graph.placeholder(f"input_{number}"))

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if LOOKING & set(func.tags):
            raise UnrecordableError(str(func))
        node = self._graph.call_function(func, self._told(args), self._told(kwargs or {}))
        answer = func(*args, **(kwargs or {}))
        if isinstance(answer, torch.Tensor):
            self._know(answer, node)
        elif isinstance(answer, list | tuple):
            for place, member in enumerate(answer):
                if isinstance(member, torch.Tensor):
                    self._know(member, self._graph.call_function(operator.getitem, (node, place)))
        return answer

    def finish(self, outputs: Sequence[Any]) -> GraphModule:
        """The recording, from the inputs' tensors to a list of the outputs'."""
        self._graph.output(self._told(list(outputs)))
        self._graph.eliminate_dead_code(_does_more)
        recording = GraphModule(self._root, self._graph)
        self._kept.clear()
        return recording

    def _know(self, tensor: torch.Tensor, node: Node) -> None:
        self._nodes[id(tensor)] = node
        # While it is kept, no other tensor has its id.
        self._kept.append(tensor)

    def _told(self, value: Any) -> Any:
        return pytree.tree_map_only(torch.Tensor, self._node_of, value)

    def _node_of(self, tensor: torch.Tensor) -> Node:
        if id(tensor) not in self._nodes:
            name = f"constant_{len(self._nodes)}"
            self._root.register_buffer(name, tensor)
            self._know(tensor, self._graph.get_attr(name))
        return self._nodes[id(tensor)]


def _is_same(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, equal_nan=True)


def _does_more(node: Node) -> bool:
    """Whether an operation matters even if nothing uses what it gives."""
    if not isinstance(node.target, OpOverload):
        return node.op in {"placeholder", "output"}
    return torch.Tag.nondeterministic_seeded in node.target.tags or node.is_impure()


def _shape_of(batch: Any) -> Any:
    """Equal for batches that a recording serves; ``None`` if there is more than tensors."""
    if isinstance(batch, torch.Tensor):
        return batch.shape, batch.dtype, batch.stride()
    if isinstance(batch, dict):
        members = [(name, _shape_of(member)) for name, member in batch.items()]
        return None if any(shape is None for _, shape in members) else tuple(members)
    if isinstance(batch, list | tuple):
        shapes = [_shape_of(member) for member in batch]
        return None if None in shapes else (type(batch), *shapes)
    return None

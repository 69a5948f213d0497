"""Writing the graph: one node for each operation that PyTorch dispatches.

What stands below the functions that people call are some hundred primitive operations ("aten"):
``nn.Conv2d``, ``F.conv2d`` and ``torch.conv2d`` all end in one convolution. The tracer notes each
with the tensors that went in, and follows tensors that are changed in place.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from .calls import CallLog
from .nodes import Constant, Node, Value

MATRIX_PRODUCTS = frozenset("mm addmm bmm baddbmm linear mv addmv matmul".split())


class Tracer(TorchDispatchMode):
    """While it is on, every operation is added to ``nodes``.

    Tensors are told apart by identity, so all of them are kept alive (on the meta device they
    weigh nothing), and the ones that share memory are known by their storage.
    """

    def __init__(self, image: Tensor, twin: nn.Module, log: CallLog) -> None:
        super().__init__()
        self.nodes: list[Node] = []
        self._log = log
        self._values: dict[int, Value] = {}
        self._alive: list[Tensor] = []
        self._sharing: dict[int, list[Tensor]] = {}
        self._names = {
            _storage(tensor): name
            for name, tensor in (*twin.named_buffers(), *twin.named_parameters())
        }
        self._add("image", (), [image], {}, ())

    def values_of(self, tensors: Mapping[str, Tensor]) -> dict[str, Value]:
        """Of these tensors the ones that a recorded operation made, as they are now."""
        known = {name: self._values.get(id(tensor)) for name, tensor in tensors.items()}
        return {name: value for name, value in known.items() if value is not None}

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        output = func(*args, **(kwargs or {}))
        outputs = [leaf for leaf in _flat(output) if isinstance(leaf, Tensor)]
        if outputs:
            self._record(func, _by_name(func._schema, args, kwargs or {}), outputs)
        return output

    def _record(self, func: Any, given: Mapping[str, Any], outputs: Sequence[Tensor]) -> None:
        name = func._schema.name.removeprefix("aten::")
        took = [leaf for leaf in _flat(list(given.values())) if isinstance(leaf, Tensor)]
        self._add(
            name,
            [self._values[id(tensor)].node for tensor in took if id(tensor) in self._values],
            outputs,
            tree_map_only(Tensor, self._describe, given),
            self._weights(took),
            mult_adds=self._mult_adds(name, given, outputs[0]),
            pointwise=torch.Tag.pointwise in func.tags,
        )
        changed = [a.name for a in func._schema.arguments if a.alias_info and a.alias_info.is_write]
        for argument in changed:
            if id(given[argument]) in self._values:
                self._overwrite(given[argument])

    def _add(
        self,
        op: str,
        inputs: Sequence[int],
        outputs: Sequence[Tensor],
        arguments: Mapping[str, Any],
        weights: tuple[str, ...],
        *,
        mult_adds: int = 0,
        pointwise: bool = False,
    ) -> None:
        call = self._log.current
        node = Node(
            index=len(self.nodes),
            op=op,
            path=call.path if call else "",
            call=call.index if call else None,
            inputs=tuple(dict.fromkeys(inputs)),
            shapes=tuple(tuple(tensor.shape) for tensor in outputs),
            arguments=arguments,
            weights=weights,
            from_image=not self.nodes or any(self.nodes[index].from_image for index in inputs),
            mult_adds=mult_adds,
            pointwise=pointwise,
        )
        self.nodes.append(node)
        for item, tensor in enumerate(outputs):
            if id(tensor) not in self._values:
                self._alive.append(tensor)
                self._sharing.setdefault(_storage(tensor), []).append(tensor)
            self._values[id(tensor)] = Value(node.index, item)

    def _overwrite(self, tensor: Tensor) -> None:
        """Give every other tensor that looks at the same memory a node that says so."""
        new = self._values[id(tensor)]
        for other in self._sharing[_storage(tensor)]:
            old = self._values[id(other)]
            if other is not tensor and old != new and _overlap(tensor, other):
                weights = self.nodes[old.node].weights + self.nodes[new.node].weights
                arguments = {"self": old, "source": new}
                inputs = (old.node, new.node)
                self._add("overwritten", inputs, [other], arguments, tuple(dict.fromkeys(weights)))

    def _describe(self, tensor: Tensor) -> Value | Constant:
        if id(tensor) in self._values:
            return self._values[id(tensor)]
        return Constant(self._names.get(_storage(tensor)), tuple(tensor.shape))

    def _weights(self, took: Sequence[Tensor]) -> tuple[str, ...]:
        names: list[str] = []
        for tensor in took:
            value = self._values.get(id(tensor))
            if value is None and _storage(tensor) in self._names:
                names.append(self._names[_storage(tensor)])
            elif value is not None and not self.nodes[value.node].from_image:
                names.extend(self.nodes[value.node].weights)
        return tuple(dict.fromkeys(names))

    def _mult_adds(self, op: str, given: Mapping[str, Any], output: Tensor) -> int:
        if op == "convolution":
            return _convolution_mult_adds(given, output)
        if op not in MATRIX_PRODUCTS:
            return 0
        factors = [t for key, t in given.items() if isinstance(t, Tensor) and key not in ("bias",)]
        left, right = factors[-2:]
        if not (self._is_weight(left) or self._is_weight(right)):
            return 0
        return output.numel() * left.shape[-1]

    def _is_weight(self, tensor: Tensor) -> bool:
        """Whether a tensor is the network's own: it holds parameters and no part of the image."""
        return bool(self._weights([tensor]))


def _convolution_mult_adds(given: Mapping[str, Any], output: Tensor) -> int:
    """One for each weight at each position: of the output, or of the input if transposed."""
    positions = given["input"] if given["transposed"] else output
    return positions.shape[0] * prod(positions.shape[2:]) * given["weight"].numel()


def _by_name(schema: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for place, argument in enumerate(schema.arguments):
        if place < len(args):
            given[argument.name] = args[place]
        elif argument.name in kwargs:
            given[argument.name] = kwargs[argument.name]
        elif argument.has_default_value():
            given[argument.name] = argument.default_value
    return given


def _flat(values: Any) -> list[Any]:
    if isinstance(values, list | tuple):
        return [leaf for value in values for leaf in _flat(value)]
    return [values]


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _overlap(one: Tensor, other: Tensor) -> bool:
    """Whether the stretches of memory that two tensors reach over meet."""
    (start, stop), (begin, end) = _reach(one), _reach(other)
    return start < end and begin < stop


def _reach(tensor: Tensor) -> tuple[int, int]:
    start = int(tensor.storage_offset())
    steps = zip(tensor.shape, tensor.stride(), strict=True)
    return start, start + sum((length - 1) * step for length, step in steps) + 1

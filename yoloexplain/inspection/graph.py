"""The real graph: every tensor operation of one forward, and which fed which.

Code hides the graph that it runs: functions called in a forward, a module used five times, a loop
over levels. Here the twin without weight runs once while each operation that PyTorch dispatches
is written down, so the graph is what happened, not what the list of modules suggests.

How far is it from a pixel to a prediction? Count the weighted layers (convolutions and linear
layers) on a way through the graph: ``graph.longest_path("backbone.c2", "p5")`` against
``graph.shortest_path`` of the same, as in Path Aggregation (Liu et al. 2018, arXiv 1803.01534).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor, nn

from .calls import Call, CallLog
from .meta import ImageSize, check_image_size, image_channels, join, meta_image, meta_twin
from .nodes import Node, Value
from .tracer import Tracer

Place = str | Node


@dataclass(frozen=True)
class Path:
    """A way through the graph: its nodes in order, and the weighted layers among them.

    The node at which it starts is not counted.
    """

    nodes: tuple[Node, ...] = field(repr=False)
    length: int

    @property
    def layers(self) -> tuple[Node, ...]:
        """The weighted layers that ``length`` counts."""
        return tuple(node for node in self.nodes[1:] if node.weighted)


@dataclass(frozen=True)
class Graph:
    """What happened between the image and the output, in order.

    Attributes
    ----------
    nodes
        Every operation; node 0 is the image. A node that does not depend on the image (a
        coordinate grid, a transposed weight) has ``from_image`` false.
    calls
        Every call of a module, in order; the first is the network's own.
    """

    nodes: tuple[Node, ...] = field(repr=False)
    calls: tuple[Call, ...] = field(repr=False)
    values: dict[int, dict[str, Value]] = field(repr=False)  # by call: what it returned

    @property
    def image(self) -> Node:
        """The image, where everything starts."""
        return self.nodes[0]

    def node(self, place: Place) -> Node:
        """Node that made a module's output.

        Parameters
        ----------
        place
            A node; "image"; a module's path ("" is the network itself), for the first tensor of
            its last call; or a path with the name of one of several outputs ("neck.p3").

        Raises
        ------
        ValueError
            If no call returned anything of that name; lists the nearest names.
        """
        if isinstance(place, Node):
            return place
        if place == "image":
            return self.image
        return self.nodes[self.value(place).node]

    def value(self, name: str) -> Value:
        """Tensor of that name: a module's path, or a path and the name of one of its outputs."""
        outputs = self.outputs()
        if name in outputs:
            return outputs[name]
        first = (self.values[call.index] for call in reversed(self.calls) if call.path == name)
        for values in first:
            if values:
                return next(iter(values.values()))
        close = get_close_matches(name, outputs, n=3, cutoff=0.4)
        listed = ", ".join(repr(entry) for entry in close) or "the paths of model.named_modules()"
        raise ValueError(f"a place must name a module that was called, got {name!r}; try {listed}")

    def shape(self, value: Value) -> tuple[int, ...]:
        """Shape of a tensor."""
        return self.nodes[value.node].shapes[value.item]

    def outputs(self) -> dict[str, Value]:
        """Every tensor that a module returned, by name; of several calls the last."""
        found: dict[str, Value] = {}
        for call in self.calls:
            for item, value in self.values[call.index].items():
                found[join(call.path, item)] = value
        return found

    def consumers(self, place: Place) -> tuple[Node, ...]:
        """Nodes that take a node's output."""
        index = self.node(place).index
        return tuple(node for node in self.nodes if index in node.inputs)

    def shortest_path(self, source: Place, target: Place) -> Path:
        """Find the way from source to target over the fewest weighted layers."""
        return self._path(source, target, min)

    def longest_path(self, source: Place, target: Place) -> Path:
        """Find the way from source to target over the most weighted layers."""
        return self._path(source, target, max)

    def _path(self, source: Place, target: Place, best: Callable[..., Any]) -> Path:
        start, end = self.node(source), self.node(target)
        length = {start.index: 0}
        before: dict[int, int] = {}
        for node in self.nodes[start.index + 1 : end.index + 1]:
            reached = [index for index in node.inputs if index in length]
            if reached:
                before[node.index] = best(reached, key=length.__getitem__)
                length[node.index] = length[before[node.index]] + node.weighted
        if end.index not in length:
            raise ValueError(
                f"a path must lead from an earlier place to one that depends on it, got "
                f"{source!r} and {target!r}; exchange them, or start at 'image'"
            )
        way = [end.index]
        while way[-1] != start.index:
            way.append(before[way[-1]])
        return Path(tuple(self.nodes[index] for index in reversed(way)), length[end.index])


def trace(model: nn.Module, image: ImageSize | Tensor) -> Graph:
    """Record every operation of one forward, without weights and without values.

    Parameters
    ----------
    model
        Any network that takes one image; it is left as it is.
    image
        Height and width, one number for both, or an image batch (only its shape is used).

    Raises
    ------
    TypeError, ValueError
        If the model is no module, or the size is not one or two positive integers.
    RuntimeError
        If the forward fails; names the module in which it did.
    """
    twin = meta_twin(model)
    if isinstance(image, Tensor):
        batch = torch.empty(image.shape, dtype=image.dtype, device="meta")
    else:
        size = check_image_size(image)
        batch = meta_image(twin, image_channels(twin, size), size)
    log = CallLog(twin)
    values: dict[int, dict[str, Value]] = {}
    tracer = Tracer(batch, twin, log)
    # At once: what a call returned may be changed in place later.
    log.on_return = lambda call: values.update({call.index: tracer.values_of(call.outputs)})
    with tracer:
        log.run(batch)
    return Graph(tuple(tracer.nodes), tuple(log.calls), values)


def count_mult_adds(graph: Graph) -> dict[int, int]:
    """Multiply-adds inside each call, by its number: its own and those of the calls within."""
    total = {call.index: 0 for call in graph.calls}
    for node in graph.nodes:
        if node.call is not None:
            total[node.call] += node.mult_adds
    for call in reversed(graph.calls):
        if call.parent is not None:
            total[call.parent] += total[call.index]
    return total

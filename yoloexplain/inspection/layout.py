"""Operations that move values without mixing them: views, slices, concatenations, shuffles.

Each rule says what such an operation does to the span of its tensor (see ``spans``).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from .nodes import Constant, Node, Value
from .spans import Span, lay_side_by_side


@dataclass(frozen=True)
class Inputs:
    """What a node was called with, and the spans of the tensors among it."""

    node: Node
    spans: Mapping[Value, Span | None]
    shapes: Callable[[Value], tuple[int, ...]]

    def __getitem__(self, name: str) -> Any:
        return self.node.arguments[name]

    def get(self, name: str) -> Any:
        """Return an argument, or None where the operation has none of that name."""
        return self.node.arguments.get(name)

    def span(self, value: Any) -> Span | None:
        """Span of a tensor; None if no pixel reaches it, or if it is no tensor."""
        return self.spans.get(value) if isinstance(value, Value) else None

    def shape(self, value: Value | Constant) -> tuple[int, ...]:
        """Shape of a tensor."""
        return value.shape if isinstance(value, Constant) else self.shapes(value)

    def all(self) -> list[Span]:
        """Spans of all tensors that pixels reach, in order."""
        found = (self.span(value) for value in _values(list(self.node.arguments.values())))
        return [span for span in found if span is not None]

    def axis(self, name: str = "dim") -> int:
        """Return an axis argument, counted from the front."""
        return int(self[name]) % len(self.all()[0].shape)


def _values(arguments: Any) -> list[Value]:
    if isinstance(arguments, list | tuple):
        return [leaf for argument in arguments for leaf in _values(argument)]
    return [arguments] if isinstance(arguments, Value) else []


Rule = Callable[[Inputs], Sequence[Span | None]]


def view(given: Inputs) -> list[Span]:
    """Another shape for the same values in memory order."""
    return [given.all()[0].reshape(given.node.shape)]


def expand(given: Inputs) -> list[Span]:
    """Repeat along axes of length 1, without copying."""
    return [given.all()[0].expand(given.node.shape)]


def permute(given: Inputs) -> list[Span]:
    """Exchange axes."""
    span = given.all()[0]
    order = list(range(len(span.shape)))
    if given.node.op == "permute":
        order = list(given["dims"])
    elif len(order) > 1:
        a, b = (given["dim0"], given["dim1"]) if given.node.op == "transpose" else (0, 1)
        order[a], order[b] = order[b], order[a]
    return [span.permute(order)]


def slice_(given: Inputs) -> list[Span]:
    """Every ``step``-th place of a stretch."""
    span, axis = given.all()[0], given.axis()
    places = range(span.shape[axis])[given["start"] : given["end"] : given["step"]]
    return [span.take(axis, places, Fraction(given["step"]))]


def select(given: Inputs) -> list[Span]:
    """One place of an axis, which goes."""
    span, axis = given.all()[0], given.axis()
    return [span.take(axis, [given["index"] % span.shape[axis]]).drop(axis)]


def unbind(given: Inputs) -> list[Span]:
    """Every place of an axis on its own."""
    span, axis = given.all()[0], given.axis()
    return [span.take(axis, [place]).drop(axis) for place in range(span.shape[axis])]


def split(given: Inputs) -> list[Span]:
    """Cut an axis into stretches."""
    span, axis = given.all()[0], given.axis()
    stops = np.cumsum([shape[axis] for shape in given.node.shapes])
    starts = [0, *stops[:-1]]
    pairs = zip(starts, stops, strict=True)
    return [span.take(axis, range(start, stop), Fraction(1)) for start, stop in pairs]


def cat(given: Inputs) -> list[Span]:
    """Side by side; a part that no pixel reaches adds nothing."""
    axis = int(given["dim"]) % len(given.node.shape)
    any_span = given.all()[0]
    parts = []
    for value in given["tensors"]:
        shape = given.shape(value)
        if given.node.op == "stack":
            shape = (*shape[:axis], 1, *shape[axis:])
        if 0 in shape:
            continue
        span = given.span(value)
        parts.append(any_span.nothing(shape) if span is None else span.reshape(shape))
    return [lay_side_by_side(parts, axis)]


def flip(given: Inputs) -> list[Span]:
    """Run an axis backwards."""
    span = given.all()[0]
    for axis in given["dims"]:
        places = range(span.shape[axis])[::-1]
        span = span.take(axis % len(span.shape), places, Fraction(-1))
    return [span]


def roll(given: Inputs) -> list[Span]:
    """Shift along axes, what leaves on one side coming in on the other."""
    span = given.all()[0]
    if not given["dims"]:
        return [span.everything(span.shape)]
    for axis, shift in zip(given["dims"], given["shifts"], strict=True):
        places = (np.arange(span.shape[axis]) - shift) % span.shape[axis]
        span = span.take(axis % len(span.shape), places, Fraction(1))
    return [span]


def repeat(given: Inputs) -> list[Span]:
    """Lay copies beside one another."""
    span = given.all()[0]
    times = list(given["repeats"])
    span = span.expand((1,) * (len(times) - len(span.shape)) + span.shape)
    for axis, count in enumerate(times):
        if count > 1:
            span = span.take(axis, np.tile(np.arange(span.shape[axis]), count))
    return [span]


def pad(given: Inputs) -> list[Span]:
    """A border of a constant, of the mirrored map or of its edge; negative widths cut."""
    span = given.all()[0]
    widths = list(given.get("pad") or given["padding"])
    for place in range(len(widths) // 2):
        axis = len(span.shape) - 1 - place
        length, before = span.shape[axis], widths[2 * place]
        index = np.arange(given.node.shape[axis]) - before
        if span.bounded and "reflection" in given.node.op:
            index = length - 1 - np.abs(length - 1 - np.abs(index))
        elif span.bounded and "replication" in given.node.op:
            index = index.clip(0, length - 1)
        span = span.take(axis, index, Fraction(1))
    return [span]


def pixel_shuffle(given: Inputs) -> list[Span]:
    """Channels become pixels: (C·r², H, W) to (C, H·r, W·r)."""
    span, r = given.all()[0], int(given["upscale_factor"])
    *lead, channels, height, width = span.shape
    n = len(lead)
    apart = span.reshape((*lead, channels // r**2, r, r, height, width))
    order = (*range(n), n, n + 3, n + 1, n + 4, n + 2)
    return [apart.permute(order).reshape(given.node.shape)]


def pixel_unshuffle(given: Inputs) -> list[Span]:
    """Pixels become channels: (C, H·r, W·r) to (C·r², H, W)."""
    span, r = given.all()[0], int(given["downscale_factor"])
    *lead, channels, height, width = span.shape
    n = len(lead)
    apart = span.reshape((*lead, channels, height // r, r, width // r, r))
    order = (*range(n), n, n + 2, n + 4, n + 1, n + 3)
    return [apart.permute(order).reshape(given.node.shape)]


def channel_shuffle(given: Inputs) -> list[Span]:
    """Deal out the channels of the groups in turn."""
    span, groups = given.all()[0], int(given["groups"])
    batch, channels, *places = span.shape
    apart = span.reshape((batch, groups, channels // groups, *places))
    order = (0, 2, 1, *range(3, 3 + len(places)))
    return [apart.permute(order).reshape(span.shape)]


def overwritten(given: Inputs) -> list[Span | None]:
    """A tensor of which a part was changed in place."""
    old, new = given.span(given["self"]), given.span(given["source"])
    shape = given.node.shape
    if new is None:
        return [old]
    same_map = given.shape(given["source"])[2:] == shape[2:] and len(shape) == len(new.shape)
    changed = new.join(1).expand(shape) if same_map else new.everything(shape)
    return [changed if old is None else old.joined_with(changed)]


RULES: dict[str, Rule] = {
    **dict.fromkeys("view _unsafe_view reshape squeeze unsqueeze flatten".split(), view),
    **dict.fromkeys("permute transpose t numpy_T".split(), permute),
    **dict.fromkeys("split split_with_sizes unsafe_split unsafe_split_with_sizes".split(), split),
    **dict.fromkeys("cat stack".split(), cat),
    **dict.fromkeys(
        "constant_pad_nd reflection_pad1d reflection_pad2d replication_pad1d "
        "replication_pad2d".split(),
        pad,
    ),
    "expand": expand,
    "slice": slice_,
    "select": select,
    "unbind": unbind,
    "flip": flip,
    "roll": roll,
    "repeat": repeat,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "channel_shuffle": channel_shuffle,
    "native_channel_shuffle": channel_shuffle,
    "overwritten": overwritten,
}

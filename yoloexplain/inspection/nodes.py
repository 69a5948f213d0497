"""What a graph is made of: operations, the tensors between them, and their settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Value:
    """The ``item``-th tensor that the node of that number made."""

    node: int
    item: int = 0


@dataclass(frozen=True)
class Constant:
    """A tensor that no recorded operation made: a parameter, a buffer or one made beforehand."""

    name: str | None
    shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Node:
    """One tensor operation.

    Attributes
    ----------
    index
        Its number, in the order of execution.
    op
        PyTorch's name of the operation without the overload, such as "convolution".
    path, call
        The innermost module in which it happened, and the number of that module's call.
    inputs
        Numbers of the nodes that it takes tensors from.
    shapes
        Shape of each tensor that it made.
    arguments
        What it was called with, by name; tensors as a ``Value`` or a ``Constant``.
    weights
        Names of the parameters and buffers that went in, directly or transposed, cast or computed
        on their way.
    from_image
        Whether it depends on the image.
    mult_adds
        True multiply-adds of a convolution or a product with a weight; 0 for all else.
    pointwise
        Whether each of its values depends only on the values at the same place.
    """

    index: int
    op: str
    path: str
    call: int | None
    inputs: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    arguments: Mapping[str, Any] = field(repr=False)
    weights: tuple[str, ...]
    from_image: bool
    mult_adds: int
    pointwise: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of its first output."""
        return self.shapes[0] if self.shapes else ()

    @property
    def weighted(self) -> bool:
        """Whether it is a convolution or a linear layer."""
        return self.mult_adds > 0

    @property
    def window(self) -> dict[str, tuple[int, ...]] | None:
        """Kernel size, stride, padding and dilation of a convolution or a pooling, else None."""
        given = self.arguments
        if self.op == "convolution":
            kernel = tuple(given["weight"].shape[2:])
        elif "kernel_size" in given:
            kernel = tuple(given["kernel_size"])
        else:
            return None
        stride = tuple(given.get("stride") or kernel)
        dilation = tuple(given.get("dilation") or (1,))
        found = {
            "kernel_size": kernel,
            "stride": stride,
            "padding": tuple(given["padding"]),
            "dilation": dilation,
        }
        return {key: _each(value, max(map(len, found.values()))) for key, value in found.items()}


def _each(value: tuple[int, ...], axes: int) -> tuple[int, ...]:
    return value * axes if len(value) == 1 else value

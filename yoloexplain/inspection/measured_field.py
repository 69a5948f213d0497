"""The field that was measured: which pixels really move a cell, and how much.

Luo et al., "Understanding the effective receptive field in deep convolutional neural networks"
(2016, arXiv 1701.04128): the gradient of a cell with respect to the image shows which pixels
count. Most of it lies well inside the theoretical box, for few ways lead to the box's corners.

Two questions, two ways. *How much* is asked of the network itself, on a real image. *Which* is
asked of a probe: a copy with positive weights and averages for maxima, in which nothing cancels,
so that the pixels with a gradient are exactly those of the theoretical field.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .graph import Graph, trace
from .meta import ImageSize, check_image_size, check_model, named_tensors, rebuild
from .probe import Averages, positive
from .receptive_field import Box, fields_of


@dataclass(frozen=True, eq=False)
class MeasuredField:
    """Gradient of one cell with respect to the image.

    Attributes
    ----------
    layer, cell
        Which cell it is: the name of the map, and (row, col) on it.
    gradient
        Absolute gradient at each pixel, summed over the image's channels.
    box
        Smallest box around the pixels whose gradient is not zero, (x0, y0, x1, y1) in input
        pixels, x1 and y1 excluded; (0, 0, 0, 0) if there is none.
    theoretical
        Field of the cell by recurrence, as far as it lies on the image.
    fraction
        Share of the gradient inside ``theoretical``: 1, unless a normalisation layer that shares
        its statistics over the map (GroupNorm) lets the rest of the image in.
    """

    layer: str
    cell: tuple[int, int]
    gradient: Float[Tensor, "h w"] = field(repr=False)
    box: Box
    theoretical: Box
    fraction: float

    def share(self, box: Box) -> float:
        """Share of the whole gradient inside a box, 0 to 1."""
        return _share(self.gradient, box)


def measured_field(
    model: nn.Module,
    image: Float[Tensor, "1 c h w"] | ImageSize,
    layer: str,
    cell: tuple[int, int],
    *,
    probe: bool = False,
) -> MeasuredField:
    """Measure which pixels move one cell of a map.

    Parameters
    ----------
    model
        Any network that takes one image; it is left as it is.
    image
        One image, or a size (height and width, or one number for both) for an evenly grey one.
    layer
        Module path, or one output of a module ("neck.p3"); of several calls, the last.
    cell
        Row and column on the map. What is measured is the sum of its channels.
    probe
        Ask a positive copy of the network instead of the network itself, on an image of ones:
        normalisation passes through, maxima become averages, and the gradient is scaled at every
        layer so that it does not vanish. Shows which pixels count, not how much. Needs no weights.

    Raises
    ------
    ValueError
        If the layer is unknown or has several outputs, the map has no such cell, the image is
        not one image, or the network has no weights and ``probe`` is false.
    """
    graph = trace(check_model(model), _one_image(image))
    fields = fields_of(graph, [layer])
    if len(fields) != 1:
        listed = ", ".join(repr(name) for name in fields)
        raise ValueError(f"layer must name one output, got {layer!r}; choose one of {listed}")
    name, theory = next(iter(fields.items()))
    theoretical = theory.box(*cell, clip=True)
    target = _Target(graph, name, dict(zip(theory.axes, cell, strict=True)) if theory.axes else {})
    if probe:
        pixels = torch.ones(graph.image.shape, dtype=torch.float64)
        with Averages():
            gradient = target.gradient(rebuild(model, positive), pixels)
    else:
        gradient = target.gradient(model, _pixels(model, image, graph))
    share = _share(gradient, theoretical)
    return MeasuredField(name, cell, gradient, _support(gradient), theoretical, share)


def _one_image(image: Tensor | ImageSize) -> Tensor | tuple[int, int]:
    if not isinstance(image, Tensor):
        return check_image_size(image)
    if image.ndim != 4 or len(image) != 1:
        raise ValueError(
            f"image must be one image (1, channels, height, width), got {tuple(image.shape)}; "
            "pass image[:1]"
        )
    return image


def _pixels(model: nn.Module, image: Tensor | ImageSize, graph: Graph) -> Tensor:
    like = next(model.parameters(), torch.zeros(()))
    if like.is_meta:
        raise ValueError(
            "the network must have weights to be measured, got one on the meta device; "
            "build it without torch.device('meta'), or pass probe=True"
        )
    if isinstance(image, Tensor):
        return image.detach().clone()
    return torch.full(graph.image.shape, 0.5, dtype=like.dtype, device=like.device)


class _ReachedError(Exception):
    """The map has been made; what comes after it does not matter."""


class _Target:
    """One cell of one output of one call."""

    def __init__(self, graph: Graph, layer: str, places: Mapping[int, int]) -> None:
        last = next(
            call
            for call in reversed(graph.calls)
            if layer == call.path or layer.startswith(f"{call.path}.") or not call.path
            if layer[len(call.path) :].lstrip(".") in graph.values[call.index]
        )
        earlier = graph.calls[: last.index + 1]
        self.path = last.path
        self.item = layer[len(last.path) :].lstrip(".")
        self.call = sum(call.module is last.module for call in earlier)  # which one of its calls
        self.places = places

    def gradient(self, model: nn.Module, pixels: Tensor) -> Tensor:
        """Absolute gradient with respect to the pixels, summed over the channels of the image."""
        modes = [(module, module.training) for module in model.modules()]
        pixels.requires_grad_()
        try:
            model.eval()
            with torch.enable_grad():
                value = self._value(model, pixels.clone()).sum()
                (found,) = torch.autograd.grad(value, pixels, allow_unused=True)
        finally:
            for module, training in modes:
                module.training = training
        return torch.zeros(pixels.shape[2:]) if found is None else found[0].abs().sum(0)

    def _value(self, model: nn.Module, pixels: Tensor) -> Tensor:
        seen: list[Tensor] = []

        def keep(_module: nn.Module, _inputs: Any, output: Any) -> None:
            seen.append(dict(named_tensors(output))[self.item])
            if len(seen) == self.call:
                raise _ReachedError

        handle = model.get_submodule(self.path).register_forward_hook(keep)
        try:
            model(pixels)
        except _ReachedError:
            pass
        finally:
            handle.remove()
        value = seen[-1]
        for axis, place in sorted(self.places.items(), reverse=True):
            value = value.select(axis, place)
        return value


def _support(gradient: Tensor) -> Box:
    rows, columns = (gradient > 0).nonzero(as_tuple=True)
    if not len(rows):
        return 0, 0, 0, 0
    x0, x1, y0, y1 = (int(v) for v in (columns.min(), columns.max(), rows.min(), rows.max()))
    return x0, y0, x1 + 1, y1 + 1


def _share(gradient: Tensor, box: Box) -> float:
    x0, y0, x1, y1 = (max(edge, 0) for edge in box)
    outside = gradient.double().clone()
    outside[y0:y1, x0:x1] = 0
    total = gradient.double().sum()
    return float(1 - outside.sum() / total) if total > 0 else 0.0

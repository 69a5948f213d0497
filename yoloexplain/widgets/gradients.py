"""Gradients of many cells at once: what ``inspection.measured_field`` finds for one, in one go.

It stands behind ``ReceptiveFieldOnPhoto``. In eval mode the images of a batch do not see one
another. So the same image goes through once with as many copies as there are cells, each copy asks
about its own cell, and one step back answers for all of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from ..inspection import ReceptiveField
from ..inspection.meta import join, named_tensors

Cells = Sequence[tuple[int, int]]  # (row, column)
COPIES = 2  # images in flight; more would take much memory and save a tenth of the time at best


def gradients(
    model: nn.Module, image: Float[Tensor, "1 c h w"], cells: Mapping[str, Cells]
) -> dict[str, Float[Tensor, "n h w"]]:
    """Absolute gradient of each cell with respect to the pixels, summed over the image's channels.

    Parameters
    ----------
    model
        With weights; it is left as it is.
    image
        One image.
    cells
        Layer or output ("neck.p3") → its cells; what is asked is the sum of a cell's channels.
    """
    found: dict[str, list[Tensor]] = {layer: [] for layer in cells}
    longest = max((len(each) for each in cells.values()), default=0)
    for start in range(0, longest, COPIES):
        part = {n: c[start : start + COPIES] for n, c in cells.items() if len(c) > start}
        copies = max(len(each) for each in part.values())
        pixels = image.detach().repeat(copies, 1, 1, 1).requires_grad_()
        with _listening(model, list(part)) as heard, torch.enable_grad():
            model(pixels.clone())
            for layer, places in part.items():
                values = sum(heard[layer][i, :, r, c].sum() for i, (r, c) in enumerate(places))
                if not isinstance(values, Tensor):
                    continue
                (slope,) = torch.autograd.grad(values, pixels, retain_graph=True)
                found[layer].append(slope[: len(places)].abs().sum(dim=1))
    return {layer: torch.cat(each) for layer, each in found.items()}


@contextmanager
def _listening(model: nn.Module, layers: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """In eval mode, note what the layers return; afterwards all is as it was."""
    heard: dict[str, Tensor] = {}
    owners = {name: module for name, module in model.named_modules() if name}
    handles = []
    for path in {_owner(layer, owners) for layer in layers}:

        def note(_module: nn.Module, _inputs: Any, output: Any, path: str = path) -> None:
            # A copy: a later layer may work in place.
            heard.update({join(path, n): value.clone() for n, value in named_tensors(output)})

        handles.append(owners[path].register_forward_hook(note))
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        yield heard
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes:
            module.training = training


def _owner(layer: str, owners: Mapping[str, nn.Module]) -> str:
    """The module that returns an output: the longest path that its name begins with."""
    path = layer
    while path not in owners:
        path = path.rpartition(".")[0]
    return path


def squares(
    light: NDArray[Any], box: tuple[int, int, int, int], block: int, side: int
) -> NDArray[np.uint8]:
    """Sum light over squares; its root as a byte, none of which is 0 unless nothing arrived."""
    x0, y0, x1, y1 = box
    room = np.zeros((side * block, side * block))
    room[: y1 - y0, : x1 - x0] = light[y0:y1, x0:x1]
    sums = room.reshape(side, block, side, block).sum(axis=(1, 3))
    share = np.sqrt(sums / sums.max()) if sums.max() > 0 else sums
    return np.ceil(share * 254).astype(np.uint8)


def seen(light: NDArray[Any], field: ReceptiveField, place: tuple[int, int]) -> list[int]:
    """Box around all pixels that count, and the side of a square that holds half the gradient."""
    rows, columns = np.nonzero(light)
    if not len(rows):
        return [0, 0, 0, 0, 0]
    box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    y, x = (sum(edges[i]) / 2 for edges, i in zip((field.rows, field.columns), place, strict=True))
    down = np.abs(np.arange(light.shape[0]) + 0.5 - y)[:, None]
    across = np.abs(np.arange(light.shape[1]) + 0.5 - x)[None]
    distance = np.maximum(down, across).ravel()
    order = np.argsort(distance, kind="stable")
    held = np.cumsum(light.ravel()[order])
    radius = distance[order][np.searchsorted(held, held[-1] / 2)]
    return [*(int(edge) for edge in box), int(np.ceil(2 * radius))]

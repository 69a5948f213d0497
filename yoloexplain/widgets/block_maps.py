"""Maps of the blocks: the strongest channels of every tensor, small enough for a page.

They stand between an observation and the map of a network. While the forward runs, each tensor is
looked at once and its strongest channels are kept, made small; afterwards all of them are written
as bytes within one budget, those of the blocks that are seen first with more of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..figures.maps import strongest
from ..inspection.nodes import Value
from .data import map_bytes

KEPT, SIDE = 4, 64  # channels and cells a side that are kept while the forward runs
BUDGET = 380_000  # bytes of all maps
SIZES = ((4, 48), (4, 40), (4, 32), (3, 28), (3, 24), (2, 24), (2, 20), (1, 20), (1, 16), (1, 12))
MOST_PREFIX = 5  # tokens before those of the grid: class and registers


@dataclass(frozen=True)
class Seen:
    """What was kept of a tensor.

    Attributes
    ----------
    channels
        Numbers of the strongest, strongest first.
    count
        How many channels there are.
    cells
        Rows and columns of the map.
    ranges
        Least and largest finite value of each of these channels; None where there is none.
    maps
        (k, h, w), shrunk to at most 64 cells a side.
    """

    channels: tuple[int, ...]
    count: int
    cells: tuple[int, int]
    ranges: tuple[tuple[float, float] | None, ...]
    maps: Tensor


class Eye:
    """Looks at tensors as they are made; see ``observe``.

    Parameters
    ----------
    image_size
        Height and width of the image, whose proportions a map has.
    """

    def __init__(self, image_size: tuple[int, int]) -> None:
        self.image_size = image_size
        self.grids: dict[int, tuple[int, int]] = {}  # number of cells → rows and columns

    def __call__(self, tensor: Tensor) -> Seen | None:
        """Keep the strongest channels; None of what is no map."""
        maps = self.as_map(tensor)
        if maps is None or not maps.numel() or maps[0].numel() == 1:
            return None
        chosen = _strongest(maps)
        rows, columns = int(maps.shape[1]), int(maps.shape[2])
        ranges = tuple(_range(maps[channel]) for channel in chosen)
        kept = _shrunk(maps[chosen], SIDE)
        return Seen(tuple(chosen), len(maps), (rows, columns), ranges, kept)

    def as_map(self, tensor: Tensor) -> Tensor | None:
        """Lay a tensor as (C, H, W); the tokens of a grid that was met before lie on it again."""
        form = self.form(tuple(tensor.shape))
        if form is None or not (tensor.is_floating_point() or tensor.dtype == torch.bool):
            return None
        _, rows, columns = form
        one = tensor[0].detach().float().cpu()
        if one.ndim == 2:
            return one[-rows * columns :].T.reshape(-1, rows, columns)
        return one if one.shape[1:] == (rows, columns) else one.permute(2, 0, 1)

    def form(self, shape: tuple[int, ...]) -> tuple[int, int, int] | None:
        """Read (channels, rows, columns) off a shape; None of what is no map."""
        if len(shape) == 4 and shape[0] == 1:
            last = not self._fits(shape[2:]) and self._fits(shape[1:3])
            rows, columns, channels = shape[1:] if last else (*shape[2:], shape[1])
            self.grids[rows * columns] = (rows, columns)
            return channels, rows, columns
        if len(shape) == 3 and shape[0] == 1:
            fitting = (n for n in range(shape[1], shape[1] - MOST_PREFIX - 1, -1) if n > 3)
            for cells in fitting:
                if cells in self.grids:
                    return shape[2], *self.grids[cells]
        return None

    def _fits(self, sides: tuple[int, ...]) -> bool:
        """Whether rows and columns have the proportions of the image, to a cell."""
        across = sides[0] * self.image_size[1] / self.image_size[0]
        return abs(across - sides[1]) <= 1.5


def _strongest(maps: Tensor) -> list[int]:
    """Choose the channels that vary most over the map, as ``figures.maps.strongest`` does."""
    spread = maps.flatten(1).std(dim=1, correction=0)
    if not torch.isfinite(spread).all():
        return strongest(maps.numpy(), KEPT)  # slower, for it leaves out what is not finite
    return spread.argsort(descending=True, stable=True)[:KEPT].tolist()


def _shrunk(maps: Tensor, side: int) -> Tensor:
    """Average maps down to at most that many cells a side."""
    rows, columns = maps.shape[1:]
    scale = side / max(rows, columns)
    if scale >= 1:
        return maps
    sides = max(1, round(rows * scale)), max(1, round(columns * scale))
    return F.adaptive_avg_pool2d(maps[None], sides)[0]


def packed(
    seen: Mapping[Value, Seen], first: Iterable[Value], then: Iterable[Value]
) -> tuple[bytes, dict[Value, dict[str, Any]]]:
    """Write maps one after the other; beside the bytes, what lies where.

    Parameters
    ----------
    seen
        What was kept.
    first
        Tensors of the blocks that are seen first; they may take up to two thirds of the budget.
    then
        All others, which share the rest; the last ones get none if it is too little.
    """
    groups = [dict.fromkeys(value for value in group if value in seen) for group in (first, then)]
    written: list[bytes] = []
    table: dict[Value, dict[str, Any]] = {}
    room = BUDGET * 2 // 3
    for group in groups:
        left = [seen[value] for value in group if value not in table]
        size = next((size for size in SIZES if _weight(left, *size) <= room), SIZES[-1])
        for value in group:
            at = sum(map(len, written))
            if value in table or at + _weight([seen[value]], *size) > BUDGET:
                continue
            data, table[value] = _one(seen[value], *size)
            table[value]["start"] = at
            written.append(data)
        room = BUDGET - sum(map(len, written))
    return b"".join(written), table


def _weight(group: Iterable[Seen], count: int, side: int) -> int:
    return sum(
        min(count, len(one.channels)) * int(np.prod(_shrunk(one.maps[:1], side).shape))
        for one in group
    )


def _one(seen: Seen, count: int, side: int) -> tuple[bytes, dict[str, Any]]:
    written = map_bytes(_shrunk(seen.maps[:count], side).numpy())
    return written.data, {
        "size": list(written.shape[1:]),
        "cells": list(seen.cells),
        "count": seen.count,
        "channels": list(seen.channels[:count]),
        "ranges": list(seen.ranges[:count]),
    }


def _range(values: Tensor) -> tuple[float, float] | None:
    finite = values[torch.isfinite(values)]
    if not len(finite):
        return None
    return float(f"{finite.min().item():.2g}"), float(f"{finite.max().item():.2g}")

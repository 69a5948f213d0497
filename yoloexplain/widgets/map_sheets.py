"""Map sheets: a layer's strongest channels, small enough to travel to a browser.

They stand between a captured tensor and the bytes of a view. What is lost on the way is stated:
how many channels were kept, and over how many cells each square is the mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..figures.maps import strengths
from ..inspection import answering
from .data import map_bytes

BUDGET = 480_000  # bytes for all maps of a view
# Cells of a map's longer side, and channels, from the best to the most frugal.
FRUGAL = [(side, 64) for side in (256, 192, 128, 96, 80, 64, 48, 40, 32)]
FRUGAL += [(32, 12), (32, 8), (24, 8), (16, 8), (16, 4), (8, 4), (8, 2), (8, 1)]
SAME = 1e-6  # a range that is smaller, measured by the largest value, is none

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class MapSheet:
    """Channels of one layer in one network.

    Attributes
    ----------
    shape
        (C, H, W) of the layer.
    channels
        Which are kept, strongest first.
    maps
        (N, h, w): these, each square the mean of ``block`` × ``block`` cells.
    block
        Cells along each side of a square.
    """

    shape: tuple[int, int, int]
    channels: tuple[int, ...]
    maps: Floats
    block: int

    def table(self) -> dict[str, Any]:
        """Say all but the bytes: each map's channel, its range and what is the matter with it."""
        coded = map_bytes(self.maps)
        states = [state(one) for one in self.maps]
        return {
            "shape": list(self.shape),
            "cells": list(self.maps.shape[1:]),
            "block": self.block,
            "channels": list(self.channels),
            "lows": list(coded.lows),
            "highs": list(coded.highs),
            "states": states,
        }

    def sparse(self) -> Floats:
        """All C channels (C, h, w) for a figure; those that were not kept are 0."""
        full = np.zeros((self.shape[0], *self.maps.shape[1:]), np.float32)
        full[list(self.channels)] = self.maps
        return full


def state(values: Floats) -> str:
    """Say what is the matter with a map: "no number", "constant" or nothing."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return "no number"
    largest = float(np.abs(finite).max())
    return "constant" if float(finite.max() - finite.min()) <= SAME * largest else ""


def limits(shapes: Mapping[str, tuple[int, ...]], channels: int, copies: int) -> tuple[int, int]:
    """Find the finest (cells of the longer side, channels) that keeps within ``BUDGET``.

    Parameters
    ----------
    shapes
        Layer → (C, H, W).
    channels
        Asked for, of each layer.
    copies
        How many networks there are.
    """
    for side, most in FRUGAL:
        count = min(channels, most)
        total = 0
        for c, h, w in shapes.values():
            block = _block(h, w, side)
            total += min(c, count) * -(-h // block) * -(-w // block)
        if total * copies <= BUDGET:
            break
    return side, count


def sheet(values: Tensor, side: int, count: int, wanted: Tensor | None = None) -> MapSheet:
    """Keep a layer's best channels.

    Parameters
    ----------
    values
        (1, C, H, W).
    side, count
        From ``limits``.
    wanted
        A mask (Y, X): channels that agree best with it come first; without, the strongest.
    """
    maps = values[0].detach().cpu().float()
    arrays = maps.numpy()
    if wanted is not None:
        order = answering(maps, wanted, count)
    else:
        # A few channels at a time: ranking computes in double precision.
        parts = [strengths(arrays[i : i + 16]) for i in range(0, len(arrays), 16)]
        order = np.argsort(-np.concatenate(parts), kind="stable")[:count].tolist()
    c, h, w = arrays.shape
    block = _block(h, w, side)
    kept = block_means(arrays[order], block)
    return MapSheet((c, h, w), tuple(order), kept, block)


def block_means(maps: Floats, block: int) -> Floats:
    """Average (N, H, W) over squares of positions; what is left right and below is averaged too.

    A square with a value that is no number is none.
    """
    if block == 1:
        return maps.copy()
    _, height, width = maps.shape
    rows, columns = np.arange(0, height, block), np.arange(0, width, block)
    with np.errstate(invalid="ignore"):
        sums = np.add.reduceat(maps.astype(np.float64), rows, axis=1)
        sums = np.add.reduceat(sums, columns, axis=2)
    tall = np.diff(np.append(rows, height))[:, None]
    wide = np.diff(np.append(columns, width))[None]
    return (sums / (tall * wide)).astype(np.float32)


def _block(height: int, width: int, side: int) -> int:
    return -(-max(height, width) // side)

"""Spatial pyramid pooling in pictures: a map of any size, a vector of one length.

Source: SPP-net (He et al. 2014, arXiv 1406.4729), figure 3.

The maps drawn are the maps given, and every pooled value is computed from them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .check import Array, Number, check_map, check_photo, check_positive
from .drawing import arrow, headline, panel, paper, write
from .picture import Picture
from .style import MUTED, PAPER, SMALL, style


@style()
def pyramid_pooling(
    maps: Sequence[ArrayLike],
    bins: Sequence[int] = (1, 2, 4),
    channels: int = 256,
    photos: Sequence[ArrayLike] | None = None,
) -> Picture:
    """Draw the original SPP: maps of any size, pooled over m×m bins, give vectors of one length.

    Parameters
    ----------
    maps
        One to three maps (H, W) of different sizes, one channel each.
    bins
        m for each grid of m×m bins, coarse to fine.
    channels
        Channels of the whole feature map, for the length of the vector.
    photos
        The photograph behind each map, drawn beside it.
    """
    shown = [check_map(one) for one in maps]
    if not 1 <= len(shown) <= 3:
        raise ValueError(f"maps must hold 1 to 3 maps, got {len(shown)}; pass for example [map]")
    if photos is not None and len(photos) != len(shown):
        raise ValueError(
            f"each map needs its photo, got {len(shown)} maps and {len(photos)} photos"
        )
    for size in bins:
        check_positive("bins", size)
    total = sum(size * size for size in bins)
    row_height = 2.0
    height = 1.0 + row_height * len(shown)
    picture = Picture(10, height)
    headline(
        picture,
        f"SPP: any map becomes {total} bins, {total} × {channels} = {total * channels:,} numbers",
        "Each bin keeps its maximum. Bins stretch with the map; their number does not change. "
        "One colour scale for all.",
    )
    sheet = paper(picture)
    low, high = min(one.min() for one in shown), max(one.max() for one in shown)
    for row, one in enumerate(shown):
        base = height - 0.75 - row_height * (row + 1) + 0.2
        photo = None if photos is None else check_photo(photos[row])
        _pooled_row(picture, sheet, base, one, tuple(bins), photo, (low, high))
    sizes = " and ".join(f"{one.shape[0]}×{one.shape[1]}" for one in shown)
    picture.alt = (
        f"Maps of {sizes} positions, each divided into {', '.join(f'{m}×{m}' for m in bins)} bins "
        f"whose maxima are laid into one vector of {total} values a channel, "
        f"{total * channels:,} in all."
    )
    return picture


def bin_maxima(values: Array, size: int) -> Array:
    """Take the maximum of each of size×size bins, from a floor to a ceiling so that they meet."""
    height, width = values.shape
    edges = [
        [(i * side // size, -(-(i + 1) * side // size)) for i in range(size)]
        for side in (height, width)
    ]
    return np.array([[values[a:b, c:d].max() for c, d in edges[1]] for a, b in edges[0]])


def _pooled_row(
    picture: Picture,
    sheet: Axes,
    base: Number,
    values: Array,
    bins: tuple[int, ...],
    photo: Array | None,
    limits: tuple[Number, Number],
) -> None:
    """Photo, map with its finest bins, a square for each grid of bins, and the vector."""
    room, x = 1.75, 0.3
    scale: dict[str, Any] = {"vmin": limits[0], "vmax": limits[1]}
    for picture_of in (photo, values):
        if picture_of is None:
            continue
        height, width = picture_of.shape[:2]
        high = min(room, 1.95 * height / width)
        wide = high * width / height
        axes = panel(picture, x, base + (room - high) / 2, wide, high)
        axes.imshow(picture_of, aspect="auto", **({} if picture_of.ndim == 3 else scale))
        axes.set_axis_off()
        if picture_of.ndim == 2:
            _rule(axes, height, width, max(bins))
        name = f"{height} × {width} {'positions' if picture_of.ndim == 2 else 'pixels'}"
        write(sheet, x + wide / 2, base + 0.08, name, size=SMALL, colour=MUTED, va="top")
        x += 2.2
    arrow(sheet, (x - 0.2, base + room / 2), (x + 0.1, base + room / 2))
    x += 0.25
    pooled = []
    for size in bins:
        maxima = bin_maxima(values, size)
        pooled.append(maxima.ravel())
        side = 0.3 + 0.2 * size if size < 4 else 1.1
        axes = panel(picture, x, base + (room - side) / 2, side, side)
        axes.imshow(maxima, aspect="auto", **scale)
        axes.set_axis_off()
        _rule(axes, size, size, size)
        middle = x + side / 2
        write(sheet, middle, base + 0.08, f"{size}×{size}", size=SMALL, colour=MUTED, va="top")
        x += side + 0.25
    arrow(sheet, (x - 0.15, base + room / 2), (x + 0.15, base + room / 2))
    vector = np.concatenate(pooled)[None]
    axes = panel(picture, x + 0.25, base + room / 2 - 0.16, 9.75 - x - 0.25, 0.32)
    axes.imshow(vector, aspect="auto", **scale)
    axes.set_axis_off()
    _rule(axes, 1, vector.shape[1], vector.shape[1], rows=1)
    words = f"{vector.shape[1]} maxima"
    write(sheet, (x + 10) / 2, base + room / 2 - 0.25, words, size=SMALL, colour=MUTED, va="top")


def _rule(axes: Axes, height: int, width: int, columns: int, rows: int | None = None) -> None:
    """Rule a picture of height×width pixels into rows×columns equal parts."""
    rows = columns if rows is None else rows
    for i in range(rows + 1):
        axes.axhline(i * height / rows - 0.5, color=PAPER, linewidth=1.6, clip_on=False)
    for j in range(columns + 1):
        axes.axvline(j * width / columns - 0.5, color=PAPER, linewidth=1.6, clip_on=False)

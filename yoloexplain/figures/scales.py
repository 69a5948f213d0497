"""SOLO's levels and coordinates in pictures: how large picks the level; where is a channel.

Sources: SOLO: Segmenting Objects by Locations (Wang et al. 2019, arXiv 1912.04488), sections 3 and
4; CoordConv (Liu et al. 2018, arXiv 1807.03247).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from .check import Array, Number, check_lengths, check_positive
from .drawing import MARGIN, arrow, bar, headline, page, panel, write
from .overlay import readable_on
from .picture import Picture
from .style import INK, SMALL, colour, style, tint

SCALE_RANGES = ((1, 96), (48, 192), (96, 384), (192, 768), (384, 2048))
GRIDS = (40, 36, 24, 16, 12)
STRIDES = (8, 8, 16, 32, 32)
LEVELS = ("p2", "p3", "p4", "p5", "p6")


@style()
def solo_levels(
    sizes: Sequence[Number] = (),
    *,
    scale_ranges: Sequence[tuple[Number, Number]] = SCALE_RANGES,
    grids: Sequence[int] = GRIDS,
    strides: Sequence[int] = STRIDES,
) -> Picture:
    """Draw which of SOLO's levels takes which object sizes; the ranges overlap on purpose.

    Parameters
    ----------
    sizes
        Square roots of the areas of your objects in input pixels, drawn as dots on every level
        that takes them.
    scale_ranges, grids, strides
        (from, to) of √(w·h), S, and the stride, for each level.
    """
    check_lengths(scale_ranges=len(scale_ranges), grids=len(grids), strides=len(strides))
    if any(size <= 0 for size in sizes) or any(not 0 < low < high for low, high in scale_ranges):
        raise ValueError(
            f"sizes and ranges must be positive, and ranges rise, got sizes {list(sizes)} and "
            f"ranges {list(scale_ranges)}"
        )
    picture = Picture(10, 1.75 + 0.62 * len(grids))
    channels = sum(grid * grid for grid in grids)
    headline(
        picture,
        f"SOLO's {len(grids)} levels: small objects on fine grids, {channels:,} mask channels",
        "A level takes the objects whose √(w·h) lies in its range. Neighbours overlap, so an "
        "object can be learned on two levels.",
    )
    axes = panel(picture, 2.55, 0.7, 7.05, 0.62 * len(grids))
    for index, ((low, high), grid, stride) in enumerate(
        zip(scale_ranges, grids, strides, strict=True)
    ):
        shade = colour(LEVELS[index % len(LEVELS)])
        axes.barh(-index, high - low, left=low, height=0.56, color=tint(shade, 0.45))
        words = f"S = {grid}"
        text: dict[str, Any] = {"size": SMALL, "va": "center", "color": INK}
        lift = 0.08 if sizes else 0.0  # room for the dots
        axes.text((low * high) ** 0.5, lift - index, words, ha="center", **text)
        name = f"{LEVELS[index % len(LEVELS)]}, stride {stride}: {grid}² = {grid * grid:,}"
        axes.text(0.85, -index, name, ha="right", clip_on=False, **text)
        inside = [size for size in sizes if low <= size <= high]
        axes.plot(inside, [-index - 0.18] * len(inside), "o", color=INK, markersize=5)
    ends = sorted({end for pair in scale_ranges for end in pair})
    axes.set(xscale="log", xlim=(1, 1.03 * max(ends)), ylim=(-len(grids) + 0.45, 0.55))
    axes.set_xlabel("size of the object, √(w·h) in input pixels")
    ticks = [1, 10, *ends[1:]]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks([])
    axes.minorticks_off()
    axes.spines["left"].set_visible(False)
    axes.grid(True, axis="x")
    taken = "".join(
        f" {size:g} pixels: on {sum(low <= size <= high for low, high in scale_ranges)} of them."
        for size in sizes
    )
    picture.alt = (
        f"Bars of the {len(grids)} overlapping size ranges on a logarithmic axis, from "
        f"{ends[0]:g} to {ends[-1]:g} pixels, with grids of {', '.join(map(str, grids))}.{taken}"
    )
    return picture


@style()
def coordinate_channels(height: int = 5, width: int = 8, channels: int = 256) -> Picture:
    """Draw CoordConv's two extra channels, each cell with its own x and y from -1 to 1.

    Parameters
    ----------
    height, width
        Cells of the map, 2 to 12.
    channels
        Channels that the map has already.
    """
    for name, value in (("height", height), ("width", width)):
        check_positive(name, value, least=2)
        if value > 12:
            raise ValueError(f"{name} must be at most 12 to be read, got {value}; pass 8")
    check_positive("channels", channels)
    picture, axes = page(
        10,
        4.15,
        f"CoordConv: {channels} channels and two that know where they are",
        "A convolution answers alike everywhere. With x and y among its inputs, it need not.",
    )
    side = min(3.2 / width, 2.35 / height)
    x, y = np.linspace(-1, 1, width), np.linspace(-1, 1, height)
    scale = _blue_orange()
    for left, name, values in (
        (MARGIN, "x", np.broadcast_to(x, (height, width))),
        (MARGIN + 3.55, "y", np.broadcast_to(y[:, None], (height, width))),
    ):
        _coordinates(axes, left, 2.95, side, values, scale)
        write(axes, left + side * width / 2, 3.15, name, weight="bold")
    middle, start = 2.95 - side * height / 2, MARGIN + 3.55 + side * width + 0.15
    arrow(axes, (start, middle), (start + 0.7, middle))
    low = middle - 1.1
    for name, high, shade in (
        (f"{channels} channels", 1.5, colour("conv")),
        ("x", 0.3, colour("activation")),
        ("y", 0.3, colour("activation")),
    ):
        bar(axes, start + 0.85, low, 1.1, high, tint(shade, 0.4))
        write(axes, start + 1.4, low + high / 2, name, size=SMALL, fit=1.0)
        low += high
    write(axes, start + 1.4, middle - 1.32, f"{channels + 2} channels", weight="bold")
    picture.alt = (
        f"Two {height}×{width} maps of numbers: x runs from -1 left to 1 right, y from -1 above to "
        f"1 below. Laid beside {channels} channels they make {channels + 2}."
    )
    return picture


def _blue_orange() -> tuple[Array, Array]:
    return np.array(to_rgb(colour("conv"))), np.array(to_rgb(colour("activation")))


def _coordinates(
    axes: Axes, left: Number, top: Number, side: Number, values: Array, ends: tuple[Array, Array]
) -> None:
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            end = ends[0] if value < 0 else ends[1]
            red, green, blue = 1 - abs(value) * 0.75 * (1 - end)
            shade = f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
            place = left + j * side, top - (i + 1) * side
            bar(axes, *place, side, side, shade)
            middle = place[0] + side / 2, place[1] + side / 2
            words = f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−")
            write(axes, *middle, words, size=SMALL, fit=0.8 * side, colour=readable_on(shade))

"""YOLOv5's head in pictures: anchors at their true size, and how raw numbers become a box.

Source: YOLOv5 (Jocher et al. 2020-2022); against YOLOv3 (Redmon and Farhadi 2018, arXiv
1804.02767), whose centre is σ(t) and whose size is exp(t).

Anchors are widths and heights in input pixels, so they can be drawn on the input to scale.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from .check import Array, Number, check_photo, check_positive
from .drawing import MARGIN, headline, panel, paper, write
from .overlay import lay_photo, readable_on, rule
from .picture import Picture
from .style import INK, MUTED, PAPER, SMALL, colour, style

ANCHORS = {
    "p3": ((10, 13), (16, 30), (33, 23)),
    "p4": ((30, 61), (62, 45), (59, 119)),
    "p5": ((116, 90), (156, 198), (373, 326)),
}


@style()
def anchors_on_photo(
    image: ArrayLike,
    anchors: Mapping[str, Sequence[tuple[Number, Number]]] | None = None,
    *,
    centre: tuple[Number, Number] | None = None,
) -> Picture:
    """Draw the anchors of each level at their true size on the network's input.

    Parameters
    ----------
    image
        uint8 (H, W, 3), letterboxed: one pixel of it is one input pixel.
    anchors
        Level → (width, height) in input pixels; YOLOv5's own unless given. The level's name tells
        its stride: ``"p3"`` is 8.
    centre
        (x, y) in input pixels whose cell is lit; the middle of the image unless given.
    """
    photo = check_photo(image)
    levels = dict(ANCHORS if anchors is None else anchors)
    strides = {level: _stride(level) for level in levels}
    height, width = photo.shape[:2]
    x, y = (width / 2, height / 2) if centre is None else centre
    if not (0 <= x < width and 0 <= y < height):
        raise ValueError(f"centre must lie in the image of {width}x{height} pixels, got ({x}, {y})")
    room = (9.5 - 0.2 * (len(levels) - 1)) / len(levels)
    high = room * height / width
    total = sum((height // s) * (width // s) * len(levels[n]) for n, s in strides.items())
    picture = Picture(10, high + 1.55)
    headline(
        picture,
        f"Anchors are sizes in input pixels: {total:,} boxes to choose from",
        f"Input of {width}×{height} pixels; in each panel the grid of one level, "
        "one lit cell, and that level's anchors around it.",
    )
    sheet = paper(picture)
    for index, (level, stride) in enumerate(strides.items()):
        left = MARGIN + index * (room + 0.2)
        axes = panel(picture, left, 0.72, room, high)
        _level(axes, photo, stride, levels[level], (x, y), colour(level))
        rows, columns = height // stride, width // stride
        words = f"{level}: stride {stride}, {rows} × {columns} cells"
        write(sheet, left, 0.5, words, weight="bold", ha="left", fit=room)
        sizes = ", ".join(f"{w:g}×{h:g}" for w, h in levels[level])
        write(sheet, left, 0.25, sizes, size=SMALL, colour=MUTED, ha="left", fit=room)
    listed = "; ".join(f"{name}: {len(sizes)} anchors" for name, sizes in levels.items())
    picture.alt = (
        f"The same {width}×{height} image {len(levels)} times, under the grids of "
        f"{', '.join(f'{name} (stride {s})' for name, s in strides.items())}, with the anchors of "
        f"one cell at true size ({listed}). {total:,} candidate boxes in all."
    )
    return picture


def _stride(level: str) -> int:
    if len(level) < 2 or not level[1:].isdigit():
        raise ValueError(
            f'a level must be named by its stride\'s power of two, such as "p3", got {level!r}'
        )
    return 2 ** int(level[1:])


def _level(
    axes: Axes,
    photo: Array,
    stride: int,
    anchors: Sequence[tuple[Number, Number]],
    centre: tuple[Number, Number],
    shade: str,
) -> None:
    height, width = photo.shape[:2]
    lay_photo(axes, photo)
    thin = 0.25 + stride / 64
    rule(axes, (height, width), height // stride, width // stride, width=thin, alpha=0.55)
    left, top = centre[0] // stride * stride, centre[1] // stride * stride
    axes.add_patch(Rectangle((left, top), stride, stride, facecolor=shade, alpha=0.9, zorder=3))
    x, y = left + stride / 2, top + stride / 2
    for w, h in anchors:
        line = 1.1 + stride / 40  # thinner where a broad line would fill the anchor
        for broad, edge, order in ((2 * line, PAPER, 4), (line, shade, 5)):
            place = (x - w / 2, y - h / 2)
            options: dict[str, Any] = {
                "fill": False,
                "edgecolor": edge,
                "linewidth": broad,
                "zorder": order,
            }
            axes.add_patch(Rectangle(place, w, h, **options))


@style()
def decode_curves(reach: Number = 6.0) -> Picture:
    """Draw how the head's raw numbers become offset and size, against YOLOv3's formulas.

    Parameters
    ----------
    reach
        Raw values from -reach to reach are drawn.
    """
    if not reach > 0:
        raise ValueError(f"reach must be positive, got {reach}; pass for example 6.0")
    t = np.linspace(-reach, reach, 241)
    sigma = 1 / (1 + np.exp(-t))
    picture = Picture(10, 4.6)
    headline(
        picture,
        "From raw numbers to a box: YOLOv5 can reach past the cell, and size cannot explode",
        "Centre: 2σ(t) − 0.5 spans −0.5 to 1.5 cells. Size: (2σ(t))² spans 0 to 4 anchors.",
    )
    left = panel(picture, 0.85, 0.65, 3.95, 3.15)
    right = panel(picture, 5.75, 0.65, 3.95, 3.15)
    left.axhspan(0, 1, color=colour("faint"), alpha=0.5, linewidth=0)
    left.text(-reach * 0.96, 0.05, "the cell itself", size=SMALL, color=MUTED, va="bottom")
    left.plot(t, 2 * sigma - 0.5, color=colour("conv"), label="YOLOv5: 2σ(t) − 0.5")
    left.plot(t, sigma, color=colour("activation"), linestyle="--", label="YOLOv3: σ(t)")
    left.set(xlabel="raw value t", ylabel="centre, in cells from the corner", ylim=(-0.7, 1.75))
    right.plot(t, (2 * sigma) ** 2, color=colour("conv"), label="YOLOv5: (2σ(t))²")
    with np.errstate(over="ignore"):
        right.plot(t, np.exp(t), color=colour("activation"), linestyle="--", label="YOLOv3: exp(t)")
    right.axhline(4, color=MUTED, linewidth=0.8, linestyle=":")
    right.text(-reach * 0.96, 4.08, "4 anchors: the limit", size=SMALL, color=MUTED, va="bottom")
    right.set(xlabel="raw value t", ylabel="size, in anchors", ylim=(-0.2, 6.2))
    for axes, start in ((left, 0.5), (right, 1.0)):
        axes.plot(0, start, "o", color=INK, markersize=6, zorder=5)
        axes.set_xlim(-reach, reach)
        axes.grid(True)
        axes.legend(loc="upper left")
    picture.alt = (
        f"Two plots over raw values from {-reach:g} to {reach:g}. Centre: YOLOv5 runs from -0.5 to "
        "1.5 cells, YOLOv3 from 0 to 1. Size: YOLOv5 levels off at 4 anchors, YOLOv3's exponential "
        "does not."
    )
    return picture


@style()
def focus(rows: int = 4, columns: int = 6) -> Picture:
    """Draw space-to-depth: every second pixel of every second row goes to a slice of its own.

    Parameters
    ----------
    rows, columns
        Pixels of the piece of image, even, 2 to 8.
    """
    for name, value in (("rows", rows), ("columns", columns)):
        check_positive(name, value, least=2)
        if value % 2 or value > 8:
            raise ValueError(f"{name} must be even and at most 8, got {value}; pass for example 4")
    numbers = np.arange(rows * columns).reshape(rows, columns)
    # The order of YOLOv5: rows change first.
    phases = [(0, 0), (1, 0), (0, 1), (1, 1)]
    shades = [colour("conv"), colour("activation"), colour("concat"), colour("pool")]
    side = min(3.2 / rows, 4.2 / columns)
    picture = Picture(10, 4.75)
    headline(
        picture,
        "Focus: half the height, half the width, four times the channels",
        "Every pixel is kept. A channel becomes four slices, so an RGB image becomes 12 channels.",
    )
    sheet = paper(picture)
    top = 0.6 + 1.7 + rows * side / 2
    _numbers(sheet, MARGIN + 0.1, top, side, numbers, phases, shades)
    write(
        sheet,
        MARGIN + 0.1 + columns * side / 2,
        top - rows * side - 0.25,
        f"1 × {rows} × {columns}",
    )
    small = min(1.25 / (rows / 2), 1.75 / (columns / 2), 0.62)
    wide, high = small * columns / 2, small * rows / 2
    for slot, ((down, across), shade) in enumerate(zip(phases, shades, strict=True)):
        x = 5.5 + (slot % 2) * 2.25
        y = 4.0 - (slot // 2) * 1.85 - (1.25 - high) / 2
        part = numbers[down::2, across::2]
        _numbers(sheet, x, y, small, part, [(0, 0)] * 4, [shade] * 4)
        words = f"x[{down}::2, {across}::2]"
        write(sheet, x + wide / 2, y - high - 0.18, words, size=SMALL, colour=MUTED)
    sheet.annotate(
        "",
        xy=(5.3, 2.35),
        xytext=(MARGIN + 0.25 + columns * side, 2.35),
        arrowprops={"arrowstyle": "-|>", "color": MUTED, "linewidth": 1.6},
    )
    write(sheet, 7.5, 0.25, f"4 × {rows // 2} × {columns // 2}")
    picture.alt = (
        f"{rows}×{columns} numbered pixels in four colours, sorted into four slices of "
        f"{rows // 2}×{columns // 2}: each slice holds every second pixel of every second row."
    )
    return picture


def _numbers(
    axes: Axes,
    x: Number,
    top: Number,
    side: Number,
    numbers: Array,
    phases: Sequence[tuple[int, int]],
    shades: Sequence[str],
) -> None:
    """Draw numbered pixels, coloured by the slice that they go to."""
    for i, row in enumerate(numbers):
        for j, number in enumerate(row):
            shade = shades[phases.index((i % 2, j % 2))] if len(set(phases)) == 4 else shades[0]
            place = (x + j * side, top - (i + 1) * side)
            patch = Rectangle(place, side, side, facecolor=shade, edgecolor=PAPER, linewidth=2.5)
            axes.add_patch(patch)
            middle = place[0] + side / 2, place[1] + side / 2
            write(
                axes, *middle, str(number), colour=readable_on(shade), weight="bold", fit=0.8 * side
            )

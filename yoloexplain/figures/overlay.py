"""Overlays: what is drawn upon a photograph, in the photograph's own pixels.

A coloured line on a photograph can vanish in it, so every line lies on a wider white one.
"""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from .check import Array, Number
from .picture import SCREEN_DPI, few_colours
from .style import INK, PAPER, SMALL


def lay_photo(axes: Axes, photo: Array) -> None:
    """Lay a photograph (H, W, 3) into axes that then count in its pixels, downwards."""
    _lay(axes, photo)


def lay_scene(axes: Axes, photo: Array, scale: Number, *, colours: int = 160) -> None:
    """Lay a picture of few pixels, as many inches each as ``scale`` says.

    One that is enlarged keeps its pixels, which shows them honestly and, with few colours, takes
    few bytes.
    """
    if scale * SCREEN_DPI > 1:
        _lay(axes, few_colours(photo, colours), interpolation="nearest")
    else:
        _lay(axes, photo)


def _lay(axes: Axes, photo: Array, interpolation: str | None = None) -> None:
    height, width = photo.shape[:2]
    extent = (0, width, height, 0)
    axes.imshow(photo, extent=extent, aspect="auto", interpolation=interpolation)
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()


def rule(
    axes: Axes,
    size: tuple[Number, Number],
    rows: int,
    columns: int,
    *,
    width: Number = 0.9,
    alpha: Number = 0.75,
) -> None:
    """Rule an area of ``size`` (height, width) pixels into rows and columns."""
    for row in range(rows + 1):
        axes.axhline(row * size[0] / rows, color=PAPER, linewidth=width, alpha=alpha)
    for column in range(columns + 1):
        axes.axvline(column * size[1] / columns, color=PAPER, linewidth=width, alpha=alpha)


def frame_box(
    axes: Axes,
    box: Array,
    shade: str,
    label: str = "",
    *,
    width: Number = 2.2,
    dashed: bool = False,
) -> None:
    """Frame (left, top, right, bottom) in pixels, with a name tag in its upper left corner."""
    left, top, right, bottom = (float(side) for side in box)
    line = (0, (3, 2)) if dashed else "solid"
    under = {"edgecolor": PAPER, "linewidth": width + 1.8, "zorder": 3.5}
    over = {"edgecolor": shade, "linewidth": width, "linestyle": line, "zorder": 4}
    options: dict[str, Any]
    for options in (under, over):
        frame = (left, top), right - left, bottom - top
        axes.add_patch(Rectangle(*frame, fill=False, **options))
    if label:
        (west, east), (north, south) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
        x = max(left, west) + 0.008 * (east - west)
        y = max(top, north) + 0.012 * (south - north)
        tag = {"facecolor": shade, "edgecolor": "none", "pad": 2}
        colour = readable_on(shade)
        axes.text(x, y, label, size=SMALL, color=colour, bbox=tag, zorder=6, va="top")


def readable_on(shade: str) -> str:
    """Give ink or paper, whichever can be read on this shade."""
    red, green, blue = (int(shade[i : i + 2], 16) for i in (1, 3, 5))
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else PAPER

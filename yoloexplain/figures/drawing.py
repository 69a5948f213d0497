"""Drawing: the few strokes that every concept picture is made of.

A page measures in inches from its lower left corner, so a length on paper is a number in the
code. Text that has a width to keep shrinks until it fits, so nothing runs out of its box.
"""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.textpath import TextPath

from .check import Number
from .picture import Picture
from .style import BODY, HEADLINE, INK, MUTED, SMALL, tint

Point = tuple[Number, Number]
MARGIN = 0.25
CAPITAL = 0.729  # height of a capital letter of DejaVu Sans, in font sizes


def page(width: Number, height: Number, headline: str, note: str = "") -> tuple[Picture, Axes]:
    """Open a page: a headline top left, a quieter note below it, and axes in inches."""
    picture = Picture(width, height)
    axes = picture.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    room = width - 2 * MARGIN
    write(axes, MARGIN, height - 0.28, headline, size=HEADLINE, weight="bold", ha="left", fit=room)
    if note:
        write(
            axes, MARGIN, height - 0.56, note, size=SMALL + 0.5, colour=MUTED, ha="left", fit=room
        )
    return picture, axes


def headline(picture: Picture, words: str, note: str = "") -> None:
    """Head a picture of several panels: the same place and size as on a page."""
    width, height = picture.get_size_inches()
    for text, drop, size, weight, shade in (
        (words, 0.28, HEADLINE, "bold", INK),
        (note, 0.56, SMALL + 0.5, "normal", MUTED),
    ):
        if text:
            fitted = min(size, size * (width - 2 * MARGIN) / text_width(text, size, weight))
            picture.text(
                MARGIN / width,
                1 - drop / height,
                text,
                size=fitted,
                weight=weight,
                color=shade,
                va="center",
            )


def panel(picture: Picture, x: Number, y: Number, width: Number, height: Number) -> Axes:
    """Open axes for a plot or a photograph at a place given in inches."""
    full_width, full_height = picture.get_size_inches()
    place = (x / full_width, y / full_height, width / full_width, height / full_height)
    return picture.add_axes(place)


def paper(picture: Picture) -> Axes:
    """Open axes in inches under a whole picture, to draw and write between its panels."""
    width, height = picture.get_size_inches()
    axes = panel(picture, 0, 0, width, height)
    axes.set(xlim=(0, width), ylim=(0, height), zorder=-1)
    axes.set_axis_off()
    return axes


def text_width(words: str, size: Number = BODY, weight: str = "normal") -> float:
    """Measure the widest line of a text, in inches."""
    font = FontProperties(family="DejaVu Sans", weight=weight)
    lines = [line for line in words.split("\n") if line.strip()]
    extents = (TextPath((0, 0), line, size=size, prop=font).get_extents() for line in lines)
    return max((extent.width / 72 for extent in extents), default=0.0)


def write(
    axes: Axes,
    x: Number,
    y: Number,
    words: str,
    *,
    size: Number = BODY,
    colour: str = INK,
    weight: str = "normal",
    ha: str = "center",
    va: str = "center",
    rotation: Number = 0,
    fit: Number | None = None,
) -> Text:
    """Write text; with ``fit`` (inches) it shrinks until no line is wider than that."""
    if fit is not None:
        size = min(size, size * fit / max(text_width(words, size, weight), 1e-9))
    if va == "center" and not rotation and "\n" not in words:
        # Centre the capitals, not the ink: words in a row then share a line whatever hangs below.
        va, y = "baseline", y - CAPITAL / 2 * size / 72
    options: dict[str, Any] = {
        "ha": ha,
        "va": va,
        "rotation": rotation,
        "weight": weight,
        "zorder": 6,
    }
    options["multialignment"] = ha
    return axes.text(
        x, y, words, size=size, color=colour, linespacing=1.05 if rotation else 1.25, **options
    )


def block(
    axes: Axes,
    x: Number,
    y: Number,
    width: Number,
    height: Number,
    words: str = "",
    *,
    shade: str = INK,
    size: Number = BODY,
    dashed: bool = False,
    solid: bool = False,
    rotation: Number = 0,
    weight: str = "normal",
) -> None:
    """Draw a rounded box around its centre (x, y), with text that fits inside."""
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle=f"round,pad=0,rounding_size={min(0.07, width / 4, height / 4)}",
            facecolor=shade if solid else tint(shade, 0.82),
            edgecolor=shade,
            linewidth=1.4,
            linestyle=(0, (3, 2)) if dashed else "solid",
            zorder=4,
        )
    )
    room = (height if rotation else width) - 0.1
    write(
        axes,
        x,
        y,
        words,
        size=size,
        rotation=rotation,
        fit=room,
        weight=weight,
        colour="white" if solid else INK,
    )


def bar(
    axes: Axes, x: Number, y: Number, width: Number, height: Number, shade: str, **more: Any
) -> None:
    """Draw a plain rectangle from its lower left corner (x, y)."""
    options = {"facecolor": shade, "edgecolor": "white", "linewidth": 0.8, "zorder": 3, **more}
    axes.add_patch(Rectangle((x, y), width, height, **options))


def arrow(
    axes: Axes,
    *points: Point,
    shade: str = MUTED,
    width: Number = 1.5,
    dashed: bool = False,
    head: bool = True,
    zorder: Number = 3,
    corner: Number = 0.09,
) -> None:
    """Draw an arrow along the points, its corners rounded, its head at the last."""
    axes.add_patch(
        FancyArrowPatch(
            path=_rounded(points, corner),
            arrowstyle="-|>,head_length=4.2,head_width=2.1" if head else "-",
            mutation_scale=1.0 + 0.35 * width,
            color=shade,
            linewidth=width,
            linestyle=(0, (3, 2)) if dashed else "solid",
            joinstyle="round",
            capstyle="butt",
            zorder=zorder,
        )
    )


def node(axes: Axes, x: Number, y: Number, words: str, shade: str, radius: Number = 0.15) -> None:
    """Draw a small round operation, such as + or ‖."""
    axes.add_patch(
        Circle((x, y), radius, facecolor="white", edgecolor=shade, linewidth=1.6, zorder=5)
    )
    write(axes, x, y, words, size=BODY + 1, colour=shade, weight="bold", fit=1.5 * radius)


def plane(
    axes: Axes, x: Number, y: Number, width: Number, height: Number, shade: str, words: str = ""
) -> None:
    """Draw a feature map seen at an angle: a sheared sheet around its centre (x, y)."""
    lean, half_width, half_height = 0.5 * height, width / 2, height / 2
    corners = [
        (x - half_width - lean, y - half_height),
        (x + half_width - lean, y - half_height),
        (x + half_width + lean, y + half_height),
        (x - half_width + lean, y + half_height),
    ]
    axes.add_patch(
        Polygon(corners, facecolor=tint(shade, 0.6), edgecolor=shade, linewidth=1.4, zorder=4)
    )
    write(axes, x, y, words, fit=width - 0.1)


def cells(
    axes: Axes,
    x: Number,
    y: Number,
    size: Number,
    rows: int,
    columns: int,
    *,
    line: str = MUTED,
    width: Number = 0.8,
) -> None:
    """Rule a grid of square cells whose upper left corner is (x, y)."""
    bottom, right = y - rows * size, x + columns * size
    for row in range(rows + 1):
        height = y - row * size
        axes.plot([x, right], [height, height], color=line, linewidth=width, zorder=5)
    for column in range(columns + 1):
        place = x + column * size
        axes.plot([place, place], [bottom, y], color=line, linewidth=width, zorder=5)


def brace(
    axes: Axes, x: Number, low: Number, high: Number, reach: Number, shade: str = MUTED
) -> None:
    """Draw a square bracket beside x from low to high; a negative reach opens it to the left."""
    outline = [(x, low), (x + reach, low), (x + reach, high), (x, high)]
    axes.plot(*zip(*outline, strict=True), color=shade, linewidth=1.2, zorder=3)


def _rounded(points: Sequence[Point], radius: Number) -> Path:
    """Join points by straight lines with rounded corners."""
    vertices, codes = [points[0]], [Path.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        vertices += [_towards(corner, before, radius), corner, _towards(corner, after, radius)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*vertices, points[-1]], [*codes, Path.LINETO])


def _towards(start: Point, end: Point, distance: Number) -> Point:
    """Go from start towards end, at most half the way."""
    length = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5
    share = min(distance / length, 0.5) if length else 0.0
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])

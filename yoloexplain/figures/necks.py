"""Necks in pictures: meaning flows down (FPN), detail flows up again (PAN).

Sources: Feature Pyramid Networks (Lin et al. 2016, arXiv 1612.03144), figures 2 and 3; Path
Aggregation Network (Liu et al. 2018, arXiv 1803.01534), figure 1.

A level keeps one colour from the backbone to the head. Sizes are computed from the image's size
and the strides; sheets are drawn wider where the map is larger.
"""

from collections.abc import Mapping

from matplotlib.axes import Axes

from .check import Number, check_positive
from .drawing import MARGIN, arrow, node, page, plane, write
from .picture import Picture
from .style import MUTED, SMALL, colour, style

FLOOR, STEP = 1.05, 1.12  # of the lowest level, and from level to level, in inches
RESNET50 = {"c2": 256, "c3": 512, "c4": 1024, "c5": 2048}
JOINS = {"add": "+", "concat": "C"}


@style()
def fpn(
    channels: Mapping[str, int] | None = None,
    out_channels: int = 256,
    image_size: tuple[int, int] = (640, 640),
    *,
    join: str = "add",
) -> Picture:
    """Draw the top-down pathway with its lateral connections.

    Parameters
    ----------
    channels
        Channels of the backbone's levels, ``{"c2": 256, …}``; ResNet-50's unless given.
    out_channels
        Channels of every level of the pyramid.
    image_size
        (height, width) in pixels.
    join
        ``"add"`` as published, ``"concat"`` as in YOLOv5.
    """
    levels = _levels(channels, join)
    verb = "adds, a 3×3 smooths the sum" if join == "add" else "lays both side by side"
    picture, axes = page(
        10,
        1.1 + STEP * len(levels),
        "FPN: what the coarse levels understand is handed down to the fine ones",
        f"Lateral 1×1 convolutions bring every level to {out_channels} channels, "
        f"each step down doubles the map and {verb}.",
    )
    picture.alt = (
        f"Two columns of feature maps, {', '.join(levels)}: the backbone upwards on the left, the "
        f"pyramid downwards on the right, joined by lateral 1×1 convolutions and 2× upsampling."
    )
    _backbone(axes, 2.35, levels, image_size)
    _top_down(axes, 2.35, 6.5, levels, join)
    for row, level in enumerate(levels):
        height, width = _size(level, image_size)
        y = FLOOR + STEP * row - 0.25
        write(axes, 8.6, y + 0.12, f"p{level[1:]}", weight="bold", ha="left")
        words = f"{out_channels} × {height} × {width}"
        write(axes, 8.6, y - 0.13, words, size=SMALL, colour=MUTED, ha="left", fit=1.3)
    return picture


@style()
def pan(
    channels: Mapping[str, int] | None = None,
    image_size: tuple[int, int] = (640, 640),
    *,
    join: str = "add",
    long_path: int | None = None,
    short_path: int | None = None,
) -> Picture:
    """Draw an FPN with PAN's second way up: the short green path beside the long red one.

    Parameters
    ----------
    channels
        Channels of the backbone's levels; ResNet-50's unless given.
    image_size
        (height, width) in pixels.
    join
        ``"add"`` as published, ``"concat"`` as in YOLOv5.
    long_path, short_path
        Layers on each path as you counted them on your network; written on the picture if given.
    """
    levels = _levels(channels, join)
    rows, first = len(levels), next(iter(levels))
    picture, axes = page(
        10,
        1.4 + STEP * rows,
        "PAN: a short way up for fine detail",
        f"From {first} to a coarse output. Red: up the whole backbone, then across. "
        "Green: across, then up the new path.",
    )
    left, middle, right = 1.7, 4.85, 8.2
    _backbone(axes, left, levels, image_size, label=False)
    _top_down(axes, left, middle, levels, join)
    _bottom_up(axes, middle, right, levels, join)
    _paths(axes, left, middle, right, rows)
    counts = {"red": long_path, "green": short_path}
    words = [f"{name} path: {count} layers" for name, count in counts.items() if count is not None]
    for x, name, count, role in (
        (1.2, "the long way", long_path, "removed"),
        (6.0, "the short way", short_path, "concat"),
    ):
        text = name if count is None else f"{name}: {count} layers"
        write(axes, x, 0.36, text, colour=colour(role), weight="bold", ha="left")
    picture.alt = (
        f"Three columns of feature maps over {', '.join(levels)}: backbone up, FPN down, PAN up "
        "again. A red line runs through the backbone, a green one takes the bottom-up path. "
        + " ".join(words)
    ).strip()
    return picture


def _levels(channels: Mapping[str, int] | None, join: str) -> dict[str, int]:
    levels = dict(RESNET50 if channels is None else channels)
    if join not in JOINS:
        raise ValueError(f"join must be one of {', '.join(JOINS)}; got {join!r}")
    if not 2 <= len(levels) <= 5 or any(not name[1:].isdigit() for name in levels):
        raise ValueError(
            "channels must name 2 to 5 levels by their stride's power of two, got "
            f'{list(levels)}; pass for example {{"c3": 128, "c4": 256, "c5": 512}}'
        )
    for name, count in levels.items():
        check_positive(f"channels[{name!r}]", count)
    return levels


def _size(level: str, image_size: tuple[int, int]) -> tuple[int, int]:
    """Size of a level's map: each stride-2 step rounds up."""
    height, width = image_size
    for _ in range(int(level[1:])):
        height, width = -(-height // 2), -(-width // 2)
    return height, width


def _width(row: int, rows: int) -> float:
    """Width of a sheet: finer levels are larger, without their true factor of two."""
    return 1.9 - 1.05 * row / max(rows - 1, 1)


def _backbone(
    axes: Axes, x: Number, levels: dict[str, int], image_size: tuple[int, int], label: bool = True
) -> None:
    base = FLOOR - 0.25 if label else FLOOR
    for row, (level, count) in enumerate(levels.items()):
        y = base + STEP * row
        plane(axes, x, y, _width(row, len(levels)), 0.46, colour(f"c{level[1:]}"), level)
        if row:
            arrow(axes, (x, y - 0.89), (x, y - 0.23), shade=colour("backbone"))
        if label:
            height, width = _size(level, image_size)
            words = f"{count}\n{height} × {width}"
            write(axes, MARGIN, y, words, size=SMALL, colour=MUTED, ha="left", fit=0.95)


def _top_down(axes: Axes, left: Number, right: Number, levels: dict[str, int], join: str) -> None:
    """Laterals to the right, upsampling downwards, a join at every level but the coarsest."""
    rows, base = len(levels), FLOOR - 0.25 if right > 6 else FLOOR
    knot = right - 1.35 if right < 6 else right - 1.55
    for row, level in enumerate(levels):
        y, shade = base + STEP * row, colour(f"c{level[1:]}")
        half = _width(row, rows) / 2
        plane(axes, right, y, 2 * half, 0.46, shade, f"p{level[1:]}")
        top = row == rows - 1
        arrow(axes, (left + half, y), (right - half if top else knot - 0.14, y), shade=shade)
        write(axes, left + half + 0.42, y + 0.13, "1×1", size=SMALL, colour=MUTED)
        if join == "add" and right > 6:
            write(axes, knot + 0.36, y + 0.13, "3×3", size=SMALL, colour=MUTED)
        if top:
            continue
        node(axes, knot, y, JOINS[join], colour("add" if join == "add" else "concat"), 0.14)
        arrow(axes, (knot + 0.14, y), (right - half, y), shade=shade)
        way = _way_down(knot, right, y + STEP, row + 1, rows, join)
        arrow(axes, *way, (knot, y + 0.14), shade=colour("neck"))
        write(axes, knot - 0.08, y + 0.42, "×2", size=SMALL, colour=colour("neck"), ha="right")


def _way_down(
    knot: Number, right: Number, above: Number, row: int, rows: int, join: str
) -> list[tuple[Number, Number]]:
    """Points from what a level hands down: its sum, before any 3×3; of YOLOv5, its block's map."""
    if join == "add":
        return [(knot, above - (0 if row == rows - 1 else 0.14))]
    start = right - _width(row, rows) / 2 + 0.12
    return [(start, above - 0.23), (start, above - 0.5), (knot, above - 0.5)]


def _bottom_up(axes: Axes, left: Number, right: Number, levels: dict[str, int], join: str) -> None:
    rows, knot = len(levels), right - 1.35
    for row, level in enumerate(levels):
        y, shade = FLOOR + STEP * row, colour(f"c{level[1:]}")
        half, inner = _width(row, rows) / 2, _width(row, rows) / 2
        plane(axes, right, y, 2 * half, 0.46, shade, f"n{level[1:]}")
        if row == 0:
            arrow(axes, (left + inner, y), (right - half, y), shade=shade)
            continue
        arrow(axes, (left + inner, y), (knot - 0.14, y), shade=shade)
        node(axes, knot, y, JOINS[join], colour("add" if join == "add" else "concat"), 0.14)
        arrow(axes, (knot + 0.14, y), (right - half, y), shade=shade)
        below, wide = y - STEP, _width(row - 1, rows) / 2
        start = (right - wide + 0.35, below + 0.23)
        bend = y - 0.5
        arrow(axes, start, (start[0], bend), (knot, bend), (knot, y - 0.14), shade=colour("neck"))
        write(axes, knot - 0.08, y - 0.36, "/2", size=SMALL, colour=colour("neck"), ha="right")


def _paths(axes: Axes, left: Number, middle: Number, right: Number, rows: int) -> None:
    """Mark the two ways from the finest level to the coarsest output, as with a broad marker."""
    levels = [FLOOR + STEP * row for row in range(rows)]
    _marker(axes, colour("removed"), (left, levels[0]), (left, levels[-1]), (middle, levels[-1]))
    way, knot = [(left, levels[0]), (right, levels[0])], right - 1.35
    for row in range(1, rows):
        start, bend = right - _width(row - 1, rows) / 2 + 0.35, levels[row] - 0.5
        way += [(start, levels[row - 1]), (start, bend), (knot, bend), (knot, levels[row])]
        way.append((right, levels[row]))
    _marker(axes, colour("concat"), *way)


def _marker(axes: Axes, shade: str, *points: tuple[Number, Number]) -> None:
    """Draw a broad, line under everything else."""
    across, up = zip(*points, strict=True)
    axes.plot(
        across,
        up,
        color=shade,
        alpha=0.5,
        linewidth=8,
        solid_joinstyle="round",
        solid_capstyle="round",
        zorder=2.5,
    )

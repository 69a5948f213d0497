"""YOLO's pooling in pictures: windows that grow, and three fives that make a thirteen.

Source: the windows 5, 9 and 13 of YOLOv3-SPP and YOLOv5's releases 1.0 to 5.0; SPPF from YOLOv5
release 6.0.

The reach of a window applied again and again, and every channel count, are computed.
"""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from .check import Number, check_positive
from .drawing import arrow, bar, block, cells, page, write
from .picture import Picture
from .style import INK, MUTED, PAPER, SMALL, colour, sequence, style, tint


@style()
def pooling_windows(
    kernel_sizes: Sequence[int] = (5, 9, 13), in_channels: int = 512, grid: int = 20
) -> Picture:
    """Draw YOLO's SPP: windows around one cell of the map, and the channels laid side by side.

    Parameters
    ----------
    kernel_sizes
        Odd sides of the max-pool windows, small to large.
    in_channels
        Channels that enter; a 1×1 halves them first.
    grid
        Cells along each side of the map; 20 is a 640-pixel image at stride 32.
    """
    _check_windows(kernel_sizes, grid)
    check_positive("in_channels", in_channels, least=2)
    half = in_channels // 2
    ways = len(kernel_sizes) + 1
    listed = ", ".join(str(size) for size in kernel_sizes)
    picture, axes = page(
        10,
        5.0,
        f"YOLO's SPP: the map itself beside its maxima over windows of {listed}",
        "Stride 1 and padding keep the map's size, so the answers fit on top of one another.",
    )
    side = 3.8 / grid
    shades = [INK, *_window_shades(len(kernel_sizes))]
    _windows(axes, 0.35, 4.15, side, grid, kernel_sizes, shades[1:])
    _channels(axes, half, in_channels, kernel_sizes, shades)
    picture.alt = (
        f"A {grid}×{grid} map with windows of {listed} around one position; beside it "
        f"{in_channels} channels are halved to {half}, pooled {ways - 1} times, laid side by side "
        f"as {ways * half:,} and mixed back to {in_channels}."
    )
    return picture


def _check_windows(kernel_sizes: Sequence[int], grid: int) -> None:
    check_positive("grid", grid)
    for size in kernel_sizes:
        check_positive("kernel_sizes", size)
    if not kernel_sizes or any(size % 2 == 0 or size > grid for size in kernel_sizes):
        raise ValueError(
            f"kernel_sizes must be odd and at most the grid's {grid}, got {tuple(kernel_sizes)}; "
            "pass for example (5, 9, 13)"
        )


def _window_shades(count: int) -> list[str]:
    return [colour("pool"), colour("concat"), colour("conv"), *sequence(count)][:count]


def _windows(
    axes: Axes,
    x: Number,
    top: Number,
    side: Number,
    grid: int,
    kernel_sizes: Sequence[int],
    shades: Sequence[str],
) -> None:
    """Nested windows around the middle cell of a ruled grid."""
    middle = grid // 2
    bar(axes, x, top - grid * side, grid * side, grid * side, tint(MUTED, 0.93), linewidth=0)
    for size, shade in sorted(zip(kernel_sizes, shades, strict=True), reverse=True):
        first, length = middle - size // 2, size * side
        low = top - first * side - length
        bar(axes, x + first * side, low, length, length, tint(shade, 0.55), linewidth=0, zorder=4)
    cells(axes, x, top, side, grid, grid, line=PAPER, width=0.9)
    for size, shade in zip(kernel_sizes, shades, strict=True):
        first, length = middle - size // 2, size * side
        low, left = top - first * side - length, x + first * side
        box: dict[str, Any] = {"edgecolor": shade, "linewidth": 2, "zorder": 6}
        bar(axes, left, low, length, length, "none", **box)
        tag: dict[str, Any] = {"size": SMALL, "weight": "bold", "colour": INK}
        write(axes, left + 0.05, low + length - 0.1, str(size), ha="left", **tag)
    bar(axes, x + middle * side, top - (middle + 1) * side, side, side, INK, zorder=6)


def _channels(
    axes: Axes, half: int, in_channels: int, kernel_sizes: Sequence[int], shades: Sequence[str]
) -> None:
    """The way of the channels: halved, pooled in parallel, joined, mixed."""
    names = ["map itself", *[f"max {size}×{size}" for size in kernel_sizes]]
    top, drop = 3.75, 3.2 / max(len(names) - 1, 1)
    middle = top - 1.6
    block(axes, 5.05, middle, 0.9, 0.62, f"1×1\n→ {half}", shade=colour("conv"), size=SMALL)
    height = 3.3 / len(names)
    for index, (name, shade) in enumerate(zip(names, shades, strict=True)):
        y = top - index * drop
        arrow(axes, (5.5, middle), (5.7, middle), (5.7, y), (5.95, y))
        block(axes, 6.5, y, 1.1, 0.42, name, shade=shade, size=SMALL)
        low = middle + 1.65 - (index + 1) * height
        arrow(axes, (7.05, y), (7.25, y), (7.25, low + height / 2), (7.5, low + height / 2))
        bar(axes, 7.5, low, 0.34, height, tint(shade, 0.5))
        write(axes, 7.67, low + height / 2, str(half), size=SMALL, rotation=90)
    total = half * len(names)
    write(axes, 7.67, middle - 1.85, f"{total:,}", weight="bold")
    arrow(axes, (7.84, middle), (8.35, middle))
    block(axes, 8.85, middle, 1.0, 0.62, f"1×1\n→ {in_channels}", shade=colour("conv"), size=SMALL)
    arrow(axes, (9.35, middle), (9.75, middle))


@style()
def stacked_windows(kernel_size: int = 5, repeats: int = 3) -> Picture:
    """Draw why SPPF equals SPP: a window applied again sees farther, 5, 9, 13.

    Parameters
    ----------
    kernel_size
        Odd side of the window that is applied again and again.
    repeats
        How often, 1 to 4.
    """
    check_positive("repeats", repeats)
    reach = [1 + step * (kernel_size - 1) for step in range(repeats + 1)]
    if repeats > 4 or reach[-1] > 29:
        raise ValueError(
            f"repeats must be at most 4 and see at most 29 cells, got {repeats} of {kernel_size}; "
            "pass for example kernel_size=5, repeats=3"
        )
    _check_windows([kernel_size], max(kernel_size, 3))
    listed = ", ".join(str(size) for size in reach[1:])
    picture, axes = page(
        10,
        5.0,
        f"SPPF: a window of {kernel_size}, applied {repeats} times, sees {listed} positions",
        "The maximum of maxima is a maximum: every position in a cone counts once, "
        "however many ways lead to it.",
    )
    shades = [INK, *_window_shades(repeats)]
    _cone(axes, reach, shades)
    grid = reach[-1] + 2
    _windows(axes, 6.45, 3.85, 3.2 / grid, grid, reach[1:], shades[1:])
    picture.alt = (
        f"Cone of positions, row by row: one of the output after {repeats} pools of {kernel_size} "
        f"depends on {reach[-1]} of the input, after fewer on {listed}; beside it "
        "the same as squares."
    )
    return picture


def _cone(axes: Axes, reach: list[int], shades: Sequence[str]) -> None:
    """One row of cells a pool, from the output cell above down to the input below."""
    columns = reach[-1] + 2
    side, x, top, rows = 4.2 / columns, 1.4, 3.7, len(reach)
    drop = 3.1 / (rows - 1)
    end = x + columns * side + 0.1
    write(axes, end, top + 0.15, "positions", size=SMALL, colour=MUTED, ha="left")
    for row, size in enumerate(reach):
        y = top - row * drop
        pools = rows - 1 - row
        shade = shades[row] if row else INK
        first = (columns - size) // 2
        if row + 1 < rows:
            ends = ((columns - reach[row + 1]) // 2, (columns + reach[row + 1]) // 2)
            for edge, far in zip((first, first + size), ends, strict=True):
                start = (x + edge * side, y - side)
                line = [start, (x + far * side, y - drop)]
                axes.plot(*zip(*line, strict=True), color=MUTED, linewidth=1.2, zorder=2)
        for column in range(columns):
            inside = first <= column < first + size
            fill = tint(shade, 0.35) if inside else tint(MUTED, 0.93)
            bar(axes, x + column * side, y - side, side, side, fill)
        name = "input" if pools == 0 else f"after {pools} pool{'s' if pools > 1 else ''}"
        write(axes, x - 0.12, y - side / 2, name, size=SMALL, colour=MUTED, ha="right")
        write(axes, end, y - side / 2, str(size), weight="bold", ha="left")

"""DenseNet in pictures: how concatenation grows a block, and which layer reads which.

Source: Densely Connected Convolutional Networks (Huang et al. 2016, arXiv 1608.06993), figure 1.

Every layer keeps its colour for good, because its maps stay as they are: later layers read them,
none changes them. All counts are computed from the parameters.
"""

from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch

from .check import Number, check_positive
from .drawing import arrow, bar, block, brace, node, page, write
from .picture import Picture
from .style import BODY, INK, MUTED, SMALL, colour, sequence, style, tint


@style()
def dense_block(
    in_channels: int = 64, growth_rate: int = 32, layers: int = 6, *, bottleneck: bool = True
) -> Picture:
    """Draw a dense block as a staircase of stripes, one colour for each source of maps.

    Parameters
    ----------
    in_channels
        Channels that enter the block.
    growth_rate
        Channels that each layer adds: k.
    layers
        Dense layers in the block, at most 24.
    bottleneck
        Whether a 1×1 convolution first narrows to 4·k channels.
    """
    for name, value in (("in_channels", in_channels), ("growth_rate", growth_rate)):
        check_positive(name, value)
    check_positive("layers", layers)
    if layers > 24:
        raise ValueError(f"layers must be at most 24 to be told apart, got {layers}; draw a part")
    total = in_channels + layers * growth_rate
    inside = f"1×1 to {4 * growth_rate}, then 3×3 to {growth_rate}"
    inside = inside if bottleneck else f"3×3 to {growth_rate}"
    picture, axes = page(
        10,
        5.0,
        f"A dense block: {in_channels} channels become {total}",
        f"Each layer ({inside}) reads all channels so far and lays its own on top. "
        "A stripe keeps its colour: nobody changes it.",
    )
    picture.alt = (
        f"Staircase of coloured stripes: {in_channels} input channels grow to {total} in {layers} "
        f"dense layers that add {growth_rate} each; every stripe runs on unchanged to the end."
    )
    _staircase(axes, in_channels, growth_rate, layers, bottleneck)
    return picture


def _staircase(axes: Axes, in_channels: int, growth: int, layers: int, bottleneck: bool) -> None:
    total = in_channels + layers * growth
    left, right, floor, ceiling = 0.95, 8.65, 0.65, 3.5
    step, scale = (right - left) / (layers + 1), (ceiling - floor) / total
    width = min(0.34, 0.4 * step)
    shades = sequence(layers + 1)
    heights = [in_channels * scale, *[growth * scale] * layers]
    labelled = max(1, -(-layers // 12))
    for source, (shade, height) in enumerate(zip(shades, heights, strict=True)):
        low, start = floor + sum(heights[:source]), left + source * step
        bar(axes, start, low, right - start, height, tint(shade, 0.72), edgecolor="white")
        for column in range(source, layers + 1):
            bar(axes, left + column * step, low, width, height, shade)
        name = f"input: {in_channels}" if source == 0 else f"layer {source}: +{growth}"
        if source % labelled == 0 or source == layers:
            write(axes, right + 0.1, low + height / 2, name, size=SMALL, ha="left", fit=1.0)
    for column in range(layers + 1):
        if column % labelled == 0 or column == layers:
            count = str(in_channels + column * growth)
            middle = left + column * step + width / 2
            write(axes, middle, floor - 0.2, count, weight="bold", fit=1.1 * step * labelled)
    write(axes, left - 0.15, floor - 0.2, "channels", size=SMALL, colour=MUTED, ha="right")
    for layer in range(1, layers + 1):
        _layer(
            axes, left + (layer - 1) * step, step, width, floor, heights[: layer + 1], bottleneck
        )


def _layer(
    axes: Axes,
    x: Number,
    step: Number,
    width: Number,
    floor: Number,
    heights: list[Number],
    bottleneck: bool,
) -> None:
    """Place one dense layer on the stair: all of the stack goes in, one new stripe comes out."""
    stack, new = floor + sum(heights[:-1]), heights[-1]
    room = step - width
    box_width, box_height = min(0.62 * room, 0.62), 0.56 if bottleneck else 0.36
    middle, high = x + width + room / 2, stack + max(new / 2, 0.12) + 0.5
    brace(axes, x + width + 0.05, floor + 0.03, stack - 0.03, min(0.09, 0.15 * room), MUTED)
    start = x + width + 0.05 + min(0.09, 0.15 * room)
    level = floor + 0.55 * (stack - floor)
    arrow(axes, (start, level), (middle, level), (middle, high - box_height / 2), width=1.2)
    words = "1×1\n3×3" if bottleneck else "3×3"
    wide = box_width > 0.3
    block(
        axes,
        middle,
        high,
        box_width,
        box_height,
        words if wide else "",
        shade=colour("conv"),
        size=SMALL,
    )
    end = x + step + width / 2
    arrow(axes, (middle + box_width / 2, high), (end, high), (end, stack + new), width=1.2)


@style()
def dense_connectivity(layers: int = 5) -> Picture:
    """Draw who reads whom in a plain chain, a residual network and a dense block.

    Parameters
    ----------
    layers
        Layers in a row, 2 to 10.
    """
    check_positive("layers", layers, least=2)
    if layers > 10:
        raise ValueError(f"layers must be at most 10 to be told apart, got {layers}; draw fewer")
    links = layers * (layers + 1) // 2
    picture, axes = page(
        10,
        5.2,
        f"{layers} layers, three ways to connect them",
        "An arc is a map read again. Residual arcs are added, dense arcs are laid side by side.",
    )
    picture.alt = (
        f"Three rows of {layers} layers. Chain: {layers} links. Residual: the same links and "
        f"{layers} sums around each layer. Dense: each layer reads every earlier output, "
        f"{links} links."
    )
    rows = (
        (4.05, "chain", f"{layers} links"),
        (2.75, "residual", f"{layers} links\n{layers} sums"),
        (0.75, "dense", f"{links} links\n= {layers}·{layers + 1}/2"),
    )
    for height, kind, count in rows:
        _row(axes, height, kind, layers)
        write(axes, 0.3, height, kind, weight="bold", ha="left")
        write(axes, 8.95, height, count, ha="left", size=BODY)
    return picture


def _row(axes: Axes, y: Number, kind: str, layers: int) -> None:
    left, right = 1.7, 8.1
    step = (right - left) / layers
    size = min(0.5, 0.5 * step)
    places = [left + index * step for index in range(layers + 1)]
    shades = sequence(layers + 1)
    for index, (x, shade) in enumerate(zip(places, shades, strict=True)):
        name = "in" if index == 0 else str(index)
        block(axes, x, y, size, 0.4, name, shade=shade)
        if index < layers:
            line = shade if kind == "dense" else INK
            arrow(axes, (x + size / 2, y), (places[index + 1] - size / 2, y), shade=line)
    if kind == "residual":
        _sums(axes, y, places, size)
    if kind == "dense":
        for source in range(layers - 1):
            for reader in range(source + 2, layers + 1):
                reach = 0.42 + 0.95 * (reader - source - 2) / max(layers - 2, 1)
                _arc(axes, places[source], places[reader], y + 0.2, reach, shades[source])


def _sums(axes: Axes, y: Number, places: list[Number], size: Number) -> None:
    """Lead the input of each layer around it, to a sum behind it."""
    step = places[1] - places[0]
    radius = min(0.13, 0.14 * step)
    sums = [x + size / 2 + 0.32 * (step - size) for x in places]
    for before, after in pairwise(sums):
        start = before if before == sums[0] else before + radius + 0.07
        arrow(
            axes,
            (start, y),
            (start, y + 0.42),
            (after, y + 0.42),
            (after, y + radius),
            shade=colour("add"),
        )
        node(axes, after, y, "+", colour("add"), radius)
    arrow(axes, (places[-1] + size / 2, y), (sums[-1] - radius, y), shade=INK, head=False)


def _arc(axes: Axes, start: Number, end: Number, y: Number, height: Number, shade: str) -> None:
    """Bend an arrow over the row, as high as asked."""
    bend = -2 * height / (end - start) if end > start else 0.0
    axes.add_patch(
        FancyArrowPatch(
            (start, y),
            (end, y),
            connectionstyle=f"arc3,rad={bend:.4f}",
            arrowstyle="-|>,head_length=4,head_width=2",
            mutation_scale=1.5,
            color=shade,
            linewidth=1.4,
            shrinkA=0,
            shrinkB=1,
            zorder=3,
        )
    )

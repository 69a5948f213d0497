"""CSP in pictures: one part goes around the work, and what YOLOv5's release 4.0 took away.

Source: CSPNet (Wang et al. 2019, arXiv 1911.11929), figure 3; BottleneckCSP and C3 as in YOLOv5's
releases 1.0 to 3.1 and from 4.0.

Heights are proportional to channels, and every count is computed from the parameters with the
rules of the package's own blocks: whatever the fusion, half of a plain dense block's channels
is left.
"""

from dataclasses import dataclass

from matplotlib.axes import Axes

from .check import Number, check_positive
from .drawing import MARGIN, arrow, bar, block, node, page, write
from .picture import Picture
from .style import BODY, MUTED, SMALL, colour, style, tint

FUSIONS = {
    "both": "mix the dense part,\njoin, mix again",
    "first": "join first,\nthen mix once",
    "last": "mix the dense part,\njoin last",
}


@dataclass(frozen=True)
class CSPChannels:
    """Channel counts on the way through a cross stage partial dense block."""

    bypass: int
    entering: int
    dense: int
    mixed: int | None
    joined: int
    out: int


def csp_channels(
    channels: int, growth_rate: int, layers: int, split_ratio: Number, fusion: str
) -> CSPChannels:
    """Count channels through a CSP dense block, the way the block itself does.

    Raises
    ------
    ValueError
        For a count below 1, a ratio outside 0 to 1, or an unknown fusion.
    """
    for name, value in (("channels", channels), ("growth_rate", growth_rate), ("layers", layers)):
        check_positive(name, value)
    if not 0 < split_ratio < 1:
        raise ValueError(
            f"split_ratio must lie between 0 and 1 (both excluded), got {split_ratio}; pass 0.5"
        )
    if fusion not in FUSIONS:
        raise ValueError(f"fusion must be one of {', '.join(FUSIONS)}; got {fusion!r}")
    bypass = round(split_ratio * channels)
    entering = channels - bypass
    dense = entering + growth_rate * layers
    out = (channels + growth_rate * layers) // 2
    mixed = None if fusion == "first" else out - bypass
    if min(bypass, entering, out - bypass) < 1:
        raise ValueError(
            f"split_ratio must leave channels on both ways, got {split_ratio} of {channels}; "
            "pass 0.5"
        )
    joined = bypass + (dense if mixed is None else mixed)
    return CSPChannels(bypass, entering, dense, mixed, joined, out)


@style()
def csp_split(
    channels: int = 64,
    growth_rate: int = 32,
    layers: int = 4,
    *,
    split_ratio: Number = 0.5,
    fusion: str | None = None,
) -> Picture:
    """Draw how a stage splits, works on one part and joins; all three fusions if none is named.

    Parameters
    ----------
    channels
        Channels that enter the stage.
    growth_rate, layers
        Of the dense block inside.
    split_ratio
        Share of the channels that goes around: γ.
    fusion
        ``"both"``, ``"first"`` or ``"last"``; ``None`` draws the three below one another.
    """
    shown = list(FUSIONS) if fusion is None else [fusion]
    counts = {
        name: csp_channels(channels, growth_rate, layers, split_ratio, name) for name in shown
    }
    first = counts[shown[0]]
    height = 0.95 + 2.0 * len(shown)
    picture, axes = page(
        10,
        height,
        f"CSP: {first.bypass} of {channels} channels go around the dense block",
        f"The dense block of {layers} layers sees {first.entering} channels and adds "
        f"{growth_rate} a layer. Heights show channels; C lays maps side by side.",
    )
    tallest = max(max(count.dense, count.joined, channels) for count in counts.values())
    for row, (name, count) in enumerate(counts.items()):
        _stage(axes, height - 2.55 - 2.0 * row, name, count, 1.1 / tallest, layers)
    picture.alt = (
        f"{channels} channels split into {first.bypass} that bypass and {first.entering} that "
        f"enter a dense block of {layers} layers, which returns {first.dense}. "
        + " ".join(f"Fusion {name} ends in {count.out}." for name, count in counts.items())
    )
    return picture


def _stage(
    axes: Axes,
    base: Number,
    fusion: str,
    count: CSPChannels,
    scale: Number,
    layers: int,
) -> None:
    """Draw one stage above ``base``: the bypass on the upper lane, the dense part on the lower."""
    around, dense, joined = colour("skip"), colour("conv"), colour("concat")
    write(axes, MARGIN, base + 0.78, f"fusion {fusion}", weight="bold", ha="left")
    words = FUSIONS[fusion]
    write(axes, MARGIN, base + 0.66, words, size=SMALL, colour=MUTED, ha="left", va="top", fit=1.5)
    lane, work = base + 1.5, base + 0.62

    def stack(x: Number, *parts: tuple[int, str]) -> None:
        total = sum(number for number, _ in parts)
        low = work - total * scale / 2
        for number, shade in parts:
            bar(axes, x, low, 0.36, number * scale, shade, zorder=4)
            low += number * scale
        write(axes, x + 0.18, base - 0.1, str(total), weight="bold")

    stack(2.0, (count.entering, dense), (count.bypass, around))
    arrow(axes, (2.36, work), (2.36 + 0.5, work))
    block(axes, 3.4, work, 1.08, 0.6, f"dense block\n{layers} layers", shade=dense, size=SMALL)
    arrow(axes, (3.94, work), (4.35, work))
    stack(4.35, (count.entering, dense), (count.dense - count.entering, tint(dense, 0.45)))
    here = 4.71
    if count.mixed is not None:
        arrow(axes, (here, work), (5.1, work))
        block(axes, 5.4, work, 0.6, 0.42, "1×1", shade=dense)
        arrow(axes, (5.7, work), (6.05, work))
        stack(6.05, (count.mixed, dense))
        here = 6.41
    arrow(axes, (here, work), (6.8, work))
    arrow(axes, (2.18, work), (2.18, lane), (6.95, lane), (6.95, work + 0.15), shade=around)
    write(axes, 4.55, lane + 0.13, f"bypass: {count.bypass}", size=SMALL, colour=around)
    node(axes, 6.95, work, "C", joined)
    arrow(axes, (7.1, work), (7.45, work))
    inner = count.dense if count.mixed is None else count.mixed
    stack(7.45, (inner, dense), (count.bypass, around))
    if fusion != "last":
        arrow(axes, (7.81, work), (8.2, work))
        block(axes, 8.5, work, 0.6, 0.42, "1×1", shade=joined)
        arrow(axes, (8.8, work), (9.15, work))
        stack(9.15, (count.out, joined))


@style()
def bottleneck_csp_and_c3(channels: int = 128, bottlenecks: int = 3) -> Picture:
    """Draw C3 upon BottleneckCSP: what both have, what release 4.0 removed, and what it saved.

    Parameters
    ----------
    channels
        Channels that enter and leave the block.
    bottlenecks
        Bottlenecks in the main half.
    """
    check_positive("channels", channels, least=2)
    check_positive("bottlenecks", bottlenecks)
    half = channels // 2
    old, new = csp_parameters(channels, bottlenecks), c3_parameters(channels, bottlenecks)
    picture, axes = page(
        10,
        4.5,
        f"C3 is BottleneckCSP with one convolution less: {old - new:,} parameters saved",
        f"{channels} channels in and out, {half} in each half. Dashed: what release 4.0 removed. "
        "Green: what it added. C joins.",
    )
    picture.alt = (
        f"Diagram of BottleneckCSP with {old:,} parameters at {channels} channels; dashed, the 1×1 "
        f"after the bottlenecks and the shared BatchNorm, which C3 with {new:,} parameters lacks."
    )
    _c3(axes, channels, half, bottlenecks)
    _removed(axes, half)
    for x, name, total, role in (
        (2.6, "BottleneckCSP", old, "removed"),
        (6.6, "C3", new, "concat"),
    ):
        write(axes, x, 0.5, name, weight="bold", colour=colour(role), ha="right")
        write(axes, x + 0.15, 0.5, f"{total:,} parameters", ha="left")
    return picture


def csp_parameters(channels: int, bottlenecks: int) -> int:
    """Count the parameters of BottleneckCSP with as many channels in as out."""
    half = channels // 2
    removed = half * half + 2 * 2 * half  # the bare 1×1, and the BatchNorm over both halves
    gained = 2 * half  # the bypass has no BatchNorm of its own yet
    return c3_parameters(channels, bottlenecks) + removed - gained


def c3_parameters(channels: int, bottlenecks: int) -> int:
    """Count the parameters of C3 with as many channels in as out."""
    half = channels // 2

    def conv(before: int, after: int, kernel: int = 1) -> int:
        return before * after * kernel * kernel + 2 * after

    inner = conv(half, half) + conv(half, half, 3)
    return 2 * conv(channels, half) + conv(2 * half, channels) + bottlenecks * inner


def _c3(axes: Axes, channels: int, half: int, bottlenecks: int) -> None:
    """Draw what both blocks have."""
    main, low, shade = 2.85, 1.65, colour("conv")
    middle = (main + low) / 2
    write(axes, 0.45, middle, str(channels), weight="bold", size=BODY + 1)
    arrow(axes, (0.7, middle), (0.95, middle), (0.95, main), (1.3, main))
    arrow(axes, (0.7, middle), (0.95, middle), (0.95, low), (1.3, low))
    block(axes, 1.85, main, 1.1, 0.6, f"Conv 1×1\n{channels} → {half}", shade=shade, size=SMALL)
    block(axes, 1.85, low, 1.1, 0.6, f"1×1\n{channels} → {half}", shade=shade, size=SMALL)
    arrow(axes, (2.4, main), (2.8, main))
    for depth in (0.12, 0.06, 0.0)[-min(bottlenecks, 3) :]:
        block(axes, 3.6 + depth, main + depth, 1.6, 0.7, shade=shade)
    words = f"{bottlenecks} × Bottleneck\n1×1, 3×3, + input"
    write(axes, 3.6, main, words, size=SMALL, fit=1.5)
    arrow(axes, (4.4 + 0.12, main), (6.5, main), (6.5, middle + 0.15))
    arrow(axes, (2.4, low), (2.8, low))
    words = "BatchNorm\n+ activation"
    block(axes, 3.6, low, 1.6, 0.6, words, shade=colour("concat"), size=SMALL)
    write(axes, 3.6, low - 0.46, "only C3 has these here", size=SMALL, colour=colour("concat"))
    arrow(axes, (4.4, low), (6.5, low), (6.5, middle - 0.15))
    node(axes, 6.5, middle, "C", colour("concat"))
    arrow(axes, (6.65, middle), (8.25, middle))
    both = f"Conv 1×1\n{2 * half} → {channels}"
    block(axes, 8.8, middle, 1.1, 0.6, both, shade=shade, size=SMALL)
    arrow(axes, (9.35, middle), (9.75, middle))


def _removed(axes: Axes, half: int) -> None:
    """Draw what only BottleneckCSP has."""
    shade = colour("removed")
    block(axes, 5.45, 2.85, 1.1, 0.6, f"1×1\n{half} → {half}", shade=shade, size=SMALL, dashed=True)
    write(axes, 5.45, 3.32, "removed", size=SMALL, colour=shade)
    words = "BatchNorm\n+ LeakyReLU"
    block(axes, 7.45, 2.25, 1.1, 0.6, words, shade=shade, size=SMALL, dashed=True)
    write(axes, 7.45, 2.72, "removed", size=SMALL, colour=shade)

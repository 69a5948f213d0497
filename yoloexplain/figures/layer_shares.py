"""Shares in pictures: what part of a whole each layer of a network takes, by several measures.

The layers and their amounts are those of a summary's rows; nothing here knows a network. Each
measure is a strip of the same layers in the same order, and bands lead from strip to strip, so that
a layer that is wide in one and thin in the other catches the eye.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from .check import check_lengths
from .drawing import MARGIN, bar, page, write
from .picture import Picture
from .style import MUTED, SMALL, colour, style, tint

ROLES = {"Conv2d": "conv", "ConvBlock": "conv", "Linear": "linear", "BatchNorm2d": "norm"}
WORDS = {
    "Conv2d": "convolutions",
    "ConvBlock": "convolutions",
    "Linear": "linear layers",
    "BatchNorm2d": "BatchNorms",
}
WIDE, HIGH, FIRST, STEP = 9.5, 0.6, 1.62, 1.6  # strips: size, top of the first, way to the next


@style()
def layer_shares(
    types: Sequence[str], amounts: Mapping[str, Sequence[float]], title: str, note: str = ""
) -> Picture:
    """Draw one strip a measure, cut into the layers' shares of the whole.

    Parameters
    ----------
    types
        Class name of each layer in order of execution, as in a summary's rows.
    amounts
        Measure → one amount a layer.
    title, note
        Headline, and a quieter line below it.

    Raises
    ------
    ValueError
        If a measure has not one amount a layer, or an amount is negative, or all are zero.
    """
    if not types or not amounts:
        raise ValueError(
            f"a strip needs layers and a measure, got {len(types)} layers and {len(amounts)} "
            "measures; take both from summarize(model, size).rows"
        )
    for measure, values in amounts.items():
        check_lengths(layers=len(types), **{measure.replace(" ", "_"): len(values)})
        if min(values) < 0 or sum(values) <= 0:
            raise ValueError(
                f"amounts must be zero or more and not all zero, got a smallest of {min(values)} "
                f"and a sum of {sum(values)} in {measure!r}"
            )
    height = FIRST + STEP * (len(amounts) - 1) + HIGH + 0.3
    picture, axes = page(10, height, title, note)
    edges = {measure: _edges(values) for measure, values in amounts.items()}
    tops = [height - FIRST + 0.28 - STEP * index for index in range(len(amounts))]
    for (measure, values), top in zip(amounts.items(), tops, strict=True):
        _strip(axes, top, types, measure, edges[measure], sum(values))
    for upper, lower, top in zip(
        list(edges.values()), list(edges.values())[1:], tops, strict=False
    ):
        _bands(axes, types, upper, lower, top - HIGH, top - STEP)
    picture.alt = f"{len(types)} layers as shares of a whole. " + " ".join(
        _said(types, measure, values) for measure, values in amounts.items()
    )
    return picture


def _edges(values: Sequence[float]) -> list[float]:
    """Place where each layer begins, and where the last one ends, in inches."""
    whole = sum(values)
    return [MARGIN + WIDE * part / whole for part in accumulate(values, initial=0.0)]


def _shade(kind: str, index: int) -> str:
    """Colour of a layer: its kind's, and every other one paler, to tell neighbours apart."""
    return tint(colour(ROLES.get(kind, "muted")), 0.25 if index % 2 else 0.0)


def _strip(
    axes: Axes, top: float, types: Sequence[str], measure: str, edges: Sequence[float], whole: float
) -> None:
    write(axes, MARGIN, top + 0.16, f"{whole:,.0f} {measure}", weight="bold", ha="left")
    layers = list(zip(types, edges, edges[1:], strict=False))
    for index, (kind, left, right) in enumerate(layers):
        line = 0.8 if right - left > 0.04 else 0.0
        shade = _shade(kind, index)
        bar(axes, left, top - HIGH, right - left, HIGH, shade, linewidth=line)
        if (right - left) / WIDE >= 0.08:
            share = f"{100 * (right - left) / WIDE:.0f} %"
            size = right - left - 0.08
            write(axes, (left + right) / 2, top - HIGH / 2, share, colour="white", fit=size)
    for kind in dict.fromkeys(types):
        words = f"{WORDS.get(kind, kind)}: {_share(types, edges, kind)}"
        ends = [(left, right) for name, left, right in layers if name == kind]
        middle = (min(ends)[0] + max(ends)[1]) / 2
        side = "right" if middle > MARGIN + 0.75 * WIDE else "left"
        place = max(ends)[1] if side == "right" else min(ends)[0]
        write(axes, place, top - HIGH - 0.13, words, size=SMALL, colour=MUTED, ha=side)


def _share(types: Sequence[str], edges: Sequence[float], kind: str) -> str:
    mine = sum(
        right - left
        for name, left, right in zip(types, edges, edges[1:], strict=False)
        if name == kind
    )
    return f"{100 * mine / WIDE:.1f} %"


def _bands(
    axes: Axes,
    types: Sequence[str],
    upper: Sequence[float],
    lower: Sequence[float],
    high: float,
    low: float,
) -> None:
    """Lead each kind of layer from its place in one strip to its place in the next."""
    for index, kind in enumerate(types):
        corners = [
            (upper[index], high),
            (upper[index + 1], high),
            (lower[index + 1], low),
            (lower[index], low),
        ]
        shade = tint(colour(ROLES.get(kind, "muted")), 0.84)
        axes.add_patch(
            Polygon(corners, facecolor=shade, edgecolor="white", linewidth=0.4, zorder=1)
        )


def _said(types: Sequence[str], measure: str, values: Sequence[float]) -> str:
    whole = sum(values)
    shares = {
        kind: sum(v for t, v in zip(types, values, strict=True) if t == kind) / whole
        for kind in dict.fromkeys(types)
    }
    parts = [f"{WORDS.get(kind, kind)} {100 * share:.1f} %" for kind, share in shares.items()]
    return f"{whole:,.0f} {measure}: {', '.join(parts)}."

"""Where the parameters live and where the work is done: charts of a summary's rows.

They take any rows with ``path``, ``type``, ``is_leaf``, ``params``, ``mult_adds`` and
``recursive``, in execution order, one a call. A module that is called again ("recursive") works
again, but its parameters count once.
"""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from .drawing import MARGIN, bar, headline, panel, paper, write
from .overlay import readable_on
from .picture import Picture
from .style import FAINT, INK, MUTED, PAPER, SMALL, colour, sequence, style


@runtime_checkable
class SummaryRow(Protocol):
    """What a row of a summary must tell."""

    @property
    def path(self) -> str:
        """Where the module is, such as ``head.1``."""

    @property
    def type(self) -> str:
        """Its class."""

    @property
    def is_leaf(self) -> bool:
        """Whether it holds no other module."""

    @property
    def params(self) -> int:
        """Its parameters."""

    @property
    def mult_adds(self) -> int:
        """Its multiply-adds in this call."""

    @property
    def recursive(self) -> bool:
        """Whether an earlier row was the same module."""


KINDS = {"Conv": "conv", "Linear": "linear", "Norm": "norm"}


@style()
def params_by_layer(
    rows: Sequence[SummaryRow], *, title: str = "Where the parameters live", labels: int = 3
) -> Picture:
    """Draw the parameters of each layer in execution order, and what share each kind has.

    Parameters
    ----------
    rows
        Of a summary.
    title
        Which network.
    labels
        How many of the largest layers to name.
    """
    layers = [row for row in _leaves(rows) if row.params and not row.recursive]
    if not layers:
        raise ValueError("rows must hold a layer with parameters, got none; pass summary.rows")
    counts = np.array([row.params for row in layers], dtype=float)
    total = int(counts.sum())
    picture = Picture(10, 4.9)
    headline(picture, title, f"{total:,} parameters in {len(layers)} layers, in execution order.")
    axes = panel(picture, 0.95, 1.55, 8.7, 2.5)
    shades = [colour(_kind(row.type)) for row in layers]
    axes.bar(np.arange(len(layers)) + 0.5, counts / 1e6, 1.0, color=shades)
    axes.set(xlim=(0, len(layers)), ylabel="million parameters", xticks=[])
    axes.set_ylim(0, 1.22 * counts.max() / 1e6)
    axes.grid(True, axis="y")
    axes.set_xlabel(f"depth: layer 1 to {len(layers)}", labelpad=4)
    largest = np.argsort(-counts, kind="stable")[:labels]
    _largest(axes, [layers[index] for index in largest], counts, total)
    shares = _shares(paper(picture), layers, total)
    biggest = layers[int(largest[0])]
    picture.alt = (
        f"{title}: {total:,} parameters over {len(layers)} layers; the largest is {biggest.path} "
        f"with {biggest.params:,}. " + ", ".join(f"{kind} {share} %" for kind, share in shares)
    )
    return picture


def _leaves(rows: Sequence[SummaryRow]) -> list[SummaryRow]:
    leaves = [row for row in rows if row.is_leaf]
    if not leaves:
        raise ValueError("rows must hold at least one leaf layer, got none; pass summary.rows")
    return leaves


def _kind(type_: str) -> str:
    return next((role for part, role in KINDS.items() if part in type_), "muted")


def _largest(
    axes: Axes, layers: Sequence[SummaryRow], counts: NDArray[np.float64], total: int
) -> None:
    """List the largest layers over that half of the plot where the bars are lower."""
    half = len(counts) // 2
    right = counts[:half].max(initial=0) > counts[half:].max(initial=0)
    lines = [
        f"{row.path}: {row.params / 1e6:.1f} M, {100 * row.params / total:.0f} %" for row in layers
    ]
    words = "\n".join(["the largest:", *lines])
    options: dict[str, Any] = {"transform": axes.transAxes, "va": "top", "linespacing": 1.5}
    options["bbox"] = {"facecolor": PAPER, "edgecolor": "none"}
    place = 0.98 if right else 0.02
    axes.text(place, 0.95, words, ha="right" if right else "left", **options)


def _shares(axes: Axes, layers: Sequence[SummaryRow], total: int) -> list[tuple[str, str]]:
    """One bar over the whole width, divided by type; returns types and shares in per cent."""
    sums: dict[str, int] = {}
    for row in layers:
        sums[row.type] = sums.get(row.type, 0) + row.params
    ordered = sorted(sums.items(), key=lambda item: -item[1])
    x, wide = 0.95, 8.7
    for kind, count in ordered:
        length = wide * count / total
        shade = colour(_kind(kind))
        bar(axes, x, 0.6, length, 0.4, shade)
        if length > 0.9:
            words = f"{kind} {100 * count / total:.1f} %"
            fit: dict[str, Any] = {"fit": length - 0.1, "colour": readable_on(shade)}
            write(axes, x + length / 2, 0.8, words, size=SMALL, weight="bold", **fit)
        x += length
    rest = [kind for kind, count in ordered if wide * count / total <= 0.9]
    if rest:
        words = "thin: " + ", ".join(f"{kind} {100 * sums[kind] / total:.2f} %" for kind in rest)
        write(axes, 9.65, 0.38, words, size=SMALL, colour=MUTED, ha="right", fit=8.5)
    return [(kind, f"{100 * count / total:.1f}") for kind, count in ordered]


@style()
def params_against_mult_adds(
    rows: Sequence[SummaryRow],
    *,
    title: str = "Parameters live in one place, the work is done in another",
    by: str = "part",
    depth: int = 1,
) -> Picture:
    """Draw each part's share of the parameters to the left and of the multiply-adds to the right.

    Parameters
    ----------
    rows
        Of a summary.
    title
        Which network.
    by
        ``"part"`` groups by the start of the path, ``"type"`` by the class.
    depth
        How many names of the path make a part.
    """
    if by not in ("part", "type"):
        raise ValueError(f'by must be "part" or "type", got {by!r}')
    sums: dict[str, list[int]] = {}
    for row in _leaves(rows):
        group = ".".join(row.path.split(".")[:depth]) if by == "part" else row.type
        entry = sums.setdefault(group, [0, 0])
        entry[0] += 0 if row.recursive else row.params
        entry[1] += row.mult_adds
    groups = {name: entry for name, entry in sums.items() if any(entry)}
    if not groups or len(groups) > 30:
        raise ValueError(
            f"rows must fall into 1 to 30 groups with parameters or work, got {len(groups)}; "
            "change depth, or group by type"
        )
    totals = [max(sum(entry[i] for entry in groups.values()), 1) for i in (0, 1)]
    body = 0.4 * len(groups)
    picture = Picture(10, body + 1.45)
    headline(
        picture, title, f"{totals[0]:,} parameters and {totals[1]:,} multiply-adds for one image."
    )
    shares = np.array([[entry[i] / totals[i] for i in (0, 1)] for entry in groups.values()])
    axes = panel(picture, MARGIN, 0.15, 9.5, body + 0.3)
    _mirror(axes, list(groups), shares)
    picture.alt = f"{title}. " + "; ".join(
        f"{name}: {100 * share[0]:.1f} % of the parameters, {100 * share[1]:.1f} % of the work"
        for name, share in zip(groups, shares, strict=True)
    )
    return picture


def _mirror(axes: Axes, names: Sequence[str], shares: NDArray[np.float64]) -> None:
    """Bars to both sides of a column of names."""
    half, longest = 0.95, 3.2
    axes.set(xlim=(-4.75, 4.75), ylim=(0.5 - len(names), 1.25))
    axes.set_axis_off()
    top = shares.max()
    shades = sequence(2)
    for side, (sign, words) in enumerate(((-1, "parameters"), (1, "multiply-adds"))):
        align = "right" if sign < 0 else "left"
        axes.text(sign * half, 0.85, words, ha=align, va="center", weight="bold", size=11)
        for row, share in enumerate(shares[:, side]):
            length = longest * share / top
            left = -half - length if sign < 0 else half
            axes.barh(-row, length, 0.66, left=left, color=shades[side])
            text: dict[str, Any] = {"ha": align, "va": "center", "size": SMALL, "color": INK}
            axes.text(sign * (half + length + 0.06), -row, f"{100 * share:.1f} %", **text)
    for row, name in enumerate(names):
        axes.axhline(-row - 0.5, color=FAINT, linewidth=0.6, zorder=0)
        write(axes, 0, -row, name, size=SMALL, fit=2 * half - 0.1)

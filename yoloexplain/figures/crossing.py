"""Crossings in pictures: two costs that grow at different rates, and where one overtakes the other.

Most questions of the kind "which is cheaper?" have the answer "it depends on how much", and the
point where the answer turns is worth more than either figure. The values are given.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .check import Array
from .drawing import headline, panel
from .picture import Picture
from .style import INK, MUTED, PAPER, SMALL, sequence, style


@style()
def crossing(
    x: ArrayLike,
    curves: Mapping[str, ArrayLike],
    title: str,
    note: str = "",
    *,
    labels: tuple[str, str] = ("", ""),
) -> Picture:
    """Draw two curves over the same x, and mark where they change places.

    Parameters
    ----------
    x
        (N,), growing.
    curves
        Name → (N,); two of them.
    title, note
        Headline, and a quieter line below it.
    labels
        What x and the curves' values are, with their units.

    Raises
    ------
    ValueError
        If there are not two curves of the length of x, or x does not grow.
    """
    places = np.asarray(x, dtype=float)
    lines = {name: np.asarray(values, dtype=float) for name, values in curves.items()}
    if len(lines) != 2:
        raise ValueError(f"a crossing is of two curves, got {len(lines)}; pass two")
    if places.ndim != 1 or len(places) < 2 or (np.diff(places) <= 0).any():
        raise ValueError(f"x must be a list that grows, got {places.tolist()}; sort it")
    for name, values in lines.items():
        if values.shape != places.shape:
            raise ValueError(
                f"a curve must have one value for each x, got {values.shape} for "
                f"{len(places)} in {name!r}"
            )
    picture = Picture(10, 4.2)
    headline(picture, title, note)
    first, second = lines.values()
    turns = crossings(places, first, second)
    _draw(panel(picture, 1.0, 0.65, 6.9, 2.75), places, lines, turns, labels)
    met = ", ".join(map(_said, turns)) or "nowhere"
    picture.alt = (
        f"Two curves over {labels[0]}: {' and '.join(lines)}. They change places at: {met}. "
        + " ".join(f"{name}: {v[0]:,.4g} to {v[-1]:,.4g}." for name, v in lines.items())
    )
    return picture


def crossings(x: Array, first: Array, second: Array) -> list[float]:
    """Places where two curves, straight between their points, change places."""
    gap = first - second
    turns = np.flatnonzero(gap[:-1] * gap[1:] < 0)
    between = [x[i] + (x[i + 1] - x[i]) * gap[i] / (gap[i] - gap[i + 1]) for i in turns]
    return sorted(float(place) for place in [*between, *x[gap == 0]])


def _said(place: float) -> str:
    """To one digit after the point, and without it where the place is whole."""
    return f"{place:,.1f}".removesuffix(".0")


def _draw(
    axes: Axes,
    x: Array,
    lines: Mapping[str, Array],
    turns: Sequence[float],
    labels: tuple[str, str],
) -> None:
    for (name, values), shade in zip(lines.items(), sequence(2), strict=True):
        axes.plot(x, values, color=shade)
        end = (x[-1], values[-1])
        axes.annotate(
            name, end, (8, 0), textcoords="offset points", color=shade, weight="bold", va="center"
        )
    first = next(iter(lines.values()))
    for place in turns:
        height = np.interp(place, x, first)
        axes.axvline(place, color=MUTED, linewidth=1, linestyle=(0, (3, 2)))
        axes.plot(place, height, "o", color=PAPER, markeredgecolor=INK, markersize=8, zorder=5)
        axes.annotate(
            _said(place), (place, height), (9, -12), textcoords="offset points", size=SMALL
        )
    axes.set(xlabel=labels[0], ylabel=labels[1], xlim=(x[0], x[-1]), ylim=(0, None))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(True)

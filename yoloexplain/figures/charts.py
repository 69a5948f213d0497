"""Charts: bars, curves, matrices and where the parameters live.

They take plain numbers, or the rows of a summary (anything with ``path``, ``type``, ``is_leaf``,
``params``, ``mult_adds`` and ``recursive``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from .check import Number, check_lengths, check_map
from .drawing import headline, panel, text_width
from .picture import Picture
from .style import BLUE, FAINT, HEADLINE, INK, ORANGE, PAPER, SMALL, colour, sequence, style

_TWO_WAYS = LinearSegmentedColormap.from_list("two ways", [ORANGE, PAPER, BLUE], N=257)
_DASHES = ("-", "--", "-.", ":")


@style()
def bars(
    values: Mapping[str, Number],
    *,
    title: str,
    unit: str = "",
    highlight: str | None = None,
    note: str = "",
) -> Picture:
    """Draw one horizontal bar a name, its number beside it.

    Parameters
    ----------
    values
        Name → number, 1 to 30, none negative.
    title, note
        What is compared, and how it was counted.
    unit
        Written behind each number.
    highlight
        The name to set off.
    """
    _check_values(values)
    if highlight is not None and highlight not in values:
        raise ValueError(f"highlight must be one of {list(values)}, got {highlight!r}")
    return compare_bars(
        {name: {unit: value} for name, value in values.items()},
        title=title,
        note=note,
        highlight=highlight,
    )


def _check_values(values: Mapping[str, Number]) -> None:
    if not 1 <= len(values) <= 30:
        raise ValueError(f"values must hold 1 to 30 bars, got {len(values)}; draw some apart")
    wrong = {name: value for name, value in values.items() if not 0 <= value < float("inf")}
    if wrong:
        raise ValueError(f"a bar must be a finite number of at least 0, got {wrong}")


@style()
def compare_bars(
    rows: Mapping[str, Mapping[str, Number]],
    *,
    title: str,
    note: str = "",
    highlight: str | None = None,
) -> Picture:
    """Draw several measures of the same things: one row a thing, one column of bars a measure.

    Parameters
    ----------
    rows
        Name → {measure → number}; every row has the same measures, 1 to 4. Each measure has its
        own scale; its name, with the unit in it, heads its column.
    title, note
        What is compared, and how it was counted.
    highlight
        The row to set off.
    """
    if not rows:
        raise ValueError("rows must hold at least one row, got none")
    measures = list(next(iter(rows.values())))
    for name, row in rows.items():
        _check_values(row)
        if list(row) != measures or len(measures) > 4:
            raise ValueError(
                f"every row must have the same measures, at most 4, got {list(row)} in {name!r} "
                f"beside {measures}"
            )
    head = 0.35 if any(measures) and len(measures) > 1 else 0.05
    body = 0.38 * len(rows)
    picture = Picture(10, body + head + (1.0 if note else 0.75))
    headline(picture, title, note)
    left = min(max(text_width(name, 11) for name in rows) + 0.4, 3.6)
    gap = 0.35
    wide = (9.75 - left - gap * (len(measures) - 1)) / len(measures)
    shades = sequence(max(len(measures), 2))
    places = -np.arange(len(rows))
    for index, measure in enumerate(measures):
        axes = panel(picture, left + index * (wide + gap), 0.15, wide, body)
        values = [row[measure] for row in rows.values()]
        colours = [colour("activation") if name == highlight else shades[index] for name in rows]
        axes.barh(places, values, 0.66, color=colours)
        unit = measure if len(measures) == 1 else ""
        for row_number, value in enumerate(values):
            words = f" {_number(value)} {unit}".rstrip()
            axes.text(value, -row_number, words, va="center", size=SMALL, color=INK)
        axes.set(xlim=(0, 1.32 * max([*values, 1e-12])), ylim=(0.5 - len(rows), 0.5), xticks=[])
        axes.set_yticks(places, list(rows) if index == 0 else [""] * len(rows))
        axes.tick_params(axis="y", length=0, labelsize=11)
        axes.spines["bottom"].set_visible(False)
        if len(measures) > 1:
            axes.set_title(measure, loc="left", size=11, weight="bold")
    picture.alt = f"{title}. " + "; ".join(
        f"{name}: " + ", ".join(f"{_number(v)} {m}".strip() for m, v in row.items())
        for name, row in rows.items()
    )
    return picture


def _number(value: Number) -> str:
    """Whole numbers with commas, others to four digits."""
    return f"{value:,.0f}" if float(value).is_integer() or value >= 1e4 else f"{value:.4g}"


@style()
def curves(
    x: ArrayLike,
    lines: Mapping[str, ArrayLike],
    *,
    title: str,
    xlabel: str = "",
    ylabel: str = "",
    note: str = "",
    log_y: bool = False,
) -> Picture:
    """Draw named curves over a common x.

    Parameters
    ----------
    x
        (N,).
    lines
        Name → (N,), 1 to 8.
    title, note, xlabel, ylabel
        Words; axes say their unit.
    log_y
        Logarithmic y axis.
    """
    places = np.asarray(x, dtype=float)
    if places.ndim != 1 or not places.size or not 1 <= len(lines) <= 8:
        raise ValueError(
            f"x must be one row of numbers and lines 1 to 8, got shape {places.shape} and "
            f"{len(lines)} lines"
        )
    picture = Picture(10, 4.6)
    headline(picture, title, note)
    axes = panel(picture, 0.95, 0.7, 8.7, 3.05)
    for index, ((name, values), shade) in enumerate(
        zip(lines.items(), sequence(len(lines)), strict=True)
    ):
        heights = np.asarray(values, dtype=float)
        check_lengths(x=places.size, **{"values": heights.size})
        axes.plot(places, heights, color=shade, linestyle=_DASHES[index % 4], label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if log_y else "linear")
    axes.margins(x=0.01)
    if not log_y and max(map(abs, axes.get_ylim())) >= 1e4:
        axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(True)
    if len(lines) > 1:
        axes.legend(loc="best")
    picture.alt = f"{title}: {', '.join(lines)} over {xlabel or 'x'}, {places.size} points."
    return picture


@style()
def matrix(
    values: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    note: str = "",
    digits: int = 2,
    around: tuple[float, float] | None = None,
) -> Picture:
    """Draw a matrix as shaded squares, with its numbers as long as they can be read.

    Parameters
    ----------
    values
        (R, C), at most 40 each; NaN stays blank.
    rows, columns
        A name for each.
    title, note
        What it holds.
    digits
        After the point.
    around
        A middle that stays white, and the distance from it that gets full colour: blue above it,
        orange below. Unless given, blue deepens from the least value to the largest.
    """
    table = check_map(values, "a matrix")
    check_lengths(rows=table.shape[0], names=len(rows))
    check_lengths(columns=table.shape[1], names=len(columns))
    if max(table.shape) > 40:
        raise ValueError(f"a matrix must be at most 40 by 40 to be read, got {table.shape}")
    left = min(max(text_width(name, SMALL) for name in rows) + 0.5, 3.0)
    side = min(0.62, (9.7 - left) / len(columns), 6.0 / len(rows))
    wide, high = side * len(columns), side * len(rows)
    turned = max(text_width(name, SMALL) for name in columns) > 0.9 * side
    below = min(max(text_width(name, SMALL) for name in columns) + 0.25, 2.0) if turned else 0.4
    room = max(text_width(title, HEADLINE, "bold"), text_width(note, SMALL)) + 0.7
    picture = Picture(
        min(max(left + wide + 0.3, room, 4.0), 10), high + below + (0.95 if note else 0.7)
    )
    headline(picture, title, note)
    axes = panel(picture, left, below, wide, high)
    scale: dict[str, Any] = {"cmap": "Blues"}
    if around is not None:
        middle, reach = around
        scale = {"cmap": _TWO_WAYS, "vmin": middle - reach, "vmax": middle + reach}
    drawn = axes.imshow(np.ma.masked_invalid(table), aspect="auto", **scale)
    axes.set_xticks(range(len(columns)), columns, rotation=90 if turned else 0)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    if around is not None:
        for i, j in np.argwhere(np.isfinite(table)):  # white squares need a border
            corner = (j - 0.5, i - 0.5)
            axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=FAINT, linewidth=0.8,
                                     clip_on=False))  # fmt: skip
    if side >= 0.3:
        for i, j in np.ndindex(*table.shape):
            if np.isfinite(table[i, j]):
                words = f"{table[i, j]:.{digits}f}".replace("-", "−")
                dark = float(np.asarray(drawn.norm(table[i, j]))) > (0.85 if around else 0.6)
                size = min(SMALL, 0.85 * side * 72 / (0.62 * len(words)))
                text: dict[str, Any] = {"ha": "center", "va": "center", "size": size}
                axes.text(j, i, words, color=PAPER if dark else INK, **text)
    picture.alt = f"{title}: matrix of {table.shape[0]} rows and {table.shape[1]} columns."
    return picture

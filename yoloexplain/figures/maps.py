"""Feature maps in pictures: what the channels of a layer answer to one photograph.

A layer has hundreds of channels, and the first ones are no better than the rest. So the strongest
come first: those whose values vary most over the map (standard deviation over space). A channel
that is large but the same everywhere says nothing about where anything is, and comes last.

Every map has its own scale unless told otherwise, and its least and largest value are printed.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .check import Array, Number, check_maps, check_photo
from .drawing import MARGIN, headline, panel, paper, write
from .overlay import lay_photo
from .picture import Picture
from .style import FAINT, INK, MUTED, SMALL, style

NOT_A_NUMBER = "#CC79A7"


def strengths(maps: ArrayLike) -> Array:
    """Measure each channel's standard deviation over its finite values; 0 for a flat map."""
    values = check_maps(maps)
    finite = np.isfinite(values)
    count = np.maximum(finite.sum(axis=(1, 2)), 1)
    filled = np.where(finite, values, 0)
    mean = filled.sum(axis=(1, 2)) / count
    spread = np.where(finite, values - mean[:, None, None], 0)
    return np.sqrt((spread**2).sum(axis=(1, 2)) / count)


def strongest(maps: ArrayLike, count: int) -> list[int]:
    """Name the channels with the largest strengths, strongest first; ties by number."""
    order = np.argsort(-strengths(maps), kind="stable")
    return [int(channel) for channel in order[:count]]


@style()
def feature_maps(
    maps: ArrayLike,
    *,
    channels: int | Sequence[int] = 16,
    title: str = "Feature maps",
    photo: ArrayLike | None = None,
    shared_range: bool = False,
) -> Picture:
    """Draw channels of a layer as small maps, strongest first, with their numbers and ranges.

    Parameters
    ----------
    maps
        (C, H, W), one image.
    channels
        How many of the strongest, or the very channels to draw, in your order.
    title
        Which layer it is.
    photo
        The photograph that they answer to, drawn beside them.
    shared_range
        One scale for all maps instead of one each.
    """
    values = check_maps(maps)
    chosen = _chosen(values, channels)
    picture_of = None if photo is None else check_photo(photo)
    columns, left, room = (8, MARGIN, 9.5) if picture_of is None else (6, 2.75, 7.0)
    rows = -(-len(chosen) // columns)
    columns = -(-len(chosen) // rows)
    wide = min((room - 0.12 * (columns - 1)) / columns, 2.2)
    high = wide * min(max(values.shape[1] / values.shape[2], 0.4), 2.0)
    photo_high = 0.0 if picture_of is None else 2.25 * picture_of.shape[0] / picture_of.shape[1]
    body = max(rows * (high + 0.42), photo_high + 0.25)
    picture = Picture(10, body + 0.95)
    scale = (
        "one scale for all" if shared_range else "each on its own scale, least to largest printed"
    )
    count, height, width = values.shape
    headline(
        picture,
        title,
        f"{len(chosen)} of {count} channels of {height} × {width} positions, "
        f"{'strongest first' if isinstance(channels, int) else 'as chosen'}; {scale}.",
    )
    sheet = paper(picture)
    top = body + 0.15
    if picture_of is not None:
        axes = panel(picture, MARGIN, top - photo_high, 2.25, photo_high)
        lay_photo(axes, picture_of)
    limits = value_range(values[chosen]) if shared_range else None
    for index, channel in enumerate(chosen):
        x = left + (index % columns) * (wide + 0.12)
        y = top - (index // columns) * (high + 0.42) - high
        axes = panel(picture, x, y, wide, high)
        words = draw_map(axes, values[channel], limits)
        write(sheet, x, y - 0.12, f"{channel}", size=SMALL, weight="bold", ha="left")
        write(sheet, x + wide, y - 0.12, words, size=8, colour=MUTED, ha="right", fit=wide - 0.3)
    ranges = [value_range(values[channel]) for channel in chosen]
    flat = sum(own is not None and own[0] == own[1] for own in ranges)
    broken = int((~np.isfinite(values)).sum())
    picture.alt = (
        f"{title}: {len(chosen)} of {count} maps of {height}×{width} cells, channels "
        f"{', '.join(map(str, chosen))}; {flat} of them flat."
        + f" {broken} values are not finite."
        * bool(broken)
    )
    return picture


def _chosen(values: Array, channels: int | Sequence[int]) -> list[int]:
    count = len(values)
    if isinstance(channels, int):
        if not 1 <= channels <= 64:
            raise ValueError(f"channels must be 1 to 64, got {channels}; pass for example 16")
        return strongest(values, channels)
    listed = [int(channel) for channel in channels]
    wrong = [channel for channel in listed if not 0 <= channel < count]
    if wrong or not 1 <= len(listed) <= 64:
        raise ValueError(
            f"channels must be 1 to 64 numbers from 0 to {count - 1}, got {wrong or listed}"
        )
    return listed


def value_range(values: Array) -> tuple[float, float] | None:
    """Find the least and the largest finite value, if there is any."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return None
    return float(finite.min()), float(finite.max())


def draw_map(axes: Axes, values: Array, limits: tuple[Number, Number] | None = None) -> str:
    """Draw one map and return its range in words; flat maps grey, broken values pink."""
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=FAINT)
    own = value_range(values)
    broken = int((~np.isfinite(values)).sum())
    # A flat map has no scale of its own, so it gets a grey of its own.
    if own is None or (own[0] == own[1] and limits is None):
        axes.set_facecolor(FAINT if own else NOT_A_NUMBER)
        words = f"flat at {short(own[0])}" if own else "no finite value"
        axes.text(0.5, 0.5, "flat" if own else "NaN", transform=axes.transAxes, ha="center",
                  va="center", size=SMALL, color=INK)  # fmt: skip
        return words + (f", {broken} NaN" if own and broken else "")
    axes.set_facecolor(NOT_A_NUMBER)
    low, high = limits or own
    axes.imshow(
        np.ma.masked_invalid(values), vmin=low, vmax=high, aspect="auto", interpolation="nearest"
    )
    words = f"{short(own[0])} … {short(own[1])}"
    return words + (f", {broken} NaN" if broken else "")


def short(value: Number) -> str:
    """Write a value with two to three digits, with a real minus."""
    size = abs(value)
    words = f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"
    words = f"{value:.0e}" if 0 < size < 0.005 or size >= 1e5 else words
    return words.replace("-", "−")

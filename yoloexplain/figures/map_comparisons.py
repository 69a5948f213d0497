"""Feature maps side by side: two networks, several levels, or a map upon its photograph.

As everywhere in this room the strongest channels come first, unless they are chosen by what they
answer to, and every map has its own scale.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .check import check_map, check_maps, check_photo
from .drawing import MARGIN, headline, panel, paper, write
from .maps import draw_map, short, strongest, value_range
from .overlay import lay_photo
from .picture import Picture
from .style import MUTED, SMALL, style


@style()
def compare_maps(
    layers: Mapping[str, ArrayLike], *, channels: int | Mapping[str, Sequence[int]] = 6,
    photo: ArrayLike | None = None, title: str = "Side by side", chosen: str = "As chosen",
) -> Picture:  # fmt: skip
    """Draw one row of maps a layer or a network, such as untrained against trained.

    Parameters
    ----------
    layers
        Name → (C, H, W), one to five; sizes may differ.
    channels
        How many of the strongest in each row, or name → the very channels to draw.
    photo
        The photograph that they answer to.
    title
        What is compared.
    chosen
        By what the channels were chosen, for the line below the title, if they were.
    """
    rows = {name: check_maps(maps) for name, maps in layers.items()}
    if isinstance(channels, int):
        shown = {name: strongest(values, channels) for name, values in rows.items()}
        broad, rule = channels, "The strongest channels of each"
    else:
        shown = {name: list(channels[name]) for name in rows}
        broad, rule = max((len(each) for each in shown.values()), default=0), chosen
    if not 1 <= len(rows) <= 5 or not 1 <= broad <= 8:
        raise ValueError(
            f"layers must hold 1 to 5 entries and channels be 1 to 8, got {len(rows)} and {broad}"
        )
    left = 1.75
    wide = (9.75 - left - 0.12 * (broad - 1)) / broad
    heights = [wide * min(max(v.shape[1] / v.shape[2], 0.4), 1.6) for v in rows.values()]
    picture_of = None if photo is None else check_photo(photo)
    if picture_of is not None:
        tall = min(1.35 * picture_of.shape[0] / picture_of.shape[1], 1.35)
        heights[0] = max(heights[0], tall + 0.15)
    body = sum(heights) + 0.5 * len(rows)
    picture = Picture(10, body + 0.95)
    headline(picture, title, f"{rule}, every map on its own scale.")
    sheet, top = paper(picture), body + 0.15
    if picture_of is not None:
        across = tall * picture_of.shape[1] / picture_of.shape[0]
        lay_photo(panel(picture, MARGIN, top - 0.5 - tall, across, tall), picture_of)
    for (name, values), room in zip(rows.items(), heights, strict=True):
        high = wide * min(max(values.shape[1] / values.shape[2], 0.4), 1.6)
        write(sheet, MARGIN, top - 0.15, name, weight="bold", ha="left", fit=1.4)
        size = " × ".join(f"{side:,}" for side in values.shape)
        write(sheet, MARGIN, top - 0.38, size, size=SMALL, colour=MUTED, ha="left", fit=1.4)
        for index, channel in enumerate(shown[name]):
            x = left + index * (wide + 0.12)
            words = draw_map(panel(picture, x, top - high, wide, high), values[channel])
            y = top - high - 0.12
            write(sheet, x, y, str(channel), size=SMALL, weight="bold", ha="left")
            write(sheet, x + wide, y, words, size=8, colour=MUTED, ha="right", fit=wide - 0.35)
        top -= room + 0.5
    picture.alt = f"{title}. " + " ".join(
        f"{name}: channels {', '.join(map(str, shown[name]))} of {len(values)}."
        for name, values in rows.items()
    )
    return picture


@style()
def pyramid_maps(
    pyramid: Mapping[str, ArrayLike], photo: ArrayLike, *, title: str = "One photo, several levels"
) -> Picture:
    """Draw a pyramid's levels at one size: how active a position is, and the strongest channel.

    Parameters
    ----------
    pyramid
        Level → (C, H, W), one to five.
    photo
        uint8 (H, W, 3), what the network saw.
    title
        Which pyramid.
    """
    levels = {name: check_maps(maps) for name, maps in pyramid.items()}
    if not 1 <= len(levels) <= 5:
        raise ValueError(f"pyramid must hold 1 to 5 levels, got {len(levels)}; draw some apart")
    picture_of = check_photo(photo)
    wide = (9.5 - 0.15 * len(levels)) / (len(levels) + 1)
    high = wide * picture_of.shape[0] / picture_of.shape[1]
    picture = Picture(10, 2 * high + 1.85)
    headline(
        picture,
        title,
        "Above: mean of |value| over the channels, how active a position is. "
        "Below: the strongest channel.",
    )
    sheet, top = paper(picture), 2 * high + 1.05
    lay_photo(panel(picture, MARGIN, top - high, wide, high), picture_of)
    size = f"{picture_of.shape[0]} × {picture_of.shape[1]} pixels"
    write(sheet, MARGIN, top - high - 0.15, size, size=SMALL, colour=MUTED, ha="left", fit=wide)
    for index, (name, values) in enumerate(levels.items()):
        x = MARGIN + (index + 1) * (wide + 0.15)
        best = strongest(values, 1)[0]
        draw_map(panel(picture, x, top - high, wide, high), np.abs(values).mean(axis=0))
        words = f"{name}: {' × '.join(f'{side:,}' for side in values.shape)}"
        write(sheet, x, top - high - 0.15, words, size=SMALL, weight="bold", ha="left", fit=wide)
        y = top - 2 * high - 0.4
        draw_map(panel(picture, x, y, wide, high), values[best])
        write(sheet, x, y - 0.15, f"channel {best}", size=SMALL, colour=MUTED, ha="left", fit=wide)
    listed = ", ".join(f"{name} ({'×'.join(map(str, v.shape))})" for name, v in levels.items())
    picture.alt = (
        f"{title}: a photograph and the activity of its levels {listed}, from fine to coarse."
    )
    return picture


@style()
def overlay_map(
    photo: ArrayLike, values: ArrayLike, *, title: str = "A map on its photograph"
) -> Picture:
    """Draw a photograph, and beside it the same in grey under a map.

    Parameters
    ----------
    photo
        uint8 (H, W, 3), what the network saw.
    values
        (h, w), of any size; it covers the whole photograph.
    title
        Which map.
    """
    picture_of, cells = check_photo(photo), check_map(values)
    height, width = picture_of.shape[:2]
    wide = 4.35
    high = wide * height / width
    picture = Picture(10, high + 1.2)
    rows, columns = cells.shape
    headline(picture, title, f"{rows} × {columns} positions over {height} × {width} pixels.")
    lay_photo(panel(picture, MARGIN, 0.35, wide, high), picture_of)
    axes = panel(picture, MARGIN + wide + 0.2, 0.35, wide, high)
    grey = np.repeat((picture_of.mean(axis=2) * 0.8 + 40).astype(np.uint8)[:, :, None], 3, axis=2)
    lay_photo(axes, grey)
    options: dict[str, Any] = {
        "cmap": "inferno",
        "alpha": 0.62,
        "aspect": "auto",
        "interpolation": "nearest",
    }
    shown = np.ma.masked_invalid(cells)
    drawn = axes.imshow(shown, extent=(0, width, height, 0), **options)
    scale = panel(picture, MARGIN + 2 * wide + 0.3, 0.35, 0.12, high)
    bar = picture.colorbar(drawn, cax=scale)
    bar.outline.set_visible(False)
    if bar.solids is not None:
        bar.solids.set_alpha(1)
    low, most = value_range(cells) or (float("nan"), float("nan"))
    bar.set_ticks([low, most] if most > low else [low])
    bar.set_ticklabels([short(low), short(most)] if most > low else [short(low)])
    flat = " The map is flat." if low == most else ""
    picture.alt = (
        f"{title}: photograph of {height}×{width} pixels under {rows}×{columns} cells.{flat}"
    )
    return picture

"""Grids on a photograph: what the cells of several levels say, each grid laid over the same image.

It stands where a network's last maps meet the eye: a confidence, an objectness or a score, one a
cell. All grids share one scale, so that a level that is silent looks silent.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .check import check_map, check_photo
from .drawing import MARGIN, headline, panel, paper, write
from .maps import short, value_range
from .overlay import lay_photo, rule
from .picture import Picture
from .style import MUTED, SMALL, style

GAP, SCALE = 0.18, 0.55  # inches: between pictures, and kept for the scale
RULED = 24  # more cells than this along a side, and lines would hide them


@style()
def grids_on_photo(
    photo: ArrayLike,
    grids: Mapping[str, ArrayLike],
    *,
    title: str,
    note: str = "",
    limits: tuple[float, float] | None = (0.0, 1.0),
) -> Picture:
    """Draw a photograph, and beside it in grey under each of one to four grids of values.

    Parameters
    ----------
    photo
        uint8 (H, W, 3), what the network saw.
    grids
        Name → (rows, columns), one value a cell; each grid covers the whole photograph.
    title, note
        Headline, and a quieter line below it.
    limits
        Ends of the scale that all grids share; the least and the largest value unless given.

    Raises
    ------
    ValueError
        If there are not one to four grids.
    """
    picture_of = check_photo(photo)
    values = {name: check_map(grid, "a grid of values") for name, grid in grids.items()}
    if not 1 <= len(values) <= 4:
        raise ValueError(f"grids must hold 1 to 4, got {len(values)}; draw some apart")
    height, width = picture_of.shape[:2]
    count = len(values) + 1
    wide = min((10 - 2 * MARGIN - SCALE - GAP * (count - 1)) / count, 3.6)
    high = wide * height / width
    picture = Picture(10, high + (1.25 if note else 0.98))
    headline(picture, title, note)
    sheet = paper(picture)
    lay_photo(panel(picture, MARGIN, 0.2, wide, high), picture_of)
    grey = np.repeat((picture_of.mean(axis=2) * 0.8 + 40).astype(np.uint8)[:, :, None], 3, axis=2)
    low, most = (
        limits or value_range(np.concatenate([v.ravel() for v in values.values()])) or (0, 1)
    )
    drawn: Any = None
    for index, (name, grid) in enumerate(values.items(), start=1):
        x, (rows, columns) = MARGIN + index * (wide + GAP), grid.shape
        axes = panel(picture, x, 0.2, wide, high)
        lay_photo(axes, grey)
        # What is silent lets the photograph through.
        part = (np.nan_to_num(grid, nan=low) - low) / ((most - low) or 1)
        options: dict[str, Any] = {"cmap": "inferno", "vmin": low, "vmax": most}
        options["alpha"] = 0.35 + 0.5 * part.clip(0, 1)
        options |= {"extent": (0, width, height, 0), "aspect": "auto", "interpolation": "nearest"}
        drawn = axes.imshow(np.ma.masked_invalid(grid), **options)
        if max(rows, columns) <= RULED:
            rule(axes, (height, width), rows, columns, width=0.5, alpha=0.35)
        write(sheet, x, high + 0.38, name, weight="bold", ha="left", fit=0.64 * wide)
        size = {"size": SMALL, "colour": MUTED, "ha": "right", "fit": 0.33 * wide}
        write(sheet, x + wide, high + 0.38, f"{rows} × {columns}", **size)
    _scale(picture, drawn, MARGIN + count * (wide + GAP) - GAP + 0.1, high)
    listed = ", ".join(f"{n} ({'×'.join(map(str, v.shape))} cells)" for n, v in values.items())
    picture.alt = f"{title}: a photograph of {height}×{width} pixels under {listed}."
    return picture


def _scale(picture: Picture, drawn: Any, x: float, high: float) -> None:
    """Draw the scale beside the last grid; the grids let the photograph through, it does not."""
    bar = picture.colorbar(drawn, cax=panel(picture, x, 0.2, 0.11, high))
    bar.outline.set_visible(False)
    if bar.solids is not None:
        bar.solids.set_alpha(1)
    low, most = drawn.get_clim()
    bar.set_ticks([low, most] if most > low else [low])
    bar.set_ticklabels([short(low), short(most)] if most > low else [short(low)])

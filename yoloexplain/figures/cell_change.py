"""Change in pictures: a patch of a photograph is covered, and every cell says how much it moved.

It stands at the end of the way from image to picture, beside receptive fields: a theory says which
cells a patch can reach, and this is what was measured. The changes are given; nothing here knows a
network.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from .check import Array, check_boxes, check_map, check_photo
from .drawing import MARGIN, headline, panel
from .overlay import lay_photo, readable_on
from .picture import Picture
from .style import INK, MUTED, PAPER, SMALL, colour, style, tint

SIDE, GAP = 3.0, 0.25
EDGE: dict[str, Any] = {"edgecolor": MUTED, "linewidth": 0.6, "clip_on": False}


@style()
def cell_change(
    photo: ArrayLike, patch_xyxy: ArrayLike, changes: Mapping[str, ArrayLike]
) -> Picture:
    """Draw the covered photograph, and beside it a grid of changes for each network.

    Parameters
    ----------
    photo
        uint8 (H, W, 3), before the patch is covered.
    patch_xyxy
        (left, top, right, bottom) in the photo's pixels; drawn black.
    changes
        Name → (S, S), zero or more: how far each cell's values moved, as a share of their size.
        All share one scale of colour.

    Raises
    ------
    ValueError
        If there are not one or two grids, or a change is negative.
    """
    covered, (patch,) = check_photo(photo), check_boxes(np.asarray(patch_xyxy)[None])
    grids = {name: check_map(values, "a grid of changes") for name, values in changes.items()}
    if not 1 <= len(grids) <= 2:
        raise ValueError(
            f"changes must hold one or two networks, got {len(grids)}; draw some apart"
        )
    for name, grid in grids.items():
        if not (grid >= 0).all():
            raise ValueError(
                f"changes must be zero or more, got {grid.min():g} in {name!r}; "
                "pass sizes of differences"
            )
    picture = Picture(10, 4.35)
    headline(
        picture,
        "Cover one patch: which cells notice?",
        "How far each cell's values move, as a share of their usual size. "
        "A white 0 is an exact zero: nothing at all arrived.",
    )
    _photo(panel(picture, MARGIN, 0.35, SIDE, SIDE), covered, patch)
    top = max(*(float(grid.max()) for grid in grids.values()), np.finfo(float).tiny)
    for index, (name, grid) in enumerate(grids.items()):
        left = MARGIN + (index + 1) * (SIDE + GAP)
        _grid(panel(picture, left, 0.35, SIDE, SIDE), name, grid, top)
    listed = " ".join(_said(name, grid) for name, grid in grids.items())
    picture.alt = f"Photograph with a black patch, and the changes it causes. {listed}"
    return picture


def _said(name: str, grid: Array) -> str:
    silent = int((grid == 0).sum())
    rows, columns = grid.shape
    return f"{name}: {grid.size - silent} of {rows}×{columns} cells move, {silent} do not at all."


def _photo(axes: Axes, photo: Array, patch: Array) -> None:
    lay_photo(axes, photo)
    left, top, right, bottom = (float(side) for side in patch)
    place, size = (left, top), (right - left, bottom - top)
    axes.add_patch(Rectangle(place, *size, facecolor=INK, edgecolor=PAPER, linewidth=1.5))
    axes.set_title("the patch", loc="left", color=MUTED, size=SMALL)


def _grid(axes: Axes, name: str, grid: Array, top: float) -> None:
    """Colour each cell by its change, white for none and full for ``top``, and write it in."""
    rows, columns = grid.shape
    for row, column in np.ndindex(rows, columns):
        value = float(grid[row, column])
        shade = tint(colour("conv"), 0.9 * (1 - value / top)) if value else PAPER
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=shade, **EDGE))
        words = f"{value:.0%}".rstrip("%") if value >= 0.005 else "<1" if value else "0"
        ink = readable_on(shade)
        middle = column + 0.5, row + 0.5
        axes.text(*middle, words, ha="center", va="center", size=SMALL - 1.5, color=ink)
    axes.set(xlim=(0, columns), ylim=(rows, 0))
    axes.set_axis_off()
    axes.set_title(f"{name} (change in %)", loc="left", color=MUTED, size=SMALL)

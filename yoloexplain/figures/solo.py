"""SOLO in pictures: where an object is decides which cell speaks for it.

Source: SOLO: Segmenting Objects by Locations (Wang et al. 2019, arXiv 1912.04488), section 3.

An object belongs to the cells around its centre of mass. Cells and centres are computed from the
masks given.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from .check import Array, Number, check_photo, check_positive
from .drawing import MARGIN, bar, headline, panel, paper, write
from .overlay import lay_photo, rule
from .picture import Picture
from .style import INK, MUTED, PAPER, SMALL, colour, sequence, style


@style()
def solo_grid(
    photo: ArrayLike,
    masks: ArrayLike,
    *,
    grid: int = 12,
    sigma: Number = 0.2,
    fitting: Sequence[bool] | None = None,
) -> Picture:
    """Draw which cells of an S×S grid speak for which instance.

    Parameters
    ----------
    photo
        uint8 (H, W, 3).
    masks
        bool (N, H, W), one an instance.
    grid
        S, cells along each side.
    sigma
        Share of an object's width and height that counts as its centre.
    fitting
        Whether the grid's level answers for an instance of that size, one each; without it the
        grid answers for all.
    """
    picture_of, instances = check_photo(photo), _masks(masks, photo)
    check_positive("grid", grid)
    if not 0 < sigma <= 1:
        raise ValueError(f"sigma must lie above 0 and not above 1, got {sigma}; SOLO takes 0.2")
    asked = [True] * len(instances) if fitting is None else [bool(one) for one in fitting]
    if len(asked) != len(instances):
        raise ValueError(
            f"fitting must have one entry an instance, got {len(asked)} for {len(instances)}; "
            "leave it out if the grid answers for all"
        )
    height, width = picture_of.shape[:2]
    cells = [
        centre_cells(mask, grid, sigma) if one else []
        for mask, one in zip(instances, asked, strict=True)
    ]
    owned = sum(len(own) for own in cells)
    taken = len({cell for own in cells for cell in own})
    others = "" if all(asked) else f" Left to other levels for their size: {asked.count(False)}."
    scale = min(6.3 / width, 4.7 / height)
    picture = Picture(10, height * scale + 1.15)
    headline(
        picture,
        f"SOLO: {len(instances)} objects, {grid}×{grid} cells, one mask channel a cell",
        f"A cell is lit if the centre region (σ = {sigma:g} of an object's width and height) "
        f"touches it, at most 3×3 around the centre of mass.{others}",
    )
    axes = panel(picture, MARGIN, 0.3, width * scale, height * scale)
    shades = sequence(7)  # the eighth is black, which tints nothing
    _instances(axes, picture_of, instances, cells, grid, shades)
    _facts(
        paper(picture), MARGIN + width * scale + 0.4, height * scale, grid, len(instances), taken
    )
    shared = f" {owned - taken} cells are claimed twice." if owned > taken else ""
    picture.alt = (
        f"Photograph with {len(instances)} tinted instance masks under a {grid}×{grid} grid; "
        f"{taken} cells around their centres are lit.{shared}{others}"
    )
    return picture


def centre_cells(mask: Array, grid: int, sigma: Number) -> list[tuple[int, int]]:
    """Find the (row, column) cells of an object: its centre region, at most 3×3 cells."""
    height, width = mask.shape
    rows, columns = np.nonzero(mask)
    middle = rows.mean() / height * grid, columns.mean() / width * grid
    half = (
        sigma * (np.ptp(rows) + 1) / 2 / height * grid,
        sigma * (np.ptp(columns) + 1) / 2 / width * grid,
    )
    spans = []
    for place, reach in zip(middle, half, strict=True):
        own = int(place)
        low, high = max(int(place - reach), own - 1, 0), min(int(place + reach), own + 1, grid - 1)
        spans.append(range(low, high + 1))
    return [(row, column) for row in spans[0] for column in spans[1]]


def _masks(masks: ArrayLike, photo: ArrayLike) -> Array:
    array = np.asarray(masks)
    size = np.asarray(photo).shape[:2]
    if array.ndim != 3 or array.shape[1:] != size or not len(array):
        raise ValueError(
            f"masks must have shape (N, {size[0]}, {size[1]}) like the photo, got {array.shape}; "
            "for one mask add an axis with mask[None]"
        )
    array = array.astype(bool)
    if not array.any(axis=(1, 2)).all():
        empty = int(np.flatnonzero(~array.any(axis=(1, 2)))[0])
        raise ValueError(f"every mask must have a pixel, got none in mask {empty}; leave it out")
    return array


def _instances(
    axes: Axes,
    photo: Array,
    masks: Array,
    cells: Sequence[Sequence[tuple[int, int]]],
    grid: int,
    shades: Sequence[str],
) -> None:
    height, width = photo.shape[:2]
    tinted = photo.astype(float) / 255
    for index, mask in enumerate(masks):
        tinted[mask] = 0.55 * tinted[mask] + 0.45 * np.array(to_rgb(shades[index % len(shades)]))
    lay_photo(axes, np.round(tinted * 255).astype(np.uint8))
    rule(axes, (height, width), grid, grid)
    for index, own in enumerate(cells):
        for row, column in own:
            place = column * width / grid, row * height / grid
            axes.add_patch(
                Rectangle(
                    place,
                    width / grid,
                    height / grid,
                    facecolor=shades[index % len(shades)],
                    edgecolor=PAPER,
                    linewidth=1.8,
                    zorder=3,
                )
            )
        rows, columns = np.nonzero(masks[index])
        dot: dict[str, Any] = {"color": PAPER, "markeredgecolor": INK, "markersize": 5, "zorder": 5}
        axes.plot(columns.mean() + 0.5, rows.mean() + 0.5, "o", **dot)


def _facts(axes: Axes, left: Number, height: Number, grid: int, objects: int, taken: int) -> None:
    """Say beside the picture what the two branches hold."""
    top = 0.3 + height
    facts = (
        ("category branch", f"{grid} × {grid} cells", f"{taken} of {grid * grid} lit"),
        ("mask branch", f"{grid}² = {grid * grid} channels", "one whole-image mask a cell"),
        ("decoupled", f"2·{grid} = {2 * grid} channels", "a row map times a column map"),
    )
    for index, (name, value, note) in enumerate(facts):
        y = top - 0.25 - 1.15 * index
        shade = (colour("conv"), colour("concat"), colour("activation"))[index]
        bar(axes, left, y - 0.68, 0.06, 0.85, shade, linewidth=0)
        write(axes, left + 0.18, y + 0.05, name, weight="bold", ha="left")
        write(axes, left + 0.18, y - 0.24, value, ha="left", fit=9.75 - left - 0.18)
        write(axes, left + 0.18, y - 0.5, note, size=SMALL, colour=MUTED, ha="left")
    words = f"{objects} dots: centres of mass"
    write(axes, left, 0.42, words, size=SMALL, colour=MUTED, ha="left", fit=9.75 - left)

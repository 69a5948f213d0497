"""Location grid: which cell of which of SOLO's five levels speaks for which object.

It belongs to SOLO's targets. Source: SOLO (Wang et al. 2019, arXiv 1912.04488), sections 3.3.1 and
4. An object's size chooses its levels, whose ranges overlap; its middle chooses its cells. The
browser assigns anew whenever σ, the ranges or the picture's size change.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from traitlets import Bytes, Float, Int, List

from ..data import photos
from ..figures.check import check_photo
from ..figures.picture import Picture
from ..figures.solo import solo_grid
from ..solo import GRIDS
from ..solo.head import SCALE_RANGES
from ..solo.targets import SIGMA, SMALLEST, centre_cells, scale_of
from .base import ExplainerWidget, View, choice, slider
from .data import photo_bytes

SIDES = (120, 1600)  # of the picture's short side, in pixels
FARTHEST = 2048  # the largest end of a range
STEP = 16  # between the brightnesses of the still


class LocationGridView(View):
    """The canvas of ``LocationGrid``."""

    stem = "location_grid"
    photo = Bytes().tag(sync=True)
    level = Int().tag(sync=True)
    chosen = Int().tag(sync=True)
    sigma = Float().tag(sync=True)
    side = Int().tag(sync=True)
    ranges = List(List(Int())).tag(sync=True)


class LocationGrid(ExplainerWidget):
    """Instance masks under the grids of all levels, with the cells that speak for them.

    Parameters
    ----------
    photo
        uint8 (H, W, 3); the coins and their masks unless given.
    masks
        bool (N, H, W), one an object.
    names
        Of the objects, one each; their numbers unless given.
    sigma
        Share of an object's width and height that counts as its middle.
    side
        Short side, in pixels, to which the picture is enlarged before its objects are measured.
    level
        Which level is shown first, from 0 for p2.
    grids, scale_ranges
        S, and the range of √(w·h) in pixels, of each level: SOLO's five unless given.

    Raises
    ------
    ValueError
        For masks of another size or none, names that are not one an object, or options out of
        range.
    """

    def __init__(
        self,
        photo: NDArray[np.uint8] | None = None,
        masks: ArrayLike | None = None,
        *,
        names: Sequence[str] = (),
        sigma: float = SIGMA,
        side: int = 800,
        level: int = 1,
        grids: Sequence[int] = GRIDS,
        scale_ranges: Sequence[tuple[int, int]] = SCALE_RANGES,
    ) -> None:
        if photo is None:
            photo, masks = photos.load("coins"), photos.coin_masks()
        self.photo = check_photo(photo)
        self.masks = check_masks(masks, self.photo)
        if names and len(names) != len(self.masks):
            raise ValueError(
                f"there must be one name an object, got {len(names)} for {len(self.masks)}"
            )
        check_options(sigma, side, grids, scale_ranges)
        self.grids = tuple(grids)
        if level not in range(len(self.grids)):
            raise ValueError(f"level must lie in 0 to {len(self.grids) - 1}, got {level}")
        view = LocationGridView(
            label="Objects of a photograph, and the grid cells that speak for them on each level",
            photo=photo_bytes(self.photo),
            level=level,
            chosen=0,
            sigma=float(sigma),
            side=int(side),
            ranges=[list(ends) for ends in scale_ranges],
            table={
                "size": self.photo.shape[:2],
                "grids": self.grids,
                "runs": [runs(mask) for mask in self.masks],
                "names": list(names) or [f"object {i}" for i in range(len(self.masks))],
                "farthest": FARTHEST,
            },
        )
        levels = [f"p{i + 2}, {grid} × {grid}" for i, grid in enumerate(self.grids)]
        controls = [
            choice(view, "level", "level", levels),
            slider(view, "sigma", "σ", 0.05, 1, 0.05),
            slider(view, "side", "short side in pixels", *SIDES, 10),
        ]
        super().__init__(view, controls)

    def assigned(self, view: LocationGridView) -> list[dict[int, int]]:
        """Say which object each answering cell of each level draws."""
        zoom = view.side / min(self.photo.shape[:2])
        return assign(self.masks, self.grids, view.ranges, view.sigma, zoom)

    def facts(self) -> str:
        """Count objects, and the cells that answer on each level."""
        counts = ", ".join(str(len(level)) for level in self.assigned(self.view))
        side, sigma = self.view.side, self.view.sigma
        return f"{len(self.masks)} objects, short side {side}, σ {sigma:.2f}; cells lit: {counts}"

    def picture(self) -> Picture:
        """Draw the chosen level's grid on the masks."""
        few = (self.photo // STEP * STEP + STEP // 2).astype(np.uint8)  # of colours: a small PNG
        grid, ends = self.grids[self.view.level], self.view.ranges[self.view.level]
        zoom = self.view.side / min(self.photo.shape[:2])
        fitting = [fits(torch.from_numpy(mask), ends, zoom) for mask in self.masks]
        return solo_grid(few, self.masks, grid=grid, sigma=self.view.sigma, fitting=fitting)


def assign(
    masks: NDArray[np.bool_],
    grids: Sequence[int],
    ranges: Sequence[Sequence[int]],
    sigma: float,
    zoom: float,
) -> list[dict[int, int]]:
    """Assign as ``solo.targets`` does, objects counting as ``zoom`` times as large: {cell: object}.

    Cells are shares of the picture, so only the choice of levels depends on ``zoom``.
    """
    objects = [torch.from_numpy(mask) for mask in masks]
    levels = []
    for grid, ends in zip(grids, ranges, strict=True):
        taken: dict[int, int] = {}
        for i, mask in enumerate(objects):
            if fits(mask, ends, zoom):
                taken.update(dict.fromkeys(centre_cells(mask, grid, sigma), i))
        levels.append(taken)
    return levels


def fits(mask: torch.Tensor, ends: Sequence[int], zoom: float) -> bool:
    """Say whether a level with this range answers for an object, if it has enough pixels at all."""
    return int(mask.sum()) >= SMALLEST and ends[0] <= scale_of(mask) * zoom <= ends[1]


def check_masks(masks: ArrayLike | None, photo: NDArray[Any]) -> NDArray[np.bool_]:
    """Give masks as bool (N, H, W), of which each has a pixel."""
    found = np.asarray([] if masks is None else masks)
    if found.ndim != 3 or found.shape[1:] != photo.shape[:2] or not len(found):
        raise ValueError(
            f"masks must have shape (N, {photo.shape[0]}, {photo.shape[1]}) like the photo, got "
            f"{found.shape}; for one mask add an axis with mask[None]"
        )
    found = found.astype(bool)
    empty = np.flatnonzero(~found.any(axis=(1, 2)))
    if len(empty):
        raise ValueError(f"every mask must have a pixel, got none in mask {empty[0]}; leave it out")
    return found


def check_options(
    sigma: float, side: int, grids: Sequence[int], ranges: Sequence[tuple[int, int]]
) -> None:
    """Raise a ``ValueError`` for numbers that the sliders do not reach, or levels that differ."""
    if not grids or len(grids) != len(ranges):
        raise ValueError(
            f"grids and scale_ranges must have one entry a level, got {len(grids)} and "
            f"{len(ranges)}; leave both out for SOLO's five"
        )
    if not 0 < sigma <= 1:
        raise ValueError(f"sigma must lie above 0 and not above 1, got {sigma}; SOLO takes 0.2")
    if not SIDES[0] <= side <= SIDES[1]:
        raise ValueError(f"side must lie in {SIDES[0]} to {SIDES[1]}, got {side}; SOLO takes 800")
    for low, high in ranges:
        if not 1 <= low <= high <= FARTHEST:
            raise ValueError(
                f"a range must rise within 1 to {FARTHEST}, got ({low}, {high}); leave "
                "scale_ranges out for SOLO's own"
            )


def runs(mask: NDArray[np.bool_]) -> list[int]:
    """[start, length, start, length, …] of a mask's pixels, counted row after row."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask.ravel(), [False]]).astype(int)))
    starts, ends = edges[::2], edges[1::2]
    return np.stack([starts, ends - starts], axis=1).ravel().tolist()

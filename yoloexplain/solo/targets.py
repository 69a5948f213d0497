"""SOLO's targets: which cell of which level must draw which object.

It stands between the ground truth and the loss.
Source: SOLO (Wang et al. 2019, arXiv 1912.04488), sections 3.3.1 and 4; what the text leaves open
(ranges that include their ends, at most 3×3 cells, masks of fewer than ten pixels) is as in the
authors' published training.

An object's size chooses its levels: the ranges overlap, so one object may train two of them. Its
middle chooses its cells: those that its centre region touches, σ times as wide and high as its box,
and no farther than one cell from the middle. Each of them gets the object's class and its mask.
Where two objects claim one cell, the later one of the list has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from .head import GRIDS, SCALE_RANGES

SIGMA = 0.2
SMALLEST = 10  # pixels; a smaller mask has no outline worth learning
BACKGROUND = -1


@dataclass(frozen=True)
class LevelTargets:
    """What one level should answer for one image.

    Attributes
    ----------
    categories
        (S, S): the class of each cell, ``BACKGROUND`` where none answers.
    cells
        (P,): index i·S + j of each answering cell, which is its mask channel.
    masks
        (P, H, W): the mask that each of them must draw, 0 or 1.
    objects
        (P,): which object of the image it is.
    """

    categories: Int[Tensor, "s s"]
    cells: Int[Tensor, "p"]
    masks: Float[Tensor, "p h w"]
    objects: Int[Tensor, "p"]


def targets(
    masks: Bool[Tensor, "n height width"],
    labels: Int[Tensor, "labels"],
    map_sizes: Sequence[tuple[int, int]],
    *,
    grids: Sequence[int] = GRIDS,
    scale_ranges: Sequence[tuple[int, int]] = SCALE_RANGES,
    sigma: float = SIGMA,
) -> list[LevelTargets]:
    """Assign the objects of one image to levels and cells.

    Parameters
    ----------
    masks, labels
        One mask in input pixels, and one class from 0, an object.
    map_sizes
        (H, W) of each level's mask output: ``[m.shape[-2:] for m in output.masks]``.
    grids, scale_ranges
        S, and the range of √(w·h) in pixels, of each level.
    sigma
        Size of the centre region as a share of the object's box.

    Raises
    ------
    ValueError
        If the numbers of levels, or of masks and labels, differ, or σ is not above 0.
    """
    check_targets(masks, labels, map_sizes, grids, scale_ranges, sigma)
    objects = [i for i, mask in enumerate(masks) if mask.sum() >= SMALLEST]
    levels = []
    for size, grid, (low, high) in zip(map_sizes, grids, scale_ranges, strict=True):
        taken: dict[int, int] = {}
        for i in objects:
            if low <= scale_of(masks[i]) <= high:
                taken.update(dict.fromkeys(centre_cells(masks[i], grid, sigma), i))
        levels.append(level_targets(masks, labels, size, grid, taken))
    return levels


def scale_of(mask: Bool[Tensor, "height width"]) -> float:
    """Square root of the area of the mask's box, in pixels."""
    left, top, right, bottom = extent(mask)
    return float((right - left) * (bottom - top)) ** 0.5


def extent(mask: Bool[Tensor, "height width"]) -> tuple[int, int, int, int]:
    """Smallest box around a mask that is not empty: (x0, y0, x1, y1), ends excluded."""
    rows, columns = mask.any(dim=1).nonzero(), mask.any(dim=0).nonzero()
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def centre_cells(mask: Bool[Tensor, "height width"], grid: int, sigma: float) -> list[int]:
    """Index of every cell that the centre region touches, at most 3×3 around the middle.

    The middle is the centre of mass, which for a ring may lie outside it.
    """
    height, width = mask.shape
    left, top, right, bottom = extent(mask)
    y, x = (coordinate.double().mean().item() for coordinate in mask.nonzero().unbind(dim=1))
    rows = touched(y, sigma * (bottom - top) / 2, grid / height, grid)
    columns = touched(x, sigma * (right - left) / 2, grid / width, grid)
    return [i * grid + j for i in rows for j in columns]


def touched(middle: float, reach: float, cells_per_pixel: float, grid: int) -> range:
    """Rows (or columns) from middle − reach to middle + reach, at most one from the middle's."""
    home = int(middle * cells_per_pixel)
    first = max(int(max(middle - reach, 0) * cells_per_pixel), home - 1)
    last = min(int((middle + reach) * cells_per_pixel), home + 1, grid - 1)
    return range(first, last + 1)


def level_targets(
    masks: Bool[Tensor, "n height width"],
    labels: Int[Tensor, "n"],
    size: tuple[int, int],
    grid: int,
    taken: dict[int, int],
) -> LevelTargets:
    """Write one level's tensors from ``{cell: object}``."""
    cells = torch.tensor(sorted(taken), dtype=torch.int64, device=masks.device)
    objects = torch.tensor([taken[int(c)] for c in cells], dtype=torch.int64, device=masks.device)
    categories = torch.full((grid * grid,), BACKGROUND, dtype=torch.int64, device=masks.device)
    categories[cells] = labels[objects].long()
    return LevelTargets(
        categories.view(grid, grid), cells, resize_masks(masks[objects], size), objects
    )


def resize_masks(
    masks: Bool[Tensor, "n height width"], size: tuple[int, int]
) -> Float[Tensor, "n h w"]:
    """Shrink masks to a level's size, bilinearly, and decide each value again: 0 or 1."""
    if len(masks) == 0:
        return torch.zeros(0, *size, device=masks.device)
    soft = F.interpolate(masks[:, None].float(), size=size, mode="bilinear", align_corners=False)
    return (soft[:, 0] >= 0.5).float()


def check_targets(
    masks: Tensor,
    labels: Tensor,
    map_sizes: Sequence[tuple[int, int]],
    grids: Sequence[int],
    scale_ranges: Sequence[tuple[int, int]],
    sigma: float,
) -> None:
    """Raise a ``ValueError`` for counts that do not fit together."""
    counts = len(map_sizes), len(grids), len(scale_ranges)
    if len(set(counts)) != 1:
        raise ValueError(
            "map_sizes, grids and scale_ranges must have one entry a level, got "
            f"{counts[0]}, {counts[1]} and {counts[2]}; leave the last two out for SOLO's five"
        )
    if len(masks) != len(labels):
        raise ValueError(
            f"there must be one label a mask, got {len(masks)} masks and {len(labels)} labels"
        )
    if sigma <= 0:
        raise ValueError(f"sigma must be above 0, got {sigma}; the paper takes 0.2")

"""Chapter 6's second exercise: which channels of which levels must draw an object.

It stands beside the path from image to picture, under ``ch06``.
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from ..solo import GRIDS, targets
from ..solo.head import SCALE_RANGES
from .exercise import Exercise, Mistake
from .functions import FunctionTask

Ranges = Sequence[tuple[int, int]]
Channels = list[list[int]]


def by_the_package(mask: Tensor, grids: Sequence[int], ranges: Ranges) -> Channels:
    """Ask what SOLO is trained with."""
    found = targets(
        mask[None],
        torch.tensor([0]),
        [(1, 1)] * len(grids),
        grids=grids,
        scale_ranges=ranges,
    )
    return [level.cells.tolist() for level in found]


def answering_channels(
    mask: torch.Tensor, grids: tuple[int, ...], ranges: tuple[tuple[int, int], ...]
) -> list[list[int]]:
    """A solution of ch06.targets."""
    rows, columns = mask.nonzero(as_tuple=True)
    sides = [int(places.max() - places.min()) + 1 for places in (rows, columns)]
    size = (sides[0] * sides[1]) ** 0.5
    levels = []
    for grid, (low, high) in zip(grids, ranges, strict=True):
        spans = []
        for places, side, length in zip((rows, columns), sides, mask.shape, strict=True):
            middle, reach = places.double().mean().item(), 0.1 * side  # half of 0.2
            ends = middle - reach, middle, middle + reach
            first, home, last = (int(place / length * grid) for place in ends)
            spans.append(range(max(first, home - 1), min(last, home + 1) + 1))
        channels = [i * grid + j for i in spans[0] for j in spans[1]]
        levels.append(channels if low <= size <= high else [])
    return levels


def triangle(frame: tuple[int, int], top: int, left: int, height: int, width: int) -> Tensor:
    """Draw a mask whose middle is not the middle of its box."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    mask = torch.zeros(frame, dtype=torch.bool)
    mask[top : top + height, left : left + width] = (x + 1) * height <= (y + 1) * width
    return mask


def masks() -> list[tuple[Tensor, Sequence[int], Ranges]]:
    """Objects small, long, large, and exactly as large as a range ends; two kinds of pyramids.

    They lie where half a pixel decides nothing, so that a pixel may stand for its corner or centre.
    """
    frame = (400, 640)
    square = torch.zeros(frame, dtype=torch.bool)
    square[246:342, 373:469] = True  # √(96·96) ends the first range and begins the third
    three = (20, 14, 8), ((1, 32), (20, 64), (44, 512))
    return [
        (triangle(frame, 228, 136, 130, 170), GRIDS, SCALE_RANGES),
        (triangle(frame, 61, 340, 31, 64), GRIDS, SCALE_RANGES),
        (triangle(frame, 20, 133, 330, 400), GRIDS, SCALE_RANGES),
        (square, GRIDS, SCALE_RANGES),
        (triangle((120, 160), 36, 20, 70, 32), *three),
    ]


# --- what people write ---------------------------------------------------------------------------

Span = Callable[[float, float, int, int], Sequence[int]]


def near(
    middle: float,
    reach: float,
    length: int,
    grid: int,
    *,
    most: int = 1,
    cut: Callable[[float], int] = int,
) -> Sequence[int]:
    """Cells that a region touches, at most so many from its middle's."""
    ends = middle - reach, middle, middle + reach
    first, home, last = (cut(place / length * grid) for place in ends)
    return range(max(first, home - most, 0), min(last, home + most, grid - 1) + 1)


def inside(middle: float, reach: float, length: int, grid: int) -> Sequence[int]:
    """Cells whose own centre lies in a region."""
    centres = ((i + 0.5) * length / grid for i in range(grid))
    return [i for i, centre in enumerate(centres) if abs(centre - middle) <= reach]


def assign(
    mask: Tensor,
    grids: Sequence[int],
    ranges: Ranges,
    *,
    size: Callable[[int, int], float] = lambda height, width: (height * width) ** 0.5,
    fits: Callable[[float, float, float], bool] = lambda low, size, high: low <= size <= high,
    middle: Callable[[Tensor], float] = lambda places: places.double().mean().item(),
    reach: float = 0.1,
    span: Span = near,
    frame: Callable[[int, int], tuple[int, int]] = lambda height, width: (height, width),
    channel: Callable[[int, int, int], int] = lambda i, j, grid: i * grid + j,
) -> Channels:
    """Assign an object, with one of the steps done otherwise."""
    both = mask.nonzero(as_tuple=True)
    sides = [int(places.max() - places.min()) + 1 for places in both]
    lengths = frame(*mask.shape)
    levels = []
    for grid, (low, high) in zip(grids, ranges, strict=True):
        rows, columns = (
            span(middle(places), reach * side, length, grid)
            for places, side, length in zip(both, sides, lengths, strict=True)
        )
        channels = [channel(i, j, grid) for i in rows for j in columns]
        levels.append(channels if fits(low, size(*sides), high) else [])
    return levels


def first_level(mask: Tensor, grids: Sequence[int], ranges: Ranges) -> Channels:
    levels = assign(mask, grids, ranges)
    first = next(number for number, channels in enumerate(levels) if channels)
    return [channels if number == first else [] for number, channels in enumerate(levels)]


def swapped(mask: Tensor, grids: Sequence[int], ranges: Ranges) -> Channels:
    return assign(mask.T, grids, ranges)


def by_columns(mask: Tensor, level: int, grids: Sequence[int], ranges: Ranges) -> list[int]:
    channels = assign(mask, grids, ranges)[level]
    return sorted(channels, key=lambda channel: (channel % grids[level], channel))


def centre_of_box(places: Tensor) -> float:
    return (int(places.min()) + int(places.max()) + 1) / 2


COLUMN_FIRST = "channels are counted row by row: i·S + j, where i is the row."
SWAPPED = (
    "rows and columns have changed places: the first axis of a mask is y, and .nonzero gives the "
    "rows first."
)
FROM_ZERO = "rows, columns and channels are counted from 0."

MISTAKES = (
    Mistake(
        "longer side taken",
        partial(assign, size=max),
        "the size that chooses a level is √(width · height), not the longer side.",
    ),
    Mistake(
        "one pixel short",
        partial(assign, size=lambda height, width: ((height - 1) * (width - 1)) ** 0.5),
        "from the first row to the last there are max − min + 1 rows; 3 to 5 are three.",
    ),
    Mistake(
        "root left out",
        partial(assign, size=lambda height, width: height * width),
        "a range is in pixels and an area in square pixels; take the root.",
    ),
    Mistake(
        "pixels counted",
        lambda mask, *rest: assign(mask, *rest, size=lambda *_: int(mask.sum()) ** 0.5),
        "the size is that of the box around the mask, √(width · height), however much is filled.",
    ),
    Mistake(
        "one level only",
        first_level,
        "the ranges overlap, and an object is learned on every level whose range holds its size.",
    ),
    Mistake(
        "an end left out",
        partial(assign, fits=lambda low, size, high: low <= size < high),
        "both ends belong to a range: an object of 96 pixels still is one for (1, 96).",
    ),
    Mistake(
        "centre of the box",
        partial(assign, middle=centre_of_box),
        "the middle is the mean place of the mask's pixels, and lies where most of them are.",
    ),
    Mistake(
        "one cell only",
        partial(assign, reach=0.0),
        "every cell that the centre region touches answers, not only the one with the middle.",
    ),
    Mistake(
        "σ to either side",
        partial(assign, reach=0.2),
        "the region is 0.2 times as wide as the box, so it reaches 0.1 to either side.",
    ),
    Mistake(
        "σ left out",
        partial(assign, reach=0.5),
        "it is the middle fifth of the box that counts, and not the whole box.",
    ),
    Mistake(
        "more than nine cells",
        partial(assign, span=partial(near, most=1000)),
        "a large object's region touches many cells, and only those next to the middle's answer.",
    ),
    Mistake(
        "centres of cells",
        partial(assign, span=inside),
        "a cell answers if the region touches it at all; its own centre need not lie inside.",
    ),
    Mistake(
        "rounded",
        partial(assign, span=partial(near, cut=round)),
        "a cell's number is cut, not rounded: 3.9 lies in cell 3.",
    ),
    Mistake(
        "square cells",
        partial(assign, frame=lambda height, width: (width, width)),
        "S cells share the height and S the width, so a wide picture has wide cells.",
    ),
    Mistake(
        "column first",
        partial(assign, channel=lambda i, j, grid: j * grid + i),
        COLUMN_FIRST,
    ),
    Mistake("rows and columns swapped", swapped, SWAPPED),
    Mistake(
        "not in ascending order",
        lambda mask, *rest: [by_columns(mask, level, *rest) for level in range(len(rest[0]))],
        "the channels are right; go through the rows outside and the columns inside.",
    ),
    Mistake(
        "counted from one",
        partial(assign, channel=lambda i, j, grid: i * grid + j + 1),
        FROM_ZERO,
    ),
    Mistake(
        "cells counted from one",
        partial(assign, channel=lambda i, j, grid: (i + 1) * grid + j + 1),
        FROM_ZERO,
    ),
)

TARGETS = Exercise(
    "ch06.targets",
    "Say which channels must draw an object",
    FunctionTask(by_the_package, masks, MISTAKES),
    (
        "Three questions, one after the other: does the object's size lie in the level's range? "
        "Which rows and which columns of its grid does the centre region touch? Which number has "
        "the cell in row i and column j?",
        "rows, columns = mask.nonzero(as_tuple=True) gives the place of every pixel; the middle "
        "is their mean, and the height rows.max() − rows.min() + 1. Row i of the grid is "
        "int(y / mask.shape[0] * S). Ask for the rows of three places: middle − 0.1 · height, "
        "middle, middle + 0.1 · height.",
        "With first, home and last for these three: the rows are range(max(first, home − 1), "
        "min(last, home + 1) + 1), the columns likewise with width and mask.shape[1]. The "
        "channels are i * S + j for all of them, if low <= (width · height) ** 0.5 <= high, and "
        "else none.",
    ),
    answering_channels,
)

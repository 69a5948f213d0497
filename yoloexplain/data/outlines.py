"""Outlines: from polygons and run lengths, as data sets write them, to masks.

They stand between a label file and a scene's masks.
Source: COCO's annotation format (Lin et al. 2014, Microsoft COCO, arXiv 1405.0312).

A pixel belongs to a polygon if its middle lies inside; several polygons of one object add up. Run
lengths count pixels down the columns, off and on in turn; written as text, each number is cut into
pieces of five bits, and from the fourth on only its difference to the last but one is written.

Departures: COCO's own tool fills a polygon on a grid five times as fine and so gives its outline up
to half a pixel more; here a sliver that passes between the middles of pixels has none.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .problems import short
from .record import Masks


@dataclass(frozen=True, eq=False)
class Outline:
    """The shape of one object.

    Attributes
    ----------
    polygons
        Each float64 (P, 2), points (x, y) in pixels.
    runs
        Pixels off, on, off … down the columns, instead of polygons.
    """

    polygons: tuple[NDArray[np.float64], ...] = ()
    runs: tuple[int, ...] = ()

    def mask(self, size: tuple[int, int]) -> Masks:
        """Fill it in: bool (H, W)."""
        if self.runs:
            return mask_of_runs(self.runs, size)
        from skimage.draw import polygon

        inside = np.zeros(size, np.bool_)
        for points in self.polygons:
            # scikit-image has a pixel's middle at whole numbers
            rows, columns = polygon(points[:, 1] - 0.5, points[:, 0] - 0.5, size)
            inside[rows, columns] = True
        return inside

    def box_xyxy(self, size: tuple[int, int]) -> tuple[float, float, float, float]:
        """Smallest box around it, in pixels."""
        if self.runs:
            rows, columns = np.nonzero(self.mask(size))
            if not len(rows):
                return 0.0, 0.0, 0.0, 0.0
            left, right = float(columns.min()), float(columns.max() + 1)
            return left, float(rows.min()), right, float(rows.max() + 1)
        points = np.concatenate(self.polygons)
        (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        return left, top, right, bottom


def mask_of_runs(runs: Sequence[int], size: tuple[int, int]) -> Masks:
    """Run lengths → mask, bool (H, W)."""
    on = np.arange(len(runs)) % 2 == 1
    return np.repeat(on, runs).reshape(size[1], size[0]).T.copy()


def runs_of_text(text: str) -> list[int]:
    """Compressed run lengths → numbers.

    Raises
    ------
    ValueError
        For a character that cannot occur, or a text that ends within a number.
    """
    runs: list[int] = []
    value, shift = 0, 0
    for character in text:
        piece = ord(character) - 48
        if not 0 <= piece < 64:
            raise ValueError(f"compressed run lengths cannot hold the character {character!r}")
        value |= (piece & 31) << shift
        shift += 5
        if not piece & 32:  # the last piece of a number
            if piece & 16:  # which is negative
                value -= 1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value, shift = 0, 0
    if shift:
        raise ValueError("compressed run lengths end within a number")
    return runs


def outline_of(value: Any, size: tuple[int, int]) -> Outline | None:
    """Read a COCO segmentation: polygons, or run lengths as numbers or text; None if it is empty.

    Raises
    ------
    ValueError
        If it is neither, or leaves the image.
    """
    if not value:
        return None
    if isinstance(value, dict):
        return Outline(runs=tuple(_checked_runs(value, size)))
    if not isinstance(value, list):
        raise ValueError(f"segmentation must be polygons or run lengths, got {short(value)}")
    polygons = []
    for points in value:
        values = floats(points)
        if values is None or len(values) < 6 or len(values) % 2:
            raise ValueError(
                f"a polygon must be at least three pairs of numbers, got {short(points)}"
            )
        if not np.isfinite(values).all():
            raise ValueError(f"a polygon must be made of finite numbers, got {short(points)}")
        polygon = np.array(values).reshape(-1, 2)
        (left, top), (right, bottom) = polygon.min(axis=0), polygon.max(axis=0)
        if min(left, top) < -1 or right > size[1] + 1 or bottom > size[0] + 1:
            raise ValueError(
                f"a polygon must lie inside the image of {size[1]} x {size[0]} pixels, got from "
                f"({left:g}, {top:g}) to ({right:g}, {bottom:g})"
            )
        polygons.append(np.clip(polygon, 0, size[::-1]))
    return Outline(tuple(polygons))


def _checked_runs(value: Mapping[str, Any], size: tuple[int, int]) -> list[int]:
    counts = value.get("counts")
    if value.get("size") != list(size):
        raise ValueError(
            f"run lengths must be of the image's size {list(size)}, got {short(value.get('size'))}"
        )
    runs = runs_of_text(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(whole(run) and run >= 0 for run in runs):
        raise ValueError("run lengths must be integers of at least 0, or their compressed text")
    if sum(runs) != math.prod(size):
        raise ValueError(
            f"run lengths must add up to the image's {math.prod(size)} pixels, got {sum(runs)}"
        )
    return runs


def whole(value: object) -> bool:
    """Say whether a value is an integer, which True is not."""
    return isinstance(value, int) and not isinstance(value, bool)


def floats(values: object) -> list[float] | None:
    """A list of numbers as floats, or None if it is none."""
    if not isinstance(values, list) or any(isinstance(value, bool | str) for value in values):
        return None
    try:
        return [float(value) for value in values]
    except (OverflowError, TypeError, ValueError):
        return None

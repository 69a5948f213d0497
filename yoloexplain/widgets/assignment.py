"""Assignment: one box over the grids of three detectors, and who answers for it in each.

It stands between the labels and the losses. Sources: YOLOv1, arXiv 1506.02640, section 2; YOLOv5,
releases 1.0 to 7.0, https://github.com/ultralytics/yolov5; YOLOv3, arXiv 1804.02767, section 2.1;
SOLO, arXiv 1912.04488, section 3.3.1. The numbers are those of ``targets`` of each detector's room.

YOLOv1 asks one cell. YOLOv5 asks, on every level, the anchors that are alike in shape, in the cell
of the centre and two neighbours. SOLO asks the cells around the centre, on the levels whose range
holds the object's size; for SOLO an object is its mask, and here the mask is the filled box.
"""

from collections.abc import Sequence
from typing import Any

import torch
from numpy.typing import ArrayLike, NDArray
from traitlets import Bytes, Float, Int, List

from ..data import photos
from ..figures.check import check_boxes, check_photo, check_positive
from ..figures.picture import Picture
from ..figures.three_assignments import Answers, three_assignments
from ..solo.head import GRIDS, SCALE_RANGES
from ..solo.network import SMALL_GRIDS, SMALL_RANGES
from ..solo.targets import targets as solo_targets
from ..yolov1.targets import encode
from ..yolov5.releases import ANCHORS
from ..yolov5.targets import STEPS, answering, matching
from .base import ExplainerWidget, View, choice, slider
from .data import photo_bytes

LEVELS = ("p2", "p3", "p4", "p5", "p6")
STRIDES = {"p3": 8, "p4": 16, "p5": 32}
RULES = ("YOLOv5 3.0 to 7.0", "YOLOv5 1.0 and 2.0", "YOLOv3")
# shorter side of the image that each is shown, grids, and ranges of √(w·h)
SOLOS = {
    "SOLO, five levels": (800, GRIDS, SCALE_RANGES),
    "small SOLO, three levels": (160, SMALL_GRIDS, SMALL_RANGES),
}
SMALLEST, LARGEST = 64, 640  # pixels along a side of the picture
Cell = tuple[int, int]


class AssignmentView(View):
    """The canvas of ``Assignment``."""

    stem = "assignment"
    photo = Bytes().tag(sync=True)
    box = List(Int()).tag(sync=True)
    threshold = Float().tag(sync=True)
    sigma = Float().tag(sync=True)
    rule = Int().tag(sync=True)
    network = Int().tag(sync=True)
    level = Int().tag(sync=True)


class Assignment(ExplainerWidget):
    """One box to drag: the cells and anchors that answer for it in YOLOv1, YOLOv5 and SOLO.

    Parameters
    ----------
    photo
        uint8 (H, W, 3) as the networks take it: both sides multiples of 32, from 64 to 640. The
        cat of ``photos`` unless given.
    box_xyxy
        Left, top, right, bottom in whole pixels of that photo; the cat's eye unless given.
    label
        Name of the thing in the box.
    threshold
        A YOLOv5 anchor answers if no side is this many times longer or shorter, 1.1 to 8.
    sigma
        Size of SOLO's centre region as a share of the box, 0.05 to 1.
    grid
        S of YOLOv1.

    Raises
    ------
    ValueError
        For a photo of other sides, a box that leaves it or is thinner than four pixels, or a
        number out of range.
    """

    def __init__(
        self,
        photo: ArrayLike | None = None,
        box_xyxy: Sequence[float] | None = None,
        *,
        label: str = "",
        threshold: float = 4.0,
        sigma: float = 0.2,
        grid: int = 7,
    ) -> None:
        if photo is None and box_xyxy is None:
            photo, box_xyxy, label = _eye()
        self.photo = _checked_photo(photo)
        self.grid, self.label = grid, label or "the box"
        _check_numbers(threshold, sigma, grid)
        view = AssignmentView(
            label="One box over three pictures, with the cells that answer for it in YOLOv1, "
            "YOLOv5 and SOLO",
            photo=photo_bytes(self.photo),
            box=_checked_box(box_xyxy, self.photo.shape[:2]),
            threshold=float(threshold),
            sigma=float(sigma),
            table={
                "size": self.photo.shape[:2],
                "label": self.label,
                "grid": grid,
                "levels": [
                    {"name": name, "stride": STRIDES[name], "anchors": shapes}
                    for name, shapes in ANCHORS.items()
                ],
                "solos": [
                    {"side": side, "grids": grids, "ranges": ranges}
                    for side, grids, ranges in SOLOS.values()
                ],
            },
        )
        controls = [
            slider(view, "threshold", "YOLOv5: shape ratio below", 1.1, 8, 0.1),
            slider(view, "sigma", "SOLO: centre region, σ", 0.05, 1, 0.05),
            choice(view, "rule", "anchors by", RULES),
            choice(view, "network", "masks by", list(SOLOS)),
            choice(view, "level", "show", ["all levels", *(name.upper() for name in LEVELS)]),
        ]
        super().__init__(view, controls)

    def yolov1(self) -> Cell:
        """Name the (row, column) that answers, by ``yolov1.targets.encode``."""
        found = encode(self._targets(), 1, self.grid, 1, 1).values[0, ..., 4].nonzero()
        return int(found[0, 0]), int(found[0, 1])

    def yolov5(self) -> dict[str, tuple[list[int], list[Cell]]]:
        """Name anchors and cells a level, by ``yolov5.targets`` as from release 3.0 on."""
        targets, threshold = self._targets(), self.view.threshold
        found = {}
        for level, shapes in ANCHORS.items():
            size = torch.tensor(_grid(self.photo, level)[::-1], dtype=torch.float64)
            sizes, centres = targets[:, 4:] * size, targets[:, 2:4] * size
            anchor, _ = matching(sizes, torch.tensor(shapes) / STRIDES[level], threshold)
            points = centres + centres.new_tensor(STEPS)[answering(centres, size, True)[:, 0]]
            cells = points.long().clamp(min=0).minimum(size.long() - 1).flip(1).tolist()
            found[level] = anchor.tolist(), [(i, j) for i, j in cells] if len(anchor) else []
        return found

    def solo(self) -> dict[str, list[Cell]]:
        """Name the cells a level, by ``solo.targets.targets``, for the SOLO that is chosen."""
        side, grids, ranges = list(SOLOS.values())[self.view.network]
        zoom = side / min(self.photo.shape[:2])
        height, width, x0, y0, x1, y1 = (
            int(value * zoom + 0.5) for value in (*self.photo.shape[:2], *self.view.box)
        )
        mask = torch.zeros(1, height, width, dtype=torch.bool)
        mask[:, y0:y1, x0:x1] = True
        options: dict[str, Any] = {"grids": grids, "scale_ranges": ranges}
        found = solo_targets(
            mask, torch.tensor([0]), [(1, 1)] * len(grids), sigma=self.view.sigma, **options
        )
        return {
            level: [divmod(cell, grid) for cell in one.cells.tolist()]
            for level, grid, one in zip(LEVELS, grids, found, strict=False)
        }

    def facts(self) -> str:
        """Count who answers in each detector."""
        x0, y0, x1, y1 = self.view.box
        row, column = self.yolov1()
        asked = {k: len(anchors) * len(cells) for k, (anchors, cells) in self.yolov5().items()}
        drawn = {level: len(cells) for level, cells in self.solo().items() if cells}
        said = ", ".join(f"{level.upper()} {count}" for level, count in drawn.items())
        return (
            f"{self.label}, {x1 - x0}×{y1 - y0} pixels; YOLOv1 asks row {row}, column {column} of "
            f"{self.grid}×{self.grid}; YOLOv5 asks {sum(asked.values())} predictions "
            f"({', '.join(f'{k.upper()} {v}' for k, v in asked.items())}); "
            f"SOLO asks cells: {said or 'none'}"
        )

    def picture(self) -> Picture:
        """Draw the three pictures, with all levels."""
        _, grids, _ = list(SOLOS.values())[self.view.network]
        yolov5, solo = self.yolov5(), self.solo()
        count = sum(len(anchors) * len(cells) for anchors, cells in yolov5.values())
        listed = sum(map(len, solo.values()))
        detectors = {
            "YOLOv1: 1 cell": [Answers((self.grid, self.grid), [self.yolov1()], "prediction")],
            f"YOLOv5: {count} predictions in these cells": [
                Answers(_grid(self.photo, k), cells, k) for k, (_, cells) in yolov5.items()
            ],
            f"SOLO: {listed} cells, a mask each": [
                Answers((grid, grid), solo[k], k) for k, grid in zip(LEVELS, grids, strict=False)
            ],
        }
        note = "Colours are levels: P2 pink, P3 light blue, P4 green, P5 orange, P6 red."
        title = f"Who answers for {self.label}, in three detectors"
        return three_assignments(self.photo, self.view.box, detectors, title=title, note=note)

    def _targets(self) -> torch.Tensor:
        """Write the box as a row of targets, in double precision."""
        x0, y0, x1, y1 = self.view.box
        height, width = self.photo.shape[:2]
        shares = (x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width
        return torch.tensor([[0, 0, *shares, (y1 - y0) / height]], dtype=torch.float64)


def _eye() -> tuple[NDArray[Any], list[float], str]:
    framed = photos.letterbox(photos.load("chelsea"), (224, 320))
    eye = photos.objects("chelsea")[1]
    return framed.image, framed.apply([eye.box_xyxy])[0].round().tolist(), f"the cat's {eye.label}"


def _grid(photo: NDArray[Any], level: str) -> Cell:
    """Rows and columns of a YOLOv5 level."""
    height, width = photo.shape[:2]
    return height // STRIDES[level], width // STRIDES[level]


def _checked_photo(photo: ArrayLike | None) -> NDArray[Any]:
    if photo is None:
        raise ValueError("a box needs its photo, got none; pass both, or neither for the cat")
    image = check_photo(photo)
    if any(side % 32 or not SMALLEST <= side <= LARGEST for side in image.shape[:2]):
        raise ValueError(
            f"both sides of the photo must be multiples of 32 from {SMALLEST} to {LARGEST}, got "
            f"{image.shape[0]}×{image.shape[1]}; frame it with photos.letterbox(photo, 320).image"
        )
    return image


def _checked_box(box_xyxy: Sequence[float] | None, size: tuple[int, ...]) -> list[int]:
    """Give the box in whole pixels."""
    if box_xyxy is None:
        raise ValueError("box_xyxy must be given with a photo, got none; pass a box of its pixels")
    box = check_boxes([box_xyxy])[0].round().astype(int)
    sides = box[2:] - box[:2]
    if (box < 0).any() or (box[2:] > list(size[::-1])).any() or (sides < 4).any():
        raise ValueError(
            f"the box must lie within {size[1]}×{size[0]} pixels and be at least 4 wide and high, "
            f"got {list(box_xyxy)}; clip it, or take another"
        )
    return list(box.tolist())


def _check_numbers(threshold: float, sigma: float, grid: int) -> None:
    check_positive("grid", grid)
    ranges = {"threshold": (threshold, 1.1, 8), "sigma": (sigma, 0.05, 1), "grid": (grid, 1, 40)}
    for name, (value, low, high) in ranges.items():
        if not low <= value <= high:
            raise ValueError(f"{name} must lie from {low} to {high}, got {value}")

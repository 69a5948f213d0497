"""Grid assignment: which cell answers for a box, and what its slots of the target then hold.

It stands between the labels and YOLOv1's loss. Source: You Only Look Once (Redmon et al. 2015,
arXiv 1506.02640), section 2. Where two centres share a cell the box listed first keeps it, as in
``yolov1.targets.encode``, whose numbers are shown.
"""

from collections.abc import Sequence
from typing import Any

import torch
from numpy.typing import ArrayLike, NDArray
from traitlets import Bytes, Float, Int, List

from ..data import photos
from ..figures.check import check_boxes, check_lengths, check_photo, check_positive
from ..figures.picture import Picture
from ..figures.yolov1 import grid_assignment
from ..yolov1.targets import Encoded, encode
from .base import ExplainerWidget, View, choice, slider
from .data import photo_bytes

LARGEST = 20  # cells along a side
MOST_BOXES, MOST_CLASSES, MOST_OBJECTS = 4, 80, 12
LONGEST = 640  # pixels of the photograph that is sent to the browser


class GridView(View):
    """The canvas of ``GridAssignment``."""

    stem = "grid_assignment"
    photo = Bytes().tag(sync=True)
    boxes = List(List(Float())).tag(sync=True)
    kinds = List(Int()).tag(sync=True)
    grid = Int().tag(sync=True)
    chosen = Int().tag(sync=True)
    kind = Int().tag(sync=True)
    slot = Int().tag(sync=True)


class GridAssignment(ExplainerWidget):
    """Boxes to drag over a photo: the cell of each centre, and the target's slots that it fills.

    Parameters
    ----------
    photo
        uint8 (H, W, 3); a cup of coffee unless given, with its saucer and spoon.
    boxes_xyxy, labels
        (N, 4) in the photo's pixels, and a class name for each; one to twelve.
    classes
        All class names, in order; those of ``labels`` unless given.
    grid
        S, cells along each side.
    num_boxes
        B, boxes that a cell predicts.
    chosen
        Which box to begin with.

    Raises
    ------
    ValueError
        If boxes and labels do not belong together, a box leaves the photo or has no area, a label
        is none of the classes, or a count is out of range.
    """

    def __init__(
        self,
        photo: ArrayLike | None = None,
        boxes_xyxy: ArrayLike | None = None,
        labels: Sequence[str] | None = None,
        *,
        classes: Sequence[str] | None = None,
        grid: int = 7,
        num_boxes: int = 2,
        chosen: int = 0,
    ) -> None:
        if photo is None and boxes_xyxy is None and labels is None:
            photo, boxes_xyxy, labels = _coffee()
        self._photo = check_photo(photos.load("coffee") if photo is None else photo)
        height, width = self._photo.shape[:2]
        names = list(labels) if labels is not None else []
        self._boxes = _checked_boxes(boxes_xyxy, names, height, width)
        self._classes = list(dict.fromkeys(names)) if classes is None else list(classes)
        _check(names, self._classes, grid, num_boxes, chosen)
        self._num_boxes = num_boxes
        kinds = [self._classes.index(name) for name in names]
        view = GridView(
            label="A photograph under a grid, its boxes, and the target of one cell",
            photo=photo_bytes(_smaller(self._photo)),
            boxes=(self._boxes / [width, height, width, height]).tolist(),
            kinds=kinds,
            grid=grid,
            chosen=chosen,
            kind=kinds[chosen],
            table={
                "size": [height, width],
                "classes": self._classes,
                "num_boxes": num_boxes,
                "most": MOST_OBJECTS,
            },
        )
        depth = 5 * num_boxes + len(self._classes)
        controls = [
            slider(view, "grid", "cells along a side, S", 1, LARGEST),
            slider(view, "slot", "slot", 0, depth - 1),
            choice(view, "kind", "class of this box", self._classes),
        ]
        super().__init__(view, controls)

    def encoded(self) -> Encoded:
        """Encode the boxes as they lie now with ``yolov1.targets.encode``."""
        rows = [
            [0, kind, (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0]
            for kind, (x0, y0, x1, y1) in zip(self.view.kinds, self.view.boxes, strict=True)
        ]
        targets = torch.tensor(rows, dtype=torch.float64)
        return encode(targets, 1, self.view.grid, self._num_boxes, len(self._classes))

    def facts(self) -> str:
        """Name the target's shape, and which boxes find their cell free."""
        found = self.encoded()
        names = [self._classes[kind] for kind in self.view.kinds]
        kept = [name for name, free in zip(names, found.kept.tolist(), strict=True) if free]
        lost = [name for name, free in zip(names, found.kept.tolist(), strict=True) if not free]
        shape = "×".join(map(str, found.values.shape[1:]))
        numbers = f"target of {shape} = {found.values.numel():,} numbers"
        return f"{numbers}; kept {', '.join(kept)}; lost {', '.join(lost) or 'none'}"

    def picture(self) -> Picture:
        """Draw the photograph under its grid, and the target of the chosen box."""
        height, width = self._photo.shape[:2]
        boxes = torch.tensor(self.view.boxes).numpy() * [width, height, width, height]
        return grid_assignment(
            self._photo,
            boxes,
            [self._classes[kind] for kind in self.view.kinds],
            grid=self.view.grid,
            boxes_per_cell=self._num_boxes,
            classes=self._classes,
            focus=self.view.chosen,
        )


def _coffee() -> tuple[NDArray[Any], NDArray[Any], list[str]]:
    things = photos.objects("coffee")
    frame = photos.letterbox(photos.load("coffee"), 448)
    boxes = frame.apply([thing.box_xyxy for thing in things])
    return frame.image, boxes, [thing.label for thing in things]


def _checked_boxes(
    boxes_xyxy: ArrayLike | None, labels: Sequence[str], height: int, width: int
) -> NDArray[Any]:
    boxes = check_boxes([] if boxes_xyxy is None else boxes_xyxy)
    check_lengths(boxes=len(boxes), labels=len(labels))
    if not 1 <= len(boxes) <= MOST_OBJECTS:
        raise ValueError(
            f"boxes_xyxy must hold 1 to {MOST_OBJECTS} boxes, got {len(boxes)}; "
            "pass for example [[40, 30, 200, 180]] with labels=['cup']"
        )
    inside = (boxes >= 0).all() and (boxes <= [width, height, width, height]).all()
    if not inside or (boxes[:, 2:] <= boxes[:, :2]).any():
        raise ValueError(
            f"boxes must have an area and lie within the photo of {width}×{height} pixels, got "
            f"{boxes.tolist()}; clip them with boxes.clip(0, size)"
        )
    return boxes


def _check(
    labels: Sequence[str], classes: Sequence[str], grid: int, num_boxes: int, chosen: int
) -> None:
    """Raise a ``ValueError`` for a class that does not exist, or a count out of range."""
    strange = next((name for name in labels if name not in classes), None)
    if strange is not None:
        raise ValueError(f"every label must be among the classes {list(classes)}, got {strange!r}")
    counts = {
        "grid": (grid, LARGEST),
        "num_boxes": (num_boxes, MOST_BOXES),
        "classes": (len(classes), MOST_CLASSES),
    }
    for name, (count, most) in counts.items():
        check_positive(name, count)
        if count > most:
            raise ValueError(f"{name} must be at most {most} to be drawn, got {count}; take fewer")
    if not 0 <= chosen < len(labels):
        raise ValueError(f"chosen must be a box from 0 to {len(labels) - 1}, got {chosen}")


def _smaller(photo: NDArray[Any]) -> NDArray[Any]:
    """Shrink a photograph that is larger than a screen needs."""
    height, width = photo.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    size = max(round(height * scale), 1), max(round(width * scale), 1)
    return photo if scale == 1 else photos.letterbox(photo, size, stride=1).image

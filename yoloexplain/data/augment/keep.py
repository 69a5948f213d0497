"""Keep: which objects are still worth learning after a picture has been cut or shrunk.

It stands behind every augmentation that can lose something, so that all of them lose by one rule.
Source: the three limits as in YOLOv5 (Jocher et al. 2020–2022), releases 1.0 to 7.0,
https://github.com/ultralytics/yolov5, facts only.

Departures: only what is lost counts. There a box of less than two pixels went even where nothing
had been changed; here such a box stays until a change makes it smaller still.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Number = float | int


@dataclass(frozen=True)
class Keep:
    """Which objects are still worth learning after a picture has been cut or shrunk.

    Attributes
    ----------
    min_side
        Pixels of the box's shorter side. With 1, a box of 1×1 pixel stays and a thinner one goes.
    min_share
        How much of the object must still lie in the picture.
    max_aspect
        Longer side over shorter.

    An object never goes for what it was before: a limit that it broke already is not held
    against it. A mask that has lost its last pixel always goes.
    """

    min_side: Number = 1
    min_share: Number = 0.1
    max_aspect: Number = 100

    def __post_init__(self) -> None:
        if self.min_side < 0 or not 0 <= self.min_share <= 1 or self.max_aspect < 1:
            raise ValueError(
                "min_side must be at least 0, min_share from 0 to 1, max_aspect at least 1; got "
                f"{self.min_side}, {self.min_share} and {self.max_aspect}"
            )

    def test(self, before: ArrayLike, after: ArrayLike, shares: ArrayLike) -> NDArray[np.bool_]:
        """Say of each object whether it stays: its box (N, 4) before and after, and its share."""
        short_before, long_before = _sides(before)
        short, long = _sides(after)
        aspect_before = long_before / np.maximum(short_before, 1e-9)
        side_ok = short >= np.minimum(self.min_side, short_before)
        aspect_ok = long <= np.maximum(self.max_aspect, aspect_before) * short * (1 + 1e-6)
        share_ok = np.asarray(shares) >= self.min_share
        return side_ok & aspect_ok & share_ok & ((short > 0) | (short_before <= 0))


KEEP = Keep()


def _sides(boxes_xyxy: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    boxes = np.asarray(boxes_xyxy, np.float64).reshape(-1, 4)
    sides = boxes[:, 2:] - boxes[:, :2]
    return sides.min(axis=1, initial=np.inf), sides.max(axis=1, initial=0)


def area(boxes_xyxy: ArrayLike) -> NDArray[np.float64]:
    """Width times height of boxes (N, 4)."""
    boxes = np.asarray(boxes_xyxy, np.float64).reshape(-1, 4)
    return np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)


def share_left(cut_xyxy: ArrayLike, whole_xyxy: ArrayLike) -> NDArray[np.float64]:
    """Area of cut boxes (N, 4) over that of the whole ones; without area, 1 if nothing was cut."""
    cut, whole = (np.asarray(boxes, np.float64).reshape(-1, 4) for boxes in (cut_xyxy, whole_xyxy))
    same = (cut == whole).all(axis=1)
    return np.where(area(whole) > 0, area(cut) / np.maximum(area(whole), 1e-12), same)

"""Scene: one picture together with what is in it, the record that all data here is handed on in.

It stands between every source of pictures (drawn scenes, users' own folders) and everything that
takes them (augmentation, training, figures).

A box is tight around what can be seen of an object, so where there is a mask, the mask says where
the box lies and nothing else does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Image = NDArray[np.uint8]
Boxes = NDArray[np.float32]
Labels = NDArray[np.int64]
Masks = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and its objects.

    Attributes
    ----------
    image
        uint8 (H, W, 3), RGB.
    boxes_xyxy
        float32 (N, 4), left, top, right, bottom in pixels; a pixel reaches from 0 to 1.
    labels
        int64 (N,), classes from 0.
    masks
        bool (N, H, W), what can be seen of each object; None where only boxes are known.

    Raises
    ------
    ValueError
        If the arrays do not belong together.
    """

    image: Image
    boxes_xyxy: Boxes
    labels: Labels
    masks: Masks | None = None

    def __post_init__(self) -> None:
        if self.image.dtype != np.uint8 or self.image.ndim != 3 or self.image.shape[2] != 3:
            raise ValueError(
                "a scene's image must be a uint8 array (height, width, 3), got "
                f"{self.image.dtype} of shape {self.image.shape}; photos.load gives one"
            )
        shapes = [self.boxes_xyxy.shape, self.labels.shape]
        count = len(self.boxes_xyxy)
        if self.masks is not None:
            shapes.append(self.masks.shape)
        if shapes != [(count, 4), (count,), (count, *self.image.shape[:2])][: len(shapes)]:
            raise ValueError(
                "boxes (N, 4), labels (N,) and masks (N, H, W) must belong together, and to the "
                f"image of shape {self.image.shape}; got {', '.join(map(str, shapes))}"
            )

    def __len__(self) -> int:
        """Number of objects."""
        return len(self.labels)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the image in pixels."""
        return self.image.shape[0], self.image.shape[1]

    @classmethod
    def from_masks(cls, image: Image, masks: Masks, labels: ArrayLike) -> "Scene":
        """Put a scene together from masks: boxes tight around them, empty ones left out."""
        seen = masks.any(axis=(1, 2))
        kept = masks if seen.all() else masks[seen]
        return cls(image, boxes_around(kept), np.asarray(labels, np.int64).reshape(-1)[seen], kept)

    @classmethod
    def from_boxes(cls, image: Image, boxes_xyxy: ArrayLike, labels: ArrayLike) -> "Scene":
        """Put a scene together from boxes alone."""
        boxes = np.asarray(boxes_xyxy, np.float32).reshape(-1, 4)
        return cls(image, boxes, np.asarray(labels, np.int64).reshape(-1))

    def pick(self, index: ArrayLike) -> "Scene":
        """Keep some of the objects, by index or by truth."""
        chosen = np.asarray(index)
        chosen = chosen.astype(np.int64) if chosen.dtype != np.bool_ else chosen
        masks = None if self.masks is None else self.masks[chosen]
        return replace(
            self, boxes_xyxy=self.boxes_xyxy[chosen], labels=self.labels[chosen], masks=masks
        )


def boxes_around(masks: Masks) -> Boxes:
    """Smallest box around each mask, float32 (N, 4); zeros around an empty one.

    Parameters
    ----------
    masks
        bool (N, H, W).
    """
    if not len(masks):
        return np.zeros((0, 4), np.float32)
    sides = []
    for axis in (1, 2):  # which columns, which rows
        seen: NDArray[np.bool_] = np.any(masks, axis=axis)
        first = seen.argmax(axis=1)
        last = seen.shape[1] - seen[:, ::-1].argmax(axis=1)
        sides.append((first, np.where(seen.any(axis=1), last, first)))
    (left, right), (top, bottom) = sides
    return np.stack([left, top, right, bottom], axis=1).astype(np.float32)


def pixels_of(masks: Masks) -> NDArray[np.int64]:
    """Number of pixels of each mask, (N,)."""
    return np.array([np.count_nonzero(mask) for mask in masks], np.int64)


def masks_known(scenes: Sequence[Scene]) -> bool:
    """Say whether all of these scenes know masks; one without objects has none to know."""
    return all(scene.masks is not None or not len(scene) for scene in scenes)

"""Results: what a detector says in the end, and how it says it.

They stand after the decode. ``select`` turns a few thousand scored boxes into the few that count,
``Detections`` holds those of one image, ``Instances`` adds a mask each. Both draw themselves and
write COCO's result rows (Microsoft COCO, Lin et al. 2014, arXiv 1405.0312).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from importlib import import_module
from itertools import pairwise
from typing import Any, TypeVar

import torch
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike
from torch import Tensor

from .boxes import Boxes, Values, iou, nms, xyxy_to_xywh

Kind = TypeVar("Kind", bound="Detections")  # picking some of a kind gives the same kind
MAX_CANDIDATES = 30_000  # as YOLOv5 has it; more would only be slow
BLOCK = 256  # candidates that compete at a time


@dataclass(frozen=True, eq=False)
class Detections:
    """Boxes of one image with a score and a class each, best first if ``select`` made them.

    Attributes
    ----------
    boxes_xyxy, scores, labels
        (N, 4) in pixels of the image; (N,) from 0 to 1; (N,) classes from 0.
    image_size
        (height, width) of the image that the pixels belong to, where it is known.
    names
        Of the classes, in order; without them a class is shown by its number.

    Raises
    ------
    ValueError
        If the lists do not belong together.
    """

    boxes_xyxy: Float[Tensor, "n 4"]
    scores: Float[Tensor, "n"]
    labels: Int[Tensor, "n"]
    image_size: tuple[int, int] | None = field(default=None, kw_only=True)
    names: tuple[str, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        shapes = [tuple(part.shape) for part in (self.boxes_xyxy, self.scores, self.labels)]
        count = len(self.boxes_xyxy)
        if shapes != [(count, 4), (count,), (count,)]:
            raise ValueError(
                "boxes (N, 4), scores (N,) and labels (N,) must belong together, got "
                f"{shapes[0]}, {shapes[1]} and {shapes[2]}; pass a score and a label a box"
            )
        if self.names and count:
            low, high = int(self.labels.min()), int(self.labels.max())
            if low < 0 or high >= len(self.names):
                raise ValueError(
                    f"labels must lie from 0 to {len(self.names) - 1}, for which there are names, "
                    f"got {low} to {high}; pass the names of all classes"
                )

    def __len__(self) -> int:
        return len(self.scores)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)}: {', '.join(self.captions())})"

    def __getitem__(self: Kind, index: Int[Tensor, "m"] | Bool[Tensor, "n"] | slice) -> Kind:
        """Pick some of them by index, mask or slice."""
        parts = ((part.name, getattr(self, part.name)) for part in fields(self))
        picked: dict[str, Any] = {name: v[index] for name, v in parts if isinstance(v, Tensor)}
        return replace(self, **picked)

    def above(self: Kind, score: float) -> Kind:
        """Keep those with a higher score."""
        return self[self.scores > score]

    def captions(self) -> list[str]:
        """Name and score of each, such as ``"car 0.91"``."""
        pairs = zip(self.labels.tolist(), self.scores.tolist(), strict=True)
        return [f"{self.names[label] if self.names else label} {s:.2f}" for label, s in pairs]

    def figure(self, photo: ArrayLike) -> Any:
        """Draw them as a ``Picture`` upon the image, uint8 (H, W, 3)."""
        return self._draw(photo)

    def _draw(self, photo: ArrayLike, masks: Tensor | None = None) -> Any:
        room = import_module("yoloexplain.figures.detections")  # matplotlib, only when asked for
        boxes, labels = self.boxes_xyxy.detach().cpu().numpy(), self.labels.cpu().numpy()
        seen = None if masks is None else masks.cpu().numpy()
        return room.detections_on_photo(
            photo, boxes, labels, self.captions(), masks=seen, image_size=self.image_size
        )

    def to_coco(
        self, image_id: int, category_ids: Sequence[int] | None = None
    ) -> list[dict[str, Any]]:
        """Write COCO result rows: image, category, box (x, y, w, h) and score.

        Parameters
        ----------
        image_id, category_ids
            Number of the image in the annotation file, and of each class in order; the labels
            themselves unless given.
        """
        boxes = xyxy_to_xywh(self.boxes_xyxy.detach().double()).tolist()
        labels = self.labels.tolist()
        return [
            {
                "image_id": image_id,
                "category_id": label if category_ids is None else category_ids[label],
                "bbox": box,
                "score": score,
            }
            for box, label, score in zip(boxes, labels, self.scores.tolist(), strict=True)
        ]


@dataclass(frozen=True, eq=False, repr=False)
class Instances(Detections):
    """Detections with a mask each.

    Attributes
    ----------
    masks
        (N, H, W), true inside the object, in pixels of the image.
    """

    masks: Bool[Tensor, "n h w"]

    def __post_init__(self) -> None:
        super().__post_init__()
        size = self.image_size or tuple(self.masks.shape[1:])
        if tuple(self.masks.shape) != (len(self), *size):
            raise ValueError(
                f"masks must have shape ({len(self)}, {', '.join(map(str, size))}): one an object, "
                f"in pixels of the image; got {tuple(self.masks.shape)}"
            )

    def figure(self, photo: ArrayLike) -> Any:
        """Draw masks and boxes as a ``Picture`` upon the image, uint8 (H, W, 3)."""
        return self._draw(photo, self.masks)

    def to_coco(
        self, image_id: int, category_ids: Sequence[int] | None = None
    ) -> list[dict[str, Any]]:
        """Write COCO result rows, with the mask of each as uncompressed run lengths."""
        rows = super().to_coco(image_id, category_ids)
        for row, mask in zip(rows, self.masks, strict=True):
            row["segmentation"] = {"size": list(mask.shape), "counts": run_lengths(mask)}
        return rows


def run_lengths(mask: Bool[Tensor, "h w"]) -> list[int]:
    """Count a mask's pixels column by column: how many are off, then on, then off, and so on.

    The first count is of pixels that are off, and is 0 where the first pixel is on. This is COCO's
    uncompressed run-length encoding.
    """
    column_major = mask.T.flatten()
    changes = (column_major[1:] != column_major[:-1]).nonzero().flatten() + 1
    ends = [0, *changes.tolist(), len(column_major)]
    lengths = [end - start for start, end in pairwise(ends)]
    return [0, *lengths] if bool(column_major[:1].any()) else lengths


def boxes_around(masks: Bool[Tensor, "n h w"]) -> Boxes:
    """Smallest box (x0, y0, x1, y1) around each mask, in pixels; zeros around an empty one."""
    sides = []
    for seen in (masks.any(dim=1), masks.any(dim=2)):  # which columns, which rows
        first = seen.int().argmax(dim=1)
        last = seen.shape[1] - seen.flip(1).int().argmax(dim=1)
        sides.append((first, torch.where(seen.any(dim=1), last, first)))
    (left, right), (top, bottom) = sides
    return torch.stack([left, top, right, bottom], dim=1).float()


def select(
    boxes_xyxy: Float[Tensor, "n 4"],
    class_scores: Float[Tensor, "n k"],
    confidence: float = 0.25,
    iou_threshold: float = 0.45,
    *,
    multi_label: bool = False,
    agnostic: bool = False,
    max_detections: int = 300,
    image_size: tuple[int, int] | None = None,
    names: tuple[str, ...] = (),
) -> Detections:
    """Keep the boxes that are sure enough and that no better one of their class overlaps.

    Parameters
    ----------
    boxes_xyxy, class_scores
        In pixels, and the score of each class for each box.
    confidence, iou_threshold
        Lowest score, itself excluded; drop a box whose IoU with a better one is larger.
    multi_label
        Let a box stand for every class that is sure enough, not for its best one only.
    agnostic
        Let boxes of different classes suppress one another.
    max_detections, image_size, names
        Keep at most so many; what the results know of the image and the classes.

    Raises
    ------
    ValueError
        For a threshold outside [0, 1].
    """
    for name, value in (("confidence", confidence), ("IoU", iou_threshold)):
        if not 0 <= value <= 1:
            raise ValueError(f"the {name} threshold must lie in [0, 1], got {value}; pass 0.45")
    if multi_label:
        row, label = (class_scores > confidence).nonzero(as_tuple=True)
        score = class_scores[row, label]
    else:
        best, labels = class_scores.max(dim=1)
        row = (best > confidence).nonzero().flatten()
        score, label = best[row], labels[row]
    order = score.argsort(descending=True, stable=True)[:MAX_CANDIDATES]
    boxes, score, label = boxes_xyxy[row[order]], score[order], label[order]
    rivals = torch.zeros_like(label) if agnostic else label
    kept = keep_best(boxes, score, rivals, iou_threshold, max_detections)
    return Detections(boxes[kept], score[kept], label[kept], image_size=image_size, names=names)


def keep_best(
    ranked_xyxy: Boxes, scores: Values, labels: Int[Tensor, "n"], threshold: float, limit: int
) -> Int[Tensor, "m"]:
    """Greedy NMS over boxes ranked best first, until ``limit`` are kept.

    ``boxes.nms`` lays out every box against every box, which takes gigabytes for 30,000 of them.
    Block by block the rule is the same: drop what a kept box beats, then let the rest compete.
    """
    kept = labels.new_zeros(0)
    for block in torch.arange(len(labels), device=labels.device).split(BLOCK):
        overlap = iou(ranked_xyxy[block][:, None], ranked_xyxy[kept])
        beaten = (overlap > threshold) & (labels[block][:, None] == labels[kept])
        left = block[~beaten.any(dim=1)]
        best = nms(ranked_xyxy[left], scores[left], threshold, labels[left])
        kept = torch.cat([kept, left[best]])
        if len(kept) >= limit:
            break
    return kept[:limit]

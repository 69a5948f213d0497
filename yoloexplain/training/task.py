"""Task: what a network makes of a batch, told the same way for classifiers and detectors.

It stands between the training, which knows no detector, and the detectors, which know no training.
Each adapter says how a batch becomes targets and a loss, and raw values become results.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .. import solo, yolov1, yolov5
from ..backbones.classifier import Classifier
from ..layers.check import check_choice
from ..results import Detections
from .batches import Batch

Terms = dict[str, Tensor]
# Fewer, surer candidates than YOLOv5's 0.001 and 30,000: COCO's mAP looks at 100 an image anyway.
MEASURED = {"confidence": 0.005, "iou": 0.6, "max_detections": 100}


class Task(ABC):
    """One network's way from a batch to a loss.

    Attributes
    ----------
    names
        Of the classes.
    """

    def __init__(self, model: nn.Module, names: Sequence[str], image_size: int) -> None:
        self.model, self.names, self.image_size = model, tuple(names), image_size

    @abstractmethod
    def loss(self, raw: Any, batch: Batch) -> Terms:
        """Measure raw values against a batch, term by term; the sum is what is minimised."""

    def prepare(self, sizes: Tensor, seed: int) -> str:
        """Fit the network to the boxes (N, 2) of the training, in pixels; say what was done."""
        return ""


class ClassifierTask(Task):
    """A classifier: what is the one thing in a picture?"""

    def loss(self, raw: Any, batch: Batch) -> Terms:
        """Cross-entropy."""
        return {"classes": F.cross_entropy(raw, self.wanted(batch))}

    def wanted(self, batch: Batch) -> Tensor:
        """Class of each picture.

        Raises
        ------
        ValueError
            If a picture shows more than one thing, or none.
        """
        counts = [len(labels) for labels in batch.labels()]
        if set(counts) != {1}:
            number, count = next((n, c) for n, c in zip(batch.numbers, counts, strict=True)
                                 if c != 1)  # fmt: skip
            raise ValueError(
                f"a classifier learns from pictures of one thing each, got {count} in scene "
                f"{number}; pass --data things, or train a detector"
            )
        return torch.cat(batch.labels())


class DetectorTask(Task):
    """One detector's way from a batch to a loss, and from raw values to results.

    Attributes
    ----------
    has_masks
        Whether results are instances, judged by their masks too.
    """

    has_masks = False

    @abstractmethod
    def decode(
        self, raw: Any, size: tuple[int, int], confidence: float, iou: float, **options: Any
    ) -> list[Detections]:
        """Turn raw values into results, image by image, in pixels of the input."""

    def measured(self, raw: Any, size: tuple[int, int]) -> list[Detections]:
        """Decode as for mAP, which wants to see unsure answers too."""
        return self.decode(raw, size, **MEASURED, multi_label=True)


class YOLOv5Task(DetectorTask):
    """YOLOv5, all releases."""

    model: yolov5.YOLOv5

    def __init__(
        self, model: nn.Module, names: Sequence[str], image_size: int, label_smoothing: float = 0.0
    ) -> None:
        super().__init__(model, names, image_size)
        usual = yolov5.Hyperparameters.of(self.model.release, self.model.size)
        smooth = {"label_smoothing": label_smoothing}
        scaled = usual.scaled(self.model, image_size)
        self.hyperparameters = type(usual)(**{**vars(scaled), **smooth})

    def loss(self, raw: Any, batch: Batch) -> Terms:
        """Box, objectness and class term."""
        terms = yolov5.loss(raw, batch.targets, self.model, self.hyperparameters)
        # The releases stepped along the sum times the batch; a norm-clipped step needs no factor,
        # but SGD's usual rate was tuned with it.
        return {name: term * len(batch.images) for name, term in terms._asdict().items()}

    def decode(
        self, raw: Any, size: tuple[int, int], confidence: float, iou: float, **options: Any
    ) -> list[Detections]:
        """Boxes after greedy NMS."""
        decoded = yolov5.decode(raw, self.model)
        return yolov5.non_max_suppression(
            decoded, confidence, iou, image_size=size, names=self.names, **options
        )

    def prepare(self, sizes: Tensor, seed: int) -> str:
        """Give the head better anchors, if its own suit too few boxes."""
        if not len(sizes):
            return "no labelled box: anchors stay as they are"
        threshold = self.hyperparameters.anchor_threshold
        before, after = yolov5.improve_anchors(self.model.head, sizes, threshold, seed=seed)
        if before == after:
            return f"anchors suit {before.best_possible_recall:.1%} of the boxes and stay"
        return (
            f"new anchors suit {after.best_possible_recall:.1%} of the boxes, "
            f"before {before.best_possible_recall:.1%}"
        )


class YOLOv1Task(DetectorTask):
    """YOLOv1: any network whose output is a grid (B, rows, columns, D)."""

    def __init__(
        self, model: nn.Module, names: Sequence[str], image_size: int, num_boxes: int = 2
    ) -> None:
        super().__init__(model, names, image_size)
        self.num_boxes = num_boxes

    def loss(self, raw: Any, batch: Batch) -> Terms:
        """The paper's five sums."""
        grid = (raw.shape[1], raw.shape[2])
        encoded = yolov1.encode(batch.targets, len(raw), grid, self.num_boxes, len(self.names))
        return yolov1.loss(raw, encoded, self.num_boxes)._asdict()

    def decode(
        self, raw: Any, size: tuple[int, int], confidence: float, iou: float, **options: Any
    ) -> list[Detections]:
        """Boxes after greedy NMS."""
        decoded = yolov1.decode(raw, size, self.num_boxes, len(self.names))
        return yolov1.non_max_suppression(
            decoded, confidence, iou, image_size=size, names=self.names, **options
        )

    def measured(self, raw: Any, size: tuple[int, int]) -> list[Detections]:
        """Decode as for mAP, with a lower IoU: at 0.6 too many doubles are left."""
        return self.decode(raw, size, **MEASURED | {"iou": 0.5}, multi_label=True)


class SOLOTask(DetectorTask):
    """SOLO with either head.

    Scale ranges were made for images of a certain size and shrink with the image, so that all
    levels have objects to learn from.
    """

    model: solo.SOLO
    has_masks = True

    def loss(self, raw: Any, batch: Batch) -> Terms:
        """Dice loss of the masks and focal loss of the categories."""
        if batch.masks is None:
            raise ValueError(
                "SOLO learns from masks, got boxes alone in the batch of scenes "
                f"{', '.join(map(str, batch.numbers[:4]))}; label outlines, or train a YOLO"
            )
        maps = raw.masks if hasattr(raw, "masks") else raw.masks_x
        sizes = [tuple(values.shape[-2:]) for values in maps]
        grids = [values.shape[-1] for values in raw.categories]
        wanted = [
            solo.targets(masks, labels, sizes, grids=grids, scale_ranges=self.scale_ranges())
            for masks, labels in zip(batch.masks, batch.labels(), strict=True)
        ]
        return solo.loss(raw, wanted)._asdict()

    def scale_ranges(self) -> list[tuple[int, int]]:
        """Range of √(w·h) in pixels that each level answers for; the last has no upper end."""
        share = self.image_size / self.model.side
        *ranges, (low, high) = self.model.scale_ranges
        scaled = [(max(round(a * share), 1), max(round(b * share), 1)) for a, b in ranges]
        return [*scaled, (max(round(low * share), 1), high)]

    def decode(
        self, raw: Any, size: tuple[int, int], confidence: float, iou: float, **options: Any
    ) -> list[Detections]:
        """Instances after Matrix NMS, which takes no IoU threshold."""
        limit, strides = options.get("max_detections", 100), self.model.smallest
        # A score has decayed by the end: what is shown must be sure enough after that, too.
        found = solo.decode(raw, size, strides=strides, confidence=min(confidence, 0.1),
                            update_threshold=confidence, max_detections=limit,
                            names=self.names)  # fmt: skip
        return list(found)

    def measured(self, raw: Any, size: tuple[int, int]) -> list[Detections]:
        """Decode with SOLO's own thresholds."""
        return list(solo.decode(raw, size, strides=self.model.smallest, names=self.names))


KINDS = ("classifier", "yolov1", "yolov5", "solo")


def kind_of(model: nn.Module) -> str:
    """Name a network's kind, ``"yolov1"`` for any that is none of the others."""
    if isinstance(model, Classifier):
        return "classifier"
    if isinstance(model, yolov5.YOLOv5):
        return "yolov5"
    return "solo" if isinstance(model, solo.SOLO) else "yolov1"


def task_of(
    model: nn.Module,
    names: Sequence[str],
    image_size: int,
    *,
    kind: str | None = None,
    label_smoothing: float = 0.0,
    num_boxes: int = 2,
) -> Task:
    """Find the adapter for a network.

    Parameters
    ----------
    model
        The bare network, not wrapped for several processes.
    names
        Of the classes; their number must be the network's.
    image_size
        Side of the pictures, in pixels.
    kind
        One of ``KINDS``; read off the network unless given.
    label_smoothing
        For YOLOv5.
    num_boxes
        Boxes a cell, for YOLOv1.

    Raises
    ------
    ValueError
        For another kind, or a network for other classes.
    """
    chosen = kind or kind_of(model)
    check_choice("kind", chosen, KINDS)
    built = getattr(model, "num_classes", len(names))
    if not names or built != len(names):
        raise ValueError(
            f"a network must be built for the data's {len(names)} classes, got one for {built}; "
            f"pass num_classes={len(names)} and the names of all classes"
        )
    if chosen == "classifier":
        return ClassifierTask(model, names, image_size)
    if chosen == "yolov5":
        return YOLOv5Task(model, names, image_size, label_smoothing)
    if chosen == "solo":
        return SOLOTask(model, names, image_size)
    return YOLOv1Task(model, names, image_size, num_boxes)


@torch.no_grad()
def check_fit(task: Task, device: torch.device) -> None:
    """Ask the network once for an image of the training's size, so that a misfit shows at once."""
    was_training = task.model.training
    task.model.eval()
    side = task.image_size
    image = torch.zeros(1, getattr(task.model, "in_channels", 3), side, side, device=device)
    raw = task.model(image)
    if isinstance(task, DetectorTask):
        task.measured(raw, (side, side))
    task.model.train(was_training)

"""Evaluation: how good a detector is, in the numbers that papers print.

It stands at the end of the way, where results meet what is really there.
Source: Microsoft COCO (Lin et al. 2014, arXiv 1405.0312), measured by its authors' own pycocotools.

Results are ranked by score; each is right if it overlaps an object of its class that nobody found
before. mAP50 asks for an IoU of 0.5; mAP50-95 is the mean over ten thresholds from there to 0.95.

Departure: boxes are compared in the pixels of the framed picture. Overlaps are the same there as in
the original, since the frame scales both sides alike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..boxes import iou as box_iou
from ..data.record import Scene
from ..results import Detections
from .accuracy import Accuracy, measure_accuracy
from .average_precision import Numbers, best_point, by_image, ground_truth, mean_of, measure
from .batches import Batch, in_order
from .settings import Settings
from .task import ClassifierTask, DetectorTask, Task

SURE, OVERLAP = 0.25, 0.45  # what the confusion matrix counts as a result, and as a hit


@dataclass(frozen=True, eq=False)
class Scores:
    """How good a detector is.

    Attributes
    ----------
    map50, map50_95
        Mean average precision of the boxes.
    mask_map50, mask_map50_95
        The same of the masks; None where there are none.
    per_class
        mAP50-95 of each class by name, NaN for one that no picture shows; of the masks, if any.
    precision, recall
        (K, 101) precision at IoU 0.5 at the recalls 0, 0.01, … 1, and (101,) those recalls; of the
        masks, if any.
    best_precision, best_recall, best_score
        At the score where the mean F1 over the classes is highest.
    confusion
        (K + 1, K + 1): rows are what was found, columns what is there; the last of either is
        background. Boxes surer than 0.25, IoU above 0.45.
    names
        Of the classes.
    images
        How many were looked at.
    """

    map50: float
    map50_95: float
    mask_map50: float | None
    mask_map50_95: float | None
    per_class: dict[str, float]
    precision: Numbers
    recall: Numbers
    best_precision: float
    best_recall: float
    best_score: float
    confusion: NDArray[np.int64]
    names: tuple[str, ...]
    images: int

    @property
    def fitness(self) -> float:
        """What the best epoch is chosen by: mAP50-95, of the masks if there are any."""
        return self.map50_95 if self.mask_map50_95 is None else self.mask_map50_95

    def row(self) -> dict[str, float]:
        """Write the main numbers down for a table."""
        row = {
            "precision": self.best_precision,
            "recall": self.best_recall,
            "map50": self.map50,
            "map50_95": self.map50_95,
        }
        if self.mask_map50 is not None and self.mask_map50_95 is not None:
            row |= {"mask_map50": self.mask_map50, "mask_map50_95": self.mask_map50_95}
        return row

    def line(self) -> str:
        """Write the main numbers in a line."""
        words = f"{self.images} images: mAP50 {self.map50:.3f}, mAP50-95 {self.map50_95:.3f}"
        if self.mask_map50 is not None:
            words += f", masks {self.mask_map50:.3f} and {self.mask_map50_95:.3f}"
        return (
            f"{words}, precision {self.best_precision:.3f} and recall {self.best_recall:.3f} "
            f"at score {self.best_score:.2f}"
        )


def evaluate(
    task: Task, scenes: Sequence[Scene], settings: Settings, *, model: nn.Module | None = None
) -> Scores | Accuracy:
    """Ask a network about every scene, and measure its answers.

    Parameters
    ----------
    task
        Of the network.
    scenes
        Unseen ones, if the numbers are to mean something.
    settings
        Image size, batch and workers count.
    model
        To ask another network of the same form, the running mean for example.

    Raises
    ------
    ValueError
        Without any labelled object.
    """
    if isinstance(task, ClassifierTask):
        return measure_accuracy(task, scenes, settings, task.model if model is None else model)
    assert isinstance(task, DetectorTask)
    truths: list[Batch] = []
    found: list[Detections] = []
    for batch, results in answers(task, in_order(scenes, settings), model):
        truths.append(batch)
        found += [only_cpu(result) for result in results]
    return score(truths, found, task.names, masks=task.has_masks)


@torch.no_grad()
def answers(
    task: DetectorTask, batches: Iterable[Batch], model: nn.Module | None = None
) -> Iterable[tuple[Batch, list[Detections]]]:
    """Yield each batch with what the network makes of it; the network's mode is put back."""
    asked = task.model if model is None else model
    device = next(asked.parameters()).device
    was_training = asked.training
    asked.eval()
    try:
        for batch in batches:
            yield batch, task.measured(asked(batch.images.to(device)), batch.size)
    finally:
        asked.train(was_training)


def only_cpu(result: Detections) -> Detections:
    """Take a result off the device."""
    parts: dict[str, Any] = {
        part.name: getattr(result, part.name).cpu()
        for part in fields(result)
        if isinstance(getattr(result, part.name), Tensor)
    }
    return replace(result, **parts)


def score(
    truths: Sequence[Batch],
    found: Sequence[Detections],
    names: Sequence[str],
    *,
    masks: bool = False,
) -> Scores:
    """Measure results against labelled batches; ``found`` has one entry an image, in order."""
    truth, confusion = ground_truth(truths, names, masks), np.zeros(2 * (len(names) + 1,), np.int64)
    if not truth["annotations"]:
        raise ValueError(
            f"an evaluation needs at least one labelled object, got {len(found)} images without; "
            "choose another part of the data"
        )
    rows = [row for i, result in enumerate(found) for row in result.to_coco(i)]
    flat = (boxes for batch in truths for boxes in by_image(batch))
    for result, (boxes, labels) in zip(found, flat, strict=True):
        count_confusions(confusion, result, boxes, labels)
    boxes_measured = measure(truth, rows, "bbox")
    masks_measured = measure(truth, rows, "segm") if masks else None
    chosen = masks_measured or boxes_measured
    best = best_point(chosen["precision"][0], chosen["scores"][0])
    return Scores(
        mean_of(boxes_measured["precision"][0]),
        mean_of(boxes_measured["precision"]),
        mean_of(masks_measured["precision"][0]) if masks_measured else None,
        mean_of(masks_measured["precision"]) if masks_measured else None,
        {name: mean_of(chosen["precision"][:, :, k]) for k, name in enumerate(names)},
        np.where(chosen["precision"][0] < 0, np.nan, chosen["precision"][0]).T,
        np.linspace(0, 1, 101),
        *best,
        confusion,
        tuple(names),
        len(found),
    )


def count_confusions(
    confusion: NDArray[np.int64], result: Detections, boxes: Tensor, labels: Tensor
) -> None:
    """Add one image to a confusion matrix: the best overlaps are matched first, each once."""
    sure = result.above(SURE)
    background = len(confusion) - 1
    overlap = box_iou(sure.boxes_xyxy[:, None].float(), boxes)
    free_found, free_truth = set(range(len(sure))), set(range(len(boxes)))
    for place in overlap.flatten().argsort(descending=True, stable=True).tolist():
        i, j = divmod(place, len(boxes))
        if overlap[i, j] <= OVERLAP:
            break
        if i in free_found and j in free_truth:
            free_found.remove(i)
            free_truth.remove(j)
            confusion[int(sure.labels[i]), int(labels[j])] += 1
    for i in free_found:
        confusion[int(sure.labels[i]), background] += 1
    for j in free_truth:
        confusion[background, int(labels[j])] += 1

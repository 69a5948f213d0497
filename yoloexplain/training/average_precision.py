"""Average precision: ranked results against what is really there, counted by pycocotools.

It stands under ``evaluation``, which asks the network: labelled batches and COCO result rows come
in, precision at every recall goes out.
Source: Microsoft COCO (Lin et al. 2014, arXiv 1405.0312), measured by its authors' own pycocotools.
"""

import contextlib
import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..boxes import xyxy_to_xywh
from ..results import run_lengths
from .batches import Batch

Numbers = NDArray[np.float64]


def by_image(batch: Batch) -> Iterable[tuple[Tensor, Tensor]]:
    """Yield boxes (x0, y0, x1, y1) in pixels and classes of each image."""
    height, width = batch.size
    for i in range(len(batch.numbers)):
        rows = batch.targets[batch.targets[:, 0] == i]
        centre, size = rows[:, 2:4], rows[:, 4:]
        corners = torch.cat([centre - size / 2, centre + size / 2], dim=1)
        yield corners * corners.new_tensor([width, height, width, height]), rows[:, 1].long()


def ground_truth(truths: Sequence[Batch], names: Sequence[str], masks: bool) -> dict[str, Any]:
    """Write labelled batches as a COCO annotation file would."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for batch in truths:
        height, width = batch.size
        for i, (boxes, labels) in enumerate(by_image(batch)):
            for k, (box, label) in enumerate(zip(boxes, labels.tolist(), strict=True)):
                x, y, w, h = xyxy_to_xywh(box.double()).tolist()
                entry: dict[str, Any] = {
                    "id": len(annotations) + 1,  # 0 would count as unmatched
                    "image_id": len(images),
                    "category_id": label,
                    "bbox": [x, y, w, h],
                    "area": w * h,
                    "iscrowd": 0,
                }
                if masks and batch.masks is not None:
                    mask = batch.masks[i][k]
                    entry["area"] = int(mask.sum())
                    entry["segmentation"] = {"size": [height, width], "counts": run_lengths(mask)}
                annotations.append(entry)
            images.append({"id": len(images), "height": height, "width": width})
    categories = [{"id": k, "name": name} for k, name in enumerate(names)]
    return {"info": {}, "images": images, "annotations": annotations, "categories": categories}


def measure(truth: dict[str, Any], rows: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """Let pycocotools compare, quietly.

    Returns
    -------
    ``precision`` and ``scores``: (10 thresholds, 101 recalls, K), −1 for a class without objects.
    """
    from pycocotools.coco import COCO  # type: ignore[import-untyped]
    from pycocotools.cocoeval import COCOeval  # type: ignore[import-untyped]

    if not rows:
        shape = (10, 101, len(truth["categories"]))
        there = {entry["category_id"] for entry in truth["annotations"]}
        precision = np.full(shape, -1.0)
        precision[:, :, sorted(there)] = 0.0
        return {"precision": precision, "scores": np.zeros(shape)}
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO()
        known.dataset = truth
        known.createIndex()
        evaluation = COCOeval(known, known.loadRes(rows), kind)
        evaluation.evaluate()
        evaluation.accumulate()
    # Axes: thresholds, recalls, classes, areas (the first is all), detections (the last is 100).
    return {name: evaluation.eval[name][:, :, :, 0, -1] for name in ("precision", "scores")}


def mean_of(precision: Numbers) -> float:
    """Mean without the classes that no picture shows."""
    known = precision[precision > -1]
    return float(known.mean()) if known.size else float("nan")


def best_point(precision: Numbers, scores: Numbers) -> tuple[float, float, float]:
    """Precision, recall and score where the classes' mean F1, read off the curves, is highest."""
    known = precision[0] > -1
    recalls = np.linspace(0, 1, 101)[:, None]
    heights, at = precision[:, known], scores[:, known]
    best = (0.0, 0.0, 0.0)
    highest = 0.0
    for limit in np.linspace(0.01, 0.99, 99):
        # the curve's last point that is still surer than the limit, for each class
        last = (((at >= limit) & (heights > 0)).sum(axis=0) - 1).clip(min=0)
        reached = at[0] >= limit
        p = np.where(reached, np.take_along_axis(heights, last[None], axis=0)[0], 0.0)
        r = np.where(reached, recalls[last, 0], 0.0)
        f1 = float((2 * p * r / np.maximum(p + r, 1e-12)).mean())
        if f1 > highest:
            highest, best = f1, (float(p.mean()), float(r.mean()), float(limit))
    return best

"""Chapter 0, fourth exercise: the five terms of YOLOv1's loss, for one cell.

It stands beside the path from image to picture, under ``ch00``.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from .. import yolov1
from ..boxes import cxcywh_to_xyxy, iou
from .exercise import Mistake

Terms = dict[str, Any]


def cell_loss(predicted: Tensor, target: Tensor) -> dict[str, Tensor]:
    """A solution of ch00.loss."""
    boxes, true = predicted[:10].reshape(2, 5), target[:5]
    drawn = torch.cat([boxes[:, :2] / 7, boxes[:, 2:4] ** 2], dim=1)  # both in shares of the image
    wanted = torch.cat([true[:2] / 7, true[2:4]])
    overlap = iou(cxcywh_to_xyxy(drawn), cxcywh_to_xyxy(wanted))
    there = target[4]  # 1, or 0 in an empty cell
    mine = there * (torch.arange(2) == overlap.argmax())  # 1 for the responsible box
    place = ((boxes[:, :2] - true[:2]) ** 2).sum(dim=1)
    size = ((boxes[:, 2:4] - true[2:4] ** 0.5) ** 2).sum(dim=1)
    return {
        "centre": 5 * (mine * place).sum(),
        "size": 5 * (mine * size).sum(),
        "objectness": (mine * (boxes[:, 4] - overlap) ** 2).sum(),
        "background": 0.5 * ((1 - mine) * boxes[:, 4] ** 2).sum(),
        "classes": there * ((predicted[10:] - target[10:]) ** 2).sum(),
    }


def terms(predicted: Tensor, target: Tensor) -> Terms:
    """The package's own loss of a grid in which all other cells are empty and silent."""
    raw, values = torch.zeros(2, 1, 7, 7, 30, dtype=torch.float64)
    raw[0, 3, 3], values[0, 3, 3] = predicted, target
    kept = torch.ones(1, dtype=torch.bool)
    return yolov1.loss(raw, yolov1.Encoded(values, kept))._asdict()


def overlaps(boxes: Tensor, true: Tensor, *, cells: float = 7, power: int = 2) -> Tensor:
    """IoU of both boxes with the truth; by a wrong rule, if asked."""
    drawn = torch.cat([boxes[:, :2] / cells, boxes[:, 2:4] ** power], dim=1)
    wanted = torch.cat([true[:2] / cells, true[2:4]])
    return iou(cxcywh_to_xyxy(drawn), cxcywh_to_xyxy(wanted))


def miscounted(
    predicted: Tensor,
    target: Tensor,
    *,
    overlap: Callable[..., Tensor] = overlaps,
    choose: Callable[..., Any] = lambda overlap, confidence: overlap.argmax(),
    size: Callable[..., Tensor] = lambda roots, true: roots - true**0.5,
    wanted: Callable[[Tensor], Any] = lambda overlap: overlap,
    idle: Callable[..., Any] = lambda mine, there: 1 - mine,
    occupied: Callable[[Tensor], Any] = lambda there: there,
    weights: tuple[float, float] = (5, 0.5),
    owners: float = 1,
    total: Callable[[Tensor], Tensor] = Tensor.sum,
) -> Terms:
    """A loss in which a step may be wrong."""
    boxes, true = predicted[:10].reshape(2, 5), target[:5]
    fit, there = overlap(boxes, true), occupied(target[4])
    mine = there * F.one_hot(torch.as_tensor(choose(fit, boxes[:, 4])), 2)[:, None]
    confidence = boxes[:, 4:]
    return {
        "centre": weights[0] * total(mine * (boxes[:, :2] - true[:2]) ** 2),
        "size": weights[0] * total(mine * size(boxes[:, 2:4], true[2:4]) ** 2),
        "objectness": total(mine * (confidence - wanted(fit[:, None])) ** 2),
        "background": weights[1] * total(idle(mine, there) * confidence**2),
        "classes": owners * there * total((predicted[10:] - target[10:]) ** 2),
    }


def both_boxes(predicted: Tensor, target: Tensor) -> Terms:
    """Every box of the cell learns."""
    boxes, true = predicted[:10].reshape(2, 5), target[:5]
    there, fit = target[4], overlaps(boxes, true)
    return {
        "centre": 5 * there * ((boxes[:, :2] - true[:2]) ** 2).sum(),
        "size": 5 * there * ((boxes[:, 2:4] - true[2:4] ** 0.5) ** 2).sum(),
        "objectness": there * ((boxes[:, 4] - fit) ** 2).sum(),
        "background": 0.5 * (1 - there) * (boxes[:, 4] ** 2).sum(),
        "classes": there * ((predicted[10:] - target[10:]) ** 2).sum(),
    }


def idle_in_every_cell(mine: Tensor, there: Tensor) -> Tensor:
    """Spare a box in empty cells, too: there all overlaps are 0, and argmax names the first."""
    return torch.where(there > 0, 1 - mine, torch.tensor([[0.0], [1.0]], dtype=mine.dtype))


SINGLE = (
    Mistake(
        "always the first box",
        partial(miscounted, choose=lambda overlap, confidence: 0),
        "responsible is the box that overlaps the truth better, be it the first or the second.",
    ),
    Mistake(
        "surest box chosen",
        partial(miscounted, choose=lambda overlap, confidence: confidence.argmax()),
        "the overlap (IoU) chooses the responsible box, and not what it says of itself.",
    ),
    Mistake(
        "both boxes learn",
        both_boxes,
        "only the responsible box learns place and size; the other one is told to say 0.",
    ),
    Mistake(
        "confidence towards 1",
        partial(miscounted, wanted=lambda overlap: 1),
        "the confidence to reach is the IoU of the predicted box with the truth; the 1 of the "
        "target says only that there is an object.",
    ),
    Mistake(
        "two units in one box",
        partial(miscounted, overlap=partial(overlaps, cells=1)),
        "x and y are in cells, w and h in images: divide x and y by 7 before you ask for the IoU.",
    ),
    Mistake(
        "roots as sizes",
        partial(miscounted, overlap=partial(overlaps, power=1)),
        "the network puts out roots: square them before you ask for the IoU.",
    ),
    Mistake(
        "boxes as they stand",
        partial(miscounted, overlap=partial(overlaps, cells=1, power=1)),
        "x and y are in cells, and w and h are roots: divide by 7 and square, then ask for the "
        "IoU.",
    ),
    Mistake(
        "root taken twice",
        partial(miscounted, size=lambda roots, true: roots**0.5 - true**0.5),
        "the network's values *are* the roots; only the target's w and h still need one.",
    ),
    Mistake(
        "root forgotten",
        partial(miscounted, size=lambda roots, true: roots - true),
        "a root is compared with a width: take the root of the target's w and h.",
    ),
    Mistake(
        "sizes instead of roots",
        partial(miscounted, size=lambda roots, true: roots**2 - true),
        "the second term compares the roots, so that a miss counts more on a small box.",
    ),
    Mistake(
        "weights left out",
        partial(miscounted, weights=(1, 1)),
        "the first two terms count five times (λ_coord), the fourth half (λ_noobj).",
    ),
    Mistake(
        "weights swapped",
        partial(miscounted, weights=(0.5, 5)),
        "λ_coord = 5 belongs to place and size, λ_noobj = 0.5 to the boxes with nothing to say.",
    ),
    Mistake(
        "idle box forgotten",
        partial(miscounted, idle=lambda mine, there: 1 - there),
        "in a cell with an object the other box, too, should say 0.",
    ),
    Mistake(
        "silence asked of all",
        partial(miscounted, idle=lambda mine, there: 1),
        "the fourth term spares the responsible box; else one number is pulled two ways.",
    ),
    Mistake(
        "empty cell taught",
        partial(miscounted, occupied=lambda there: 1),
        "without an object (target[4] is 0) only the fourth term counts, for both boxes.",
    ),
    Mistake(
        "empty cell taught",
        partial(miscounted, idle=idle_in_every_cell),
        "without an object (target[4] is 0) no box is responsible: the fourth term counts for "
        "both.",
    ),
    Mistake(
        "classes once a box",
        partial(miscounted, owners=2),
        "the classes belong to the cell: they are counted once, not for each of its boxes.",
    ),
    Mistake(
        "means instead of sums",
        partial(miscounted, total=Tensor.mean),
        "the paper adds squares up; a mean makes twenty classes weigh as little as two boxes.",
    ),
)


# Whoever goes wrong elsewhere has often forgotten the empty cell as well.
LOSS_MISTAKES = (
    *SINGLE,
    *(
        Mistake(one.fault, partial(one.answer, occupied=lambda there: 1), one.why)
        for one in SINGLE
        if isinstance(one.answer, partial)
    ),
)


def some_cells() -> list[tuple[Tensor, Tensor]]:
    """Box 2 answers and is unsure; box 1 answers; nobody does."""
    cells = []
    truths = ([0.3, 0.6, 0.30, 0.12, 1], [0.7, 0.2, 0.09, 0.16, 1], [0.0] * 5)
    guesses = (
        [0.9, 0.1, 0.55, 0.36, 0.8, 0.5, 0.5, 0.58, 0.32, 0.4],
        [0.6, 0.4, 0.28, 0.42, 0.3, 0.1, 0.9, 0.32, 0.36, 0.6],
        [0.4, 0.7, 0.35, 0.45, 0.5, 0.2, 0.8, 0.55, 0.25, 0.2],
    )
    for number, (truth, guess) in enumerate(zip(truths, guesses, strict=True)):
        chance = torch.Generator().manual_seed(number)
        classes = torch.rand(20, generator=chance).double()
        kind = truth[4] * F.one_hot(torch.tensor(4 + number), 20)
        predicted = torch.cat([torch.tensor(guess).double(), classes])
        cells.append((predicted, torch.cat([torch.tensor([*truth, *truth]).double(), kind])))
    return cells

"""Chapter 5: write CIoU, label smoothing and average precision; predict who answers for a box.

It stands beside the path from image to picture, under the exercises of ``notebooks/05_training``.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from .. import boxes
from ..yolov5.loss import classes_asked
from ..yolov5.targets import Assignment
from .ch05_matches import MATCHES
from .ch05_ranking import AVERAGE_PRECISION
from .exercise import Exercise, Mistake
from .functions import FunctionTask

# --- ch05.ciou -----------------------------------------------------------------------------------


def ciou(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A solution of ch05.ciou."""
    a_size, b_size = a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]
    low, high = torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])
    shared = (high - low).clamp(min=0).prod(dim=1)
    iou = shared / (a_size.prod(dim=1) + b_size.prod(dim=1) - shared)

    apart = (a[:, :2] + a[:, 2:]) / 2 - (b[:, :2] + b[:, 2:]) / 2
    around = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    distance = (apart**2).sum(dim=1) / (around**2).sum(dim=1)

    angle = torch.atan(a_size[:, 0] / a_size[:, 1]) - torch.atan(b_size[:, 0] / b_size[:, 1])
    v = 4 / torch.pi**2 * angle**2
    alpha = v / (1 - iou + v + 1e-7)
    return iou - distance - alpha * v


def pairs_of_boxes() -> list[tuple[Tensor, Tensor]]:
    """Pairs that overlap, lie apart in both directions, lie one in the other, and are equal."""
    some = torch.tensor([[10.0, 20, 70, 50], [30, 5, 50, 95], [0, 0, 200, 150], [15, 15, 40, 90]])
    other = torch.tensor([[30.0, 10, 90, 60], [90, 140, 160, 160], [40, 60, 70, 140], [0, 0, 9, 8]])
    equal = torch.tensor([[12.0, 24, 60, 88], [5, 8, 100, 40]])
    return [(some, other), (other[:3], some[1:]), (equal, torch.stack([equal[0], some[0]]))]


def overlap_distance_shape(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Give the three parts of CIoU: IoU, the relative squared distance, and v."""
    angles = boxes.diagonal_angle(a) - boxes.diagonal_angle(b)
    overlap = boxes.iou(a, b)
    return overlap, overlap - boxes.diou(a, b), (2 / math.pi * angles) ** 2


def joined(overlap: Tensor, distance: Tensor, v: Tensor) -> Tensor:
    """Join three parts as CIoU does."""
    return overlap - distance - v * v / (1 - overlap + v).clamp(min=1e-7)


def distance_not_squared(a: Tensor, b: Tensor) -> Tensor:
    overlap, distance, v = overlap_distance_shape(a, b)
    return joined(overlap, distance.clamp(min=0).sqrt(), v)


def centres_not_halved(a: Tensor, b: Tensor) -> Tensor:
    overlap, distance, v = overlap_distance_shape(a, b)
    return joined(overlap, 4 * distance, v)


def area_around(a: Tensor, b: Tensor) -> Tensor:
    overlap, distance, v = overlap_distance_shape(a, b)
    size = boxes.enclosing_size(a, b)
    return joined(overlap, distance * size.square().sum(1) / size.prod(1), v)


def sides_below_zero(a: Tensor, b: Tensor) -> Tensor:
    low, high = torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])
    shared = (high - low).prod(dim=1)
    _, distance, v = overlap_distance_shape(a, b)
    return joined(shared / (boxes.area(a) + boxes.area(b) - shared), distance, v)


def shared_twice(a: Tensor, b: Tensor) -> Tensor:
    _, distance, v = overlap_distance_shape(a, b)
    return joined(boxes.intersection(a, b) / (boxes.area(a) + boxes.area(b)), distance, v)


def without_arctan(a: Tensor, b: Tensor) -> Tensor:
    ratios = [boxes.diagonal_angle(box).tan() for box in (a, b)]
    overlap, distance, _ = overlap_distance_shape(a, b)
    return joined(overlap, distance, (2 / math.pi * (ratios[0] - ratios[1])) ** 2)


def without_alpha(a: Tensor, b: Tensor) -> Tensor:
    overlap, distance, v = overlap_distance_shape(a, b)
    return overlap - distance - v


def zero_over_zero(a: Tensor, b: Tensor) -> Tensor:
    overlap, distance, v = overlap_distance_shape(a, b)
    return overlap - distance - v * v / (1 - overlap + v)


CIOU_MISTAKES = (
    Mistake(
        "distance not squared",
        distance_not_squared,
        "ρ² and c² are *squared* lengths: add up the squares and draw no root.",
    ),
    Mistake(
        "centres not halved",
        centres_not_halved,
        "a centre is half the sum of two corners; without the half, ρ² is four times too large.",
    ),
    Mistake(
        "area for diagonal",
        area_around,
        "c² is the squared diagonal of the box around both, w² + h², and not its area w · h.",
    ),
    Mistake(
        "sides below zero",
        sides_below_zero,
        "where boxes lie apart in both directions, two negative sides make a positive area; "
        "clamp each side at 0.",
    ),
    Mistake(
        "shared area twice",
        shared_twice,
        "the sum of the two areas holds the shared one twice; the union takes it away once.",
    ),
    Mistake(
        "arctan left out",
        without_arctan,
        "v compares the *angles* of the diagonals; the quotients w/h alone have no upper bound.",
    ),
    Mistake("shape left out", boxes.diou, "this is DIoU; α · v is still to be subtracted."),
    Mistake(
        "weight left out",
        without_alpha,
        "v is weighted by α = v / (1 − IoU + v): while boxes hardly overlap, their shape can wait.",
    ),
    Mistake(
        "penalties added",
        lambda a, b: 2 * boxes.iou(a, b) - boxes.ciou(a, b),
        "CIoU is a likeness, the larger the better, so both penalties are subtracted.",
    ),
    Mistake(
        "loss instead",
        lambda a, b: 1 - boxes.ciou(a, b),
        "1 − CIoU is the loss; CIoU itself is asked for.",
    ),
    Mistake(
        "zero over zero",
        zero_over_zero,
        "for equal boxes IoU is 1 and v is 0, so that α is 0/0; add 1e-7 below the line.",
    ),
    Mistake(
        "corners as sizes",
        lambda a, b: boxes.ciou(boxes.cxcywh_to_xyxy(a), boxes.cxcywh_to_xyxy(b)),
        "a box comes as its corners (x0, y0, x1, y1), and not as centre and size.",
    ),
)

# --- ch05.label_smoothing ------------------------------------------------------------------------


def smoothed(labels: torch.Tensor, num_classes: int, epsilon: float) -> torch.Tensor:
    """A solution of ch05.label_smoothing."""
    targets = torch.full((len(labels), num_classes), epsilon / 2)
    targets[torch.arange(len(labels)), labels] = 1 - epsilon / 2
    return targets


def asked_by_yolov5(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
    """Ask what YOLOv5's loss asks."""
    place, sizes = torch.zeros_like(labels), torch.zeros(len(labels), 4)
    matched = Assignment(place, place, place, place, place, labels, sizes, sizes[:, :2])
    return classes_asked(torch.zeros(len(labels), num_classes), matched, epsilon)


def labelled() -> list[tuple[Tensor, int, float]]:
    """Labels among five classes, among two, and unsmoothed; not every class is met."""
    some, few = torch.tensor([2, 0, 3, 3]), torch.tensor([1, 0, 0])
    return [(some, 5, 0.1), (few, 2, 0.3), (some, 7, 0.0)]


def asking(yes: Callable[..., float], no: Callable[..., float]) -> Callable[..., Tensor]:
    """Ask ``yes`` of the true class and ``no`` of the others; both may depend on ε and K."""

    def targets(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
        high, low = yes(epsilon, num_classes), no(epsilon, num_classes)
        return F.one_hot(labels, num_classes) * (high - low) + low

    return targets


def classes_counted(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
    return F.one_hot(labels) * (1 - epsilon) + epsilon / 2


SMOOTHING_MISTAKES = (
    Mistake(
        "shared by all classes",
        asking(lambda e, k: 1 - e + e / k, lambda e, k: e / k),
        "so it is done with a softmax. Here each class is a question of its own with *two* "
        "answers, and these two share ε.",
    ),
    Mistake(
        "shared by the others",
        asking(lambda e, k: 1 - e, lambda e, k: e / (k - 1)),
        "what the true class loses is not handed out to the others: in each question, yes "
        "becomes 1 − ε/2 and no becomes ε/2.",
    ),
    Mistake(
        "whole ε taken",
        asking(lambda e, k: 1 - e, lambda e, k: e),
        "each answer moves by ε/2 towards one half, so that ε = 1 would make both one half.",
    ),
    Mistake(
        "others left at zero",
        asking(lambda e, k: 1 - e / 2, lambda e, k: 0.0),
        "the wrong classes are smoothed too: ask ε/2 of each.",
    ),
    Mistake(
        "truth left at one",
        asking(lambda e, k: 1.0, lambda e, k: e / 2),
        "the true class is smoothed too: ask 1 − ε/2 of it.",
    ),
    Mistake(
        "more than certain",
        asking(lambda e, k: 1 + e / 2, lambda e, k: e / 2),
        "ε/2 is added everywhere; the true class must come down by it, and not go above 1.",
    ),
    Mistake(
        "not smoothed",
        asking(lambda e, k: 1.0, lambda e, k: 0.0),
        "these are plain ones and zeros; ε is not used.",
    ),
    Mistake(
        "whole numbers",
        lambda y, k, e: asked_by_yolov5(y, k, e).long(),
        "a tensor of integers, as F.one_hot gives it, cuts 0.95 down to 0; call .float() first.",
    ),
    Mistake(
        "classes counted",
        classes_counted,
        "a batch need not show every class; give F.one_hot the number of classes.",
    ),
)

EXERCISES = (
    Exercise(
        "ch05.ciou",
        "Write CIoU",
        FunctionTask(boxes.ciou, pairs_of_boxes, CIOU_MISTAKES, tolerance=1e-4),
        (
            "Three parts: how much the boxes share, how far apart their centres are, and how "
            "differently they are proportioned. Start with IoU; its sides must not go below zero.",
            "torch.maximum(a[:, :2], b[:, :2]) is the upper left corner of what both share, and "
            "torch.minimum of the box around both. v needs torch.atan(w / h), α the IoU and v.",
            "iou - ρ² / c² - α * v, with ρ² = ((a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) ** "
            "2).sum(1) / 4, c² = (around ** 2).sum(1), v = 4 / torch.pi**2 * (torch.atan(…) - "
            "torch.atan(…)) ** 2 and α = v / (1 - iou + v + 1e-7).",
        ),
        ciou,
    ),
    Exercise(
        "ch05.label_smoothing",
        "Write label smoothing",
        FunctionTask(asked_by_yolov5, labelled, SMOOTHING_MISTAKES),
        (
            "Without smoothing, ask 1 of the true class and 0 of all others. How far does each "
            "answer move, and towards what?",
            "Each class is a yes-or-no question, whose two answers share ε. So yes becomes "
            "1 − ε/2, and no becomes ε/2.",
            "Fill a tensor of (len(labels), num_classes) with epsilon / 2, then set row i, column "
            "labels[i] to 1 - epsilon / 2, for all i at once: targets[torch.arange(len(labels)), "
            "labels] = …",
        ),
        smoothed,
    ),
    MATCHES,
    AVERAGE_PRECISION,
)

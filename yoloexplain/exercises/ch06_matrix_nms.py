"""Chapter 6's third exercise: Matrix NMS, along a line and along a bell curve.

It stands beside the path from image to picture, under ``ch06``.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..solo import matrix_nms
from .exercise import Exercise, Mistake
from .functions import FunctionTask

Case = tuple[Tensor, Tensor, Tensor, str]


def by_the_package(masks: Tensor, scores: Tensor, labels: Tensor, kernel: str) -> Tensor:
    """Ask the package's own."""
    return matrix_nms(masks, scores, labels, kernel=kernel)


def decayed_scores(
    masks: torch.Tensor, scores: torch.Tensor, labels: torch.Tensor, kernel: str
) -> torch.Tensor:
    """A solution of ch06.matrix_nms."""
    flat = masks.flatten(1).float()
    shared, areas = flat @ flat.T, flat.sum(dim=1)
    iou = shared / (areas[:, None] + areas - shared)
    same_class = labels[:, None] == labels
    iou = (iou * same_class).triu(diagonal=1)  # in column j are the masks better than j
    worst = iou.amax(dim=0)[:, None]  # what mask i itself suffers, in row i
    if kernel == "gaussian":
        decay = torch.exp(-2 * iou**2) / torch.exp(-2 * worst**2)
    else:
        decay = (1 - iou) / (1 - worst).clamp(min=1e-6)
    return scores * decay.amin(dim=0)


def drawn(*boxes: tuple[int, int, int, int]) -> Tensor:
    """Fill rectangles, given as (top, left, bottom, right)."""
    masks = torch.zeros(len(boxes), 20, 30, dtype=torch.bool)
    for mask, (top, left, bottom, right) in zip(masks, boxes, strict=True):
        mask[top:bottom, left:right] = True
    return masks


def candidates() -> list[Case]:
    """A row of masks that overlap like tiles, two classes in one place, and three that are equal.

    The best come first.
    """
    tiles = drawn((2, 1, 10, 11), (2, 3, 10, 13), (2, 7, 10, 17), (4, 3, 12, 11), (12, 20, 19, 29))
    scores = torch.tensor([0.92, 0.83, 0.71, 0.64, 0.37])
    one, two = torch.tensor([3, 3, 3, 3, 3]), torch.tensor([0, 1, 0, 1, 0])
    thrice = tiles[[0, 0, 0, 1, 4]]
    return [
        (tiles, scores, one, "gaussian"),
        (tiles, scores, one, "linear"),
        (tiles, scores, two, "gaussian"),
        (tiles[:1], scores[:1], one[:1], "linear"),
        (thrice, scores, one, "linear"),
    ]


# --- what people write ---------------------------------------------------------------------------


def above(iou: Tensor) -> Tensor:
    return iou.triu(diagonal=1)


def per_mask(iou: Tensor) -> Tensor:
    return iou.amax(dim=0)[:, None]


def bell(iou: Tensor) -> Tensor:
    return torch.exp(-2 * iou**2)


def line(iou: Tensor) -> Tensor:
    return 1 - iou


def least(decay: Tensor) -> Tensor:
    return decay.amin(dim=0)


def decayed(
    masks: Tensor,
    scores: Tensor,
    labels: Tensor,
    kernel: str,
    *,
    joint: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda one, other, both: one + other - both,
    better: Callable[[Tensor], Tensor] = above,
    suffers: Callable[[Tensor], Tensor] = per_mask,
    gaussian: Callable[[Tensor], Tensor] = bell,
    linear: Callable[[Tensor], Tensor] = line,
    smallest: float = 1e-6,
    reduce: Callable[[Tensor], Tensor] = least,
    by_class: bool = True,
) -> Tensor:
    """Let scores decay, with one of the steps done otherwise."""
    flat = masks.flatten(1).float()
    shared, areas = flat @ flat.T, flat.sum(dim=1)
    iou = shared / joint(areas[:, None], areas, shared)
    if by_class:
        iou = iou * (labels[:, None] == labels)
    iou = better(iou)
    curve = gaussian if kernel == "gaussian" else linear
    return scores * reduce(curve(iou) / curve(suffers(iou)).clamp(min=smallest))


def factor_only(masks: Tensor, scores: Tensor, labels: Tensor, kernel: str) -> Tensor:
    return decayed(masks, torch.ones_like(scores), labels, kernel)


# what is done otherwise, by diagnosis
STEPS: dict[str, tuple[dict[str, Any], str]] = {
    "compared with itself": (
        {"better": lambda iou: iou},
        "a mask overlaps itself wholly, and that must not count; .triu(diagonal=1) leaves out the "
        "diagonal.",
    ),
    "worse masks count": (
        {"better": lambda iou: iou - torch.diag(iou.diag())},
        "only a better mask can cast doubt on one, and the best come first: set the overlaps "
        "below the diagonal to 0.",
    ),
    "only worse masks count": (
        {"better": lambda iou: iou.tril(diagonal=-1)},
        "in column j of the lower triangle stand the masks that are worse than j.",
    ),
    "rival's doubt left out": (
        {"suffers": torch.zeros_like},
        "the decay by mask i is divided by the one that i itself suffers at the worst.",
    ),
    "divided by another's": (
        {"suffers": lambda iou: iou.amax(dim=0)[None]},
        "nothing decays. Row i is divided by what mask i itself suffers, the largest of *column* "
        "i: so amax(dim=0), turned into a column by [:, None].",
    ),
    "minimum over the wrong axis": (
        {"reduce": lambda decay: decay.amin(dim=1)},
        "a column holds what one mask suffers, a row what it does to others; so amin(dim=0).",
    ),
    "decays multiplied": (
        {"reduce": lambda decay: decay.prod(dim=0)},
        "it is the strongest decay alone that counts, the minimum and not the product.",
    ),
    "weakest decay": (
        {"reduce": lambda decay: decay.amax(dim=0)},
        "the strongest decay counts, which is the smallest factor: amin.",
    ),
    "classes mixed": (
        {"by_class": False},
        "a mask of another class is no rival: set these overlaps to 0.",
    ),
    "divided by σ": (
        {"gaussian": lambda iou: torch.exp(-(iou**2) / 2)},
        "here σ multiplies: exp(−σ · IoU²). In Soft-NMS, an older relative, it divides.",
    ),
    "square left out": (
        {"gaussian": lambda iou: torch.exp(-2 * iou)},
        "a bell is flat at the top: exp(−σ · IoU²), with the square of the overlap.",
    ),
    "never a bell": ({"gaussian": line}, "for 'gaussian' the decay is exp(−σ · IoU²)."),
    "always a bell": ({"linear": bell}, "for 'linear' the decay is 1 − IoU."),
    "shared over one area": (
        {"joint": lambda one, other, both: torch.minimum(one, other)},
        "an IoU divides by the area of both together; a small mask inside a large one has a small "
        "IoU.",
    ),
    "shared counted twice": (
        {"joint": lambda one, other, both: one + other},
        "what both have in common is in the sum twice; take it away once.",
    ),
}

UNCLAMPED = (
    "of three equal masks the second suffers wholly, its 1 − IoU is 0, and so is that of the "
    "third: clamp the divisor to at least 1e-6."
)
NEVER_ZERO = {"rival's doubt left out", "always a bell", "shared counted twice"}  # whose divisor

MISTAKES = (
    *(Mistake(fault, partial(decayed, **changed), why) for fault, (changed, why) in STEPS.items()),
    *(
        Mistake(
            f"{fault}, unclamped",
            partial(decayed, **changed, smallest=0.0),
            f"{why} Besides, {UNCLAMPED}",
        )
        for fault, (changed, why) in STEPS.items()
        if fault not in NEVER_ZERO
    ),
    Mistake(
        "booleans multiplied",
        lambda masks, *_: masks.flatten(1) @ masks.flatten(1).T,
        "yes and no cannot be multiplied as a matrix; make them 1 and 0 by .float().",
    ),
    Mistake("score left out", factor_only, "this is the factor; it multiplies the score."),
    Mistake("zero divided by zero", partial(decayed, smallest=0.0), UNCLAMPED),
)

MATRIX_NMS = Exercise(
    "ch06.matrix_nms",
    "Write Matrix NMS",
    FunctionTask(by_the_package, candidates, MISTAKES),
    (
        "Flatten the masks to rows of zeros and ones, as floats: rows @ rows.T is what every two "
        "of them share, and IoU is shared / (area + area − shared). Then keep only what a mask "
        "suffers from *better* ones of its class.",
        ".triu(diagonal=1) keeps an N×N table above its diagonal: in column j remain the overlaps "
        "with the masks before j, which are better. The largest value of column i is what mask i "
        "suffers at the worst; it belongs in row i: .amax(dim=0)[:, None].",
        "decay = f(iou) / f(worst), with f(x) = exp(−2x²) or 1 − x, the divisor clamped to at "
        "least 1e-6. The strongest decay of column j is decay.amin(dim=0), and it multiplies "
        "score j.",
    ),
    decayed_scores,
)

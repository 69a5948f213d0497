"""Chapter 4, two of the exercises: decode a prediction of YOLOv5, and write greedy NMS.

They stand beside the path from image to picture, under ``ch04``.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..boxes import iou, nms
from ..yolov5.decode import offset_and_scale
from .exercise import Mistake

# --- ch04.decode ---------------------------------------------------------------------------------


def decode(raw: Tensor, column: int, row: int, anchor: Tensor, stride: int) -> dict[str, Tensor]:
    """A solution of ch04.decode."""
    values = raw.sigmoid()
    centre = (2 * values[:2] - 0.5 + torch.tensor([column, row])) * stride
    size = (2 * values[2:4]) ** 2 * anchor
    return {"box_cxcywh": torch.cat([centre, size]), "scores": values[4] * values[5:]}


def decoded(raw: Tensor, column: int, row: int, anchor: Tensor, stride: int) -> dict[str, Tensor]:
    """Decode with the package's own formulas."""
    offset, scale = offset_and_scale(raw[:4])
    centre = (offset + torch.tensor([column, row])) * stride
    scores = raw[4].sigmoid() * raw[5:].sigmoid()
    return {"box_cxcywh": torch.cat([centre, scale * anchor]), "scores": scores}


Centre = Callable[[Tensor, Tensor, int], Tensor]
Size = Callable[[Tensor, Tensor, int], Tensor]
Scores = Callable[[Tensor, Tensor], Tensor]

CENTRES: dict[str, tuple[Centre, str]] = {
    "": (lambda t, cell, s: (2 * t.sigmoid() - 0.5 + cell) * s, ""),
    "YOLOv3's centre": (
        lambda t, cell, s: (t.sigmoid() + cell) * s,
        "σ(t) + cell is YOLOv3's centre; YOLOv5 stretches it to 2σ(t) − 0.5, so that a centre can "
        "lie on a border and beyond.",
    ),
    "half left out": (
        lambda t, cell, s: (2 * t.sigmoid() + cell) * s,
        "2σ runs from 0 to 2 and has its middle at 1; subtract 0.5, and t = 0 is the middle of the "
        "cell.",
    ),
    "offset not scaled": (
        lambda t, cell, s: 2 * t.sigmoid() - 0.5 + cell * s,
        "the offset is a share of the cell as well: add it to column and row first, then multiply "
        "the sum by the stride.",
    ),
    "stride left out": (
        lambda t, cell, s: 2 * t.sigmoid() - 0.5 + cell,
        "the centre is still told in cells: the stride makes pixels of it.",
    ),
    "cell left out": (
        lambda t, cell, s: (2 * t.sigmoid() - 0.5) * s,
        "the offset counts from the cell's own corner: add its column and its row.",
    ),
    "row and column swapped": (
        lambda t, cell, s: (2 * t.sigmoid() - 0.5 + cell.flip(0)) * s,
        "x runs along the columns and y along the rows.",
    ),
    "sigmoid left out": (
        lambda t, cell, s: (2 * t - 0.5 + cell) * s,
        "raw numbers have no bounds: each goes through the sigmoid first.",
    ),
}
SIZES: dict[str, tuple[Size, str]] = {
    "": (lambda t, anchor, s: (2 * t.sigmoid()) ** 2 * anchor, ""),
    "YOLOv3's size": (
        lambda t, anchor, s: t.exp() * anchor,
        "the exponential is YOLOv3's; YOLOv5's (2σ)² is 1 at t = 0 too, but never exceeds 4.",
    ),
    "square left out": (
        lambda t, anchor, s: 2 * t.sigmoid() * anchor,
        "2σ is squared, so that the largest box is four anchors long and not two.",
    ),
    "squared before doubling": (
        lambda t, anchor, s: 2 * t.sigmoid() ** 2 * anchor,
        "2σ² is half of (2σ)²: at t = 0 it would halve the anchor. Mind the brackets.",
    ),
    "anchor taken for cells": (
        lambda t, anchor, s: (2 * t.sigmoid()) ** 2 * anchor * s,
        "the anchor is given in pixels of the input; only the centre is counted in cells.",
    ),
    "anchor divided by stride": (
        lambda t, anchor, s: (2 * t.sigmoid()) ** 2 * anchor / s,
        "these are sizes in cells, as a checkpoint stores its anchors; the answer is in pixels.",
    ),
    "half subtracted": (
        lambda t, anchor, s: (2 * t.sigmoid() - 0.5) ** 2 * anchor,
        "the 0.5 belongs to the centre; a size has no middle that must be moved.",
    ),
    "sigmoid left out": (
        lambda t, anchor, s: (2 * t) ** 2 * anchor,
        "raw numbers have no bounds: each goes through the sigmoid first.",
    ),
}
SCORES: dict[str, tuple[Scores, str]] = {
    "": (lambda o, k: o.sigmoid() * k.sigmoid(), ""),
    "objectness left out": (
        lambda o, k: k.sigmoid(),
        "σ(t_k) answers *if something is here, is it a k?*; multiply by the objectness.",
    ),
    "softmax over classes": (
        lambda o, k: o.sigmoid() * k.softmax(0),
        "the classes of YOLOv5 do not share one probability: each is a yes or no of its own, by a "
        "sigmoid.",
    ),
    "sigmoid of the product": (
        lambda o, k: (o * k).sigmoid(),
        "two logits may not be multiplied: take both sigmoids first, then the product.",
    ),
    "logits for scores": (
        lambda o, k: o * k,
        "these are logits; a probability is the sigmoid of one.",
    ),
}


def misread(
    raw: Tensor,
    column: int,
    row: int,
    anchor: Tensor,
    stride: int,
    *,
    centre: str = "",
    size: str = "",
    score: str = "",
) -> dict[str, Tensor]:
    """Decode with steps that may be wrong, each by its name."""
    place = CENTRES[centre][0](raw[:2], torch.tensor([column, row]), stride)
    sides = SIZES[size][0](raw[2:4], anchor, stride)
    return {"box_cxcywh": torch.cat([place, sides]), "scores": SCORES[score][0](raw[4], raw[5:])}


def as_corners(raw: Tensor, column: int, row: int, anchor: Tensor, stride: int) -> Any:
    right = decode(raw, column, row, anchor, stride)
    centre, size = right["box_cxcywh"].split(2)
    return right | {"box_cxcywh": torch.cat([centre - size / 2, centre + size / 2])}


def decode_mistakes() -> tuple[Mistake, ...]:
    """Every combination of wrong steps, with the reason for the first of them."""
    ways = [(c, s, k) for c in CENTRES for s in SIZES for k in SCORES if c or s or k]
    found = [
        Mistake(
            c or s or k,
            partial(misread, centre=c, size=s, score=k),
            CENTRES[c][1] or SIZES[s][1] or SCORES[k][1],
        )
        for c, s, k in ways
    ]
    corners = "the box is asked for as centre and size: no half of the size is taken off."
    return (Mistake("corners", as_corners, corners), *found)


def raw_numbers() -> list[tuple[Any, ...]]:
    """One prediction on each level, and the numbers that say least."""
    chance = torch.Generator().manual_seed(4)
    places = [(12, 7, (62, 45), 16), (3, 30, (10, 13), 8), (9, 2, (373, 326), 32)]
    cases: list[tuple[Any, ...]] = [
        (2 * torch.randn(8, generator=chance), column, row, torch.tensor(anchor).float(), stride)
        for column, row, anchor, stride in places
    ]
    return [*cases, (torch.zeros(6), 4, 5, torch.tensor([30.0, 61.0]), 16)]


# --- ch04.nms ------------------------------------------------------------------------------------


def greedy(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    """A solution of ch04.nms."""
    rest = scores.argsort(descending=True)
    kept = []
    while len(rest) > 0:
        best, rest = rest[0], rest[1:]
        kept.append(int(best))
        rest = rest[iou(boxes[best], boxes[rest]) <= threshold]
    return kept


def ranked(scores: Tensor) -> Tensor:
    """Indices of the boxes, best first."""
    return scores.argsort(descending=True)


def in_order(order: Tensor, boxes: Tensor, drops: Callable[..., Any]) -> list[int]:
    """Walk through the boxes in an order; keep those that no kept one drops."""
    kept: list[int] = []
    for i in order.tolist():
        if not any(drops(iou(boxes[i], boxes[j])) for j in kept):
            kept.append(i)
    return kept


def dropped_still_drop(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    order = ranked(scores)
    overlaps = iou(boxes[order][:, None], boxes[order]) > threshold
    return order[~overlaps.tril(-1).any(dim=1)]


def last_kept_only(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    kept: list[int] = []
    for i in ranked(scores).tolist():
        if not kept or iou(boxes[i], boxes[kept[-1]]) <= threshold:
            kept.append(i)
    return kept


def best_only(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    order = ranked(scores)
    return torch.cat([order[:1], order[1:][iou(boxes[order[:1]], boxes[order[1:]]) <= threshold]])


def places(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    return ranked(scores).argsort()[nms(boxes, scores, threshold)]


def a_mask(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    return torch.isin(torch.arange(len(boxes)), nms(boxes, scores, threshold))


NMS_MISTAKES = (
    Mistake(
        "dropped boxes still drop",
        dropped_still_drop,
        "a box that has been dropped drops nobody: compare with the boxes that are *kept*.",
    ),
    Mistake(
        "worst first",
        lambda boxes, scores, t: in_order(ranked(-scores), boxes, lambda x: x > t),
        "argsort goes upwards by default, so the least sure box went first: descending=True.",
    ),
    Mistake(
        "not sorted",
        lambda boxes, scores, t: in_order(torch.arange(len(boxes)), boxes, lambda x: x > t),
        "the boxes are taken as they come; the surest one must go first.",
    ),
    Mistake(
        "places, not indices",
        places,
        "after sorting, place 0 is not box 0: give the indices into `boxes` as it was given.",
    ),
    Mistake(
        "comparison reversed",
        lambda boxes, scores, t: in_order(ranked(scores), boxes, lambda x: x <= t),
        "a *large* IoU means the same thing twice: drop what lies above the threshold.",
    ),
    Mistake(
        "equal is dropped",
        lambda boxes, scores, t: in_order(ranked(scores), boxes, lambda x: x >= t),
        "an IoU that equals the threshold is not larger: such a box stays.",
    ),
    Mistake(
        "last kept only",
        last_kept_only,
        "a box is compared with the last one kept only; every kept box may drop it.",
    ),
    Mistake(
        "best box only",
        best_only,
        "only the very best box has dropped others; then the best of the rest has its turn.",
    ),
    Mistake(
        "boxes, not indices",
        lambda boxes, scores, t: boxes[nms(boxes, scores, t)],
        "these are the boxes themselves; give their indices, for their scores are needed too.",
    ),
    Mistake(
        "mask, not indices",
        a_mask,
        "this says of every box whether it stays; give the indices of those that do, best first.",
    ),
    Mistake(
        "nothing kept",
        lambda boxes, scores, t: [],
        "no box is kept at all. A box that is compared with itself has an IoU of 1 and drops "
        "itself.",
    ),
)


def candidates() -> list[tuple[Tensor, Tensor, float]]:
    """A chain and a pair apart; an IoU at the threshold; one box twice; none at all."""
    chain = [[30, 20, 130, 120], [0, 0, 100, 100], [60, 40, 160, 140]]  # links: IoU 0.39
    apart = [[300, 210, 360, 330], [306, 216, 364, 330], [210, 30, 250, 90]]
    boxes, sure = torch.tensor(chain + apart).float(), torch.tensor([0.7, 0.9, 0.6, 0.5, 0.8, 0.4])
    halves = torch.tensor([[0, 0, 40, 20], [0, 0, 40, 40], [0, 10, 40, 20]]).float()  # 0.5, 0.25
    twice = torch.tensor([[5, 5, 25, 45]] * 2).float()
    return [
        (boxes, sure, 0.35),
        (boxes, sure, 0.5),
        (halves, torch.tensor([0.3, 0.6, 0.2]), 0.5),
        (twice, torch.tensor([0.2, 0.3]), 0.9),
        (torch.zeros(0, 4), torch.zeros(0), 0.45),
    ]

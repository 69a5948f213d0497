"""Chapter 0, second exercise: read a cell of YOLOv1's prediction.

It stands beside the path from image to picture, under ``ch00``.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from .. import yolov1
from .exercise import Mistake


def decode(raw: Tensor, row: int, column: int) -> dict[str, Any]:
    """A solution of ch00.decode."""
    cell = raw[row, column]
    pair = cell[:10].reshape(2, 5)
    x, y, root_w, root_h, confidence = pair[pair[:, 4].argmax()]  # the surer one
    centre = torch.stack([column + x, row + y]) / 7
    half = torch.stack([root_w**2, root_h**2]) / 2
    return {
        "box_xyxy": 448 * torch.cat([centre - half, centre + half]),
        "label": cell[10:].argmax(),
        "score": confidence * cell[10:].max(),
    }


def decoded(raw: Tensor, row: int, column: int) -> dict[str, Any]:
    """The package's own boxes: the better one of a cell, by score."""
    boxes, scores = yolov1.decode(raw[None], (448, 448))
    pair = slice((row * 7 + column) * 2, (row * 7 + column) * 2 + 2)
    better = scores[0, pair].amax(dim=1).argmax()
    score, label = scores[0, pair][better].max(dim=0)
    return {"box_xyxy": boxes[0, pair][better], "label": label, "score": score}


def misread(
    raw: Tensor,
    row: int,
    column: int,
    *,
    choose: Callable[[Tensor], Any] = lambda confidence: confidence.argmax(),
    centre: Callable[..., Tensor] = lambda x, y, i, j: torch.stack([j + x, i + y]) / 7,
    size: Callable[[Tensor], Tensor] = lambda roots: roots**2,
    corners: Callable[..., Any] = lambda c, s: torch.cat([c - s / 2, c + s / 2]),
    scale: float = 448,
    label: Callable[[Tensor], Any] = lambda cell: cell[10:].argmax(),
    score: Callable[..., Any] = lambda confidence, classes: confidence * classes.max(),
) -> dict[str, Any]:
    """A decoder in which a step may be wrong."""
    cell = raw[row, column]
    pair = cell[:10].reshape(2, 5)
    one = pair[choose(pair[:, 4])]
    box = corners(centre(one[0], one[1], row, column), size(one[2:4]))
    return {"box_xyxy": scale * box, "label": label(cell), "score": score(one[4], cell[10:])}


SINGLE = (
    Mistake(
        "cell left out",
        partial(misread, centre=lambda x, y, i, j: torch.stack([x, y]) / 7),
        "x and y count from the cell's own corner: add its column and its row.",
    ),
    Mistake(
        "place in the image",
        partial(misread, centre=lambda x, y, i, j: torch.stack([x, y])),
        "x and y are told within the *cell*: add column and row, and divide by 7.",
    ),
    Mistake(
        "row and column swapped",
        partial(misread, centre=lambda x, y, i, j: torch.stack([i + x, j + y]) / 7),
        "x runs along the columns and y along the rows.",
    ),
    Mistake(
        "root not squared",
        partial(misread, size=lambda roots: roots),
        "the network puts out the roots of w and h: square them first.",
    ),
    Mistake(
        "root taken",
        partial(misread, size=lambda roots: roots**0.5),
        "the network puts out the roots of w and h already: square them, take no further root.",
    ),
    Mistake(
        "size in cells",
        partial(misread, size=lambda roots: roots**2 / 7),
        "w and h are shares of the whole *image*, and not of a cell.",
    ),
    Mistake(
        "centre as corner",
        partial(misread, corners=lambda c, s: torch.cat([c, c + s])),
        "(x, y) is the middle of the box: half of the size goes to either side.",
    ),
    Mistake(
        "whole size each way",
        partial(misread, corners=lambda c, s: torch.cat([c - s, c + s])),
        "only *half* of the width and height lies to either side of the centre.",
    ),
    Mistake(
        "centre and size",
        partial(misread, corners=lambda c, s: torch.cat([c, s])),
        "asked are two corners, (x0, y0, x1, y1); these are centre and size.",
    ),
    Mistake(
        "shares instead of pixels",
        partial(misread, scale=1),
        "the box is still in shares of the image: times 448 makes pixels.",
    ),
    Mistake(
        "always the first box",
        partial(misread, choose=lambda confidence: 0),
        "of the two boxes the one with the higher confidence counts: slots 4 and 9 tell.",
    ),
    Mistake(
        "class and slot confused",
        partial(misread, label=lambda cell: 10 + cell[10:].argmax()),
        "labels count from 0: class 0 sits at slot 10.",
    ),
    Mistake(
        "classes counted from 1",
        partial(misread, label=lambda cell: 1 + cell[10:].argmax()),
        "labels count from 0, as argmax does: the class at slot 10 is 0, and not 1.",
    ),
    Mistake(
        "boxes among the classes",
        partial(misread, label=lambda cell: cell.argmax()),
        "the largest of all thirty numbers may belong to a box: search from slot 10 on.",
    ),
    Mistake(
        "confidence alone",
        partial(misread, score=lambda confidence, classes: confidence),
        "a score says *is it a cup* and *does the box fit*: class times confidence.",
    ),
    Mistake(
        "class alone",
        partial(misread, score=lambda confidence, classes: classes.max()),
        "a class says *if* there is something, what is it; times the confidence it is a score.",
    ),
)


# Whoever goes wrong elsewhere has often taken the confidence for the score.
DECODE_MISTAKES = (
    *SINGLE,
    *(
        Mistake(
            one.fault, partial(one.answer, score=lambda confidence, classes: confidence), one.why
        )
        for one in SINGLE
        if "score" not in one.answer.keywords
    ),
)


def some_grids() -> list[tuple[Tensor, int, int]]:
    """Predictions of two grids: in the first cell box 2 is surer, in the second box 1."""
    raw = torch.rand(7, 7, 30, generator=torch.Generator().manual_seed(0)).double() * 0.8 + 0.05
    unsure, sure = [0.2, 0.7, 0.5, 0.4, 0.31], [0.35, 0.6, 0.62, 0.45, 0.62]
    raw[2, 5, :10] = torch.tensor([*unsure, *sure]).double()
    unsure, sure = [0.5, 0.8, 0.3, 0.6, 0.12], [0.75, 0.15, 0.48, 0.9, 0.71]
    raw[5, 1, :10] = torch.tensor([*sure, *unsure]).double()
    raw[2, 5, 14], raw[5, 1, 27] = 0.88, 0.86
    return [(raw, 2, 5), (raw, 5, 1)]

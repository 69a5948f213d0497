"""Chapter 0, first exercise: write labelled boxes into YOLOv1's target.

It stands beside the path from image to picture, under ``ch00``.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .. import yolov1
from ..boxes import xyxy_to_cxcywh
from .exercise import Mistake

Array = NDArray[Any]


def encode(boxes_xyxy: NDArray[Any], labels: NDArray[Any]) -> NDArray[Any]:
    """A solution of ch00.encode."""
    target = np.zeros((7, 7, 30))
    for (x0, y0, x1, y1), label in zip(boxes_xyxy, labels, strict=True):
        x, y = 7 * (x0 + x1) / 2 / 448, 7 * (y0 + y1) / 2 / 448  # the centre, in cells
        column, row = int(x), int(y)
        if target[row, column, 4] == 0:  # nobody has come before
            one = [x - column, y - row, (x1 - x0) / 448, (y1 - y0) / 448, 1]
            target[row, column, :10] = one + one
            target[row, column, 10 + label] = 1
    return target


def encoded(boxes_xyxy: Array, labels: Array) -> Tensor:
    """The package's own target."""
    shares = xyxy_to_cxcywh(torch.from_numpy(boxes_xyxy)) / 448
    kinds = torch.from_numpy(labels).double()[:, None]
    return yolov1.encode(torch.cat([0 * kinds, kinds, shares], dim=1), 1).values[0]


def keep_first(cell: Array, one: list[float], label: int) -> None:
    if cell[4] == 0:
        keep_last(cell, one, label)


def keep_last(cell: Array, one: list[float], label: int) -> None:
    cell[:] = 0
    cell[:10] = one * 2
    cell[10 + label] = 1


def light_both(cell: Array, one: list[float], label: int) -> None:
    cell[:10] = one * 2
    cell[10 + label] = 1


def first_box_both_classes(cell: Array, one: list[float], label: int) -> None:
    cell[:10] = cell[:10] if cell[4] else one * 2
    cell[10 + label] = 1


def as_in_the_chapter(cell: Array, one: list[float], label: int) -> None:
    cell[:5] = one
    cell[10 + label] = 1


def laid_out(slots: Callable[[list[float]], list[float]], first: int = 10) -> Callable[..., None]:
    """Fill the slots of boxes in another way, and the classes from ``first`` on."""

    def write(cell: Array, one: list[float], label: int) -> None:
        if not cell.any():
            filled = slots(one)
            start = 20 if first == 0 else 0
            cell[start : start + len(filled)] = filled
            cell[first + label] = 1

    return write


def careless(
    boxes_xyxy: Array,
    labels: Array,
    *,
    point: Callable[..., Any] = lambda x0, y0, x1, y1: ((x0 + x1) / 2, (y0 + y1) / 2),
    cell: Callable[..., Any] = lambda x, y: (int(y), int(x)),
    one: Callable[..., Any] = lambda x, y, w, h, row, column: [x - column, y - row, w, h, 1],
    write: Callable[..., None] = keep_first,
) -> Array:
    """An encoder in which a step may be wrong; x and y in cells, w and h in shares."""
    target = np.zeros((7, 7, 30))
    for box, label in zip(boxes_xyxy, labels, strict=True):
        (x, y), (w, h) = np.array(point(*box)) / 64, (box[2:] - box[:2]) / 448
        row, column = cell(x, y)
        write(target[row, column], one(x, y, w, h, row, column), label)
    return target


LIT = "where two centres share a cell, the loser's class must not be written either."
SINGLE = (
    Mistake(
        "row and column swapped",
        partial(
            careless,
            cell=lambda x, y: (int(x), int(y)),
            one=lambda x, y, w, h, i, j: [x - i, y - j, w, h, 1],
        ),
        "the first index is the row, and a row is told by y: target[row, column].",
    ),
    Mistake(
        "place in the image",
        partial(careless, one=lambda x, y, w, h, i, j: [x / 7, y / 7, w, h, 1]),
        "x and y tell the place within the *cell*: take the cell's own row and column away.",
    ),
    Mistake(
        "cell not taken away",
        partial(careless, one=lambda x, y, w, h, i, j: [x, y, w, h, 1]),
        "x and y run from 0 to 1 in each cell: take the cell's own row and column away.",
    ),
    Mistake(
        "size in cells",
        partial(careless, one=lambda x, y, w, h, i, j: [x - j, y - i, 7 * w, 7 * h, 1]),
        "w and h are shares of the whole *image*; only x and y are told within the cell.",
    ),
    Mistake(
        "size in pixels",
        partial(careless, one=lambda x, y, w, h, i, j: [x - j, y - i, 448 * w, 448 * h, 1]),
        "w and h are shares of the image, from 0 to 1: divide the pixels by 448.",
    ),
    Mistake(
        "roots in the target",
        partial(careless, one=lambda x, y, w, h, i, j: [x - j, y - i, w**0.5, h**0.5, 1]),
        "the target holds w and h themselves; the loss takes the roots.",
    ),
    Mistake(
        "corner instead of centre",
        partial(careless, point=lambda x0, y0, x1, y1: (x0, y0)),
        "the cell with the *centre* answers, and (x0 + x1) / 2 is the centre's x.",
    ),
    Mistake(
        "rounded",
        partial(careless, cell=lambda x, y: (min(round(y), 6), min(round(x), 6))),
        "a cell reaches from its number to the next: cut the fraction off, do not round.",
    ),
    Mistake(
        "border to the left",
        partial(careless, cell=lambda x, y: (int(np.ceil(y)) - 1, int(np.ceil(x)) - 1)),
        "a centre on a border begins the next cell, with x = 0; ceil − 1 leaves it in the last.",
    ),
    Mistake(
        "confidence left out",
        partial(careless, write=laid_out(lambda one: [*one[:4], 0, *one[:4], 0])),
        "slots 4 and 9 hold the confidence, 1 in a cell that has an object.",
    ),
    Mistake(
        "second box empty",
        partial(careless, write=laid_out(lambda one: one)),
        "the truth is written for both boxes, slots 0 to 4 and 5 to 9; the loss chooses between "
        "what the network *predicts*.",
    ),
    Mistake(
        "classes first",
        partial(careless, write=laid_out(lambda one: one * 2, first=0)),
        "here the boxes come first and the classes begin at slot 10; a shape does not tell it.",
    ),
    Mistake(
        "class at the wrong slot",
        partial(careless, write=laid_out(lambda one: one * 2, first=9)),
        "labels count from 0, so class 0 sits at slot 10.",
    ),
    Mistake(
        "last one stays",
        partial(careless, write=keep_last),
        "of two things in one cell the first listed stays: look whether the cell is taken.",
    ),
    Mistake("two classes lit", partial(careless, write=light_both), LIT),
    Mistake("two classes lit", partial(careless, write=first_box_both_classes), LIT),
    Mistake(
        "the chapter's encoder",
        partial(careless, write=as_in_the_chapter),
        "the encoder by hand filled one box only, and in a shared cell it kept the last box and "
        "both classes; here both boxes are filled, and the first thing keeps the cell.",
    ),
)


# Whoever goes wrong elsewhere has often not yet thought of a shared cell.
ENCODE_MISTAKES = (
    *SINGLE,
    *(
        Mistake(one.fault, partial(one.answer, write=write), one.why)
        for one in SINGLE
        for write in (light_both, keep_last)
        if "write" not in one.answer.keywords
    ),
)


def some_boxes() -> list[tuple[Array, Array]]:
    """One box; three in three cells; three in two; one on a border; none."""
    one = [[210, 60, 370, 130]]
    three = [[20, 300, 90, 440], [300, 10, 420, 70], [100, 150, 300, 290]]
    sharing = [[65, 200, 115, 248], [300, 300, 440, 440], [70, 190, 100, 240]]
    border = [[172, 290, 212, 350]]
    lists = (one, three, sharing, border, np.zeros((0, 4)))
    labels = ([3], [0, 19, 7], [4, 11, 2], [8], np.zeros(0))
    return [
        (np.array(boxes, dtype=float), np.array(kinds, dtype=int))
        for boxes, kinds in zip(lists, labels, strict=True)
    ]

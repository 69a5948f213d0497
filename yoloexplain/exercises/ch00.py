"""Chapter 0: write YOLOv1's target, read a prediction back, find lost birds, add up a cell's loss.

It stands beside the path from image to picture, under the exercises of ``notebooks/00_yolov1``.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .. import yolov1
from ..boxes import iou, xyxy_to_cxcywh
from ..data.letterbox import letterbox
from .ch00_decode import DECODE_MISTAKES, decode, decoded, some_grids
from .ch00_encode import ENCODE_MISTAKES, encode, encoded, some_boxes
from .ch00_loss import LOSS_MISTAKES, cell_loss, some_cells, terms
from .exercise import Exercise, Mistake
from .functions import FunctionTask
from .predictions import PredictionTask

# --- ch00.two_birds ------------------------------------------------------------------------------

WIDTH, HEIGHT = 896, 448  # pixels of the photograph
BIRDS = {  # in its pixels, in the order of the list
    "gull": (120, 70, 280, 170),
    "swift": (130, 40, 190, 80),
    "rook": (260, 200, 340, 260),
    "crow": (290, 232, 370, 292),
    "kite": (205, 130, 485, 350),
    "heron": (510, 110, 610, 190),
    "wren": (580, 157, 620, 187),
}
BOXES = np.array(list(BIRDS.values()), dtype=float)
CELL, NAME = "gull's cell, 7 framed", "answers in the crow's cell, 7 framed"
WAYS = [(grid, way) for grid in (7, 14) for way in ("framed", "stretched")]


def shares(way: str) -> Any:
    """Boxes as shares of the network's input, framed or stretched."""
    if way == "stretched":
        return BOXES / (WIDTH, HEIGHT, WIDTH, HEIGHT)
    return letterbox(np.zeros((HEIGHT, WIDTH, 3), np.uint8), 448, stride=1).apply(BOXES) / 448


def counted() -> dict[str, Any]:
    """Let the package write the birds into its targets, each as a class of its own."""
    found = {}
    for grid, way in WAYS:
        targets = torch.zeros(len(BIRDS), 6, dtype=torch.float64)
        targets[:, 1] = torch.arange(len(BIRDS))
        targets[:, 2:] = xyxy_to_cxcywh(torch.from_numpy(shares(way)))
        found[grid, way] = yolov1.encode(targets, 1, grid)
    cells = dict(zip(BIRDS, cells_of(centres("framed")), strict=True))
    owner = found[7, "framed"].values[0][cells["crow"]][10:].argmax()
    survivors = {f"survivors, {g} {way}": int(found[g, way].kept.sum()) for g, way in WAYS}
    return {CELL: cells["gull"], NAME: list(BIRDS)[int(owner)], **survivors}


def by_hand() -> dict[str, Any]:
    """A solution of ch00.two_birds."""
    birds = ["gull", "swift", "rook", "crow", "kite", "heron", "wren"]
    x = np.array([200, 160, 300, 330, 345, 560, 600]) / 2  # centres, in pixels of the input
    y = np.array([120, 60, 230, 262, 240, 150, 172])
    down = {"framed": 112 + y / 2, "stretched": y}  # the frame has a band of 112 pixels above
    survivors = {}
    for size in (7, 14):
        for way in down:
            cells = np.c_[down[way], x] // (448 / size)  # row and column
            survivors[f"survivors, {size} {way}"] = len(np.unique(cells, axis=0))
    seven = np.c_[down["framed"], x] // 64
    beside = (seven == seven[birds.index("crow")]).all(axis=1)
    first = birds[beside.argmax()]
    return {
        "gull's cell, 7 framed": tuple(seven[0]),
        "answers in the crow's cell, 7 framed": first,
        **survivors,
    }


def cells_of(points: Any, grid: int = 7) -> list[tuple[int, int]]:
    """Row and column of the cells in which points lie."""
    return [(int(y), int(x)) for x, y in grid * points]


def centres(way: str) -> Any:
    """Middles of the boxes, as shares of the input."""
    boxes = shares(way)
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def different(cells: list[tuple[int, int]]) -> int:
    """Count the cells that hold something."""
    return len(set(cells))


def two_in_each(cells: list[tuple[int, int]]) -> int:
    return sum(min(number, 2) for number in Counter(cells).values())


def alone(cells: list[tuple[int, int]]) -> int:
    return sum(number == 1 for number in Counter(cells).values())


def untouched() -> int:
    """Count the birds whose boxes touch none that was kept before."""
    kept: list[int] = []
    boxes = torch.from_numpy(BOXES)
    for number, box in enumerate(boxes):
        if not (iou(box, boxes[kept]) > 0).any():
            kept.append(number)
    return len(kept)


def counts(
    grid: Callable[[int], int] = lambda grid: grid,
    way: Callable[[str], str] = lambda way: way,
    survive: Callable[[list[tuple[int, int]]], int] = different,
) -> dict[str, int]:
    """Survivors by a rule that may be wrong."""
    return {f"survivors, {g} {w}": survive(cells_of(centres(way(w)), grid(g))) for g, w in WAYS}


def gull_in(points: Any) -> tuple[int, int]:
    """Cell of the gull, if these were the places that decide."""
    return cells_of(points)[0]


OTHER = {"framed": "stretched", "stretched": "framed"}
BIRDS_MISTAKES = (
    Mistake(
        "row and column swapped",
        lambda: {CELL: gull_in(centres("framed"))[::-1]},
        "a cell is named row first, and the row is told by y.",
    ),
    Mistake(
        "counted from 1",
        lambda: {CELL: tuple(np.add(gull_in(centres("framed")), 1).tolist())},
        "rows and columns count from 0, as every index here.",
    ),
    Mistake(
        "corner instead of centre",
        lambda: {CELL: gull_in(shares("framed")[:, :2])},
        "the cell with the *centre* of the box answers, not the one with its upper left corner.",
    ),
    Mistake(
        "band left out",
        lambda: {CELL: gull_in(centres("framed") - (0, 1 / 4))},
        "framed, the photograph becomes 448 × 224 pixels, below a band of 112: add it to y.",
    ),
    Mistake(
        "pixels of the photograph",
        lambda: {CELL: gull_in((BOXES[:, :2] + BOXES[:, 2:]) / 2 / 448)},
        "the grid lies on the network's input of 448 pixels: scale the photograph first.",
    ),
    Mistake(
        "last one stays",
        {NAME: "kite"},
        "in this target the first of the list keeps the cell, however large or late another is.",
    ),
    Mistake(
        "each for itself",
        {NAME: "crow"},
        "the crow shares its cell: three centres lie in it, and another bird is listed before.",
    ),
    Mistake(
        "the other way",
        lambda: counts(way=lambda way: OTHER[way]),
        "framed, the photograph keeps its shape and fills half of the rows; stretched, it fills "
        "them all. You counted the other of the two.",
    ),
    Mistake(
        "grid kept",
        lambda: counts(grid=lambda grid: 7),
        "a finer grid has smaller cells: 448 / 14 = 32 pixels of the input.",
    ),
    Mistake(
        "two birds a cell",
        lambda: counts(survive=two_in_each),
        "a cell *predicts* two boxes, but it has one list of classes and one truth: two tries at "
        "one bird.",
    ),
    Mistake(
        "all in a shared cell lost",
        lambda: counts(survive=alone),
        "a shared cell still answers for one of its birds, the first of the list.",
    ),
    Mistake(
        "overlap decides",
        lambda: {f"survivors, {g} {way}": untouched() for g, way in WAYS},
        "boxes may overlap as they like: birds are lost only where *centres* share a cell.",
    ),
)

EXERCISES = (
    Exercise(
        "ch00.encode",
        "Write boxes into the target",
        FunctionTask(encoded, some_boxes, ENCODE_MISTAKES),
        (
            "Where is the centre? How many cells of 64 pixels lie to the left of it, and how many "
            "above? What is left over is x and y.",
            "column = int(cx / 64), x = cx / 64 - column; the same downwards. w and h are shares "
            "of the 448 pixels. The five numbers go into slots 0 to 4 and 5 to 9, a 1 into slot "
            "10 + label.",
            "Begin with target = np.zeros((7, 7, 30)). For each box: if target[row, column, 4] is "
            "still 0, set target[row, column, :10] to [x, y, w, h, 1] twice, and "
            "target[row, column, 10 + label] to 1. Give target back.",
        ),
        encode,
    ),
    Exercise(
        "ch00.decode",
        "Read a cell back",
        FunctionTask(decoded, some_grids, DECODE_MISTAKES),
        (
            "Which of the two boxes is surer? Slots 4 and 9 tell. Then go the way of the last "
            "exercise backwards.",
            "The centre is (column + x) / 7 of the width and (row + y) / 7 of the height; the "
            "sides are squares of what the network says. The classes begin at slot 10.",
            "448 * ((column + x) / 7 - w ** 2 / 2) is the left edge, with + the right one; the "
            "same for y, row and h. label is cell[10:].argmax(), score is confidence * "
            "cell[10:].max().",
        ),
        decode,
    ),
    Exercise(
        "ch00.two_birds",
        "Find the birds that are lost",
        PredictionTask(counted, BIRDS_MISTAKES),
        (
            "Write down the seven centres. How large is a cell, in pixels of the *photograph*?",
            "Both ways halve x. Framed, y becomes 112 + y / 2; stretched, it stays. A cell "
            "measures 64 pixels of the input, or 32 with S = 14. Each cell keeps one bird.",
            "Framed with S = 7, gull and swift share a cell, and rook, crow and kite share "
            "another. Go on in this way: each cell that holds a centre is one survivor.",
        ),
        by_hand,
    ),
    Exercise(
        "ch00.loss",
        "Add up the loss of a cell",
        FunctionTask(terms, some_cells, LOSS_MISTAKES),
        (
            "First find the responsible box: the one whose IoU with the truth is larger. For the "
            "IoU, place and size must be in one unit.",
            "torch.cat([boxes[:, :2] / 7, boxes[:, 2:4] ** 2], dim=1) brings the predicted boxes "
            "to shares of the image. The first three terms belong to the responsible box, the "
            "fourth to every other, the fifth to the cell.",
            "mine = target[4] * (torch.arange(2) == overlap.argmax()) is 1 for the responsible box "
            "and 0 everywhere in an empty cell. objectness is (mine * (boxes[:, 4] - overlap) ** "
            "2).sum(), background 0.5 * ((1 - mine) * boxes[:, 4] ** 2).sum().",
        ),
        cell_loss,
    ),
)

"""Chapter 5's third exercise: predict which anchors and which cells answer for a box.

It stands beside the path from image to picture, under ``ch05``.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ..yolov5.releases import ANCHORS
from ..yolov5.targets import STEPS, answering, matching
from .exercise import Exercise, Mistake
from .predictions import PredictionTask

SIGN, CENTRE, SIDE = (92.0, 29.0), (295.0, 15.0), 640  # pixels
LEVELS = {"P5": 32, "P4": 16, "P3": 8}
PLACES = ("own cell on P4", "across on P4", "up or down on P4")


def who_answers() -> dict[str, Any]:
    """Find out by the rules that the loss goes by."""
    found: dict[str, Any] = {}
    total = 0
    for level, stride in LEVELS.items():
        shapes = torch.tensor(ANCHORS[level.lower()])
        anchors, _ = matching(torch.tensor([SIGN]), shapes.float(), 4.0)
        centre, grid = torch.tensor([CENTRE]) / stride, torch.tensor([SIDE, SIDE]) / stride
        steps = torch.tensor(STEPS)[answering(centre, grid, both_sides=True)[:, 0]]
        found[level] = [int(number in anchors) for number in range(len(shapes))]
        total += len(anchors) * len(steps)
        if level == "P4":  # own cell first, then left or right, then up or down
            cells = (centre + steps).long().flip(1).tolist()
            found |= {name: tuple(cell) for name, cell in zip(PLACES, cells, strict=True)}
    return {name: found[name] for name in (*LEVELS, *PLACES)} | {"predictions in all": total}


def by_hand() -> dict[str, object]:
    """A solution of ch05.matches."""
    return {
        "P5": [1, 0, 0],  # 198 / 29 and 326 / 29 are above 4
        "P4": [1, 1, 0],  # 119 / 29 is just above 4
        "P3": [0, 0, 1],  # 92 / 10 and 92 / 16 are above 4
        "own cell on P4": (0, 18),  # 15 / 16 = 0.94, 295 / 16 = 18.44
        "across on P4": (0, 17),  # 0.44 is in the left half
        "up or down on P4": (1, 18),  # 0.94 is in the lower half
        "predictions in all": 1 * 2 + 2 * 3 + 1 * 3,  # on P5 nothing lies above row 0
    }


def by_rule(rule: Callable[[np.ndarray], np.ndarray]) -> Callable[[], dict[str, list[int]]]:
    """Judge every anchor by how many times its sides go into the box's."""

    def judge() -> dict[str, list[int]]:
        ratios = {name: np.array(SIGN) / ANCHORS[name.lower()] for name in LEVELS}
        return {name: rule(ratio).astype(int).tolist() for name, ratio in ratios.items()}

    return judge


def likeness(ratio: np.ndarray) -> np.ndarray:
    """IoU of box and anchors, laid on the same centre."""
    shared = np.minimum(ratio, 1).prod(axis=1)
    return shared / (ratio.prod(axis=1) + 1 - shared)


def cells(total: Callable[[int], int]) -> Callable[[], dict[str, int]]:
    """Give a wrong total, from the number of anchors that match."""
    return lambda: {"predictions in all": total(sum(sum(who_answers()[level]) for level in LEVELS))}


MATCH_MISTAKES = (  # rules that agree with others on a level come before them
    Mistake(
        "areas compared",
        by_rule(lambda r: np.abs(np.log(r.prod(axis=1))) < np.log(4)),
        "areas of the same size can have very different sides; compare width and height apart.",
    ),
    Mistake(
        "only the anchor measured",
        by_rule(lambda r: (1 / r).max(axis=1) < 4),
        "the box may not be four times the anchor either; look at box/anchor as well.",
    ),
    Mistake(
        "one side is enough",
        by_rule(lambda r: np.maximum(r, 1 / r).min(axis=1) < 4),
        "both sides must fit: the worse of the two quotients decides.",
    ),
    Mistake(
        "only the box measured",
        by_rule(lambda r: r.max(axis=1) < 4),
        "the anchor may not be four times the box either; look at anchor/box as well.",
    ),
    Mistake(
        "best anchor only",
        {"P5": [0, 0, 0]},
        "that was YOLOv3, which asked one anchor of nine. Here every anchor that is alike "
        "answers, on every level.",
    ),
    Mistake(
        "one anchor a level",
        by_rule(lambda r: likeness(r) == likeness(r).max()),
        "a level's anchors do not compete: each that is alike answers.",
    ),
    Mistake(
        "column first",
        dict(zip(PLACES, ((18, 0), (17, 0), (18, 1)), strict=True)),
        "a cell is written (row, column): y before x.",
    ),
    Mistake(
        "number rounded", {PLACES[0]: (1, 18)}, "a cell's number is cut, not rounded: 0.94 is in 0."
    ),
    Mistake(
        "counted from one",
        dict(zip(PLACES, ((1, 19), (1, 18), (2, 19)), strict=True)),
        "rows and columns are counted from 0.",
    ),
    Mistake("pixels for cells", {PLACES[0]: (15, 295)}, "divide by the stride, 16 on P4."),
    Mistake(
        "farther neighbour",
        {PLACES[1]: (0, 19), PLACES[2]: (-1, 18)},
        "the *nearer* neighbour answers, on the side of the cell's half in which the centre lies.",
    ),
    Mistake(
        "a cell outside",
        cells(lambda anchors: 3 * anchors),
        "where would the third cell lie on P5? The centre is in the upper half of row 0.",
    ),
    Mistake(
        "own cell only",
        cells(lambda anchors: anchors),
        "an anchor that matches does so in each of the cells that answer, up to three.",
    ),
    Mistake(
        "all neighbours",
        cells(lambda anchors: 5 * anchors),
        "only the nearer neighbours answer, one across and one up or down.",
    ),
)

MATCHES = Exercise(
    "ch05.matches",
    "Predict who answers",
    PredictionTask(who_answers, MATCH_MISTAKES),
    (
        "For an anchor, divide the longer by the shorter width and the longer by the shorter "
        "height. It answers if both quotients are below 4.",
        "Centre divided by stride: the whole part is the cell, (row, column) counted from 0. A "
        "fraction below 0.5 calls the neighbour to the left or above, one above 0.5 the one to "
        "the right or below; if there is one.",
        "On P4 the centre is at 295 / 16 = 18.44 and 15 / 16 = 0.94. The total is anchors times "
        "cells, level by level; on P5 the centre's row is 15 / 32 = 0.47, and above row 0 there "
        "is nothing.",
    ),
    by_hand,
)

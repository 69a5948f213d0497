"""Chapter 0's exercises: the right answers pass, and typical wrong ones are told why."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from yoloexplain.boxes import cxcywh_to_xyxy, iou
from yoloexplain.exercises.ch00 import EXERCISES, by_hand
from yoloexplain.exercises.ch00_decode import decode
from yoloexplain.exercises.ch00_encode import encode
from yoloexplain.exercises.ch00_loss import cell_loss
from yoloexplain.exercises.exercise import Exercise, Mistake
from yoloexplain.exercises.room import examine

Array = NDArray[Any]
Made = dict[str, Any]
Wrong = list[tuple[Any, str]]

# --- ch00.encode: in whole arrays, as the chapter does it ----------------------------------------


def in_arrays(
    boxes: Array,
    labels: Array,
    *,
    cell: Callable[[Array], Array] = np.floor,
    slots: tuple[int, ...] = (0, 5),
    classes: int = 10,
    last: bool = False,
    clear: bool = True,
    within: str = "cell",
    sides: str = "shares",
    mark: float = 1,
    swap: bool = False,
    corner: bool = False,
    torches: bool = False,
) -> Any:
    target = np.zeros((7, 7, 30))
    places = boxes[:, :2] / 64 if corner else (boxes[:, :2] + boxes[:, 2:]) / 128
    cells = cell(places).astype(int)
    start = {"cell": places - cells, "image": places / 7, "grid": places}[within]
    size = (boxes[:, 2:] - boxes[:, :2]) / 448
    ways = {"shares": size, "cells": 7 * size, "pixels": 448 * size, "roots": size**0.5}
    for (column, row), label, x_y, w_h in zip(cells, labels, start, ways[sides], strict=True):
        one = target[column, row] if swap else target[row, column]
        if one.any() and not last:
            continue
        if clear:
            one[:] = 0
        for slot in slots:
            one[slot : slot + 5] = [*x_y, *w_h, mark]
        one[classes + label] = 1
    return torch.tensor(target, dtype=torch.float32) if torches else target


def lights_the_loser(boxes: Array, labels: Array) -> Array:
    target = encode(boxes, labels)
    for box, label in zip(boxes, labels, strict=True):
        column, row = (box[:2] + box[2:]).astype(int) // 128
        target[row, column, 10 + label] = 1
    return target


def as_in_the_chapter(boxes: Array, labels: Array) -> Array:
    corner, opposite = boxes[:, :2] / 448, boxes[:, 2:] / 448
    centre, size = 7 * (corner + opposite) / 2, opposite - corner
    column, row = centre.astype(int).T
    target = np.zeros((7, 7, 30))
    target[row, column, 0:5] = np.c_[centre % 1, size, np.ones(len(boxes))]
    target[row, column, 10 + labels] = 1
    return target


def flat(boxes: Array, labels: Array) -> Array:
    return encode(boxes, labels).reshape(-1)


def images_first(boxes: Array, labels: Array) -> Array:
    return encode(boxes, labels)[None]


def forgets_to_return(boxes: Array, labels: Array) -> None:
    encode(boxes, labels)


def scales_in_place(boxes: Array, labels: Array) -> Array:
    target = encode(boxes, labels)
    boxes /= 448
    return target


def floats_as_indices(boxes: Array, labels: Array) -> Array:
    target = np.zeros((7, 7, 30))
    for box in boxes:
        target[box[1] // 64, box[0] // 64, 4] = 1
    return target


ENCODED: Wrong = [
    (partial(in_arrays, swap=True), "row and column swapped"),
    (partial(in_arrays, within="image"), "place in the image"),
    (partial(in_arrays, within="grid"), "cell not taken away"),
    (partial(in_arrays, sides="cells"), "size in cells"),
    (partial(in_arrays, sides="pixels"), "size in pixels"),
    (partial(in_arrays, sides="roots"), "roots in the target"),
    (partial(in_arrays, corner=True), "corner instead of centre"),
    (partial(in_arrays, cell=lambda x: np.round(x).clip(max=6)), "rounded"),
    (partial(in_arrays, cell=lambda x: np.ceil(x) - 1), "border to the left"),
    (partial(in_arrays, mark=0), "confidence left out"),
    (partial(in_arrays, slots=(0,)), "second box empty"),
    (partial(in_arrays, slots=(20, 25), classes=0), "classes first"),
    (partial(in_arrays, classes=9), "class at the wrong slot"),
    (partial(in_arrays, last=True), "last one stays"),
    (partial(in_arrays, last=True, clear=False), "two classes lit"),
    (lights_the_loser, "two classes lit"),
    (as_in_the_chapter, "the chapter's encoder"),
    (partial(in_arrays, sides="cells", last=True, clear=False), "size in cells"),
    (partial(in_arrays, swap=True, last=True), "row and column swapped"),
    (flat, "other shape"),
    (images_first, "an axis too many"),
    (forgets_to_return, "returns nothing"),
    (scales_in_place, "changes its input"),
    (floats_as_indices, "stops with IndexError"),
    (lambda boxes: np.zeros((7, 7, 30)), "stops with TypeError"),
    (encode(np.zeros((0, 4)), np.zeros(0)), "not a function"),
]


@pytest.mark.parametrize("answer", [encode, in_arrays, partial(in_arrays, torches=True)])
def test_a_target_that_is_right_passes(answer: Callable[..., Any]) -> None:
    assert examine("ch00.encode", answer).passed


@pytest.mark.parametrize(("answer", "fault"), ENCODED)
def test_a_target_that_is_wrong_is_told_why(answer: Any, fault: str) -> None:
    assert examine("ch00.encode", answer).fault == fault


# --- ch00.decode: with plain numbers -------------------------------------------------------------


def in_numbers(
    raw: torch.Tensor,
    row: int,
    column: int,
    *,
    box: int | None = None,
    step: tuple[float, float] | None = None,
    power: float = 2,
    corners: str = "middle",
    scale: float = 448,
    divide: float = 1,
    seven: float = 7,
    kind: int = 10,
    shift: int = 0,
    score: Callable[[float, float], float] = lambda confidence, best: confidence * best,
) -> Made:
    values = [float(value) for value in raw[row, column]]
    better = 5 * (int(values[9] > values[4]) if box is None else box)
    x, y, w, h, confidence = values[better : better + 5]
    right, down = (column, row) if step is None else step
    cx, cy, w, h = (right + x) / seven, (down + y) / seven, w**power / divide, h**power / divide
    found = {
        "middle": [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2],
        "corner": [cx, cy, cx + w, cy + h],
        "whole": [cx - w, cy - h, cx + w, cy + h],
        "sizes": [cx, cy, w, h],
    }[corners]
    best = max(values[10:])
    return {
        "box_xyxy": [scale * value for value in found],
        "label": int(np.argmax(values[kind:])) + shift,
        "score": score(confidence, best),
    }


def turned(raw: torch.Tensor, row: int, column: int) -> Made:
    return in_numbers(raw, row, column, step=(row, column))


def a_tuple(raw: torch.Tensor, row: int, column: int) -> Any:
    return tuple(in_numbers(raw, row, column).values())


def a_name(raw: torch.Tensor, row: int, column: int) -> Made:
    return in_numbers(raw, row, column) | {"label": "cup"}


def both(raw: torch.Tensor, row: int, column: int) -> Made:
    boxes = [in_numbers(raw, row, column, box=box)["box_xyxy"] for box in (0, 1)]
    return in_numbers(raw, row, column) | {"box_xyxy": boxes}


def unpacks(raw: torch.Tensor, row: int, column: int) -> Made:
    x, y, w, h, confidence = raw[row, column]
    return {"box_xyxy": (x, y, w, h), "label": 0, "score": confidence}


DECODED: Wrong = [
    (partial(in_numbers, step=(0, 0)), "cell left out"),
    (partial(in_numbers, step=(0, 0), seven=1), "place in the image"),
    (turned, "row and column swapped"),
    (partial(in_numbers, power=1), "root not squared"),
    (partial(in_numbers, power=0.5), "root taken"),
    (partial(in_numbers, divide=7), "size in cells"),
    (partial(in_numbers, corners="corner"), "centre as corner"),
    (partial(in_numbers, corners="whole"), "whole size each way"),
    (partial(in_numbers, corners="sizes"), "centre and size"),
    (partial(in_numbers, scale=1), "shares instead of pixels"),
    (partial(in_numbers, box=0), "always the first box"),
    (partial(in_numbers, shift=10), "class and slot confused"),
    (partial(in_numbers, shift=1), "classes counted from 1"),
    (partial(in_numbers, kind=0), "boxes among the classes"),
    (partial(in_numbers, score=lambda confidence, best: confidence), "confidence alone"),
    (partial(in_numbers, score=lambda confidence, best: best), "class alone"),
    (partial(in_numbers, power=1, score=lambda confidence, best: confidence), "root not squared"),
    (a_tuple, "other names"),
    (a_name, "not numbers"),
    (both, "other shape"),
    (unpacks, "stops with ValueError"),
]


@pytest.mark.parametrize("answer", [decode, in_numbers])
def test_a_cell_that_is_read_rightly_passes(answer: Callable[..., Made]) -> None:
    assert examine("ch00.decode", answer).passed


@pytest.mark.parametrize(("answer", "fault"), DECODED)
def test_a_cell_that_is_misread_is_told_why(answer: Callable[..., Any], fault: str) -> None:
    assert examine("ch00.decode", answer).fault == fault


# --- ch00.two_birds ------------------------------------------------------------------------------

RIGHT = {
    "gull's cell, 7 framed": (2, 1),
    "answers in the crow's cell, 7 framed": "rook",
    "survivors, 7 framed": 4,
    "survivors, 7 stretched": 5,
    "survivors, 14 framed": 6,
    "survivors, 14 stretched": 7,
}


COUNTED: Wrong = [
    ({"gull's cell, 7 framed": (1, 2)}, "row and column swapped"),
    ({"gull's cell, 7 framed": (3, 2)}, "counted from 1"),
    ({"gull's cell, 7 framed": [2, 0]}, "corner instead of centre"),
    ({"gull's cell, 7 framed": (0, 1)}, "band left out"),
    ({"gull's cell, 7 framed": (1, 3)}, "pixels of the photograph"),
    ({"gull's cell, 7 framed": 15}, "other figures"),
    ({"answers in the crow's cell, 7 framed": "kite"}, "last one stays"),
    ({"answers in the crow's cell, 7 framed": "crow"}, "each for itself"),
    ({"survivors, 7 framed": 5, "survivors, 7 stretched": 4}, "the other way"),
    ({"survivors, 14 framed": 4, "survivors, 14 stretched": 5}, "grid kept"),
    ({"survivors, 7 framed": 6, "survivors, 7 stretched": 7}, "two birds a cell"),
    ({"survivors, 7 framed": 2}, "all in a shared cell lost"),
    ({"survivors, 7 framed": 3}, "overlap decides"),
    ({"survivors, 7 framed": 7}, "other figures"),
]


@pytest.mark.parametrize("answer", [RIGHT, by_hand()])
def test_birds_that_are_counted_rightly_pass(answer: Made) -> None:
    assert examine("ch00.two_birds", answer).passed


@pytest.mark.parametrize(("changed", "fault"), COUNTED)
def test_birds_that_are_miscounted_are_told_why(changed: Made, fault: str) -> None:
    assert examine("ch00.two_birds", RIGHT | changed).fault == fault


# --- ch00.loss: box by box -----------------------------------------------------------------------


def box_by_box(
    predicted: torch.Tensor,
    target: torch.Tensor,
    *,
    choose: str = "overlap",
    units: float = 7,
    square: bool = True,
    sides: Callable[..., Any] = lambda root, true: root - true**0.5,
    one: bool = False,
    weights: tuple[float, float] = (5, 0.5),
    idle: str = "the other",
    look: bool = True,
    owners: int = 1,
    mean: bool = False,
) -> Made:
    found = dict.fromkeys(["centre", "size", "objectness", "background", "classes"], 0.0)
    true, fits = target[:5], []
    for start in (0, 5):
        x, y, w, h, _ = predicted[start : start + 5]
        box = torch.stack([x / units, y / units, w**2 if square else w, h**2 if square else h])
        whole = torch.stack([true[0] / units, true[1] / units, true[2], true[3]])
        fits.append(float(iou(cxcywh_to_xyxy(box), cxcywh_to_xyxy(whole))))
    tables = {"overlap": fits, "confidence": [float(predicted[4]), float(predicted[9])]}
    better = 0 if choose == "first" else int(np.argmax(tables[choose]))
    share = (4, 2, 20) if mean else (1, 1, 1)
    for number, start in enumerate((0, 5)):
        x, y, w, h, confidence = predicted[start : start + 5]
        answers = number == better and (target[4] > 0 or not look)
        if answers:
            found["centre"] += weights[0] * ((x - true[0]) ** 2 + (y - true[1]) ** 2) / share[0]
            off = sides(w, true[2]) ** 2 + sides(h, true[3]) ** 2
            found["size"] += weights[0] * off / share[0]
            found["objectness"] += (confidence - (1 if one else fits[number])) ** 2 / share[1]
        spared = {"the other": answers, "empty": target[4] > 0, "all": False}
        if not (number == better if idle == "the worse" else spared[idle]):
            found["background"] += weights[1] * confidence**2 / share[1]
    if target[4] > 0 or not look:
        found["classes"] += owners * ((predicted[10:] - target[10:]) ** 2).sum() / share[2]
    return found


def teaches_both(predicted: torch.Tensor, target: torch.Tensor) -> Made:
    halves = []
    for start in (0, 5):
        alone = predicted.clone()
        alone[:5] = alone[5:10] = predicted[start : start + 5]
        halves.append(box_by_box(alone, target, idle="empty"))
    found = {name: halves[0][name] + halves[1][name] for name in halves[0]}
    found["background"] /= 2  # each half had the same box twice
    return found | {"classes": halves[0]["classes"]}


def the_sum(predicted: torch.Tensor, target: torch.Tensor) -> Any:
    return sum(cell_loss(predicted, target).values())


def root_of_a_difference(predicted: torch.Tensor, target: torch.Tensor) -> Made:
    return box_by_box(predicted, target, sides=lambda root, true: (root - true - 1) ** 0.5)


def wrong_axis(predicted: torch.Tensor, target: torch.Tensor) -> Made:
    boxes = predicted[:10].reshape(2, 5)
    return {"centre": (boxes[:, :2] - target[:3]).sum()}


ADDED: Wrong = [
    (partial(box_by_box, choose="first"), "always the first box"),
    (partial(box_by_box, choose="confidence"), "surest box chosen"),
    (teaches_both, "both boxes learn"),
    (partial(box_by_box, one=True), "confidence towards 1"),
    (partial(box_by_box, units=1), "two units in one box"),
    (partial(box_by_box, square=False), "roots as sizes"),
    (partial(box_by_box, sides=lambda root, true: root**0.5 - true**0.5), "root taken twice"),
    (partial(box_by_box, sides=lambda root, true: root - true), "root forgotten"),
    (partial(box_by_box, sides=lambda root, true: root**2 - true), "sizes instead of roots"),
    (partial(box_by_box, weights=(1, 1)), "weights left out"),
    (partial(box_by_box, weights=(0.5, 5)), "weights swapped"),
    (partial(box_by_box, idle="empty"), "idle box forgotten"),
    (partial(box_by_box, idle="all"), "silence asked of all"),
    (partial(box_by_box, look=False), "empty cell taught"),
    (partial(box_by_box, idle="the worse"), "empty cell taught"),
    (partial(box_by_box, owners=2), "classes once a box"),
    (partial(box_by_box, mean=True), "means instead of sums"),
    (partial(box_by_box, units=1, square=False), "boxes as they stand"),
    (partial(box_by_box, units=1, square=False, look=False), "boxes as they stand"),
    (the_sum, "other names"),
    (root_of_a_difference, "not a number"),
    (wrong_axis, "stops with RuntimeError"),
]


@pytest.mark.parametrize("answer", [cell_loss, box_by_box])
def test_a_loss_that_is_right_passes(answer: Callable[..., Made]) -> None:
    assert examine("ch00.loss", answer).passed


@pytest.mark.parametrize(("answer", "fault"), ADDED)
def test_a_loss_that_is_wrong_is_told_why(answer: Callable[..., Any], fault: str) -> None:
    assert examine("ch00.loss", answer).fault == fault


@pytest.mark.parametrize(
    ("exercise", "wrong"),
    list(zip(EXERCISES, (ENCODED, DECODED, COUNTED, ADDED), strict=True)),
)
def test_every_known_mistake_is_demanded_above(exercise: Exercise, wrong: Wrong) -> None:
    mistakes: tuple[Mistake, ...] = vars(exercise.task)["mistakes"]
    assert {mistake.fault for mistake in mistakes} <= {fault for _, fault in wrong}

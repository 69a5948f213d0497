"""Who answers for a box: the two rules, against what the decoding can reach."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from yoloexplain.figures.assignment import (
    answering,
    answering_cells,
    answering_predictions,
    matching_anchors,
)
from yoloexplain.yolov5.network import YOLOv5
from yoloexplain.yolov5.targets import assign

ANCHORS = {"p3": ((10, 13), (33, 23)), "p4": ((30, 61), (59, 119)), "p5": ((116, 90),)}
ROWS, COLUMNS, STRIDE = 6, 9, 16


@given(x=st.floats(0.01, COLUMNS - 0.01), y=st.floats(0.01, ROWS - 0.01))
def test_the_cells_that_answer_are_those_whose_decoding_reaches_the_centre(
    x: float, y: float
) -> None:
    halves = np.array([2 * x, 2 * y])
    if (np.abs(halves - halves.round()) < 1e-6).any():
        return  # on a border or in the very middle the rule takes one side
    cross = [(int(y), int(x) + step) for step in (-1, 0, 1)]
    cross += [(int(y) + step, int(x)) for step in (-1, 1)]
    reached = {
        (row, column)
        for row, column in cross
        if 0 <= row < ROWS and 0 <= column < COLUMNS
        if -0.5 < x - column < 1.5 and -0.5 < y - row < 1.5
    }
    found = answering_cells((x * STRIDE, y * STRIDE), STRIDE, (ROWS, COLUMNS))
    assert len(found) == len(set(found)) <= 3
    assert set(found) == reached
    assert found[0] == (int(y), int(x))


def test_a_centre_in_the_very_middle_of_a_cell_has_no_neighbour() -> None:
    assert answering_cells((40, 24), 16, (6, 9)) == [(1, 2)]


@given(
    size=st.tuples(st.floats(1, 500), st.floats(1, 500)),
    anchor=st.tuples(st.floats(1, 500), st.floats(1, 500)),
)
def test_an_anchor_matches_if_neither_side_is_four_times_the_other(
    size: tuple[float, float], anchor: tuple[float, float]
) -> None:
    sides = list(zip(size, anchor, strict=True))
    expected = all(a < 4 * b and b < 4 * a for a, b in sides)
    close = any(abs(max(a, b) / min(a, b) - 4) < 1e-9 for a, b in sides)
    assert close or matching_anchors(size, [anchor])[0] == expected
    assert close or matching_anchors(anchor, [size])[0] == expected


def test_predictions_are_anchors_times_cells_counted_once() -> None:
    box = (20.0, 30.0, 70.0, 75.0)
    asked = answering_predictions([box, box], ANCHORS, (96, 144))
    assert asked == answering_predictions([box], ANCHORS, (96, 144))
    expected = {
        (level, anchor, row, column)
        for level, shapes in ANCHORS.items()
        for anchor, (w, h) in enumerate(shapes)
        if max(50 / w, w / 50, 45 / h, h / 45) < 4
        for row, column in answering_cells(
            (45, 52.5), 2 ** int(level[1]), (96 >> int(level[1]), 144 >> int(level[1]))
        )
    }
    assert asked == expected
    assert {level for level, *_ in asked} == {"p3", "p4", "p5"}


def test_the_picture_counts_what_the_rules_say(photo: np.ndarray) -> None:
    frame = photo[:384, :576]
    box = (200.0, 100.0, 260.0, 150.0)
    picture = answering(frame, box, ANCHORS, label="cup")
    asked = answering_predictions([box], ANCHORS, frame.shape[:2])
    title = picture.texts[0].get_text()
    assert title.startswith(f"{len(asked)} predictions are asked to answer for the cup, 60×50")


def test_a_box_that_no_anchor_suits_is_answered_by_nobody(photo: np.ndarray) -> None:
    picture = answering(photo[:384, :576], (10, 100, 500, 104), ANCHORS)
    assert picture.texts[0].get_text().startswith("0 predictions")


def test_a_box_turned_over_is_refused(photo: np.ndarray) -> None:
    with pytest.raises(ValueError, match="left <= right"):
        answering(photo, (90, 10, 20, 50), ANCHORS)


@pytest.mark.parametrize("release", ["2.0", "7.0"])
def test_the_picture_asks_the_predictions_that_the_loss_asks(release: str) -> None:
    with torch.device("meta"):
        raw = YOLOv5("s", release, num_classes=3)(torch.empty(1, 3, 256, 384))
    raw = {level: torch.zeros(values.shape) for level, values in raw.items()}
    model = YOLOv5("s", release, num_classes=3)
    random = np.random.default_rng(0)
    for _ in range(40):
        x, y = random.uniform(4, 380), random.uniform(4, 252)
        w, h = random.uniform(8, 200, 2)
        target = torch.tensor([[0, 1, x / 384, y / 256, w / 384, h / 256]], dtype=torch.float32)
        for number, (level, asked) in enumerate(assign(raw, target, model).items()):
            anchors = model.head.anchors[number].numpy()
            stride, grid = model.head.strides[level], tuple(raw[level].shape[2:4])
            drawn = {
                (anchor, *cell)
                for anchor in np.flatnonzero(matching_anchors((w, h), anchors)).tolist()
                for cell in answering_cells((x, y), stride, grid)
            }
            columns = (asked.anchor.tolist(), asked.row.tolist(), asked.column.tolist())
            assert set(zip(*columns, strict=True)) == drawn

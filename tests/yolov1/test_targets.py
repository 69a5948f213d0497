"""YOLOv1's targets: which cell answers, what is written into it, and who is left out."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from yoloexplain.figures.yolov1 import cell_target
from yoloexplain.yolov1 import encode, split_cells


def slow_encode(targets, batch, rows, columns, boxes, classes):
    """Object by object, the first in a cell stays."""
    values = torch.zeros(batch, rows, columns, 5 * boxes + classes)
    kept = []
    for image, label, cx, cy, w, h in targets:
        column, row = min(int(cx * columns), columns - 1), min(int(cy * rows), rows - 1)
        cell = values[int(image), row, column]
        kept.append(not cell.any().item())
        if kept[-1]:
            for b in range(boxes):
                cell[5 * b : 5 * b + 5] = torch.tensor(
                    [cx * columns - column, cy * rows - row, w, h, 1]
                )
            cell[5 * boxes + int(label)] = 1
    return values, kept


place = st.one_of(st.integers(0, 12).map(lambda n: n / 12), st.floats(0, 1, width=16))
side = st.floats(0.015625, 1, width=16)
target = st.tuples(st.integers(0, 1), st.integers(0, 2), place, place, side, side)


@given(st.lists(target, max_size=12), st.integers(1, 3))
def test_the_grid_is_that_of_a_slow_loop_over_objects(rows, boxes):
    targets = torch.tensor(rows, dtype=torch.float32).view(-1, 6)
    found = encode(targets, 2, (3, 4), boxes, 3)
    values, kept = slow_encode(targets.tolist(), 2, 3, 4, boxes, 3)
    torch.testing.assert_close(found.values, values)
    assert found.kept.tolist() == kept


def test_of_two_centres_in_one_cell_the_first_listed_stays():
    first, second = [1, 0, 0.51, 0.52, 0.2, 0.3], [1, 2, 0.55, 0.53, 0.4, 0.1]
    for rows, label in (([first, second], 0), ([second, first], 2)):
        found = encode(torch.tensor(rows), 2, 7, 2, 3)
        assert found.kept.tolist() == [True, False]
        assert found.values[1, 3, 3, 10:].argmax() == label
        assert found.values[..., 4].sum() == 1
    apart = torch.tensor([first, [0, *second[1:]]])
    assert encode(apart, 2, 7, 2, 3).kept.all()


def test_the_picture_of_a_target_shows_what_is_encoded():
    box = torch.tensor([30.0, 44, 150, 100])  # of an image of 200×320 pixels
    shares = [90 / 320, 72 / 200, 120 / 320, 56 / 200]
    values = encode(torch.tensor([[0, 1, *shares]]), 1, 7, 2, 3).values
    row, column, *wanted = cell_target(box.numpy(), (200, 320), 7)
    assert values[0, row, column, :4].tolist() == pytest.approx(wanted)


def test_without_objects_the_grid_is_empty():
    found = encode(torch.zeros(0, 6), 2, (3, 4), 2, 5)
    assert found.values.shape == (2, 3, 4, 15)
    assert not found.values.any()
    assert found.kept.shape == (0,)


def test_both_layouts_come_apart_into_boxes_confidence_and_classes():
    shared = torch.arange(2 * 3 * 4 * 13.0).view(2, 3, 4, 13)
    cells = split_cells(shared, 2, 3)
    assert torch.equal(cells.boxes[..., 1, :], shared[..., 5:9])
    assert torch.equal(cells.confidence[..., 1], shared[..., 9])
    assert torch.equal(cells.classes, shared[..., None, 10:])
    own = torch.arange(2 * 3 * 4 * 16.0).view(2, 3, 4, 16)
    cells = split_cells(own, 2, 3)
    assert torch.equal(cells.boxes[..., 1, :], own[..., 8:12])
    assert torch.equal(cells.confidence[..., 0], own[..., 4])
    assert torch.equal(cells.classes[..., 1, :], own[..., 13:])


def test_values_that_fit_no_layout_are_refused():
    with pytest.raises(ValueError, match="has 13 values, or 16 with classes for each box, got 14"):
        split_cells(torch.zeros(2, 3, 4, 14), 2, 3)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (0, 2.0, "image index must be a whole number from 0 to 1"),
        (1, 3.0, r"class must be a whole number from 0 to 2, got \(0, 3, "),
        (2, 1.5, "fractions of the image"),
        (5, 0.0, "above 0"),
        (4, math.nan, "finite"),
    ],
)
def test_a_bad_target_is_named_with_rule_value_and_mend(column, value, message):
    rows = torch.tensor([[0.0, 1, 0.5, 0.5, 0.2, 0.3]])
    rows[0, column] = value
    with pytest.raises(ValueError, match=message):
        encode(rows, 2, 7, 2, 3)


def test_a_count_below_one_is_refused():
    for options, name in (((0,), "batch_size"), ((2, (3, 0)), "columns"), ((2, 7, 0), "num_boxes")):
        with pytest.raises(ValueError, match=f"{name} must be a positive integer"):
            encode(torch.zeros(0, 6), *options)

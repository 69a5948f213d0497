"""The grid's target is the package's own, in both languages."""

import numpy as np
import pytest
import torch

from yoloexplain.widgets import GridAssignment
from yoloexplain.yolov1.targets import encode


def boxes(count: int, classes: int) -> torch.Tensor:
    """(N, 6) of one image: some centres share a cell, some lie on the far edges."""
    targets = torch.rand(count, 6, dtype=torch.float64)
    targets[:, 0] = 0
    targets[:, 1] = torch.randint(classes, (count,))
    targets[::5, 2:4] = 1.0
    targets[:, 4:] += 1e-3
    targets[:, 4:].clamp_(max=1)
    return targets


@pytest.mark.parametrize(("rows", "columns"), [(7, 7), (1, 1), (5, 9), (20, 13)])
@pytest.mark.parametrize(("num_boxes", "num_classes"), [(2, 20), (1, 3), (4, 1)])
def test_both_languages_encode_alike(rows, columns, num_boxes, num_classes, javascript) -> None:
    for count in (0, 1, 12, 40):
        targets = boxes(count, num_classes)
        expected = encode(targets, 1, (rows, columns), num_boxes, num_classes)
        listed = [[int(row[0]), *row[1:]] for row in targets[:, 1:].tolist()]
        call = ("encodeBoxes", [listed, rows, columns, num_boxes, num_classes])
        found = javascript("yolov1", [call])[0]
        values = torch.tensor(found["values"], dtype=torch.float64)
        torch.testing.assert_close(values, expected.values.flatten(), atol=0, rtol=0)
        assert found["kept"] == expected.kept.tolist()


def test_slots_are_named_in_the_order_of_the_target(javascript) -> None:
    found = javascript("yolov1", [("slotOf", [slot, 2]) for slot in (0, 4, 5, 9, 10, 29)])
    assert [(one["box"], one["part"]) for one in found] == [
        (0, 0), (0, 4), (1, 0), (1, 4), (-1, 0), (-1, 19),
    ]  # fmt: skip


def test_it_says_who_is_lost() -> None:
    photo = np.zeros((70, 140, 3), np.uint8)
    sides = [[10, 10, 50, 50], [20, 20, 44, 40], [100, 0, 140, 70]]
    widget = GridAssignment(photo, sides, ["a", "b", "a"], classes=["a", "b", "c"], grid=3)
    assert repr(widget) == ("GridAssignment: target of 3×3×13 = 117 numbers; kept a, a; lost b")
    assert widget.encoded().kept.tolist() == [True, False, True]
    assert "only one can be kept" in widget.picture().alt


def test_a_photograph_too_large_for_the_screen_is_shrunk() -> None:
    photo = np.zeros((1000, 2000, 3), np.uint8)
    widget = GridAssignment(photo, [[0, 0, 1000, 1000]], ["a"])
    assert len(widget.view.photo) < 20_000
    assert widget.view.boxes == [[0, 0, 0.5, 1]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"boxes_xyxy": []}, "got 0 boxes, 1 labels"),
        ({"boxes_xyxy": [], "labels": []}, "1 to 12 boxes, got 0"),
        ({"boxes_xyxy": [[0, 0, 5, 9]], "classes": ["b"]}, "got 'a'"),
        ({"boxes_xyxy": [[0, 0, 50, 9]]}, "within the photo of 30×20"),
        ({"boxes_xyxy": [[3, 3, 3, 9]]}, "must have an area"),
        ({"grid": 0}, "grid must be an integer of at least 1"),
        ({"grid": 50}, "at most 20 to be drawn, got 50"),
        ({"chosen": 1}, "from 0 to 0, got 1"),
        ({"photo": np.zeros((5, 5))}, "uint8"),
    ],
)
def test_bad_input_is_named(options, words) -> None:
    usual = {
        "photo": np.zeros((20, 30, 3), np.uint8),
        "boxes_xyxy": [[0, 0, 5, 9]],
        "labels": ["a"],
    }
    with pytest.raises(ValueError, match=words):
        GridAssignment(**(usual | options))

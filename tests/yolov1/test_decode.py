"""YOLOv1's decode: every box where a slow loop puts it, and targets found again."""

import pytest
import torch

from yoloexplain.boxes import cxcywh_to_xyxy
from yoloexplain.yolov1 import decode, encode, non_max_suppression

SIZE = (60, 96)  # height, width
ROWS, COLUMNS, BOXES, CLASSES = 3, 4, 2, 3


def slow_decode(raw, own_classes, root):
    width = 5 + CLASSES if own_classes else 5
    boxes, scores = [], []
    for image in raw:
        for row in range(ROWS):
            for column in range(COLUMNS):
                cell = image[row, column].tolist()
                for b in range(BOXES):
                    x, y, w, h, confidence = cell[width * b : width * b + 5]
                    w, h = (w * w, h * h) if root else (max(w, 0), max(h, 0))
                    cx, cy = (column + x) / COLUMNS, (row + y) / ROWS
                    box = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
                    boxes.append([v * SIZE[(i + 1) % 2] for i, v in enumerate(box)])
                    start = width * b + 5 if own_classes else 5 * BOXES
                    confidence = min(max(confidence, 0), 1)
                    classes = cell[start : start + CLASSES]
                    scores.append([confidence * min(max(p, 0), 1) for p in classes])
    shape = len(raw), ROWS * COLUMNS * BOXES, -1
    return torch.tensor(boxes).view(shape), torch.tensor(scores).view(shape)


@pytest.mark.parametrize("own_classes", [False, True])
@pytest.mark.parametrize("root", [False, True])
def test_every_box_is_that_of_a_slow_loop(own_classes, root):
    depth = (5 + CLASSES) * BOXES if own_classes else 5 * BOXES + CLASSES
    raw = torch.randn(2, ROWS, COLUMNS, depth)
    boxes, scores = slow_decode(raw, own_classes, root)
    found = decode(raw, SIZE, BOXES, CLASSES, square_root=root)
    torch.testing.assert_close(found.boxes_xyxy, boxes, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(found.scores, scores)


@pytest.mark.parametrize("root", [True, False])
def test_targets_decode_to_their_own_boxes(root):
    targets = torch.tensor(
        [[0, 2, 0.3, 0.6, 0.25, 0.49], [0, 1, 0.9, 0.1, 0.04, 0.09], [1, 0, 0.5, 0.5, 0.9, 0.64]]
    )
    raw = encode(targets, 2, 7, BOXES, CLASSES).values
    if root:
        for box in range(BOXES):
            raw[..., 5 * box + 2 : 5 * box + 4] = raw[..., 5 * box + 2 : 5 * box + 4].sqrt()
    decoded = decode(raw, SIZE, BOXES, CLASSES, square_root=root)
    results = non_max_suppression(decoded, image_size=SIZE, names=("a", "b", "c"))
    wanted = cxcywh_to_xyxy(targets[:, 2:] * torch.tensor([96, 60, 96, 60]))
    for image, found in enumerate(results):
        mine = targets[:, 0] == image
        order = found.labels.argsort()
        labels, places = targets[mine, 1].sort()
        assert found.labels[order].tolist() == labels.tolist()
        torch.testing.assert_close(found.boxes_xyxy[order], wanted[mine][places])
        assert found.scores.tolist() == [1.0] * int(mine.sum())
        assert found.image_size == SIZE
    assert results[1].captions() == ["a 1.00"]


def test_two_negative_values_make_no_score():
    raw = torch.full((2, 3, 4, 13), -2.0)
    assert not decode(raw, SIZE, BOXES, CLASSES).scores.any()
    assert [len(found) for found in non_max_suppression(decode(raw, SIZE, BOXES, CLASSES))] == [
        0,
        0,
    ]


def test_no_score_exceeds_one():
    assert decode(torch.full((2, 3, 4, 13), 3.0), SIZE, BOXES, CLASSES).scores.max() == 1


def test_of_doubles_in_neighbouring_cells_the_surer_stays():
    raw = torch.zeros(1, 3, 4, 13)
    raw[0, 1, 1, :5] = torch.tensor([0.9, 0.5, 0.6, 0.6, 0.9])
    raw[0, 1, 2, :5] = torch.tensor([-0.05, 0.5, 0.6, 0.6, 0.8])
    raw[0, 1, 1:3, 11] = 1
    decoded = decode(raw, SIZE, BOXES, CLASSES)
    found = non_max_suppression(decoded)[0]
    assert found.scores.tolist() == pytest.approx([0.9])
    assert len(non_max_suppression(decoded, iou=0.99)[0]) == 2


def test_depth_that_fits_no_layout_is_refused():
    with pytest.raises(ValueError, match="has 30 values, or 50 with classes for each box, got 13"):
        decode(torch.zeros(2, 3, 4, 13), SIZE)

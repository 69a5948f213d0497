"""Boxes against slow plain loops, on thousands of random and degenerate cases."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from yoloexplain import boxes

coordinate = st.integers(-8, 24).map(float)
corner_box = st.tuples(coordinate, coordinate, coordinate, coordinate).map(
    lambda c: (min(c[0], c[2]), min(c[1], c[3]), max(c[0], c[2]), max(c[1], c[3]))
)


def slow_iou(a, b):
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    shared = width * height
    joint = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / joint if joint > 0 else 0.0


def slow_penalties(a, b):
    wide, high = max(a[2], b[2]) - min(a[0], b[0]), max(a[3], b[3]) - min(a[1], b[1])
    size = [(c[2] - c[0], c[3] - c[1]) for c in (a, b)]
    value = slow_iou(a, b)
    shared = value and value / (1 + value) * sum(w * h for w, h in size)
    joint = sum(w * h for w, h in size) - shared
    giou = value - ((wide * high - joint) / (wide * high) if wide * high else 0.0)
    apart = ((a[0] + a[2] - b[0] - b[2]) / 2) ** 2 + ((a[1] + a[3] - b[1] - b[3]) / 2) ** 2
    diagonal = wide**2 + high**2
    diou = value - (apart / diagonal if diagonal else 0.0)
    angles = [math.atan(w / max(h, 1e-7)) for w, h in size]
    v = 4 / math.pi**2 * (angles[1] - angles[0]) ** 2
    ciou = diou - (v * v / (1 - value + v) if v else 0.0)
    return giou, diou, ciou


def slow_nms(all_boxes, scores, threshold, labels=None):
    left = sorted(range(len(scores)), key=lambda i: -scores[i])
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [
            i
            for i in left
            if slow_iou(all_boxes[best], all_boxes[i]) <= threshold
            or (labels is not None and labels[i] != labels[best])
        ]
    return kept


@given(corner_box, corner_box)
def test_every_measure_equals_the_plain_formula(a, b):
    pair = torch.tensor(a), torch.tensor(b)
    assert boxes.iou(*pair).item() == pytest.approx(slow_iou(a, b), abs=1e-5)
    giou, diou, ciou = slow_penalties(a, b)
    assert boxes.giou(*pair).item() == pytest.approx(giou, abs=1e-5)
    assert boxes.diou(*pair).item() == pytest.approx(diou, abs=1e-5)
    assert boxes.ciou(*pair).item() == pytest.approx(ciou, abs=1e-5)


@given(corner_box, corner_box)
def test_gradients_stay_finite_on_points_lines_and_boxes_far_apart(a, b):
    for measure in (boxes.iou, boxes.giou, boxes.diou, boxes.ciou):
        box = torch.tensor(a, requires_grad=True)
        measure(box, torch.tensor(b)).backward()
        assert box.grad.isfinite().all(), measure.__name__


def test_pairwise_is_elementwise_with_one_axis_more():
    a, b = torch.rand(3, 4).sort(-1).values, torch.rand(5, 4).sort(-1).values
    table = boxes.ciou(a[:, None], b)
    assert table.shape == (3, 5)
    torch.testing.assert_close(table[2, 4], boxes.ciou(a[2], b[4]))


def test_boxes_apart_have_no_gradient_by_iou_and_are_pulled_together_by_the_others():
    far = torch.tensor([10.0, 10, 14, 14])
    for measure, moves in [
        (boxes.iou, False),
        (boxes.giou, True),
        (boxes.diou, True),
        (boxes.ciou, True),
    ]:
        box = torch.tensor([0.0, 0, 4, 4], requires_grad=True)
        measure(box, far).backward()
        towards = box.grad[:2] + box.grad[2:]
        assert (towards > 0).all() == moves, measure.__name__


@given(st.lists(corner_box, min_size=1, max_size=5))
def test_every_format_goes_there_and_back(rows):
    corners = torch.tensor(rows)
    centred = boxes.xyxy_to_cxcywh(corners)
    torch.testing.assert_close(boxes.cxcywh_to_xyxy(centred), corners)
    torch.testing.assert_close(boxes.xywh_to_xyxy(boxes.xyxy_to_xywh(corners)), corners)
    torch.testing.assert_close(centred[:, 2:], boxes.xyxy_to_xywh(corners)[:, 2:])


def test_a_box_with_swapped_corners_has_no_area():
    assert boxes.area(torch.tensor([5.0, 5, 1, 9])) == 0


cases = st.lists(
    st.tuples(corner_box, st.integers(0, 20), st.integers(0, 2)), min_size=0, max_size=24
)


@given(cases, st.sampled_from([0.0, 0.3, 0.45, 0.9, 1.0]))
def test_nms_keeps_what_the_plain_loop_keeps_in_its_order(rows, threshold):
    corners = torch.tensor([row[0] for row in rows]).reshape(-1, 4)
    scores = torch.tensor([row[1] / 20 for row in rows])
    labels = torch.tensor([row[2] for row in rows], dtype=torch.int64)
    plain = [list(row[0]) for row in rows], [row[1] / 20 for row in rows]
    kept = boxes.nms(corners, scores, threshold)
    assert kept.tolist() == slow_nms(*plain, threshold)
    kept = boxes.nms(corners, scores, threshold, labels)
    assert kept.tolist() == slow_nms(*plain, threshold, labels.tolist())


def test_a_threshold_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\], got 45"):
        boxes.nms(torch.zeros(1, 4), torch.ones(1), 45.0)

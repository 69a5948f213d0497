"""YOLOv1's two losses against slow plain loops, and what they must and must not punish."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from yoloexplain.boxes import iou
from yoloexplain.yolov1 import Encoded, encode, loss, notebook_loss

ROWS, COLUMNS, BOXES, CLASSES = 3, 4, 2, 3


def corners(box, row, column, root):
    x, y, w, h = box
    w, h = (w * w, h * h) if root else (w, h)
    cx, cy = (column + x) / COLUMNS, (row + y) / ROWS
    return torch.tensor([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], dtype=torch.float64)


def whole(box, row, column, root):
    x, y, w, h = box
    w, h = (w * w, h * h) if root else (w, h)
    return (column + x) / COLUMNS, (row + y) / ROWS, w, h


def slow_loss(raw, values, own_classes):
    """Cell by cell and box by box."""
    terms = dict.fromkeys(("centre", "size", "objectness", "background", "classes"), 0.0)
    width = 5 + CLASSES if own_classes else 5
    for b in range(len(raw)):
        for row in range(ROWS):
            for column in range(COLUMNS):
                cell, true = raw[b, row, column].tolist(), values[b, row, column].tolist()
                boxes = [cell[width * n : width * n + 5] for n in range(BOXES)]
                if not true[4]:
                    terms["background"] += 0.5 * sum(box[4] ** 2 for box in boxes)
                    continue
                wanted = corners(true[:4], row, column, root=False)
                overlaps = [
                    iou(corners(box[:4], row, column, root=True), wanted).item() for box in boxes
                ]
                if max(overlaps) > 0:
                    best = overlaps.index(max(overlaps))
                else:
                    at = whole(true[:4], row, column, root=False)
                    misses = [
                        sum(
                            (p - q) ** 2
                            for p, q in zip(whole(x[:4], row, column, True), at, strict=True)
                        )
                        for x in boxes
                    ]
                    best = misses.index(min(misses))
                x, y, w, h, confidence = boxes[best]
                terms["centre"] += 5 * ((x - true[0]) ** 2 + (y - true[1]) ** 2)
                terms["size"] += 5 * ((w - true[2] ** 0.5) ** 2 + (h - true[3] ** 0.5) ** 2)
                terms["objectness"] += (confidence - overlaps[best]) ** 2
                terms["background"] += 0.5 * sum(
                    box[4] ** 2 for n, box in enumerate(boxes) if n != best
                )
                start = width * best + 5 if own_classes else 5 * BOXES
                terms["classes"] += sum(
                    (cell[start + k] - true[5 * BOXES + k]) ** 2 for k in range(CLASSES)
                )
    return {name: value / len(raw) for name, value in terms.items()}


place = st.one_of(st.integers(0, 12).map(lambda n: n / 12), st.floats(0, 1, width=16))
side = st.floats(0.015625, 1, width=16)
target = st.tuples(st.integers(0, 1), st.integers(0, 2), place, place, side, side)


@settings(max_examples=40)
@given(st.lists(target, max_size=8), st.booleans(), st.sampled_from([0.3, 1.0]), st.integers(0, 99))
def test_every_term_is_that_of_a_slow_loop_over_cells_and_boxes(rows, own, scale, seed):
    generator = torch.Generator().manual_seed(seed)
    depth = (5 + CLASSES) * BOXES if own else 5 * BOXES + CLASSES
    raw = scale * torch.randn(2, ROWS, COLUMNS, depth, generator=generator)
    encoded = encode(torch.tensor(rows).view(-1, 6), 2, (ROWS, COLUMNS), BOXES, CLASSES)
    terms = loss(raw, encoded, BOXES)
    wanted = slow_loss(raw, encoded.values, own)
    for name, value in wanted.items():
        assert getattr(terms, name).item() == pytest.approx(value, rel=1e-4, abs=1e-6), name
    assert terms.total.item() == pytest.approx(sum(wanted.values()), rel=1e-4, abs=1e-6)


OBJECTS = torch.tensor(
    [[0, 2, 0.3, 0.6, 0.25, 0.49], [0, 1, 0.9, 0.1, 0.04, 0.09], [1, 0, 0.5, 0.5, 0.9, 0.64]]
)


def grid(scale=0.4):
    return (scale * torch.randn(2, 7, 7, 5 * BOXES + CLASSES)).requires_grad_()


def test_perfect_predictions_cost_nothing():
    encoded = encode(OBJECTS, 2, 7, BOXES, CLASSES)
    raw = encoded.values.clone()
    for box in range(BOXES):
        raw[..., 5 * box + 2 : 5 * box + 4] = raw[..., 5 * box + 2 : 5 * box + 4].sqrt()
    raw[..., 9] = 0  # of two equal boxes the first answers, and the second is background
    assert loss(raw, encoded, BOXES).total.item() == pytest.approx(0, abs=1e-9)


def test_only_the_responsible_box_learns_its_place():
    raw, encoded = grid(), encode(OBJECTS[:1], 2, 7, BOXES, CLASSES)
    with torch.no_grad():
        raw[0, 4, 2, 5:9] = torch.tensor([0.3, 0.4, 0.52, 0.66])  # the second box, nearly right
    terms = loss(raw, encoded, BOXES)
    (terms.centre + terms.size).backward()
    assert raw.grad[0, 4, 2, 5:9].all()
    raw.grad[0, 4, 2, 5:9] = 0
    assert not raw.grad.any()


def test_before_any_box_overlaps_the_nearest_answers():
    raw, encoded = grid(), encode(OBJECTS[:1], 2, 7, BOXES, CLASSES)
    with torch.no_grad():
        raw[0, 4, 2, :4] = torch.tensor([40.0, 40, 0.1, 0.1])
        raw[0, 4, 2, 5:9] = torch.tensor([9.0, 9, 0.1, 0.1])
    loss(raw, encoded, BOXES).centre.backward()
    assert raw.grad[0, 4, 2, 5:7].all()
    assert not raw.grad[0, 4, 2, :2].any()


def test_the_same_miss_in_pixels_costs_a_small_box_more():
    costs = []
    for width in (0.1, 0.5):
        encoded = encode(torch.tensor([[0, 0, 0.5, 0.5, width, width]]), 1, 7, 1, 2)
        raw = encoded.values.clone()
        raw[0, 3, 3, 2:4] = torch.tensor([width + 0.05, width]).sqrt()
        costs.append(loss(raw, encoded, 1).size.item())
    assert costs[0] > 4 * costs[1] > 0


def test_an_all_background_batch_has_background_loss_only_and_finite_gradients():
    raw = grid()
    terms = loss(raw, encode(torch.zeros(0, 6), 2, 7, BOXES, CLASSES), BOXES)
    assert terms.background > 0
    assert terms.total == terms.background
    slopes = [torch.autograd.grad(term, raw, retain_graph=True)[0] for term in terms]
    assert [bool(slope.any()) for slope in slopes] == [False, False, False, True, False]
    assert all(slope.isfinite().all() for slope in slopes)


def test_negative_raw_sizes_are_roots_like_any_other():
    raw, encoded = grid(), encode(OBJECTS, 2, 7, BOXES, CLASSES)
    with torch.no_grad():
        raw[..., 2:4] = -raw[..., 2:4].abs() - 0.5
    terms = loss(raw, encoded, BOXES)
    terms.total.backward()
    assert terms.total.isfinite()
    assert raw.grad.isfinite().all()


def test_a_step_along_the_gradient_lowers_the_loss():
    raw, encoded = grid(), encode(OBJECTS, 2, 7, BOXES, CLASSES)
    optimizer = torch.optim.Adam([raw], lr=0.05)
    first = loss(raw, encoded, BOXES).total.item()
    for _ in range(60):
        optimizer.zero_grad()
        terms = loss(raw, encoded, BOXES)
        terms.total.backward()
        optimizer.step()
    assert terms.total < 0.1 * first


def test_both_weights_can_be_chosen():
    raw, encoded = grid(), encode(OBJECTS, 2, 7, BOXES, CLASSES)
    usual = loss(raw, encoded, BOXES)
    other = loss(raw, encoded, BOXES, coordinates=1.0, background=1.0)
    torch.testing.assert_close(5 * other.centre, usual.centre)
    torch.testing.assert_close(5 * other.size, usual.size)
    torch.testing.assert_close(other.background, 2 * usual.background)
    assert other.classes == usual.classes


def test_grids_that_do_not_belong_together_are_refused():
    encoded = encode(OBJECTS, 2, 7, BOXES, CLASSES)
    with pytest.raises(ValueError, match=r"raw values \(2, 9, 9, 13\) and targets \(2, 7, 7, 13\)"):
        loss(torch.zeros(2, 9, 9, 13), encoded, BOXES)
    with pytest.raises(ValueError, match="the number of boxes"):
        loss(torch.zeros(2, 7, 7, 13), encoded, 3)
    with pytest.raises(ValueError, match="has 13 values"):
        loss(torch.zeros(2, 7, 7, 14), encoded, BOXES)
    with pytest.raises(ValueError, match="must have one shape"):
        notebook_loss(torch.zeros(2, 7, 7, 13), torch.zeros(2, 7, 7, 30))


# The notebook's loss


def slow_notebook_loss(predictions, target):
    total = 0.0
    for cell, true in zip(
        predictions.flatten(0, 2).tolist(), target.flatten(0, 2).tolist(), strict=True
    ):
        errors = [(p - t) ** 2 for p, t in zip(cell, true, strict=True)]
        if true[4] > 0:
            total += 5 * sum(errors[:4]) + sum(errors[4:])
        elif true[4] == 0:
            total += 0.5 * errors[4]
    return total


@given(st.integers(0, 1000))
def test_the_notebooks_loss_is_that_of_a_slow_loop(seed):
    generator = torch.Generator().manual_seed(seed)
    predictions = torch.randn(2, 3, 4, 30, generator=generator)
    target = torch.rand(2, 3, 4, 30, generator=generator)
    target[..., 4] = torch.randint(-1, 2, (2, 3, 4), generator=generator)
    found = notebook_loss(predictions, target).total.item()
    assert found == pytest.approx(slow_notebook_loss(predictions, target), rel=1e-5)


def test_of_random_targets_the_notebooks_loss_expects_what_it_printed():
    # It printed 759.7955 for unseeded targets from 0 to 1 and an untrained network: every cell
    # counts as an object, and zero predictions cost 49·(5·4 + 1 + 25)/3 on average.
    target = torch.rand(400, 7, 7, 30)
    terms = notebook_loss(torch.zeros_like(target), target)
    assert terms.background == 0
    assert terms.total.item() / 400 == pytest.approx(49 * 46 / 3, rel=0.01)
    assert abs(759.7955 - 49 * 46 / 3) < 12


def test_each_of_the_notebooks_terms_is_a_summed_square_error():
    predictions = torch.randn(2, 7, 7, 13)
    target = encode(OBJECTS, 2, 7, BOXES, CLASSES).values
    terms, there = notebook_loss(predictions, target), target[..., 4] > 0
    summed = nn.MSELoss(reduction="sum")
    p, t = predictions[there], target[there]
    torch.testing.assert_close(terms.box, 5 * summed(p[:, :4], t[:, :4]))
    torch.testing.assert_close(terms.objectness, summed(p[:, 4], t[:, 4]))
    torch.testing.assert_close(terms.rest, summed(p[:, 5:], t[:, 5:]))
    empty = predictions[~there][:, 4]
    torch.testing.assert_close(terms.background, 0.5 * empty.square().sum())


def test_the_notebooks_loss_leaves_negative_targets_out_and_is_not_divided_by_the_batch():
    predictions = torch.randn(1, 7, 7, 13)
    target = encode(OBJECTS[:2], 1, 7, BOXES, CLASSES).values
    once = notebook_loss(predictions, target).total
    twice = notebook_loss(predictions.repeat(2, 1, 1, 1), target.repeat(2, 1, 1, 1)).total
    torch.testing.assert_close(twice, 2 * once)
    assert notebook_loss(predictions, torch.full_like(target, -1)).total == 0


def test_the_papers_loss_takes_what_encode_returned():
    encoded = encode(OBJECTS, 2, 7, BOXES, CLASSES)
    assert isinstance(encoded, Encoded)
    assert math.isfinite(loss(grid(), encoded, BOXES).total.item())

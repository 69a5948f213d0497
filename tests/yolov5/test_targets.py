"""YOLOv5's target assignment, against the published code's own and against a slow plain loop."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from yoloexplain.yolov5 import RELEASES, YOLOv5, assign, assign_yolov3

MODELS = {release: YOLOv5("s", release, num_classes=4) for release in ("2.0", "7.0")}
SIZE = (64, 128)  # height, width in pixels: maps of 8×16, 4×8 and 2×4 cells


def maps(model, batch=2, size=SIZE):
    values = 5 + model.num_classes
    return {
        level: torch.zeros(batch, 3, size[0] // s, size[1] // s, values)
        for level, s in model.head.strides.items()
    }


def indices(found):
    return torch.stack([found.image, found.anchor, found.row, found.column, found.label], 1)


def slow_cells(x, y, width, height, both_sides):
    """The cell of a centre and its neighbours, one condition after the other."""
    cells = [(int(x), int(y))]
    if x % 1 < 0.5 and x > 1:
        cells.append((int(x - 0.5), int(y)))
    if y % 1 < 0.5 and y > 1:
        cells.append((int(x), int(y - 0.5)))
    for value, size, step in ((x, width, (0.5, 0)), (y, height, (0, 0.5))):
        near = (size - value) % 1 < 0.5 if both_sides else value % 1 > 0.5
        if near and size - value > 1:
            cells.append((int(x + step[0]), int(y + step[1])))
    return [(min(i, width - 1), min(j, height - 1)) for i, j in cells]


def slow_assign(targets, model, both_sides, threshold=4.0):
    """For every level, box, anchor and cell by itself."""
    answers = []
    for level, stride in model.head.strides.items():
        height, width = SIZE[0] // stride, SIZE[1] // stride
        anchors = model.head.anchors[list(model.head.strides).index(level)].tolist()
        for image, label, cx, cy, w, h in targets:
            for a, anchor in enumerate(anchors):
                ratios = [w * SIZE[1] / anchor[0], h * SIZE[0] / anchor[1]]
                if max(max(r, 1 / r) for r in ratios) >= threshold:
                    continue
                for i, j in slow_cells(cx * width, cy * height, width, height, both_sides):
                    box = (cx * width - i, cy * height - j, w * width, h * height)
                    answers.append((level, image, a, j, i, label, *(round(v, 4) for v in box)))
    return sorted(answers)


def as_answers(assigned):
    answers = []
    for level, found in assigned.items():
        boxes = found.boxes_cells.tolist()
        for index, box in zip(indices(found).tolist(), boxes, strict=True):
            answers.append((level, *index, *(round(v, 4) for v in box)))
    return sorted(answers)


# 32nds of the image put centres upon the borders of cells again and again.
place = st.one_of(st.integers(0, 32).map(lambda n: n / 32), st.floats(0, 1, width=16))
side = st.one_of(st.integers(1, 32).map(lambda n: n / 32), st.just(1 / 128))
target = st.tuples(st.integers(0, 1), st.integers(0, 3), place, place, side, side)


@given(st.lists(target, max_size=5), st.sampled_from(["2.0", "7.0"]))
def test_every_answer_is_that_of_a_slow_loop_over_boxes_anchors_and_cells(rows, release):
    model = MODELS[release]
    targets = torch.tensor(rows, dtype=torch.float32).view(-1, 6)
    found = assign(maps(model), targets, model)
    assert as_answers(found) == slow_assign(rows, model, both_sides=release == "7.0")


@pytest.mark.parametrize("release", list(RELEASES))
def test_who_answers_is_what_the_published_code_gave_in_its_order(
    release, published, network, raw_outputs
):
    model = network("s", release, 4)
    wanted = published["assigned"]["1.0" if release in ("1.0", "2.0") else "3.0"]
    found = assign(raw_outputs(model), torch.tensor(published["targets"]), model)
    for level, numbers in wanted.items():
        assert indices(found[level]).tolist() == numbers["rows"], level
        sums = found[level].boxes_cells.double().sum(0).tolist()
        assert sums == pytest.approx(numbers["box_sums"], rel=1e-5, abs=1e-4)


def test_a_centre_on_the_images_far_edge_is_asked_of_the_last_cell(published, network, raw_outputs):
    for release in ("1.0", "7.0"):
        model = network("s", release, 4)
        found = assign(raw_outputs(model), torch.tensor(published["edge_targets"]), model)
        for level, numbers in published["edge_assigned"].items():
            rows, columns = found[level].row, found[level].column
            height, width = 96 // model.head.strides[level], 160 // model.head.strides[level]
            assert rows.max() == height - 1
            assert columns.max() == width - 1
            if release == "7.0":
                assert indices(found[level]).tolist() == numbers["rows"]


def test_a_centre_on_a_border_asks_its_own_cell_once_more_from_release_3_on():
    targets = torch.tensor([[1, 2, 4 / 16, 2.25 / 8, 16 / 128, 16 / 64]])
    cells = {}
    for release, model in MODELS.items():
        found = assign(maps(model), targets, model)["p3"]
        cells[release] = sorted({*zip(found.column.tolist(), found.row.tolist(), strict=True)})
        own = (found.anchor == 0) & (found.column == 4) & (found.row == 2)
        assert own.sum() == (1 if release == "2.0" else 2)
    assert cells["2.0"] == cells["7.0"] == [(3, 2), (4, 1), (4, 2)]


def test_no_answer_leaves_what_the_decode_can_reach():
    torch.manual_seed(1)
    model = MODELS["7.0"]
    targets = torch.rand(200, 6) * torch.tensor([2.0, 4, 1, 1, 0.9, 0.9])
    targets[:, :2] = targets[:, :2].floor()
    targets[:, 4:] += 0.02
    for found in assign(maps(model), targets, model).values():
        offset, size = found.boxes_cells.split(2, dim=1)
        assert offset.min() >= -0.5
        assert offset.max() <= 1.5
        assert (size / found.anchors_cells).max() < 4
        assert (found.anchors_cells / size).max() < 4


def test_a_side_exactly_four_times_the_anchors_is_too_long():
    model = MODELS["7.0"]
    for width, suits in ((40, False), (39, True)):  # pixels; the first anchor has 10
        found = assign(maps(model), torch.tensor([[0, 0, 0.5, 0.5, width / 128, 0.25]]), model)
        assert (0 in found["p3"].anchor.tolist()) == suits


def test_a_centre_on_the_first_border_has_no_neighbour_before_it():
    targets = torch.tensor([[0, 0, 1 / 16, 1 / 8, 10 / 128, 13 / 64]])
    for model in MODELS.values():
        found = assign(maps(model), targets, model)["p3"]
        assert found.row.unique().tolist() == found.column.unique().tolist() == [1]


def test_a_centre_on_the_last_border_asks_its_own_cell_once():
    targets = torch.tensor([[0, 0, 15 / 16, 7.5 / 8, 10 / 128, 13 / 64]])
    for model in MODELS.values():
        found = assign(maps(model), targets, model)["p3"]
        own = (found.anchor == 0) & (found.column == 15) & (found.row == 7)
        assert own.sum() == 1


def test_a_lower_threshold_asks_fewer_anchors():
    model = MODELS["7.0"]
    targets = torch.tensor([[0, 0, 0.4, 0.6, 0.25, 0.5]])
    counts = [
        sum(len(found.anchor) for found in assign(maps(model), targets, model, t).values())
        for t in (1.5, 2.0, 4.0)
    ]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


@given(st.lists(target, max_size=6))
def test_yolov3_asks_one_cell_and_the_anchor_of_best_overlap(rows):
    model = MODELS["7.0"]
    targets = torch.tensor(rows, dtype=torch.float32).view(-1, 6)
    assigned = assign_yolov3(maps(model), targets, model)
    answers = {}
    for level, found in assigned.items():
        for target_row, *where in zip(
            found.target.tolist(),
            found.anchor.tolist(),
            found.row.tolist(),
            found.column.tolist(),
            strict=True,
        ):
            assert target_row not in answers
            answers[target_row] = (level, *where)
    assert sorted(answers) == list(range(len(rows)))
    for n, (_, _, cx, cy, w, h) in enumerate(rows):
        level, anchor, row, column = answers[n]
        stride = model.head.strides[level]
        height, width = SIZE[0] // stride, SIZE[1] // stride
        assert (row, column) == (min(int(cy * height), height - 1), min(int(cx * width), width - 1))
        size = w * SIZE[1], h * SIZE[0]
        scores = [
            math.prod(map(min, size, a))
            / (math.prod(size) + math.prod(a) - math.prod(map(min, size, a)))
            for a in model.head.anchors.flatten(0, 1).tolist()
        ]
        chosen = 3 * list(model.head.strides).index(level) + anchor
        assert scores[chosen] == pytest.approx(max(scores), rel=1e-5)


def test_without_objects_nobody_answers():
    for rule in (assign, assign_yolov3):
        for found in rule(maps(MODELS["7.0"]), torch.zeros(0, 6), MODELS["7.0"]).values():
            assert all(len(part) == 0 for part in found)


def test_a_box_of_one_pixel_suits_no_anchor_and_breaks_nothing():
    targets = torch.tensor([[0, 0, 0.5, 0.5, 1 / 128, 1 / 64]])
    found = assign(maps(MODELS["7.0"]), targets, MODELS["7.0"])
    assert not any(len(level.anchor) for level in found.values())


FINE = [1.0, 3.0, 0.5, 0.5, 0.2, 0.3]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (0, 2.0, r"image index must be a whole number from 0 to 1, got \(2, 3, .*as target 1"),
        (0, -1.0, "image index"),
        (1, 4.0, "class must be a whole number from 0 to 3, .*num_classes"),
        (1, 0.5, "class must be a whole number"),
        (2, 48.0, "fractions of the image.*divide"),
        (4, 0.0, "above 0"),
        (5, -0.1, "fractions"),
        (3, math.nan, "finite"),
        (4, math.inf, "finite"),
    ],
)
def test_a_bad_target_is_named_with_rule_value_and_mend(column, value, message):
    rows = torch.tensor([FINE, FINE])
    rows[1, column] = value
    for rule in (assign, assign_yolov3):
        with pytest.raises(ValueError, match=message):
            rule(maps(MODELS["7.0"]), rows, MODELS["7.0"])


@pytest.mark.parametrize("targets", [torch.zeros(2, 5), torch.zeros(6), torch.zeros(1, 6).int()])
def test_targets_of_another_form_are_refused(targets):
    with pytest.raises(ValueError, match="targets must"):
        assign(maps(MODELS["7.0"]), targets, MODELS["7.0"])


def test_outputs_of_another_network_are_refused():
    raw = maps(YOLOv5("n", num_classes=5))
    with pytest.raises(ValueError, match=r"gives p3, p4, p5 of \(B, 3, H, W, 9\), got p3 \(2, 3"):
        assign(raw, torch.zeros(0, 6), MODELS["7.0"])
    with pytest.raises(ValueError, match="got nothing"):
        assign({}, torch.zeros(0, 6), MODELS["7.0"])

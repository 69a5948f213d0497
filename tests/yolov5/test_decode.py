"""YOLOv5's decode and its non-maximum suppression, against the published code and plain loops."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from yoloexplain import results
from yoloexplain.boxes import cxcywh_to_xyxy, iou, nms
from yoloexplain.yolov5 import (
    RELEASES,
    YOLOv5,
    assign,
    decode,
    decode_yolov3,
    non_max_suppression,
)


@pytest.mark.parametrize("release", list(RELEASES))
def test_all_ten_releases_decode_as_the_published_code_did(
    release, published, network, raw_outputs
):
    model = network("s", release, 4)
    decoded = decode(raw_outputs(model), model)
    wanted = published["decode"]
    assert list(decoded.shape) == wanted["shape"]
    sums = decoded.double().sum((0, 1)).tolist()
    assert sums == pytest.approx(wanted["column_sums"], rel=1e-6)
    for place, row in wanted["rows"].items():
        image, index = map(int, place.split(","))
        assert decoded[image, index].tolist() == pytest.approx(row, rel=1e-5, abs=1e-4)


def sigmoid(t):
    return 1 / (1 + math.exp(-t))


def slow_decode(raw, model, centre_of, size_of):
    images = []
    for b in range(next(iter(raw.values())).shape[0]):
        rows = []
        for index, (level, values) in enumerate(raw.items()):
            stride = model.head.strides[level]
            for a in range(values.shape[1]):
                anchor = model.head.anchors[index, a].tolist()
                for j in range(values.shape[2]):
                    for i in range(values.shape[3]):
                        t = values[b, a, j, i].tolist()
                        rows.append(
                            [
                                (centre_of(t[0]) + i) * stride,
                                (centre_of(t[1]) + j) * stride,
                                size_of(t[2]) * anchor[0],
                                size_of(t[3]) * anchor[1],
                                *map(sigmoid, t[4:]),
                            ]
                        )
        images.append(rows)
    return torch.tensor(images)


def test_each_formula_is_that_of_a_slow_loop_levels_in_order(network, raw_outputs):
    model = network("s", "7.0", 2)
    raw = raw_outputs(model, size=(32, 96), batch=2)
    ours = slow_decode(raw, model, lambda t: 2 * sigmoid(t) - 0.5, lambda t: (2 * sigmoid(t)) ** 2)
    torch.testing.assert_close(decode(raw, model), ours, rtol=1e-5, atol=1e-4)
    older = slow_decode(raw, model, sigmoid, math.exp)
    torch.testing.assert_close(decode_yolov3(raw, model), older, rtol=1e-5, atol=1e-4)


def test_four_levels_decode_in_order(network, raw_outputs):
    model = network("s6", "7.0", 2)
    raw = raw_outputs(model, size=(64, 128), batch=2)
    decoded = decode(raw, model)
    assert decoded.shape == (2, 3 * (8 * 16 + 4 * 8 + 2 * 4 + 1 * 2), 7)
    coarse = decode({**raw, "p3": torch.zeros_like(raw["p3"])}, model)
    assert torch.equal(decoded[:, 3 * 128 :], coarse[:, 3 * 128 :])


def test_raw_zeros_are_the_middle_of_the_cell_and_the_anchor_itself(network):
    model = network("s", "7.0", 3)
    raw = {level: torch.zeros(1, 3, 64 // s, 96 // s, 8) for level, s in model.head.strides.items()}
    for rule in (decode, decode_yolov3):
        decoded = rule(raw, model)[0]
        assert decoded[0, :4].tolist() == [4, 4, 10, 13]
        assert decoded[12 + 1, :4].tolist() == [12, 12, 10, 13]  # row 1, column 1
        assert decoded[-1, :4].tolist() == [80, 48, 373, 326]
        assert decoded[:, 4:].unique().tolist() == [0.5]


@given(st.floats(-80, 80), st.floats(-80, 80))
def test_no_number_leaves_its_bounds_where_yolov3_has_none(t, u):
    model = MODEL
    raw = {level: torch.zeros(1, 3, 32 // s, 64 // s, 6) for level, s in model.head.strides.items()}
    raw["p5"][0, 2, 0, 1, :4] = torch.tensor([t, u, t, u])
    x, y, w, h = decode(raw, model)[0, -1, :4].tolist()
    assert 16 <= x <= 80
    assert -16 <= y <= 48
    assert 0 <= w <= 4 * 373
    assert 0 <= h <= 4 * 326
    older = decode_yolov3(raw, model)[0, -1, :4].double()
    assert older[2].item() == pytest.approx(math.exp(t) * 373, rel=1e-4)


MODEL = YOLOv5("n", num_classes=1)


def test_decode_undoes_the_assignment(network):
    model = network("s", "7.0", 4)
    targets = torch.tensor([[0, 1, 0.4, 0.6, 0.3, 0.5], [1, 2, 0.77, 0.21, 0.12, 0.2]])
    raw = {
        level: torch.full((2, 3, 64 // s, 96 // s, 9), -20.0)
        for level, s in model.head.strides.items()
    }
    for level, found in assign(raw, targets, model).items():
        offset, size = found.boxes_cells.split(2, dim=1)
        bounded = torch.cat([offset + 0.5, (size / found.anchors_cells).sqrt()], dim=1) / 2
        where = found.image, found.anchor, found.row, found.column
        raw[level][(*where, slice(0, 4))] = bounded.logit()
        raw[level][(*where, 4)] = 20
        raw[level][(*where, 5 + found.label)] = 20
    found_in = non_max_suppression(decode(raw, model), image_size=(64, 96))
    for image, (detections, row) in enumerate(zip(found_in, targets, strict=True)):
        assert len(detections) == 1, image
        assert detections.labels.item() == row[1]
        wanted = cxcywh_to_xyxy(row[2:] * torch.tensor([96, 64, 96, 64]))
        torch.testing.assert_close(detections.boxes_xyxy[0], wanted, rtol=1e-4, atol=1e-3)
        assert detections.image_size == (64, 96)


def test_half_precision_outputs_are_widened_before_they_become_pixels(network, raw_outputs):
    model = network("s", "7.0", 2)
    raw = raw_outputs(model)
    half = decode({level: values.bfloat16() for level, values in raw.items()}, model)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, decode(raw, model), rtol=5e-2, atol=0.5)


def test_outputs_of_another_network_are_refused(network, raw_outputs):
    model = network("s", "7.0", 2)
    raw = raw_outputs(model)
    for rule in (decode, decode_yolov3):
        with pytest.raises(ValueError, match=r"gives p3, p4, p5 of \(B, 3, H, W, 7\), got p3 \("):
            rule({"p3": raw["p3"], "p4": raw["p4"]}, model)
        with pytest.raises(ValueError, match=r"got p5 \(3, 3, 3, 5, 7\); p4"):
            rule(dict(reversed(raw.items())), model)


# The suppression


MODES = {"best_class": {}, "many_labels": {"multi_label": True}, "agnostic": {"agnostic": True}}


@pytest.mark.parametrize("mode", list(MODES))
def test_what_stays_is_what_the_published_code_kept(mode, published, network, raw_outputs):
    model = network("s", "7.0", 4)
    decoded = decode(raw_outputs(model), model)
    found_in = non_max_suppression(decoded, 0.55, 0.45, **MODES[mode])
    for found, wanted in zip(found_in, published["nms"][mode], strict=True):
        assert len(found) == wanted["n"]
        rows = torch.cat(
            [found.boxes_xyxy, found.scores[:, None], found.labels[:, None].float()], dim=1
        )
        # The published code moves each class 7,680 pixels aside, and loses digits by it.
        sums = rows.double().sum(0).tolist()
        assert sums == pytest.approx(wanted["sums"], rel=1e-5)
        for index, row in zip((0, 1, -1), wanted["rows"], strict=True):
            assert rows[index].tolist() == pytest.approx(row, rel=1e-5, abs=1e-4)


def slow_suppression(decoded, confidence, threshold, limit):
    """One image, best class a box."""
    found = []
    for x, y, w, h, objectness, *classes in decoded.tolist():
        best = max(range(len(classes)), key=lambda k: classes[k])
        score = objectness * classes[best]
        if score > confidence:
            found.append((score, best, (x - w / 2, y - h / 2, x + w / 2, y + h / 2)))
    found.sort(key=lambda row: -row[0])
    kept = []
    for score, label, box in found:
        overlaps = [
            iou(torch.tensor(box), torch.tensor(other)).item()
            for _, other_label, other in kept
            if other_label == label
        ]
        if all(overlap <= threshold for overlap in overlaps) and len(kept) < limit:
            kept.append((score, label, box))
    return kept


@given(
    st.integers(0, 1000),
    st.sampled_from([0.0, 0.2, 0.5]),
    st.sampled_from([0.1, 0.45, 1.0]),
    st.sampled_from([3, 300]),
)
def test_the_suppression_is_that_of_a_slow_loop(seed, confidence, threshold, limit):
    generator = torch.Generator().manual_seed(seed)
    decoded = torch.rand(2, 30, 8, generator=generator)
    decoded[..., :2] *= 40
    decoded[..., 2:4] = 10 + 20 * decoded[..., 2:4]
    found_in = non_max_suppression(decoded, confidence, threshold, max_detections=limit)
    for image, found in enumerate(found_in):
        wanted = slow_suppression(decoded[image], confidence, threshold, limit)
        assert found.labels.tolist() == [label for _, label, _ in wanted]
        assert found.scores.tolist() == pytest.approx([score for score, _, _ in wanted])
        torch.testing.assert_close(
            found.boxes_xyxy, torch.tensor([box for *_, box in wanted]).view(-1, 4)
        )


@pytest.mark.parametrize("block", [1, 7, 256, 1000])
def test_the_kept_boxes_are_those_of_the_shared_nms_block_by_block(block, monkeypatch):
    monkeypatch.setattr(results, "BLOCK", block)
    decoded = torch.rand(1, 400, 7)
    decoded[..., :2] *= 60
    decoded[..., 2:4] = 8 + 30 * decoded[..., 2:4]
    found = non_max_suppression(decoded, 0.0, 0.45)[0]
    scores, labels = (decoded[0, :, 4:5] * decoded[0, :, 5:]).max(1)
    corners = cxcywh_to_xyxy(decoded[0, :, :4])
    kept = nms(corners, scores, 0.45, labels)
    torch.testing.assert_close(found.boxes_xyxy, corners[kept])
    torch.testing.assert_close(found.scores, scores[kept])


def test_at_most_the_best_three_hundred_stay():
    decoded = torch.rand(2, 900, 6)
    decoded[..., 0] = torch.arange(900) * 10
    decoded[..., 2:4] = 4
    for found in non_max_suppression(decoded, confidence=0.0):
        assert len(found) == 300
        assert (found.scores.diff() <= 0).all()


def test_only_so_many_candidates_compete(monkeypatch):
    assert results.MAX_CANDIDATES == 30_000
    monkeypatch.setattr(results, "MAX_CANDIDATES", 20)
    decoded = torch.zeros(1, 50, 6)
    decoded[0, :, 0] = torch.arange(50) * 10.0
    decoded[0, :, 2:4] = 4
    decoded[0, :, 4:] = torch.linspace(1, 0.6, 50).sqrt()[:, None]
    found = non_max_suppression(decoded)[0]
    assert found.boxes_xyxy[:, 0].tolist() == [10.0 * n - 2 for n in range(20)]


def test_nothing_sure_enough_gives_empty_results_for_each_image():
    found_in = non_max_suppression(torch.zeros(2, 5, 8), names=("a", "b", "c"))
    assert [len(found) for found in found_in] == [0, 0]
    assert found_in[0].boxes_xyxy.shape == (0, 4)
    assert [len(f) for f in non_max_suppression(torch.zeros(2, 0, 8))] == [0, 0]


def test_a_box_that_is_not_a_number_is_never_kept_for_its_score():
    decoded = torch.full((1, 2, 6), 0.9)
    decoded[0, 0, 5] = math.nan
    assert len(non_max_suppression(decoded)[0]) == 1


@pytest.mark.parametrize("value", [-0.1, 1.5, math.nan])
def test_a_threshold_out_of_range_is_refused(value):
    with pytest.raises(ValueError, match=r"confidence threshold must lie in \[0, 1\], got"):
        non_max_suppression(torch.zeros(1, 2, 6), confidence=value)
    with pytest.raises(ValueError, match=r"IoU threshold must lie in \[0, 1\], got"):
        non_max_suppression(torch.zeros(1, 2, 6), iou=value)

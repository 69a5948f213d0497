"""Results: filtering, drawing, and COCO rows that decode to the same boxes and masks."""

import json
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from yoloexplain.figures.picture import Picture
from yoloexplain.results import Detections, Instances, boxes_around, run_lengths, select

NAMES = ("ball", "boat", "star")
BOXES = torch.tensor([[10.0, 12, 40, 30], [50, 5, 79, 60], [0, 0, 20, 63]])


def detections(**options):
    scores, labels = torch.tensor([0.9, 0.6, 0.3]), torch.tensor([2, 0, 1])
    return Detections(BOXES, scores, labels, **{"image_size": (64, 80), "names": NAMES, **options})


def instances():
    masks = torch.zeros(3, 64, 80, dtype=torch.bool)
    masks[0, 12:30, 10:40] = True
    masks[0, 18:24, 20:30] = False  # a hole
    masks[1, 5:60, 50:79] = True
    found = detections()
    return Instances(
        found.boxes_xyxy, found.scores, found.labels, masks, image_size=(64, 80), names=NAMES
    )


def test_results_know_their_number_and_say_what_they_hold():
    found = detections()
    assert len(found) == 3
    assert repr(found) == "Detections(3: star 0.90, ball 0.60, boat 0.30)"
    assert repr(instances()).startswith("Instances(3: star 0.90")
    assert detections(names=()).captions() == ["2 0.90", "0 0.60", "1 0.30"]


def test_results_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        detections().scores = torch.zeros(3)


def test_filtering_by_score_keeps_all_that_belongs_to_what_stays():
    found = instances().above(0.3)
    assert isinstance(found, Instances)
    assert found.scores.tolist() == pytest.approx([0.9, 0.6])
    assert found.labels.tolist() == [2, 0]
    assert found.masks.shape == (2, 64, 80)
    assert found.image_size == (64, 80)
    assert len(found.above(0.95)) == 0
    assert torch.equal(detections()[torch.tensor([2, 0])].boxes_xyxy, BOXES[[2, 0]])
    assert len(detections()[:1]) == 1


@pytest.mark.parametrize("make", [detections, instances])
def test_a_result_draws_itself_and_says_what_it_shows(make):
    photo = np.full((64, 80, 3), 120, np.uint8)
    picture = make().figure(photo)
    assert isinstance(picture, Picture)
    assert picture.alt.startswith("Photograph of 64×80 pixels with 3 detections: star 0.90; ball")
    blank = make().above(1.0).figure(photo)
    assert "0 detections: nothing found" in blank.alt
    drawn, empty = picture.to_png(), blank.to_png()
    assert drawn.startswith(b"\x89PNG")
    assert drawn != empty


def test_a_masks_hole_stays_open_in_the_picture():
    photo = np.full((64, 80, 3), 120, np.uint8)
    picture = instances()[:1].figure(photo)
    layer = next(image for image in picture.axes[0].images if image.get_array().shape[-1] == 4)
    alpha = layer.get_array()[..., 3]
    assert alpha[15, 15] > 0
    assert alpha[20, 25] == 0
    assert picture.axes[0].get_ylim() == (64, 0)


def test_a_photo_of_another_size_is_refused():
    with pytest.raises(ValueError, match="found in an image of 64x80 pixels, got a photo of 80x64"):
        detections().figure(np.zeros((80, 64, 3), np.uint8))
    with pytest.raises(ValueError, match="got a photo of 32x32"):
        instances().figure(np.zeros((32, 32, 3), np.uint8))


def test_coco_rows_hold_corner_size_category_and_score():
    rows = detections().to_coco(7)
    assert rows[0] == {
        "image_id": 7,
        "category_id": 2,
        "bbox": [10.0, 12.0, 30.0, 18.0],
        "score": pytest.approx(0.9),
    }
    assert [row["category_id"] for row in detections().to_coco(7, (1, 18, 90))] == [90, 1, 18]
    assert json.loads(json.dumps(rows)) == rows
    assert detections().above(1.0).to_coco(7) == []


def unfold(segmentation):
    """Read run lengths the slow way: pixel after pixel, down the columns."""
    height, width = segmentation["size"]
    pixels = []
    for index, count in enumerate(segmentation["counts"]):
        pixels += [bool(index % 2)] * count
    assert len(pixels) == height * width
    mask = torch.zeros(height, width, dtype=torch.bool)
    for n, pixel in enumerate(pixels):
        mask[n % height, n // height] = pixel
    return mask


def test_coco_masks_unfold_to_the_same_pixels():
    found = instances()
    rows = found.to_coco(7)
    assert json.loads(json.dumps(rows)) == rows
    for row, mask in zip(rows, found.masks, strict=True):
        assert row["segmentation"]["size"] == [64, 80]
        assert torch.equal(unfold(row["segmentation"]), mask)


@given(st.integers(1, 6), st.integers(1, 7), st.integers(0, 2**32))
def test_run_lengths_of_any_mask_unfold_to_it_and_never_pause(height, width, seed):
    generator = torch.Generator().manual_seed(seed)
    mask = torch.rand(height, width, generator=generator) > torch.rand(1, generator=generator)
    counts = run_lengths(mask)
    assert torch.equal(unfold({"size": [height, width], "counts": counts}), mask)
    assert all(count > 0 for count in counts[1:])


def test_run_lengths_go_down_the_columns_and_start_with_what_is_off():
    mask = torch.tensor([[True, False, False], [True, True, False]])
    assert run_lengths(mask) == [0, 2, 1, 1, 2]
    assert run_lengths(~mask) == [2, 1, 1, 2]
    assert run_lengths(torch.zeros(2, 3, dtype=torch.bool)) == [6]
    assert run_lengths(torch.ones(2, 3, dtype=torch.bool)) == [0, 6]


@given(st.integers(0, 2**32))
def test_the_box_around_a_mask_is_the_smallest_that_holds_it(seed):
    generator = torch.Generator().manual_seed(seed)
    masks = torch.rand(4, 5, 7, generator=generator) > 0.93
    for mask, box in zip(masks, boxes_around(masks).tolist(), strict=True):
        rows, columns = np.nonzero(mask.numpy())
        if not len(rows):
            assert box == [0, 0, 0, 0]
            continue
        assert box == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_lists_that_do_not_belong_together_are_refused():
    scores, labels = torch.rand(3), torch.zeros(3, dtype=torch.int64)
    with pytest.raises(ValueError, match=r"must belong together, got \(3, 4\), \(2,\) and \(3,\)"):
        Detections(BOXES, scores[:2], labels)
    with pytest.raises(ValueError, match=r"labels must lie from 0 to 2, .* got 0 to 3"):
        Detections(BOXES, scores, torch.tensor([0, 3, 1]), names=NAMES)
    with pytest.raises(ValueError, match=r"masks must have shape \(3, 64, 80\).*got \(3, 80, 64\)"):
        Instances(
            BOXES, scores, labels, torch.zeros(3, 80, 64, dtype=torch.bool), image_size=(64, 80)
        )
    with pytest.raises(ValueError, match=r"got \(2, 64, 80\)"):
        Instances(BOXES, scores, labels, torch.zeros(2, 64, 80, dtype=torch.bool))


def test_results_without_anything_are_results():
    nothing = Detections(torch.zeros(0, 4), torch.zeros(0), torch.zeros(0).long(), names=NAMES)
    assert len(nothing) == 0
    assert repr(nothing) == "Detections(0: )"
    masks = torch.zeros(0, 8, 9, dtype=torch.bool)
    assert boxes_around(masks).shape == (0, 4)


def test_select_ranks_and_names_what_stays():
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [30, 30, 40, 40]])
    scores = torch.tensor([[0.6, 0.1, 0.0], [0.9, 0.5, 0.0], [0.0, 0.0, 0.4]])
    found = select(boxes, scores, names=NAMES, image_size=(64, 80))
    assert found.captions() == ["ball 0.90", "star 0.40"]
    assert found.image_size == (64, 80)
    every = select(boxes, scores, multi_label=True, names=NAMES)
    assert every.captions() == ["ball 0.90", "boat 0.50", "star 0.40"]
    assert select(boxes, scores, multi_label=True, agnostic=True).labels.tolist() == [0, 2]

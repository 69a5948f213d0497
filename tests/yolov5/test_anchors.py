"""Anchors for one's own data: the fit against a slow loop, and shapes that k-means must find."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from yoloexplain.yolov5 import YOLOv5, anchor_fit, fit_anchors, improve_anchors
from yoloexplain.yolov5.anchors import k_means

ANCHORS = torch.tensor([[10.0, 13], [33, 23], [116, 90]])


def clusters(shapes, each=60, jitter=0.04):
    """Sizes scattered narrowly around known shapes."""
    sizes = torch.tensor(shapes).repeat_interleave(each, dim=0)
    return sizes * (1 + jitter * torch.randn(sizes.shape)).clamp(0.8, 1.2)


length = st.floats(1, 400, width=32)


@given(st.lists(st.tuples(length, length), min_size=1, max_size=8), st.sampled_from([2.0, 4.0]))
def test_the_fit_is_that_of_a_slow_loop(rows, threshold):
    suits = [
        sum(max(w / a, a / w, h / b, b / h) < threshold for a, b in ANCHORS.double().tolist())
        for w, h in torch.tensor(rows).double().tolist()
    ]
    found = anchor_fit(torch.tensor(rows), ANCHORS, threshold)
    assert found.best_possible_recall == pytest.approx(sum(map(bool, suits)) / len(suits))
    assert found.anchors_per_box == pytest.approx(sum(suits) / len(suits))


def test_width_and_height_are_not_mixed_up():
    tall, wide = torch.tensor([[10.0, 60]]), torch.tensor([[60.0, 10]])
    assert anchor_fit(tall, tall).best_possible_recall == 1
    assert anchor_fit(wide, tall).best_possible_recall == 0
    assert anchor_fit(tall, torch.tensor([[[10.0, 60]], [[5, 50]]])).anchors_per_box == 2


def test_known_shapes_are_found_again():
    shapes = [[8.0, 30], [40, 12], [60, 60], [20, 90], [150, 50], [200, 220]]
    found = fit_anchors(clusters(shapes), count=6, generations=200)
    wanted = torch.tensor(sorted(shapes, key=math.prod))
    torch.testing.assert_close(found, wanted, rtol=0.06, atol=0.5)


def test_k_means_gives_the_means_of_its_clusters():
    sizes = clusters([[10.0, 40], [80, 20], [60, 160]]).double()
    centres = k_means(sizes, 3, torch.Generator().manual_seed(0))
    spread = sizes.std(0, correction=0)
    nearest = torch.cdist(sizes / spread, centres / spread).argmin(1)
    for cluster in range(3):
        torch.testing.assert_close(centres[cluster], sizes[nearest == cluster].mean(0))


def test_the_same_seed_finds_the_same_anchors_and_another_seed_others():
    torch.manual_seed(1)
    sizes = torch.rand(100, 2) * 200 + 4
    first = fit_anchors(sizes, generations=10, seed=1)
    torch.rand(7)  # the global state plays no part
    assert torch.equal(first, fit_anchors(sizes, generations=10, seed=1))
    assert not torch.equal(first, fit_anchors(sizes, generations=10, seed=2))


def test_refinement_never_fits_worse_and_here_better():
    torch.manual_seed(2)
    sizes = torch.exp(torch.randn(500, 2) * 1.2 + 3)
    before = anchor_fit(sizes, fit_anchors(sizes, count=3, generations=0))
    after = anchor_fit(sizes, fit_anchors(sizes, count=3, generations=300))
    assert after.best_possible_recall > before.best_possible_recall


def test_anchors_come_by_area_smallest_first_and_never_below_two_pixels():
    torch.manual_seed(3)
    found = fit_anchors(torch.rand(200, 2) * 40 + 0.5, count=9, generations=20)
    assert found.shape == (9, 2)
    assert (found.prod(1).diff() >= 0).all()
    assert found.min() >= 2


def test_a_head_with_poor_anchors_gets_better_ones_small_on_fine_levels():
    torch.manual_seed(4)
    head = YOLOv5("n", num_classes=2).head
    sizes = clusters([[2.2, 3], [2.2, 9], [9, 2.2], [30, 30], [60, 60]])
    before, after = improve_anchors(head, sizes, generations=100)
    assert before.best_possible_recall < 0.98
    assert after.best_possible_recall == 1
    assert anchor_fit(sizes, head.anchors) == after
    assert head.anchors.shape == (3, 3, 2)
    assert (head.anchors.flatten(0, 1).prod(1).diff() >= 0).all()


def test_a_head_with_good_anchors_keeps_them():
    head = YOLOv5("n", num_classes=2).head
    kept = head.anchors.clone()
    before, after = improve_anchors(head, clusters([[12.0, 15], [60, 50], [150, 180]]))
    assert before == after
    assert before.best_possible_recall == 1
    assert torch.equal(head.anchors, kept)


def test_anchors_that_nothing_can_better_are_kept():
    head = YOLOv5("n", num_classes=2).head
    kept = head.anchors.clone()
    tiny = torch.full((20, 2), 0.3)  # anchors stop at two pixels
    before, after = improve_anchors(head, tiny, generations=5)
    assert before == after
    assert before.best_possible_recall == 0
    assert torch.equal(head.anchors, kept)


@pytest.mark.parametrize(
    "sizes", [[[30.0, 40]], [[30.0, 40]] * 20, [[30.0, 40], [90, 20]], [[1.0, 1.0]]]
)
def test_fewer_shapes_than_anchors_still_give_anchors(sizes):
    found = fit_anchors(torch.tensor(sizes), count=9, generations=20)
    assert found.shape == (9, 2)
    assert found.isfinite().all()
    assert anchor_fit(torch.tensor(sizes), found).best_possible_recall == 1


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        (torch.zeros(0, 2), r"at least one box in pixels, got shape \(0, 2\); without"),
        (torch.ones(3), "at least one box"),
        (torch.tensor([[3.0, 4], [0, 4]]), r"above 0, got \[0.0, 4.0\] as size 1"),
        (torch.tensor([[3.0, math.nan]]), "finite"),
        (torch.tensor([[3.0, math.inf]]), "finite"),
    ],
)
def test_sizes_that_are_none_are_refused(sizes, message):
    for rule in (lambda s: anchor_fit(s, ANCHORS), fit_anchors):
        with pytest.raises(ValueError, match=message):
            rule(sizes)


def test_a_threshold_that_suits_nothing_and_no_anchors_at_all_are_refused():
    with pytest.raises(ValueError, match="anchor_threshold must be a finite number, above 1"):
        anchor_fit(ANCHORS, ANCHORS, 1.0)
    with pytest.raises(ValueError, match="anchor_threshold must be a finite number, above 1"):
        fit_anchors(ANCHORS, threshold=0.5)
    with pytest.raises(ValueError, match="count must be a positive integer"):
        fit_anchors(ANCHORS, count=0)

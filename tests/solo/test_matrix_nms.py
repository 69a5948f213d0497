"""Decay against a plain double loop."""

import math

import pytest
import torch

from yoloexplain.solo.matrix_nms import mask_iou, matrix_nms


def blobs(count=9, seed=0):
    generator = torch.Generator().manual_seed(seed)
    masks = torch.zeros(count, 20, 30, dtype=torch.bool)
    for mask in masks:
        x, y = torch.randint(0, 14, (2,), generator=generator).tolist()
        mask[y : y + 6, x : x + 12] = True
    scores = torch.rand(count, generator=generator)
    labels = torch.randint(0, 2, (count,), generator=generator)
    return masks, scores, labels


def slow(masks, scores, labels, kernel, sigma=2.0):
    order = sorted(range(len(scores)), key=lambda i: -scores[i].item())

    def overlap(i, j):
        shared = (masks[i] & masks[j]).sum().item()
        joint = (masks[i] | masks[j]).sum().item()
        return shared / joint if joint and labels[i] == labels[j] else 0.0

    def falls(value):
        return math.exp(-sigma * value**2) if kernel == "gaussian" else 1 - value

    decayed = scores.clone()
    for place, j in enumerate(order):
        decay = 1.0
        for rank, i in enumerate(order[:place]):
            worst = max([overlap(k, i) for k in order[:rank]], default=0.0)
            decay = min(decay, falls(overlap(i, j)) / max(falls(worst), 1e-6))
        decayed[j] = scores[j] * min(decay, 1.0 if place == 0 else decay)
    return decayed


@pytest.mark.parametrize("kernel", ["gaussian", "linear"])
@pytest.mark.parametrize("seed", range(5))
def test_scores_decay_as_a_double_loop_says(kernel, seed):
    masks, scores, labels = blobs(seed=seed)
    ours = matrix_nms(masks, scores, labels, kernel=kernel)
    torch.testing.assert_close(ours, slow(masks, scores, labels, kernel), rtol=1e-4, atol=1e-6)


def test_the_best_mask_of_each_class_keeps_its_score():
    masks, scores, labels = blobs()
    decayed = matrix_nms(masks, scores, labels)
    for label in (0, 1):
        of_class = labels == label
        assert decayed[of_class].max() == scores[of_class].max()


def test_a_copy_of_a_better_mask_all_but_vanishes_linearly():
    masks = blobs(2)[0]
    masks[1] = masks[0]
    decayed = matrix_nms(masks, torch.tensor([0.9, 0.8]), torch.tensor([1, 1]), kernel="linear")
    assert decayed.tolist() == pytest.approx([0.9, 0.0])


def test_the_order_of_the_list_does_not_matter():
    masks, scores, labels = blobs()
    mixed = torch.randperm(len(scores))
    ours = matrix_nms(masks, scores, labels)
    torch.testing.assert_close(matrix_nms(masks[mixed], scores[mixed], labels[mixed]), ours[mixed])


def test_nothing_in_nothing_out_and_empty_masks_overlap_nothing():
    none = torch.zeros(0, 4, 5, dtype=torch.bool)
    assert matrix_nms(none, torch.zeros(0), torch.zeros(0).long()).shape == (0,)
    assert (mask_iou(torch.zeros(2, 4, 5, dtype=torch.bool)) == 0).all()


def test_another_kernel_is_refused():
    masks, scores, labels = blobs(2)
    with pytest.raises(ValueError, match="kernel must be one of 'gaussian', 'linear'"):
        matrix_nms(masks, scores, labels, kernel="cubic")

"""Dice and focal loss against the formulas, and both heads by the same way."""

import pytest
import torch
from torch.nn import functional as F

from yoloexplain.solo.head import GRIDS, DecoupledSOLOOutput, SOLOOutput
from yoloexplain.solo.loss import ALPHA, GAMMA, cell_masks, dice_loss, focal_loss, loss
from yoloexplain.solo.targets import targets

SIZES = [(20, 30), (20, 30), (10, 15), (5, 8), (5, 8)]


def outputs(seed=0, classes=3):
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=generator).requires_grad_()

    categories = tuple(draw(2, classes, s, s) for s in GRIDS)
    vanilla = SOLOOutput(
        categories, tuple(draw(2, s * s, *size) for s, size in zip(GRIDS, SIZES, strict=True))
    )
    maps = [
        tuple(draw(2, s, *size) for s, size in zip(GRIDS, SIZES, strict=True)) for _ in range(2)
    ]
    return vanilla, DecoupledSOLOOutput(categories, *maps)


def truth(boxes):
    masks = torch.zeros(len(boxes), 80, 120, dtype=torch.bool)
    for mask, (x0, y0, x1, y1) in zip(masks, boxes, strict=True):
        mask[y0:y1, x0:x1] = True
    return targets(masks, torch.arange(len(boxes)) % 3, SIZES)


@pytest.mark.parametrize("which", [0, 1])
def test_both_terms_equal_a_slow_sum_over_images_levels_and_cells(which):
    output = outputs()[which]
    wanted = [truth([(10, 10, 60, 70), (70, 20, 110, 50)]), truth([(30, 5, 50, 60)])]
    dice, focal, number = 0.0, 0.0, 0
    for b, image in enumerate(wanted):
        for level, target in enumerate(image):
            grid = GRIDS[level]
            for cell, mask in zip(target.cells.tolist(), target.masks, strict=True):
                if which == 0:
                    p = output.masks[level][b, cell].sigmoid()
                else:
                    p = output.masks_x[level][b, cell % grid].sigmoid()
                    p = p * output.masks_y[level][b, cell // grid].sigmoid()
                dice += 1 - 2 * (p * mask).sum() / ((p * p).sum() + (mask * mask).sum() + 0.002)
                number += 1
            for i in range(grid):
                for j in range(grid):
                    for k in range(3):
                        p = output.categories[level][b, k, i, j].detach().sigmoid()
                        if target.categories[i, j] == k:
                            focal += -ALPHA * (1 - p) ** GAMMA * p.log()
                        else:
                            focal += -(1 - ALPHA) * p**GAMMA * (1 - p).log()
    terms = loss(output, wanted)
    assert number > 3
    assert terms.mask.item() == pytest.approx(3 * dice.item() / number, rel=1e-5)
    assert terms.category.item() == pytest.approx(focal.item() / (number + 1), rel=1e-4)


@pytest.mark.parametrize("which", [0, 1])
def test_a_batch_of_background_has_no_mask_loss_and_gradients_all_the_same(which):
    output = outputs()[which]
    terms = loss(output, [truth([]), truth([])])
    assert terms.mask == 0
    assert terms.category > 0
    (terms.mask + terms.category).backward()
    tensors = [tensor for field in output for tensor in field]
    assert all(tensor.grad is not None and tensor.grad.isfinite().all() for tensor in tensors)


def test_a_perfect_mask_costs_next_to_nothing_and_a_disjoint_one_all():
    mask = torch.zeros(1, 8, 10)
    mask[:, 2:6, 3:9] = 1
    assert dice_loss(mask, mask).item() == pytest.approx(0, abs=1e-4)
    assert dice_loss(1 - mask, mask).item() == pytest.approx(1)


def test_without_gamma_and_with_even_weights_focal_is_half_the_cross_entropy():
    logits, classes = torch.randn(6, 4), torch.tensor([0, 3, -1, 2, -1, 1])
    true = torch.zeros(6, 4)
    for row, k in enumerate(classes.tolist()):
        if k >= 0:
            true[row, k] = 1
    expected = F.binary_cross_entropy_with_logits(logits, true, reduction="none") / 2
    torch.testing.assert_close(focal_loss(logits, classes, gamma=0.0, alpha=0.5), expected)


def test_a_decoupled_mask_is_its_columns_map_times_its_rows():
    output = outputs()[1]
    cell = 3 * 12 + 7  # row 3, column 7 of the coarsest grid
    drawn = cell_masks(output, 4, 1, torch.tensor([cell]))
    expected = output.masks_x[4][1, 7].sigmoid() * output.masks_y[4][1, 3].sigmoid()
    torch.testing.assert_close(drawn[0], expected)


def test_targets_for_another_number_of_images_are_refused():
    with pytest.raises(ValueError, match="one list of targets an image, got 1 for 2 images"):
        loss(outputs()[0], [truth([])])

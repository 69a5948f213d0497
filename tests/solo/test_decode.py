"""SOLO's decode against a slow loop, and what it keeps and drops."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from yoloexplain.results import Instances
from yoloexplain.solo import DecoupledSOLOOutput, SOLOOutput, decode, matrix_nms
from yoloexplain.solo.decode import points_nms

GRIDS, STRIDES, SIZE = (4, 3), (8, 16), (32, 48)  # H != W
MAPS = ((8, 12), (4, 6))


def smooth(*shape: int) -> Tensor:
    """Random maps that are blobs, so that masks have some pixels."""
    return F.interpolate(2.5 * torch.randn(shape[0], shape[1], 3, 3), size=shape[2:],
                         mode="bicubic")  # fmt: skip


def vanilla(batch: int = 2, classes: int = 3) -> SOLOOutput:
    categories = tuple(2 * torch.randn(batch, classes, grid, grid) - 1 for grid in GRIDS)
    masks = tuple(smooth(batch, g * g, *size) for g, size in zip(GRIDS, MAPS, strict=True))
    return SOLOOutput(categories, masks)


def decoupled(batch: int = 2, classes: int = 3) -> DecoupledSOLOOutput:
    categories = tuple(2 * torch.randn(batch, classes, grid, grid) - 1 for grid in GRIDS)
    x, y = (
        tuple(smooth(batch, g, *size) + 1 for g, size in zip(GRIDS, MAPS, strict=True))
        for _ in range(2)
    )
    return DecoupledSOLOOutput(categories, x, y)


def slow(output: SOLOOutput | DecoupledSOLOOutput, image: int) -> list[tuple[float, int, Tensor]]:
    """One cell after the other, one pixel's neighbour after the other."""
    found = []
    for level, (grid, stride) in enumerate(zip(GRIDS, STRIDES, strict=True)):
        scores = output.categories[level][image].sigmoid()
        for label in range(scores.shape[0]):
            for i in range(grid):
                for j in range(grid):
                    here = scores[label, i, j]
                    rivals = [scores[label, a, b] for a in (i - 1, i) for b in (j - 1, j)
                              if a >= 0 and b >= 0]  # fmt: skip
                    if here < max(rivals) or here <= 0.1:
                        continue
                    if isinstance(output, SOLOOutput):
                        mask = output.masks[level][image, i * grid + j].sigmoid()
                    else:
                        mask = (output.masks_x[level][image, j].sigmoid()
                                * output.masks_y[level][image, i].sigmoid())  # fmt: skip
                    mask = F.interpolate(mask[None, None], size=MAPS[0], mode="bilinear",
                                         align_corners=False)[0, 0]  # fmt: skip
                    inside = mask[mask > 0.5]
                    if len(inside) > stride:
                        found.append((float(here * inside.mean()), label, mask))
    if not found:
        return []
    soft = torch.stack([mask for _, _, mask in found])
    decayed = matrix_nms(soft > 0.5, torch.tensor([s for s, _, _ in found]),
                         torch.tensor([k for _, k, _ in found]))  # fmt: skip
    kept = [(float(score), label, mask) for score, (_, label, mask)
            in zip(decayed, found, strict=True) if score >= 0.05]  # fmt: skip
    kept.sort(key=lambda entry: -entry[0])
    whole = []
    for score, label, mask in kept[:100]:
        big = F.interpolate(mask[None, None], size=SIZE, mode="bilinear", align_corners=False)
        whole.append((score, label, big[0, 0] > 0.5))
    return whole


@pytest.mark.parametrize("make", [vanilla, decoupled])
def test_decode_agrees_with_a_loop_over_cells(make) -> None:  # type: ignore[no-untyped-def]
    output = make()
    results = decode(output, SIZE, strides=STRIDES)
    assert len(results) == 2
    for image, result in enumerate(results):
        wanted = slow(output, image)
        assert len(result) == len(wanted) > 3
        torch.testing.assert_close(result.scores, torch.tensor([s for s, _, _ in wanted]))
        assert result.labels.tolist() == [label for _, label, _ in wanted]
        assert torch.equal(result.masks, torch.stack([mask for _, _, mask in wanted]))


def one_mask(score: float, side: int = 4) -> SOLOOutput:
    """A square of ``side`` pixels, drawn by cell (1, 2) of the first level, and nothing else."""
    categories = tuple(torch.full((1, 3, grid, grid), -9.0) for grid in GRIDS)
    masks = tuple(torch.full((1, g * g, *size), -9.0) for g, size in zip(GRIDS, MAPS, strict=True))
    categories[0][0, 2, 1, 2] = torch.logit(torch.tensor(score))
    masks[0][0, 1 * 4 + 2, 2 : 2 + side, 6 : 6 + side] = 9.0
    return SOLOOutput(categories, masks)


def test_a_cell_draws_its_mask_where_it_is_and_its_box_fits() -> None:
    (found,) = decode(one_mask(0.8), SIZE, strides=STRIDES, names=("a", "b", "c"))
    assert isinstance(found, Instances)
    assert found.labels.tolist() == [2]
    assert found.scores.item() == pytest.approx(0.8, abs=1e-3)
    assert found.boxes_xyxy.tolist() == [[24.0, 8.0, 40.0, 24.0]]
    assert found.masks.sum() > 0.9 * 16 * 16
    assert found.image_size == SIZE


def test_unsure_cells_and_tiny_masks_are_dropped() -> None:
    assert len(decode(one_mask(0.09), SIZE, strides=STRIDES)[0]) == 0
    assert len(decode(one_mask(0.11), SIZE, strides=STRIDES)[0]) == 1
    tiny = one_mask(0.8, side=2)  # four pixels
    assert len(decode(tiny, SIZE, strides=(4, 16))[0]) == 0
    assert len(decode(tiny, SIZE, strides=(3, 16))[0]) == 1


def test_doubles_of_neighbouring_levels_lose_their_score() -> None:
    output = one_mask(0.9)
    output.masks[1][0, 4, 1:3, 3:5] = 9.0  # the same square on the coarser level
    output.categories[1][0, 2, 1, 1] = 2.0
    (found,) = decode(output, SIZE, strides=(8, 8))
    first, second = found.scores.tolist()
    assert first == pytest.approx(0.9, abs=1e-3)
    assert second < 0.5 * torch.tensor(2.0).sigmoid().item()


def test_points_nms_keeps_a_peak_and_drops_the_slope_below_it() -> None:
    scores = torch.zeros(2, 1, 4, 4)
    scores[1, 0, 1, 1], scores[1, 0, 1, 2], scores[1, 0, 2, 2] = 0.9, 0.5, 0.6
    kept = points_nms(scores)
    assert kept[1, 0].nonzero().tolist() == [[1, 1]]
    assert kept[0].abs().sum() == 0


def test_nothing_found_is_an_empty_result() -> None:
    (found,) = decode(one_mask(0.01), SIZE, strides=STRIDES)
    assert len(found) == 0
    assert found.masks.shape == (0, *SIZE)


def test_no_more_results_than_asked_and_the_best_first() -> None:
    (found, _) = decode(vanilla(), SIZE, strides=STRIDES, max_detections=3)
    assert len(found) == 3
    assert found.scores.tolist() == sorted(found.scores.tolist(), reverse=True)


def test_bad_thresholds_and_strides_are_named() -> None:
    with pytest.raises(ValueError, match=r"confidence must lie in \[0, 1\], got 1.5"):
        decode(vanilla(), SIZE, strides=STRIDES, confidence=1.5)
    with pytest.raises(ValueError, match="one stride a level, got 5 for 2"):
        decode(vanilla(), SIZE)

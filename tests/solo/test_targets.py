"""Who must draw what: levels by size, cells by place."""

import pytest
import torch

from yoloexplain.solo.head import GRIDS
from yoloexplain.solo.targets import BACKGROUND, centre_cells, scale_of, targets

SIZES = [(80, 120), (80, 120), (40, 60), (20, 30), (20, 30)]


def rectangle(x0, y0, x1, y1, size=(320, 480)):
    mask = torch.zeros(size, dtype=torch.bool)
    mask[y0:y1, x0:x1] = True
    return mask


def slow_cells(mask, grid, sigma):
    """Every cell that the centre region touches and that is the middle's own or its neighbour."""
    height, width = mask.shape
    ys, xs = mask.nonzero().double().unbind(1)
    y, x = ys.mean().item(), xs.mean().item()
    half_h = sigma * (ys.max() - ys.min() + 1).item() / 2
    half_w = sigma * (xs.max() - xs.min() + 1).item() / 2
    home_i, home_j = int(y / height * grid), int(x / width * grid)
    cells = []
    for i in range(grid):
        for j in range(grid):
            top, bottom = i * height / grid, (i + 1) * height / grid
            left, right = j * width / grid, (j + 1) * width / grid
            touches = top <= y + half_h and bottom > y - half_h
            touches = touches and left <= x + half_w and right > x - half_w
            if touches and abs(i - home_i) <= 1 and abs(j - home_j) <= 1:
                cells.append(i * grid + j)
    return cells


@pytest.mark.parametrize("grid", [12, 24, 40])
def test_the_cells_of_random_rectangles_are_those_a_slow_loop_finds(grid):
    generator = torch.Generator().manual_seed(grid)
    for _ in range(60):
        x = torch.randint(0, 480, (2,), generator=generator).sort().values.tolist()
        y = torch.randint(0, 320, (2,), generator=generator).sort().values.tolist()
        mask = rectangle(x[0], y[0], x[1] + 1, y[1] + 1)
        assert centre_cells(mask, grid, 0.2) == slow_cells(mask, grid, 0.2)


def test_size_chooses_the_levels_and_the_ranges_overlap():
    masks = torch.stack([rectangle(10, 10, 40, 40), rectangle(100, 60, 170, 130)])
    assert [scale_of(mask) for mask in masks] == [30, 70]
    levels = targets(masks, torch.tensor([3, 5]), SIZES)
    assert [sorted(set(level.objects.tolist())) for level in levels] == [[0, 1], [1], [], [], []]


def test_an_answering_cell_has_the_class_and_the_mask_of_its_object():
    masks = rectangle(96, 64, 176, 144)[None]
    level = targets(masks, torch.tensor([7]), SIZES)[1]
    cells = [int(cell) for cell in level.cells]
    assert cells == centre_cells(masks[0], GRIDS[1], 0.2)
    assert set(level.categories.flatten()[level.cells].tolist()) == {7}
    assert (level.categories != BACKGROUND).sum() == len(cells)
    assert level.masks.shape == (len(cells), 80, 120)
    expected = torch.zeros(80, 120)
    expected[16:36, 24:44] = 1  # a quarter of the input's pixels
    assert torch.equal(level.masks[0], expected)


def test_the_later_object_has_a_cell_that_two_claim():
    masks = torch.stack([rectangle(100, 100, 160, 160), rectangle(105, 105, 155, 155)])
    level = targets(masks, torch.tensor([1, 2]), SIZES)[0]
    shared = set(centre_cells(masks[0], 40, 0.2)) & set(centre_cells(masks[1], 40, 0.2))
    assert shared
    owner = dict(zip(level.cells.tolist(), level.objects.tolist(), strict=True))
    assert {owner[cell] for cell in shared} == {1}


def test_an_image_without_objects_and_a_speck_leave_every_cell_to_the_background():
    none = torch.zeros(0, 320, 480, dtype=torch.bool)
    speck = rectangle(5, 5, 8, 8)[None]
    for masks, labels in [(none, torch.zeros(0).long()), (speck, torch.tensor([1]))]:
        levels = targets(masks, labels, SIZES)
        assert all((level.categories == BACKGROUND).all() for level in levels)
        assert all(
            level.masks.shape == (0, *size) for level, size in zip(levels, SIZES, strict=True)
        )


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"map_sizes": SIZES[:3]}, "one entry a level, got 3, 5 and 5"),
        ({"labels": torch.tensor([1, 2])}, "one label a mask, got 1 masks and 2 labels"),
        ({"sigma": 0.0}, "sigma must be above 0, got 0.0"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, rule):
    arguments = {
        "masks": rectangle(10, 10, 40, 40)[None],
        "labels": torch.tensor([1]),
        "map_sizes": SIZES,
    }
    with pytest.raises(ValueError, match=rule):
        targets(**(arguments | changes))

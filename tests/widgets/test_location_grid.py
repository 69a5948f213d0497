"""Location grid: the browser assigns objects to levels and cells as the package does."""

import numpy as np
import pytest
import torch

from yoloexplain import solo
from yoloexplain.data import photos
from yoloexplain.solo.targets import extent, scale_of
from yoloexplain.widgets import LocationGrid
from yoloexplain.widgets.location_grid import assign, runs

GRIDS, RANGES = (9, 6, 4, 3), ((2, 12), (8, 30), (20, 64), (50, 200))


def some_masks(count: int, height: int, width: int) -> torch.Tensor:
    """(N, H, W): boxes with holes and bites, discs at the border, specks."""
    masks = torch.zeros(count, height, width, dtype=torch.bool)
    for mask in masks:
        y, x = int(torch.randint(height - 1, ())), int(torch.randint(width - 1, ()))
        h, w = int(torch.randint(1, 1 + height // 2, ())), int(torch.randint(1, width // 2, ()))
        mask[y : y + h, x : x + w] = torch.rand(mask[y : y + h, x : x + w].shape) < 0.7
        mask[y, x] = True
    return masks


def in_javascript(javascript, masks, sigma: float, zoom: float) -> list[dict[int, int]]:
    size = masks.shape[1:]
    objects = javascript("solo", [("describeRuns", [runs(m), size[1]]) for m in masks.numpy()])
    call = ("assignSolo", [objects, size, GRIDS, RANGES, sigma, zoom])
    levels = javascript("solo", [call])[0]
    return [{int(cell): i for cell, i in level["owner"].items()} for level in levels]


@pytest.mark.parametrize("sigma", [0.05, 0.2, 1.0])
@pytest.mark.parametrize("zoom", [1, 2])
def test_both_languages_assign_as_the_package_does(sigma, zoom, javascript) -> None:
    for size in ((48, 71), (90, 60)):
        masks = some_masks(25, *size)
        expected = solo.targets(
            masks,
            torch.zeros(25, dtype=torch.int64),
            [(4, 4)] * 4,
            grids=GRIDS,
            scale_ranges=[(low // zoom, high // zoom) for low, high in RANGES],
            sigma=sigma,
        )
        pairs = [zip(one.cells.tolist(), one.objects.tolist(), strict=True) for one in expected]
        wanted = [dict(pair) for pair in pairs]
        assert in_javascript(javascript, masks, sigma, zoom) == wanted
        assert assign(masks.numpy(), GRIDS, RANGES, sigma, zoom) == wanted
        assert sum(len(level) for level in wanted) > 20


def test_both_languages_enlarge_alike(javascript) -> None:
    masks = some_masks(25, 60, 80)
    for zoom in (0.37, 2.6):
        found = in_javascript(javascript, masks, 0.2, zoom)
        assert found == assign(masks.numpy(), GRIDS, RANGES, 0.2, zoom)


def test_a_mask_is_measured_alike(javascript) -> None:
    masks = some_masks(20, 40, 33)
    found = javascript("solo", [("describeRuns", [runs(m), 33]) for m in masks.numpy()])
    for one, mask in zip(found, masks, strict=True):
        assert one["pixels"] == int(mask.sum())
        assert tuple(one["box"]) == extent(mask)
        assert one["scale"] == pytest.approx(scale_of(mask))
    assert javascript("solo", [("describeRuns", [[], 33])]) == [None]


def test_runs_hold_every_pixel() -> None:
    mask = np.zeros((3, 4), bool)
    mask[0, 2:] = mask[1, :1] = mask[2, 1] = True
    assert runs(mask) == [2, 3, 9, 1]
    assert runs(~np.zeros((2, 2), bool)) == [0, 4]


def test_it_says_how_many_cells_answer() -> None:
    masks = np.zeros((2, 100, 200), bool)
    masks[0, 40:60, 40:60] = masks[1, 10:90, 110:190] = True
    widget = LocationGrid(np.zeros((100, 200, 3), np.uint8), masks, side=200, names=["a", "b"])
    assert repr(widget).startswith("LocationGrid: 2 objects, short side 200, σ 0.20; cells lit: ")
    levels = widget.assigned(widget.view)
    assert [sorted(set(level.values())) for level in levels] == [[0], [1], [1], [], []]
    assert "2 tinted instance masks under a 36×36 grid" in widget.picture().alt


@pytest.mark.parametrize(("level", "others"), [(0, 1), (1, 1), (3, 2)])
def test_the_still_lights_the_cells_that_the_canvas_lights(level: int, others: int) -> None:
    masks = np.zeros((2, 100, 200), bool)
    masks[0, 40:60, 40:60] = masks[1, 10:90, 110:190] = True
    widget = LocationGrid(np.zeros((100, 200, 3), np.uint8), masks, side=200, level=level)
    told, lit = widget.picture().alt, len(widget.assigned(widget.view)[level])
    assert f"; {lit} cells around their centres are lit" in told
    assert told.endswith(f"Left to other levels for their size: {others}.")


def test_what_it_holds_is_small() -> None:
    widget = LocationGrid()
    size = len(widget.view.photo) + len(str(widget.view.table))
    assert len(photos.coin_masks()) == len(widget.view.table["runs"])
    assert size < 80_000


PHOTO, MASK = np.zeros((20, 30, 3), np.uint8), np.ones((1, 20, 30), bool)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"masks": MASK[0]}, "mask\\[None\\]"),
        ({"masks": None}, "masks must have shape"),
        ({"masks": MASK & False}, "none in mask 0"),
        ({"masks": MASK, "names": ["a", "b"]}, "one name an object, got 2 for 1"),
        ({"masks": MASK, "sigma": 0}, "sigma must lie above 0"),
        ({"masks": MASK, "level": 5}, "level must lie in 0 to 4"),
        ({"masks": MASK, "side": 5000}, "side must lie in 120 to 1600"),
        ({"masks": MASK, "scale_ranges": [(9, 3)] * 5}, "must rise"),
        ({"masks": MASK, "grids": (5, 4)}, "one entry a level"),
    ],
)
def test_bad_input_is_named(options, words) -> None:
    with pytest.raises(ValueError, match=words):
        LocationGrid(PHOTO, **options)

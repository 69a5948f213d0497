"""Grids on a photograph: one scale for all, every cell in its place, and words for the rest."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from yoloexplain.figures.grids_on_photo import grids_on_photo

PHOTO = np.full((40, 60, 3), 90, np.uint8)
GRIDS = {"p3": np.arange(24.0).reshape(4, 6) / 100, "p4": np.array([[0.0, 0.9], [0.2, 0.1]])}


def test_all_grids_share_one_scale_and_cover_the_photograph() -> None:
    picture = grids_on_photo(PHOTO, GRIDS, title="Who speaks?")
    drawn = [axes.images[1] for axes in picture.axes if len(axes.images) == 2]
    assert [image.get_clim() for image in drawn] == [(0, 1), (0, 1)]
    assert [tuple(image.get_extent()) for image in drawn] == 2 * [(0, 60, 40, 0)]
    for image, grid in zip(drawn, GRIDS.values(), strict=True):
        np.testing.assert_array_equal(image.get_array(), grid)


def test_the_scale_can_follow_the_values() -> None:
    picture = grids_on_photo(PHOTO, GRIDS, title="Who speaks?", limits=None)
    drawn = [axes.images[1] for axes in picture.axes if len(axes.images) == 2]
    assert [image.get_clim() for image in drawn] == [(0, 0.9), (0, 0.9)]


def test_the_words_name_every_grid_and_its_cells(legible: Callable[[Figure], None]) -> None:
    picture = grids_on_photo(PHOTO, GRIDS, title="Who speaks?", note="Objectness.")
    legible(picture)
    assert picture.alt == (
        "Who speaks?: a photograph of 40×60 pixels under p3 (4×6 cells), p4 (2×2 cells)."
    )


@pytest.mark.parametrize("count", [0, 5])
def test_no_grid_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 4, got {count}"):
        grids_on_photo(PHOTO, {str(i): np.eye(2) for i in range(count)}, title="Too many")

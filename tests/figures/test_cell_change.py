"""Changes by cell: an exact zero is told apart from a small change, each in its place."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from yoloexplain.figures.cell_change import cell_change
from yoloexplain.figures.style import PAPER

PHOTO = np.full((40, 60, 3), 90, np.uint8)
PATCH = (0, 10, 20, 30)
GRID = np.array([[0.0, 0.001, 0.5], [0.25, 0.0, 1.2]])


def test_each_cell_says_its_change_at_its_row_and_column() -> None:
    picture = cell_change(PHOTO, PATCH, {"a network": GRID})
    axes = picture.axes[1]
    said = {text.get_position(): text.get_text() for text in axes.texts}
    assert said[1.5, 0.5] == "<1"
    assert said[2.5, 0.5] == "50"
    assert said[0.5, 1.5] == "25"
    assert said[2.5, 1.5] == "120"
    assert said[0.5, 0.5] == said[1.5, 1.5] == "0"
    assert axes.get_ylim() == (2, 0), "row 0 lies on top"


def test_only_an_exact_zero_is_white() -> None:
    axes = cell_change(PHOTO, PATCH, {"a network": GRID}).axes[1]
    cells = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    white = [to_hex(cell.get_facecolor()) == PAPER.lower() for cell in cells]
    assert white == [True, False, False, False, True, False]


def test_all_grids_share_one_scale_and_no_border_is_cut() -> None:
    picture = cell_change(PHOTO, PATCH, {"one": GRID, "two": 2 * GRID})
    first, second = (list(axes.patches) for axes in picture.axes[1:])
    assert first[2].get_facecolor() == second[3].get_facecolor(), "0.5 in either of them"
    assert first[5].get_facecolor() != second[5].get_facecolor()
    assert not any(cell.get_clip_on() for cell in [*first, *second])


def test_the_words_count_the_cells_that_move() -> None:
    picture = cell_change(PHOTO, PATCH, {"one": GRID, "two": GRID + 1})
    assert "one: 4 of 2×3 cells move, 2 do not at all." in picture.alt
    assert "two: 6 of 2×3 cells move, 0 do not at all." in picture.alt


def test_the_patch_lies_where_it_was_put() -> None:
    axes = cell_change(PHOTO, PATCH, {"a network": GRID}).axes[0]
    (patch,) = axes.patches
    assert isinstance(patch, Rectangle)
    assert (patch.get_xy(), patch.get_width(), patch.get_height()) == ((0, 10), 20, 20)


def test_a_grid_without_any_change_can_be_drawn() -> None:
    picture = cell_change(PHOTO, PATCH, {"deaf": np.zeros((2, 3))})
    assert "0 of 2×3 cells move, 6 do not" in picture.alt
    picture.to_png()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "one or two networks, got 0"),
        ({"a": -GRID}, "zero or more, got -1.2 in 'a'"),
        ({"a": GRID[0]}, "two axes"),
    ],
)
def test_changes_that_are_no_grid_are_refused(changes: dict[str, np.ndarray], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        cell_change(PHOTO, PATCH, changes)

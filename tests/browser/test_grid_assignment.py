"""The grid answers to mouse, keys and controls, with the target that the package encodes."""

import numpy as np
import pytest

from yoloexplain.widgets import GridAssignment

pytestmark = pytest.mark.browser

PHOTO = np.full((200, 200, 3), 90, np.uint8)
SIDES, LABELS = [[20, 20, 100, 100], [50, 40, 90, 90]], ["cup", "spoon"]


def made(**options) -> GridAssignment:
    return GridAssignment(PHOTO, SIDES, LABELS, **({"grid": 4} | options))


def values(widget: GridAssignment, row: int, column: int) -> list[str]:
    """All slots of a cell, as the package encodes them."""
    return [f"{value:.3f}" for value in widget.encoded().values[0, row, column].tolist()]


def place(shown, x: float, y: float) -> tuple[float, float]:
    """Shares of the canvas of a point of the photo, itself in shares of the photo."""
    box = shown.canvas().bounding_box()
    wide = (box["width"] - 26) * 0.54 - 10
    return (5 + x * wide) / box["width"], (5 + y * wide) / box["height"]


def test_every_slot_is_named_with_the_packages_number(static) -> None:
    widget = made()
    shown = static(widget)
    expected = values(widget, 1, 1)
    names = ["x of box 1", "y of box 1", "w of box 1", "h of box 1", "confidence of box 1"]
    names += [name.replace("1", "2") for name in names] + ["class cup", "class spoon"]
    assert "Lost: the spoon, because the cup, listed first, has the cell." in shown.status()
    for slot, name in enumerate(names):
        assert f"Slot {slot}, {name}: {expected[slot]}" in shown.status()
        shown.slide("slot", 1)
    assert shown.complaints == []


def test_another_grid_frees_the_lost_box(static) -> None:
    shown = static(made())
    shown.slide("cells along a side", 8)
    widget = made(grid=12)
    assert widget.encoded().kept.all()
    assert "centre in row 3, column 3 of 12×12" in shown.status()
    assert "All boxes are kept." in shown.status()


def test_keys_move_resize_add_and_choose(static) -> None:
    shown = static(made())
    shown.press("ArrowRight", "ArrowDown", "Shift+ArrowRight")
    moved = GridAssignment(PHOTO, [[22, 22, 104, 102], SIDES[1]], LABELS, grid=4)
    assert f"x of box 1: {values(moved, 1, 1)[0]}" in shown.status()

    shown.press("Enter")
    assert shown.status().startswith("Box 2 of 2, spoon: centre in row 1, column 1 of 4×4")
    assert "(holding the cup)" in shown.status()
    shown.press("+")
    assert shown.status().startswith("Box 3 of 3, spoon: centre in row 2, column 2")
    shown.page.get_by_label("class of this box").select_option("cup")
    assert shown.status().startswith("Box 3 of 3, cup")
    shown.press("-", "Enter")
    assert shown.status().startswith("Box 1 of 2, cup")
    assert shown.complaints == []


def test_the_mouse_drags_boxes_and_draws_new_ones(static) -> None:
    shown = static(made())
    before = shown.pixel(*place(shown, 0.28, 0.45))
    shown.drag(place(shown, 0.15, 0.15), place(shown, 0.65, 0.65))  # the cup, half a photo away
    assert shown.status().startswith("Box 1 of 2, cup: centre in row 3, column 3 of 4×4")
    assert "All boxes are kept." in shown.status()  # the spoon's cell is free now
    after = shown.pixel(*place(shown, 0.28, 0.45))
    assert before[2] > before[0]  # the cup's blue
    assert after[0] > after[2]  # the spoon's orange

    shown.drag(place(shown, 0.05, 0.7), place(shown, 0.2, 0.9))
    assert shown.status().startswith("Box 3 of 3, cup: centre in row 3, column 0")

    box = shown.canvas().bounding_box()
    target = (box["width"] - 26) * 0.54 - 10 + 26
    shown.page.mouse.move(box["x"] + target + 0.3 * (box["width"] - target), box["y"] + 65)
    assert "y of box 1" in shown.status()
    assert shown.complaints == []

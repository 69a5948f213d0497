"""Location grid: what is clicked, dragged or slid is assigned anew, as the package does it."""

import numpy as np
import pytest

from yoloexplain.solo import GRIDS
from yoloexplain.solo.head import SCALE_RANGES
from yoloexplain.widgets import LocationGrid
from yoloexplain.widgets.location_grid import assign

pytestmark = pytest.mark.browser

MASKS = np.zeros((3, 100, 150), bool)
MASKS[0, 20:40, 10:30] = MASKS[1, 30:90, 60:140] = True
MASKS[2, 56:58, 92:106] = True  # on the second one
NAMES = ["small", "large", "thin"]


def widget(**options) -> LocationGrid:
    return LocationGrid(np.full((100, 150, 3), 100, np.uint8), MASKS, names=NAMES, **options)


def cells(index: int, sigma: float, side: int, ranges=SCALE_RANGES) -> dict[int, int]:
    """{channel: object} of a level, by the package's own rules (see tests/widgets)."""
    return assign(MASKS, GRIDS, ranges, sigma, side / 100)[index]


def channels(found: dict[int, int], owner: int) -> str:
    return ", ".join(str(cell) for cell in sorted(found) if found[cell] == owner)


def test_objects_levels_and_sliders(static) -> None:
    shown = static(widget(side=300))
    found = cells(1, 0.2, 300)
    assert f"p3, 36 × 36 cells, 48–192 px: 1 of 3 objects, {len(found)} cells lit. Small: " in (
        shown.status()
    )
    assert f"answered for on p2 and p3; here by channels {channels(found, 0)}." in shown.status()

    shown.press("ArrowDown", "ArrowRight")  # the next level, the next object
    large = cells(2, 0.2, 300)
    assert "p4, 24 × 24 cells" in shown.status()
    assert (
        f"Large: √(w·h) = 208 px, answered for on p4 and p5; here by channels {channels(large, 1)}."
        in (shown.status())
    )
    shown.slide("σ", 3)
    assert f"channels {channels(cells(2, 0.35, 300), 1)}." in shown.status()
    shown.slide("short side in pixels", -10)
    nearer = cells(2, 0.35, 200)
    assert (
        f"√(w·h) = 139 px, answered for on p3 and p4; here by channels {channels(nearer, 1)}."
        in (shown.status())
    )
    shown.page.get_by_label("level", exact=True).select_option("p2, 40 × 40")
    assert "p2, 40 × 40 cells" in shown.status()
    assert "not here" in shown.status()
    assert shown.complaints == []


def test_a_later_object_takes_the_cell(static) -> None:
    shown = static(widget(side=1000, sigma=1.0))
    shown.press("ArrowUp", "ArrowRight", "ArrowRight")  # p2, thin
    ranges = [(1, 2048), *SCALE_RANGES[1:]]
    for _ in range(60):
        shown.press("Shift+ArrowRight")  # until p2 takes everything
    assert "p2, 40 × 40 cells, 1–2048 px: 3 of 3 objects" in shown.status()
    found = cells(0, 1.0, 1000, ranges)
    assert f"{len(found)} cells lit, " in shown.status()
    assert "claimed twice" in shown.status()
    assert f"here by channels {channels(found, 2)}." in shown.status()
    assert shown.complaints == []


def test_clicks_choose_and_drags_change_a_range(static) -> None:
    shown = static(widget(side=300))
    box = shown.canvas().bounding_box()
    photo = round((box["width"] - 22) * 0.54)
    shown.canvas().click(position={"x": photo * 70 / 150, "y": photo * 35 / 150})
    assert "Large: " in shown.status()
    shown.canvas().click(position={"x": photo * 99 / 150, "y": photo * 57 / 150})
    assert "Thin: " in shown.status()

    rows = max((photo * 100 / 150 - 26) / 5, 62)
    mini = min((rows - 12) * 1.5, 86)
    left, right = photo + 22 + mini + 14, box["width"] - 12

    def end(value: float) -> float:
        share = np.log2(value / 8) / 8
        return (left + share * (right - left)) / box["width"]

    height = (2 * rows + 38) / box["height"]
    shown.drag((end(384), height), (end(1024), height))
    assert "p4, 24 × 24 cells, 96–" in shown.status()
    upper = int(shown.status().split("96–")[1].split(" ")[0])
    assert abs(upper - 1024) < 30
    shown.press("Shift+ArrowUp")
    assert "105–" in shown.status()  # 96 times the eighth root of two
    assert shown.complaints == []

"""The box is dragged and keyed about, and the words are those of the detectors' own targets."""

import re

import numpy as np
import pytest

from yoloexplain.widgets import Assignment

pytestmark = pytest.mark.browser

PHOTO = np.full((224, 320, 3), 128, np.uint8)
BOX = [96, 65, 148, 109]


def expected(box: list[int], **options: object) -> list[str]:
    """What the words must hold for a box, by Python."""
    widget = Assignment(PHOTO, box, **options)
    row, column = widget.yolov1()
    found = widget.yolov5()
    total = sum(len(anchors) * len(cells) for anchors, cells in found.values())
    levels = [f"{k.upper()} {len(a)}×{len(c)}" for k, (a, c) in found.items()]
    solo = [
        f"{k.upper()} {len(c)} cell{'s' if len(c) > 1 else ''}"
        for k, c in widget.solo().items()
        if c
    ]
    return [
        f"YOLOv1: row {row}, column {column} of 7×7.",
        f"YOLOv5: {total} predictions (anchors×cells: {', '.join(levels)}",
        f", {', '.join(solo)}.",
    ]


def test_keys_and_mouse_move_the_box(static) -> None:
    shown = static(Assignment(PHOTO, BOX))
    assert all(part in shown.status() for part in expected(BOX))

    shown.press("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowLeft")
    moved = [BOX[0] + 4, BOX[1] + 2, BOX[2] + 2, BOX[3] + 2]
    assert all(part in shown.status() for part in expected(moved))

    # By the mouse, in the picture in the middle: the box comes to where one clicks.
    shown.drag((0.53, 0.30), (0.53, 0.30))
    words = shown.status()
    x, y = (float(part) for part in re.search(r"centre (\d+\.\d), (\d+\.\d)", words).groups())
    assert 160 < x < 200
    assert 40 < y < 140
    sides = 50, 44
    box = [round(x - 25), round(y - 22), round(x - 25) + sides[0], round(y - 22) + sides[1]]
    assert all(part in words for part in expected(box))
    assert shown.complaints == []


def test_sliders_and_lists_change_who_answers(static) -> None:
    shown = static(Assignment(PHOTO, BOX))
    shown.slide("YOLOv5: shape ratio below", -20)
    assert expected(BOX, threshold=2.0)[1] in shown.status()
    shown.slide("SOLO: centre region", 6)
    assert expected(BOX, threshold=2.0, sigma=0.5)[2] in shown.status()

    shown.page.get_by_label("anchors by").select_option("YOLOv3")
    assert "YOLOv3's rule: 1 prediction (anchors×cells: P3 0×0, P4 1×1, P5 0×0)" in shown.status()

    small = Assignment(PHOTO, BOX, sigma=0.5)
    small.view.network = 1
    shown.page.get_by_label("masks by").select_option("small SOLO, three levels")
    said = ", ".join(f"{k.upper()} {len(c)} cells" for k, c in small.solo().items() if c)
    assert f", {said}." in shown.status()
    assert shown.complaints == []


def test_the_cell_that_answers_is_painted_and_a_level_can_stand_alone(static) -> None:
    shown = static(Assignment(PHOTO, [100, 70, 140, 110]))
    box = shown.canvas().bounding_box()
    wide = (box["width"] - 40) / 3 - 6  # of the first picture, and its scale
    scale = wide / 320

    def at(x: float, y: float) -> tuple[int, int, int]:
        return shown.pixel((3 + x * scale) / box["width"], (32 + y * scale) / box["height"])

    # The cell in row 2, column 2 reaches from 91 to 137 and from 64 to 96; the box begins at 100.
    red, _, blue = at(95, 80)
    assert red < 80 < 140 < blue
    assert at(88, 80) == at(60, 85) == (128, 128, 128)

    shown.press("Enter", "Enter")
    assert shown.page.get_by_label("show").input_value() == "P3"
    shown.press("Enter", "Enter", "Enter", "Enter")
    assert shown.page.get_by_label("show").input_value() == "all levels"
    assert shown.complaints == []

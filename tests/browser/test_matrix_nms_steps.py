"""Matrix NMS step by step: the numbers shown are those of the package, for every control."""

import numpy as np
import pytest
import torch

from yoloexplain import solo
from yoloexplain.solo.matrix_nms import mask_iou
from yoloexplain.widgets import MatrixNMSSteps

pytestmark = pytest.mark.browser

MASKS = np.zeros((5, 40, 60), bool)
MASKS[0, 5:25, 5:25] = MASKS[1, 7:27, 7:27] = MASKS[2, 8:28, 12:32] = True
MASKS[3, 30:38, 40:55] = MASKS[4, 6:26, 6:26] = True
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
LABELS = np.array([0, 0, 0, 0, 1])
IOU = mask_iou(torch.from_numpy(MASKS)).numpy()


def widget() -> MatrixNMSSteps:
    photo = np.full((80, 120, 3), 90, np.uint8)
    return MatrixNMSSteps(photo, MASKS, SCORES, LABELS, names=["coin", "boat"])


def after(j: int, **options) -> str:
    parts = (torch.from_numpy(MASKS), torch.from_numpy(SCORES), torch.from_numpy(LABELS))
    return f"{solo.matrix_nms(*parts, **options)[j]:.3f}"


def test_keys_and_sliders_show_the_packages_numbers(static) -> None:
    shown = static(widget())
    assert "Candidate 2 (coin, 0.80) and better 1: " in shown.status()
    assert f"IoU {IOU[0, 1]:.3f}" in shown.status()
    assert f"its score goes from 0.80 to {after(1)}." in shown.status()
    assert "Greedy NMS at 0.50: removed by 1." in shown.status()

    shown.press("ArrowRight")
    assert f"Candidate 3 (coin, 0.70) and better 1: IoU {IOU[0, 2]:.3f}" in shown.status()
    assert f"goes from 0.70 to {after(2)}." in shown.status()
    assert "Greedy NMS at 0.50: kept." in shown.status()  # 2, which overlaps it, is gone itself
    shown.press("ArrowDown")  # 2 overlaps more, but is itself in doubt, and so weighs less
    assert f"and better 2: IoU {IOU[1, 2]:.3f}" in shown.status()
    assert f"the least is {np.exp(-2 * IOU[0, 2] ** 2):.3f}, from 1; " in shown.status()
    assert IOU[1, 2] > IOU[0, 2]

    shown.slide("σ of the gaussian", -10)
    assert f"goes from 0.70 to {after(2, sigma=1.0)}." in shown.status()
    shown.page.get_by_label("kernel", exact=True).select_option("linear")
    assert f"goes from 0.70 to {after(2, kernel='linear')}." in shown.status()
    shown.slide("greedy NMS removes above", -4)
    assert "Greedy NMS at 0.30: removed by 1." in shown.status()
    shown.slide("candidate", 1)
    assert "Candidate 4 (coin, 0.60): no better one of its class overlaps it" in shown.status()
    shown.press("ArrowRight", "ArrowDown")
    assert "of another class (coin), so the overlap counts as 0" in shown.status()
    assert shown.complaints == []


def test_a_click_in_the_table_compares_that_pair(static) -> None:
    shown = static(widget())
    left, cell = 262 + 26 + 30, 58
    top = 22 + cell * 80 / 120 + 6  # below the numbers and the small pictures
    shown.canvas().click(position={"x": left + 2.5 * cell, "y": top + 16})
    assert "Candidate 3 (coin, 0.70) and better 1: " in shown.status()
    shown.canvas().click(position={"x": left + 0.5 * cell, "y": 40})
    assert "Candidate 1 (coin, 0.90) is the best" in shown.status()
    # The stronger the overlap, the deeper the blue of its place in the table.
    box = shown.canvas().bounding_box()

    def depth(i: int, j: int) -> int:
        x, y = left + (j + 0.2) * cell, top + i * 32 + 6
        return 255 - shown.pixel(x / box["width"], y / box["height"])[0]

    assert depth(0, 1) > depth(0, 2) > depth(0, 3)
    overlaps = depth(0, 1)
    shown.press("Enter")  # now factors: a small one is deep
    assert depth(0, 1) != overlaps
    assert shown.complaints == []

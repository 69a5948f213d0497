"""The playground answers to mouse, keys and controls, with the package's own numbers."""

import pytest
import torch

from yoloexplain import boxes
from yoloexplain.widgets import IoUPlayground

pytestmark = pytest.mark.browser

PREDICTION, TRUTH = [40.0, 90.0, 120.0, 150.0], [170.0, 30.0, 270.0, 120.0]


def values(prediction: list[float], truth: list[float]) -> str:
    pair = torch.tensor([prediction, truth], dtype=torch.float64)
    named = {"IoU": boxes.iou, "GIoU": boxes.giou, "DIoU": boxes.diou, "CIoU": boxes.ciou}
    words = [f"{name} {measure(*pair):.3f}" for name, measure in named.items()]
    return " · ".join(words).replace("-", "−")


def test_keys_and_mouse_move_the_boxes(static) -> None:
    shown = static(IoUPlayground(PREDICTION, TRUTH))
    assert values(PREDICTION, TRUTH) in shown.status()

    shown.press("ArrowRight", "Shift+ArrowUp")
    moved = [42.0, 90.0, 122.0, 148.0]
    assert values(moved, TRUTH) in shown.status()

    middle, by = ((moved[0] + moved[2]) / 640, (moved[1] + moved[3]) / 360), (0.25, -0.25)
    shown.drag(middle, (middle[0] + by[0], middle[1] + by[1]))
    dragged = [moved[0] + 80, moved[1] - 45, moved[2] + 80, moved[3] - 45]
    assert values(dragged, TRUTH).split(" · ")[0] in shown.status()  # to the pixel of the mouse
    assert shown.complaints == []


def test_descent_follows_the_chosen_measure(static) -> None:
    shown = static(IoUPlayground(PREDICTION, TRUTH, measure="IoU"))
    shown.slide("descent steps", 3)
    assert shown.status().startswith(f"After 3 steps along IoU: {values(PREDICTION, TRUTH)}")
    assert "has no slope here" in shown.status()  # they do not touch: nothing to follow

    shown.page.get_by_label("gradient of").select_option("DIoU")
    assert "rises by up to" in shown.status()
    assert values(PREDICTION, TRUTH) not in shown.status()
    assert shown.complaints == []

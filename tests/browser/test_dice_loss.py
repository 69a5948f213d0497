"""Dice loss: what is dragged, grown and blurred costs what the package says."""

import pytest
import torch

from yoloexplain.solo.loss import dice_loss, focal_loss
from yoloexplain.widgets import DiceLoss

pytestmark = pytest.mark.browser


def words(gamma: float = 2.0, **changes) -> str:
    """What the status says, computed by the package."""
    widget = DiceLoss()
    for name, value in changes.items():
        setattr(widget.view, name, value)
    p, q = torch.from_numpy(widget.guess()), torch.from_numpy(widget.mask).double()
    dice = float(dice_loss(p[None], q[None])[0])
    focal = focal_loss(p.logit().view(-1, 1), torch.where(q.flatten() > 0, 0, -1), gamma).mean()
    return f"Dice loss {dice:.3f}. Judged pixel by pixel, the focal loss would be {focal:.4f}"


def test_keys_sliders_and_mouse(static) -> None:
    shown = static(DiceLoss())
    assert shown.status().startswith("Prediction off by (6, 3): ")
    assert words() in shown.status()

    shown.press("ArrowLeft", "ArrowUp", "Shift+ArrowDown")
    assert "off by (5, 7)" in shown.status()
    assert words(dx=5, dy=7) in shown.status()
    shown.press("Enter")
    assert "off by (0, 0)" in shown.status()
    assert words(dx=0, dy=0) in shown.status()

    shown.slide("grow by pixels", -4)
    assert words(dx=0, dy=0, grow=-2.0) in shown.status()
    shown.slide("blur in pixels", 3)
    assert words(dx=0, dy=0, grow=-2.0, soft=1.25) in shown.status()
    shown.slide("γ of the focal loss", -4)
    assert words(0.0, dx=0, dy=0, grow=-2.0, soft=1.25) in shown.status()

    box = shown.canvas().bounding_box()
    pane = (box["width"] - 8 - 22) / 2
    middle = (4 + pane / 2) / box["width"], (24 + pane / 3) / box["height"]
    shown.drag(middle, (middle[0] + 10 * pane / 96 / box["width"], middle[1]))
    assert "off by (10, 0)" in shown.status()
    assert words(0.0, dx=10, dy=0, grow=-2.0, soft=1.25) in shown.status()
    assert shown.complaints == []


def test_what_both_masks_hold_is_drawn_in_both_colours(static) -> None:
    shown = static(DiceLoss(shift=(14, 0)))
    box = shown.canvas().bounding_box()
    zoom = (box["width"] - 8 - 22) / 2 / 96

    def colour(x: float, y: float) -> tuple[int, int, int]:
        return shown.pixel((4 + x * zoom) / box["width"], (24 + y * zoom) / box["height"])

    paper, truth, both, guess = (colour(x, 32) for x in (10, 38, 55, 72))
    assert truth[1] > truth[2]  # green
    assert guess[2] > guess[1]  # blue
    assert len({paper, truth, both, guess}) == 4
    assert shown.complaints == []

"""Sliders, mouse and keys give the losses that the package computes."""

import pytest
import torch
from torch.nn import functional as F

from yoloexplain.solo.loss import focal_loss
from yoloexplain.widgets import LossCurves

pytestmark = pytest.mark.browser


def cross_entropy(t: float, asked: float) -> str:
    logit, wanted = torch.tensor([t, asked], dtype=torch.float64)
    return f"{F.binary_cross_entropy_with_logits(logit, wanted):.3f}"


def focal(t: float, label: int, gamma: float, alpha: float) -> str:
    logit = torch.tensor([[t]], dtype=torch.float64)
    return f"{focal_loss(logit, torch.tensor([label]), gamma, alpha).item():.3f}"


def test_numbers_follow_line_and_sliders(static) -> None:
    shown = static(LossCurves(gamma=1.0, alpha=0.25))
    start = shown.status()
    assert start.startswith("t = 2.00 gives the truth a probability of 0.881: ")
    assert f"cross-entropy {cross_entropy(2, 1)};" in start
    shown.press("Shift+ArrowLeft", "Shift+ArrowLeft", "ArrowLeft")
    assert shown.status().startswith("t = −0.10 ")
    assert f"cross-entropy {cross_entropy(-0.1, 1)};" in shown.status()
    assert f"focal, γ 1.0, α 0.25: {focal(-0.1, 0, 1.0, 0.25)}, which" in shown.status()

    shown.slide("focal γ", 10)
    shown.slide("α", 5)
    assert f"focal, γ 2.0, α 0.50: {focal(-0.1, 0, 2.0, 0.5)}, which" in shown.status()
    shown.page.get_by_label("the truth").select_option("not there")
    assert f"focal, γ 2.0, α 0.50: {focal(-0.1, -1, 2.0, 0.5)}, which" in shown.status()
    assert shown.complaints == []


def test_smoothing_sets_a_floor(static) -> None:
    shown = static(LossCurves(gamma=0))
    assert "smoothed" not in shown.status()
    assert "focal" not in shown.status()
    shown.slide("smoothing ε", 10)
    least = cross_entropy(float(torch.logit(torch.tensor(0.95, dtype=torch.float64))), 0.95)
    assert f"smoothed {cross_entropy(2, 0.95)} (never below {least})" in shown.status()
    assert shown.complaints == []


def test_the_mouse_moves_the_line_and_a_click_keeps_it(static) -> None:
    shown = static(LossCurves(gamma=2.0))
    canvas = shown.canvas().bounding_box()
    wide = (canvas["width"] - 118) / 2
    spot = ((34 + wide / 4) / canvas["width"], 100 / canvas["height"])  # t = −3 in the left plot
    shown.drag(spot, spot)
    shown.page.mouse.move(canvas["x"], canvas["y"] - 10)
    t = float(shown.status().split("t = ")[1].split(" ")[0].replace("−", "-"))
    assert t == pytest.approx(-3, abs=0.03)
    assert f"cross-entropy {cross_entropy(t, 1)};" in shown.status()
    without = float(focal(t, 0, 2.0, 0.5)) * 2  # no α: both sides count whole
    found = float(shown.status().split("focal, γ 2.0: ")[1].split(",")[0])
    assert found == pytest.approx(without, abs=0.002)
    assert shown.complaints == []

"""The line names the layers' values; boxes to tick, mouse and keys move what is shown."""

import pytest
import torch
from torch import nn

from yoloexplain import layers
from yoloexplain.widgets import ActivationCurves

pytestmark = pytest.mark.browser

BENDS = {"LeakyReLU": layers.LeakyReLU(), "Mish": layers.Mish(), "ReLU": nn.ReLU()}


def told(x: float, *names: str) -> str:
    parts = []
    for name in names:
        value = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        bent = BENDS[name](value)
        (slope,) = torch.autograd.grad(bent, value)
        parts.append(f"{name} {bent:.3f} (slope {slope:.3f})")
    return f"x = {x:.2f}: {', '.join(parts)}.".replace("-", "−")


def test_keys_mouse_and_ticks_give_the_layers_numbers(static) -> None:
    shown = static(ActivationCurves(["LeakyReLU", "Mish"]))
    assert shown.status() == told(-1.0, "LeakyReLU", "Mish")
    shown.press("ArrowRight", "Shift+ArrowLeft")
    assert shown.status() == told(-1.9, "LeakyReLU", "Mish")
    shown.page.get_by_label("ReLU", exact=True).check()
    shown.page.get_by_label("LeakyReLU").uncheck()
    assert shown.status() == told(-1.9, "Mish", "ReLU")

    canvas = shown.canvas().bounding_box()
    wide = (canvas["width"] - 100) / 2
    x = 34 + wide * 0.75  # x = 2.5 in the left plot
    shown.page.mouse.move(canvas["x"] + x, canvas["y"] + 100)
    found = float(shown.status().split("x = ")[1].split(":")[0])
    assert found == pytest.approx(2.5, abs=0.03)
    assert shown.status() == told(found, "Mish", "ReLU")
    shown.page.mouse.move(canvas["x"] + x, canvas["y"] - 10)
    assert shown.status() == told(-1.9, "Mish", "ReLU")
    assert shown.complaints == []


def test_a_curve_passes_where_the_layer_says(static) -> None:
    shown = static(ActivationCurves(["Mish"]))
    canvas = shown.canvas().bounding_box()
    wide = (canvas["width"] - 100) / 2

    def seen(x: float) -> tuple[int, int, int]:
        value = float(BENDS["Mish"](torch.tensor(x)))
        left, top = 34 + wide * (x + 5) / 10, 34 + 270 - 270 * (value + 1) / 4
        return shown.pixel(left / canvas["width"], top / canvas["height"])

    for x in (-3.3, 0.7, 1.9):
        assert seen(x) == pytest.approx((0, 158, 115), abs=12)
    assert shown.complaints == []

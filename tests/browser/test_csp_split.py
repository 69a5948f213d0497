"""Slider, keys, curve and columns say what torch counts."""

import pytest
import torch
from torch import nn

from yoloexplain.inspection import trace
from yoloexplain.layers import CSPDenseBlock, DenseBlock
from yoloexplain.layers.dense import Transition
from yoloexplain.widgets import CSPSplit

pytestmark = pytest.mark.browser

STAGE, SIZE = (32, 16, 4), (10, 14)


def cost(module: nn.Module) -> tuple[int, int]:
    nodes = trace(module, torch.empty(1, STAGE[0], *SIZE)).nodes
    return sum(p.numel() for p in module.parameters()), sum(node.mult_adds for node in nodes)


def words(around: int, fusion: str) -> str:
    with torch.device("meta"):
        block = CSPDenseBlock(*STAGE, split_ratio=around / STAGE[0], fusion=fusion)
        dense = DenseBlock(*STAGE)
        plain = nn.Sequential(dense, Transition(dense.out_channels, dense.out_channels // 2))
    (params, macs), whole = cost(block), cost(plain)
    changes = [round(100 * a / b - 100) for a, b in zip((params, macs), whole, strict=True)]
    shown = [f"{change:+d} %".replace("-", "−").replace("+0", "±0") for change in changes]
    return (
        f"γ = {around / STAGE[0]:.2f}, fusion {fusion}: {around} of {STAGE[0]} channels go around, "
        f"{block.out_channels} leave; {params:,} parameters ({shown[0]}) and {macs:,} "
        f"multiply-adds ({shown[1]})."
    )


def test_slider_and_keys_change_the_split(static) -> None:
    shown = static(CSPSplit(*STAGE, map_size=SIZE))
    assert words(16, "both") in shown.status()
    assert "The layers read 160 channels instead of 224." in shown.status()
    shown.slide("channels that go around", 2)
    assert words(18, "both") in shown.status()
    shown.press("Shift+ArrowLeft", "ArrowLeft", "ArrowDown")
    assert words(9, "first") in shown.status()
    shown.page.get_by_label("fusion", exact=True).select_option("last")
    assert words(9, "last") in shown.status()
    assert shown.complaints == []


def test_the_curve_can_be_dragged_and_columns_count_gradients(static) -> None:
    shown = static(CSPSplit(*STAGE, map_size=SIZE, fusion="last"), theme="dark")
    bounds = shown.canvas().bounding_box()
    x0 = bounds["width"] * 0.5 + 44  # the costs' pane, its curve, and the scale left of it
    left, right = x0 + 42, x0 + bounds["width"] * 0.5 - 50 - 44
    y = (196 + 48 + 138 + 60) / bounds["height"]
    place = [((left + (right - left) * share) / bounds["width"], y) for share in (0.5, 0.25)]
    shown.drag(*place)
    assert words(8, "last") in shown.status()

    grid = bounds["width"] * 0.5 - 76
    sources = 1 + 1 + STAGE[2] + 1
    spare = grid - sources * 17
    total = 8 + 24 + 64 + 48 - 8  # around, entering, new maps, mixed
    at = 2 + 76 + (14 + spare * 8 / total) / 2
    shown.page.mouse.move(bounds["x"] + at, bounds["y"] + 196 + 60)
    assert "What goes around (8 channels) gets a gradient from 1 reader." in shown.status()
    enters = 2 + 76 + 17 + spare * 8 / total + (14 + spare * 24 / total) / 2
    shown.page.mouse.move(bounds["x"] + enters, bounds["y"] + 196 + 60)
    assert "What enters the block (24 channels) gets a gradient from 5 readers." in shown.status()
    assert shown.complaints == []


def test_spared_squares_are_empty_and_read_ones_are_blue(static) -> None:
    shown = static(CSPSplit(*STAGE, map_size=SIZE, fusion="last"))
    bounds = shown.canvas().bounding_box()
    grid = bounds["width"] * 0.5 - 76
    spare, total = grid - 7 * 17, 16 + 16 + 64 + 40
    row = min(max(210 / 6, 15), 26)

    def colour(x: float, line: int) -> tuple[int, int, int]:
        y = 196 + 48 + (line + 0.5) * row
        return shown.pixel(x / bounds["width"], y / bounds["height"])

    around = 2 + 76 + (14 + spare * 16 / total) / 2
    enters = around + 17 + spare * 16 / total
    assert colour(around, 1) == (0, 0, 0)  # bare: no layer reads what goes around
    red, _green, blue = colour(enters, 1)
    assert blue > 150
    assert red < 80
    assert max(colour(around, 5)) < 160  # the join does
    assert shown.complaints == []

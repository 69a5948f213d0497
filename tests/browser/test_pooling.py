"""Position, map and pooling follow mouse, keys and controls, with torch's own maxima."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from yoloexplain.layers import SpatialPyramidPooling
from yoloexplain.widgets import Pooling

pytestmark = pytest.mark.browser

MAPS = {
    "wide": np.random.default_rng(0).normal(size=(9, 14)).astype(np.float32),
    "high": np.random.default_rng(1).normal(size=(16, 10)).astype(np.float32),
}


def number(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")


def windows(name: str, row: int, column: int) -> str:
    x = torch.from_numpy(MAPS[name])[None]
    pooled = {k: F.max_pool2d(x, k, 1, k // 2)[0, row, column].item() for k in (5, 9, 13)}
    return ", ".join(f"{k}×{k} {number(value)}" for k, value in pooled.items())


def test_windows_at_a_position(static) -> None:
    shown = static(Pooling(MAPS, "spp"))
    assert f"Row 4, column 7: the maxima around it are {windows('wide', 4, 7)}" in shown.status()
    shown.press("ArrowRight", "ArrowUp", "Shift+ArrowLeft")
    assert f"Row 3, column 4: the maxima around it are {windows('wide', 3, 4)}" in shown.status()
    shown.slide("row", 3)
    assert f"Row 6, column 4: the maxima around it are {windows('wide', 6, 4)}" in shown.status()
    shown.page.get_by_label("map", exact=True).select_option("high, 16×10")
    assert windows("high", 6, 4) in shown.status()
    shown.page.get_by_label("pooling", exact=True).select_option("SPPF: one window in a row")
    assert f"5 after 5 gives {windows('high', 6, 4)}" in shown.status()
    assert "Of 160 positions 160, 160, 160 agree: all equal to SPP's to the bit" in shown.status()
    assert shown.complaints == []


def test_bins_at_a_position(static) -> None:
    shown = static(Pooling(MAPS, "bins"), theme="dark")
    vector = SpatialPyramidPooling((1, 2, 4))(torch.from_numpy(MAPS["wide"])[None, None])[
        0
    ].tolist()
    shown.press(*["Shift+ArrowUp"] * 2, *["Shift+ArrowLeft"] * 4)
    words = f"1×1 {number(vector[0])}, 2×2 {number(vector[1])}, 4×4 {number(vector[5])}"
    assert shown.status().startswith("9×14 positions become 21 maxima.")
    assert f"Row 0, column 0: the bins that hold it have the maxima {words}" in shown.status()
    shown.press(*["Shift+ArrowDown"] * 3, *["Shift+ArrowRight"] * 4)
    words = f"1×1 {number(vector[0])}, 2×2 {number(vector[4])}, 4×4 {number(vector[20])}"
    assert f"Row 8, column 13: the bins that hold it have the maxima {words}" in shown.status()
    shown.press("+", "Enter")
    assert f"Row 8, column 9: the maxima around it are {windows('high', 8, 9)}" in shown.status()
    assert shown.complaints == []


def test_a_click_takes_the_cell_and_its_colour_is_the_maximum(static) -> None:
    shown = static(widget := Pooling(MAPS, "spp"))
    bounds = shown.canvas().bounding_box()
    room = (bounds["width"] - 8 - 34 * 3) / 4
    tallest = min(1.35 * room, 330)  # the high map is the tallest of the two
    scale = min(room / 14, tallest / 9)
    left, top = 4 + (room - 14 * scale) / 2, 26 + (tallest - 9 * scale) / 2

    def place(row: float, column: float, panel: int = 0) -> tuple[float, float]:
        x = left + panel * (room + 34) + (column + 0.5) * scale
        return x / bounds["width"], (top + (row + 0.5) * scale) / bounds["height"]

    shown.drag(place(2, 11), place(2, 11))
    assert f"Row 2, column 11: the maxima around it are {windows('wide', 2, 11)}" in shown.status()
    low, high = MAPS["wide"].min(), MAPS["wide"].max()
    pooled = F.max_pool2d(torch.from_numpy(MAPS["wide"])[None], 5, 1, 2)[0].numpy()
    for row, column in ((6, 2), (8, 13), (0, 0)):
        byte = int(np.floor(254 * (float(pooled[row, column]) - low) / (high - low) + 0.5))
        colour = shown.pixel(*place(row, column, panel=1))
        assert colour == tuple(widget.view.colours[3 * byte : 3 * byte + 3])
    assert shown.complaints == []

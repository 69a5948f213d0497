"""Steps, pixels and sums in the browser are those of the package's Focus."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from yoloexplain.layers.focus import focus_as_convolution, space_to_depth
from yoloexplain.widgets import FocusSteps

pytestmark = pytest.mark.browser

CALM = {"reduced_motion": "reduce"}  # pixels jump to their places


def sums(widget: FocusSteps) -> tuple[torch.Tensor, torch.Tensor]:
    """All kernels on the picture, by way of Focus and by one convolution."""
    view = widget.view
    height, width = view.table["image"]
    pixels = np.frombuffer(view.pixels, np.uint8).reshape(height, width, 3).copy()
    x = torch.from_numpy(pixels).permute(2, 0, 1)[None].double() / 255
    weight = torch.from_numpy(np.frombuffer(view.weights, "<f4").reshape(-1, 12, 3, 3).copy())
    folded = F.conv2d(space_to_depth(x), weight.double(), padding=1)[0]
    single = F.conv2d(x, focus_as_convolution(weight.double()), stride=2, padding=2)[0]
    return folded, single


def words(value: float) -> str:
    return f"{value:.4f}".replace("-", "−")


def test_slider_and_keys_go_through_the_steps(static) -> None:
    shown = static(FocusSteps(), **CALM)
    assert shown.status().startswith("3 channels of 12 × 16 pixels")
    shown.slide("step", 3)
    assert shown.status().startswith("Quarter 3 of 4, x[0::2, 1::2]: 6 × 8 pixels")
    shown.press("Enter", "+")
    assert shown.status().startswith("576 numbers before and after")
    shown.press("-")
    assert shown.status().startswith("Quarter 4 of 4, x[1::2, 1::2]")
    shown.press("ArrowUp", "ArrowRight")  # from row 7, column 8
    assert "row 6, column 9 goes to x[0::2, 1::2], row 3, column 4" in shown.status()
    assert shown.complaints == []


def test_both_sums_of_a_kernel_are_those_of_the_package(static) -> None:
    widget = FocusSteps(step=6)
    folded, single = sums(widget)
    shown = static(widget, **CALM)
    shown.slide("kernel", 5)
    shown.press("ArrowLeft", "ArrowUp")  # whole places of the convolution: row 2, column 3
    assert shown.status().startswith("Kernel 5 at row 2, column 3.")
    assert f"108 products, sum {words(folded[5, 2, 3])}." in shown.status()
    assert shown.status().endswith(f"108 products, sum {words(single[5, 2, 3])}.")
    shown.press("+")
    assert "Largest difference between the package's two layers: below 1e-5." in shown.status()
    assert shown.complaints == []


def test_a_pixel_under_the_mouse_is_followed_and_lifts_out(static) -> None:
    widget = FocusSteps()
    pixels = np.frombuffer(widget.view.pixels, np.uint8).reshape(12, 16, 3)
    shown = static(widget, **CALM)
    canvas = shown.canvas().bounding_box()
    side = min(0.52 * canvas["width"] / 20, 26)
    x, y = (2 + 5.5) * side / canvas["width"], (34 + (2 + 2.5) * side) / canvas["height"]
    shown.drag((x, y), (x, y))
    assert "row 2, column 5 goes to x[0::2, 1::2], row 1, column 2" in shown.status()

    left, foot = 20 * side + 16, 16 * side  # where the quarters have their place
    cell = min((canvas["width"] - left - 8) / 20, (foot / 2 - 22) / 8, 24)
    x = (left + cell * (1 + 3.5)) / canvas["width"]  # the first one's row 1, column 3
    y = (34 + 22 + cell * (1 + 1.5)) / canvas["height"]
    expected = pixels[2, 6].tolist()
    assert shown.pixel(x, y) == (0, 0, 0)  # nothing yet, only the page's paper
    shown.slide("step", 1)
    assert shown.pixel(x, y) == pytest.approx(expected, abs=2)
    assert shown.complaints == []


def test_pixels_glide_to_their_places_where_motion_is_welcome(static) -> None:
    shown = static(FocusSteps(), reduced_motion="no-preference")
    before = int(shown.canvas().get_attribute("data-frames"))
    shown.press("+")
    shown.page.wait_for_function(
        "n => document.querySelector('canvas').dataset.frames > n + 4", arg=before
    )
    assert shown.status().startswith("Quarter 1 of 4")
    assert shown.complaints == []

"""Mask channels: the chosen cell's channel is what is drawn, and each way to choose it works."""

import numpy as np
import pytest
import torch

from yoloexplain import create_model
from yoloexplain.data.scenes import Scenes
from yoloexplain.widgets import MaskChannels
from yoloexplain.widgets.data import colour_bytes
from yoloexplain.widgets.mask_channels import shrink

pytestmark = pytest.mark.browser

PHOTO = Scenes(60, seed=2, size=160, split="val")[20].image
HEAD, GAP, PANE = 24, 14, 300  # pixels of the layout at full width


def place(shown, pane: tuple[int, int], across: float, down: float) -> dict[str, float]:
    """Pixel of the canvas at a place in the pane of that column and row."""
    box = shown.canvas().bounding_box()
    left = (box["width"] - 3 * PANE - 2 * GAP) / 2
    x = left + pane[0] * (PANE + GAP) + across * PANE
    return {"x": x, "y": HEAD + pane[1] * (PANE + HEAD + 6) + down * PANE}


def colour(shown, at: dict[str, float]) -> tuple[int, int, int]:
    box = shown.canvas().bounding_box()
    return shown.pixel(at["x"] / box["width"], at["y"] / box["height"])


def test_mouse_keys_and_controls_choose_the_cell(static) -> None:
    shown = static(MaskChannels(PHOTO, at=(0.51, 0.51)))
    assert shown.status().startswith("Cell (row 10, column 10) of 20 × 20: best score ")
    assert "on the published grids 3,872 against 256" in shown.status()

    shown.press("ArrowRight", "ArrowUp", "ArrowUp")
    assert "channel 8·20 + 11 = 171 of 400, or X map 11 times Y map 8" in shown.status()
    shown.press("+")
    assert "Cell (row 5, column 8) of 14 × 14" in shown.status()  # the same place
    shown.page.get_by_label("level").select_option("8 × 8 cells")
    assert "Cell (row 3, column 4) of 8 × 8" in shown.status()
    shown.canvas().click(position=place(shown, (0, 0), 0.95, 0.07))  # a cell on the photograph
    assert "Cell (row 0, column 7) of 8 × 8" in shown.status()
    shown.canvas().click(position=place(shown, (1, 0), 0.07, 0.95))  # a channel among all
    assert "Cell (row 7, column 0) of 8 × 8" in shown.status()
    shown.canvas().click(
        position=place(shown, (2, 0), 0.5, 0.5)
    )  # the mask itself is not to be chosen from
    assert "Cell (row 7, column 0) of 8 × 8" in shown.status()
    assert shown.complaints == []


def test_its_colours_are_the_values_of_the_networks(static) -> None:
    shown = static(MaskChannels(PHOTO, level=2, at=(0.6, 0.6)))
    shown.press("Enter")  # values instead of the photograph
    colours = np.frombuffer(colour_bytes(), np.uint8).reshape(256, 3)
    pixels = torch.from_numpy(PHOTO).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        masks = shrink(create_model("solo-demo")(pixels).masks[2])
        pair = create_model("solo-decoupled-demo")(pixels)
        x, y = shrink(pair.masks_x[2])[4], shrink(pair.masks_y[2])[4]
    side = masks.shape[-1]
    for pane, drawn in (((2, 0), masks[4 * 8 + 4]), ((0, 1), x), ((1, 1), y), ((2, 1), x * y)):
        row, column = np.unravel_index(int(drawn.argmax()), drawn.shape)
        at = place(shown, pane, (column + 0.5) / side, (row + 0.5) / side)
        shown.page.wait_for_function("document.querySelector('canvas').dataset.frames > 2")
        expected = colours[round(float(drawn[row, column]) * 254)].astype(int)
        assert np.abs(np.array(colour(shown, at)) - expected).max() <= 8
    assert shown.complaints == []

"""Steps, throws and points answer to controls, keys and the mouse, with Python's own numbers."""

import re

import numpy as np
import pytest

from yoloexplain.data.augment.matrices import follow
from yoloexplain.data.record import Scene
from yoloexplain.widgets import AugmentationSteps

pytestmark = pytest.mark.browser

NAMES = ("red", "green")


def widget(augmentation: str) -> AugmentationSteps:
    """Plain coloured pictures with two rectangles, so that a pixel says whose it is."""
    scenes = []
    for colour in ((200, 60, 40), (40, 160, 80), (60, 80, 200), (220, 200, 90)):
        image = np.full((64, 64, 3), colour, np.uint8)
        masks = np.zeros((2, 64, 64), np.bool_)
        masks[0, 5:25, 8:20] = masks[1, 30:60, 30:62] = True
        scenes.append(Scene.from_masks(image, masks, [0, 1]))
    values = np.add.outer(np.arange(12.0), np.arange(12.0))
    return AugmentationSteps(
        scenes, NAMES, seeds=(2, 3), feature_map=values, augmentation=augmentation
    )


def colour_in(words: str) -> np.ndarray:
    found = re.search(r"red (\d+), green (\d+), blue (\d+)", words)
    assert found is not None
    return np.array([int(part) for part in found.groups()])


def test_steps_and_throws_say_what_python_drew(static) -> None:
    made = widget("MixUp")
    shown = static(made)
    for throw, frames in enumerate(made.frames["MixUp"], start=1):
        for number, frame in enumerate(frames):
            words = shown.status()
            assert f"throw {throw} of 2, step {number} of 2, {frame.name}: {frame.said}" in words
            assert f"{len(frame.scene)} objects" in words
            y, x = (int(0.4 * 64),) * 2  # where the point lies at first
            assert np.abs(colour_in(words) - frame.scene.image[y, x].astype(int)).max() < 12
            shown.press("ArrowRight")
        shown.press("ArrowLeft", "ArrowLeft", "Enter")
    assert shown.complaints == []


def test_a_point_follows_the_picture(static) -> None:
    made = widget("random affine")
    shown = static(made)
    last = made.frames["random affine"][0][-1]
    shown.slide("step", 4)
    start = np.array([0.4 * 64, 0.4 * 64])
    x, y = follow(last.matrix, start)[0]
    assert f"is at ({x:.0f}, {y:.0f}), red" in shown.status()

    shown.press("Shift+ArrowRight", "Shift+ArrowDown")
    x, y = follow(last.matrix, start + 0.02 * 64)[0]
    assert f"is at ({x:.0f}, {y:.0f}), red" in shown.status()

    box = shown.canvas().bounding_box()
    middle = ((3 + 200) / box["width"], (3 + 200) / box["height"])
    shown.drag(middle, middle)  # the picture is 400 wide: its middle
    assert "is at (32, 32)" in shown.status()
    back = follow(np.linalg.inv(last.matrix), [32, 32])[0]
    assert f"The point ({back[0]:.0f}, {back[1]:.0f}) of the first picture" in shown.status()
    assert shown.complaints == []


def test_another_augmentation_takes_the_step_back(static) -> None:
    shown = static(widget("Mosaic"))
    shown.slide("step", 5)
    assert "Mosaic, throw 1 of 2, step 5 of 5, cut to size" in shown.status()
    shown.page.get_by_label("augmentation", exact=True).select_option("MixUp")
    assert "MixUp, throw 1 of 2, step 2 of 2, mixed" in shown.status()
    assert (
        shown.page.get_by_role("slider", name="step").get_attribute("aria-valuenow").startswith("2")
    )
    shown.press("ArrowUp")
    assert "CutMix, throw 1 of 2, step 2 of 3, cut out" in shown.status()
    assert shown.complaints == []


def test_a_step_is_clicked_and_painted(static) -> None:
    shown = static(widget("CutMix"))
    box = shown.canvas().bounding_box()
    strip = 3 + 400 + 18 + 40  # within the row of small pictures
    second = ((3 + 128 + 58) / box["width"], strip / box["height"])
    shown.drag(second, second)
    assert "step 1 of 3, second picture" in shown.status()
    red, green, blue = shown.pixel((3 + 100) / box["width"], (3 + 385) / box["height"])
    assert (abs(red - 40) < 12, abs(green - 160) < 12, abs(blue - 80) < 12) == (True,) * 3

    mask = ((3 + 90) / box["width"], (3 + 100) / box["height"])  # within the red one
    tinted = shown.pixel(*mask)
    shown.page.get_by_label("masks").uncheck()
    assert shown.pixel(*mask) != tinted
    assert shown.complaints == []

"""The triangle answers to keys, mouse and controls, with the numbers of the weights."""

import numpy as np
import pytest

from yoloexplain import create_model
from yoloexplain.widgets import ConcatProvenance

pytestmark = pytest.mark.browser


def words(widget: ConcatProvenance, block: int, reader: int, source: int) -> str:
    name = f"layer {source}" if source else "the input"
    value = widget.shares(block)[reader - 1, source]
    return f"backbone.blocks.{block}: layer {reader} draws {value:.3f} times its average on {name}"


def test_arrows_walk_through_the_triangle(static) -> None:
    widget = ConcatProvenance(create_model("densenet-demo"), block=1)
    shown = static(widget)
    assert words(widget, 1, 8, 0) in shown.status()
    assert "channels 0 to 95 of the 180 that it reads" in shown.status()
    shown.press("ArrowRight", "ArrowRight", "ArrowRight", "ArrowUp")
    assert words(widget, 1, 7, 3) in shown.status()
    assert "channels 120 to 131 of the 168 that it reads" in shown.status()
    shown.press("ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp")
    assert words(widget, 1, 2, 1) in shown.status()  # the diagonal holds it
    shown.press(*["ArrowUp"] * 4)
    assert words(widget, 1, 1, 0) in shown.status()
    assert shown.complaints == []


def test_a_click_chooses_a_square_of_its_own_colour(static) -> None:
    widget = ConcatProvenance(create_model("densenet-demo"), block=1)
    shown = static(widget)
    box = shown.canvas().bounding_box()
    side, left, top = 48, 64, 10  # as the module lays it out at this width

    def middle(reader: int, source: int) -> tuple[float, float]:
        return left + (source + 0.5) * side, top + (reader - 0.5) * side

    shares = widget.shares(1)
    row, source = np.unravel_index(np.nanargmax(shares), shares.shape)  # what is read most
    reader = int(row) + 1
    x, y = middle(reader, int(source))
    shown.page.mouse.click(box["x"] + x, box["y"] + y)
    assert words(widget, 1, reader, int(source)) in shown.status()

    def shade(reader: int, source: int) -> tuple[int, int, int]:
        x, y = middle(reader, source)
        return shown.pixel((x - 19) / box["width"], (y - 17) / box["height"])

    assert shares[row, source] > 1.1
    assert shares[row, 0] < 1
    more, less = shade(reader, int(source)), shade(reader, 0)
    assert more[2] > more[0] + 60  # blue
    assert less[0] > less[2]  # a little orange
    assert shade(2, 6) == (0, 0, 0)  # bare canvas: nobody reads a later layer
    assert shown.complaints == []


def test_controls_choose_block_and_network(static) -> None:
    models = {"trained": create_model("densenet-demo"), "untrained": create_model("densenet-small")}
    widget = ConcatProvenance(models)
    twin = ConcatProvenance(models["untrained"])
    shown = static(widget)
    shown.page.get_by_label("block", exact=True).select_option("backbone.blocks.2")
    assert f"trained, {words(widget, 2, 8, 0)}" in shown.status()
    shown.page.get_by_label("weights of").select_option("untrained")
    assert f"untrained, {words(twin, 2, 8, 0)}" in shown.status()
    assert shown.complaints == []

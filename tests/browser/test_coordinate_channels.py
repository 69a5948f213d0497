"""Coordinate channels: what is dragged is convolved anew, with the numbers that torch computes."""

import pytest

from yoloexplain.widgets import CoordinateChannels
from yoloexplain.widgets.coordinate_channels import answers

pytestmark = pytest.mark.browser


def words(axes: str, **places) -> str:
    """What the status says of one network, computed in Python."""
    widget = CoordinateChannels()
    for name, value in places.items():
        setattr(widget.view, name, value)
    view = widget.view
    found = answers(widget.scene(), widget.sets[view.weights], axes)[0]
    a, b = (
        found[:, top : top + 17, left : left + 17]
        for left, top in ((view.ax, view.ay), (view.bx, view.by))
    )
    means = [" ".join(f"{value:.2f}" for value in one.mean(dim=(1, 2)).tolist()) for one in (a, b)]
    apart = float((a - b).abs().max())
    apart_said = f"{apart:.4f}" if apart > 1e-9 else "0"
    return f"A {means[0]}, B {means[1]}; largest difference {apart_said}."


def test_keys_mouse_and_ticks(static) -> None:
    shown = static(CoordinateChannels())
    assert "A lies top left (channel 0), B bottom right (channel 3)." in shown.status()
    assert f"Without coordinates: {words('')}" in shown.status()
    assert "largest difference 0. With x and y" in shown.status()  # not small: none at all
    assert f"With x and y: {words('xy')}" in shown.status()

    shown.press("ArrowLeft", "Shift+ArrowRight", "Shift+ArrowDown")
    assert f"With x and y: {words('xy', ax=16, ay=4, bx=60)}" in shown.status()
    assert "largest difference 0. With" in shown.status()

    shown.page.get_by_label("x channel").uncheck()
    assert f"With y: {words('y', ax=16, ay=4, bx=60)}" in shown.status()
    shown.page.get_by_label("y channel").uncheck()
    assert "With neither: " in shown.status()
    assert shown.status().count("largest difference 0.") == 2
    shown.page.get_by_label("y channel").check()
    shown.page.get_by_label("weights", exact=True).select_option("random")
    assert f"With y: {words('y', ax=16, ay=4, bx=60, weights=1)}" in shown.status()
    assert "largest difference 0. With" in shown.status()  # whatever the weights
    assert shown.complaints == []


def test_dragging_an_object_moves_its_answer_to_another_channel(static) -> None:
    shown = static(CoordinateChannels())
    box = shown.canvas().bounding_box()
    pane = (box["width"] - 8 - 3 * 14) / 4
    zoom = (2 * pane + 14) / 96

    def at(x: float, y: float) -> tuple[float, float]:
        return (4 + x * zoom) / box["width"], (24 + y * zoom) / box["height"]

    shown.drag(at(70, 38), at(70, 12))  # B, upwards by 26 pixels of the scene
    assert "B top right (channel 1)." in shown.status()
    assert f"With x and y: {words('xy', by=3)}" in shown.status()
    shown.drag(at(70, 12), at(300, -50))  # no farther than two pixels from the border
    assert f"With x and y: {words('xy', bx=77, by=2)}" in shown.status()
    shown.drag(at(86, 10), at(38, 10))
    assert "They touch" in shown.status()
    assert shown.complaints == []


def test_channels_show_the_answer_in_colour(static) -> None:
    shown = static(CoordinateChannels())
    box = shown.canvas().bounding_box()
    pane = (box["width"] - 8 - 3 * 14) / 4
    high = pane / 2
    scene_end = 24 + (2 * pane + 14) / 2
    plain = scene_end + 24 + 22  # where the first row of answers begins
    placed = plain + high + 24 + 22

    def colour(row: float, channel: int, x: float, y: float) -> tuple[int, int, int]:
        left = 4 + channel * (pane + 14) + x * pane / 96
        return shown.pixel(left / box["width"], (row + y * pane / 96) / box["height"])

    on_a, on_b = (22, 10), (70, 37)
    light, dark = colour(plain, 0, *on_a), colour(plain, 0, 50, 30)
    assert light[0] > 200 > 100 > dark[0]
    assert colour(plain, 0, *on_b) == light
    assert colour(placed, 0, *on_a)[0] > 200
    assert colour(placed, 0, *on_b)[0] < 100
    assert colour(placed, 3, *on_b)[0] > 200
    assert shown.complaints == []

"""Clicking, keys and the list choose a cell, and its field is the one that Python computes."""

import pytest

from yoloexplain import create_model, inspection
from yoloexplain.data import photos
from yoloexplain.data.scenes import Scenes
from yoloexplain.widgets import ReceptiveFieldOnPhoto

pytestmark = pytest.mark.browser

LEVELS = {"c3": "backbone.c3", "c4": "backbone.c4", "p5": "neck.p5"}


@pytest.fixture(scope="module")
def scene():
    photo = Scenes(1, seed=3, size=192)[0].image[:160]
    model = create_model("yolov5n-demo")
    return photo, model, ReceptiveFieldOnPhoto(model, photo, LEVELS, measured=3)


def theory(model, name: str, row: int, column: int) -> str:
    (field,) = inspection.receptive_field(model, (160, 192), [LEVELS[name]]).values()
    x0, y0, x1, y1 = field.box(row, column, clip=True)
    return (
        f"{name}, row {row}, column {column}: in theory it sees {field.size[1]}×{field.size[0]} "
        f"pixels, {x1 - x0}×{y1 - y0} of them on the photo."
    )


def test_a_cell_shows_its_own_field(static, scene) -> None:
    photo, model, widget = scene
    shown = static(widget)
    shown.page.get_by_label("level", exact=True).select_option("c3")
    place = widget.view.table["levels"][0]["places"][4]
    bounds = shown.canvas().bounding_box()
    zoom = min(min(bounds["width"] * 0.56, 540) / 192, 540 / 160)

    def click(row: float, column: float, stride: int) -> None:
        x, y = (column + 0.5) * stride * zoom, (row + 0.5) * stride * zoom
        at = (x / bounds["width"], y / bounds["height"])
        shown.drag(at, at)

    click(*place, 8)
    field = inspection.measured_field(model, photos.to_tensor(photo), "backbone.c3", tuple(place))
    box = field.box
    measured = f"Measured: pixels from ({box[0]}, {box[1]}) to ({box[2]}, {box[3]}) count"
    assert theory(model, "c3", *place) in shown.status()
    assert measured in shown.status()

    shown.press("ArrowRight", "ArrowDown")
    row, column = place[0] + 1, place[1] + 1
    assert theory(model, "c3", row, column) in shown.status()
    assert f"nearest dot (row {place[0]}, column {place[1]})" in shown.status()
    shown.press("Shift+ArrowLeft", "Shift+ArrowUp")
    assert theory(model, "c3", *place) in shown.status()

    shown.press("+", "+")
    assert "p5, row" in shown.status()
    click(0, 5, 32)
    assert theory(model, "p5", 0, 5) in shown.status()
    shown.press("Enter")
    assert "Measured" not in shown.status()
    assert shown.complaints == []


def test_light_falls_inside_the_field_only(static, scene) -> None:
    widget = scene[2]
    shown = static(widget, theme="dark")
    shown.page.get_by_label("level", exact=True).select_option("c3")
    shown.page.get_by_label("show the measured gradient").check()
    shown.press("Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowUp", "Shift+ArrowUp")
    bounds = shown.canvas().bounding_box()
    zoom = min(min(bounds["width"] * 0.56, 540) / 192, 540 / 160)

    def colour(x: float, y: float) -> tuple[int, int, int]:
        return shown.pixel(x * zoom / bounds["width"], y * zoom / bounds["height"])

    red, green, blue = colour(150.5, 120.5)  # far away: the photo in grey
    assert max(red, green, blue) - min(red, green, blue) <= 6
    level = widget.view.table["levels"][0]
    side, block, row, column = level["side"], level["block"], *level["places"][0]
    light = widget.view.light[level["offset"] :][: side * side]
    brightest = max(range(side * side), key=lambda i: light[i])
    x0, y0 = level["columns"][column][0], level["rows"][row][0]
    x, y = x0 + (brightest % side + 0.5) * block, y0 + (brightest // side + 0.5) * block
    red, green, blue = colour(x, y)
    assert red - blue > 60  # warm light
    assert shown.complaints == []

"""Switches, clicks and keys lead to the combination that Python computed."""

import pytest

from yoloexplain.data.scenes import Scenes
from yoloexplain.widgets import Pyramid
from yoloexplain.widgets.neck_links import LINKS

pytestmark = pytest.mark.browser

BIT = {name: 1 << i for i, (name, _) in enumerate(LINKS)}


@pytest.fixture(scope="module")
def widget() -> Pyramid:
    return Pyramid(scene=Scenes(12, seed=2, size=128, split="val")[11])


def outcome(widget: Pyramid, off: int) -> str:
    boxes = widget.view.table["found"][255 - off]
    right = len({box[-1] for box in boxes if box[-1] >= 0})
    wrong = sum(box[-1] < 0 for box in boxes)
    things = widget.view.table["things"]
    return f"{right} of {things} things found, {wrong} box{'' if wrong == 1 else 'es'} that fit"


def test_a_switch_takes_its_links_with_it(static, widget) -> None:
    shown = static(widget)
    assert shown.status().startswith(f"All 8 links are on. {outcome(widget, 0)}")
    top_down = shown.page.get_by_label("top-down", exact=True)
    top_down.uncheck()
    off = BIT["t5 → t4"] + BIT["t4 → p3"]
    assert shown.status().startswith(f"Off: t5 → t4, t4 → p3. {outcome(widget, off)}")
    assert "zeros in place of the map" in shown.status()
    shown.page.get_by_label("lateral", exact=True).uncheck()
    shown.page.get_by_label("bottom-up", exact=True).uncheck()
    assert shown.status().startswith(f"All links are off. {outcome(widget, 255)}")
    top_down.check()
    assert "Off: c4 → t4, c3 → p3" in shown.status()
    assert shown.complaints == []


def test_single_links_by_key_and_mouse(static, widget) -> None:
    shown = static(widget)
    shown.press("ArrowRight", "ArrowRight", "Enter")  # the third link
    assert shown.status().startswith(f"Off: t4 → p3. {outcome(widget, BIT['t4 → p3'])}")
    assert shown.page.get_by_label("top-down", exact=True).is_checked()  # one of two is on
    shown.press("ArrowLeft", "ArrowLeft", "Enter")
    assert not shown.page.get_by_label("top-down", exact=True).is_checked()
    shown.press("+")
    assert shown.status().startswith("All 8 links are on.")
    assert shown.page.get_by_label("top-down", exact=True).is_checked()

    bounds = shown.canvas().bounding_box()
    left = min((bounds["width"] * 0.4, 400)) - 6 + 42  # the photo is square
    room = bounds["width"] - left - 6
    side = min(room * 0.23, 118)
    t5 = (left + room * 0.47 + side * 0.28, 28 + side * 0.28)  # right edge of t5, at half height
    at = ((t5[0] + 30) / bounds["width"], t5[1] / bounds["height"])
    shown.drag(at, at)
    assert shown.status().startswith(f"Off: t5 → p5. {outcome(widget, BIT['t5 → p5'])}")
    assert shown.complaints == []


def test_the_map_of_p5_has_the_colours_of_its_bytes(static, widget) -> None:
    shown = static(widget, theme="dark")
    shown.page.get_by_label("top-down", exact=True).set_checked(False)
    shown.page.get_by_label("maps show").select_option("mean |value|")
    one, bits = widget.view.table["maps"]["p5 1"], 255 - BIT["t5 → t4"] - BIT["t4 → p3"]
    rows, columns = one["side"]
    bounds = shown.canvas().bounding_box()
    left = min((bounds["width"] * 0.4, 400)) - 6 + 42
    room = bounds["width"] - left - 6
    side = min(room * 0.23, 118)
    edge = side * 0.56
    x0, y0 = left + room - side / 2 - edge / 2, 28
    for row, column in ((0, 0), (1, 3), (3, 2)):
        value = widget.view.maps[one["start"] + bits * rows * columns + row * columns + column]
        x, y = x0 + (column + 0.5) * edge / columns, y0 + (row + 0.5) * edge / rows
        colour = shown.pixel(x / bounds["width"], y / bounds["height"])
        assert colour == tuple(widget.view.colours[3 * value : 3 * value + 3])
    assert shown.complaints == []

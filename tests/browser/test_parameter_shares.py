"""The chart answers to controls, keys and mouse, with the numbers of the tables."""

import pytest

from yoloexplain.widgets import ParameterShares
from yoloexplain.widgets.parameter_shares import MEASURES

pytestmark = pytest.mark.browser


def words(widget: ParameterShares, name: str, index: int, measure: int) -> str:
    """What the status line must say of a layer."""
    layers = widget.layers[name]
    amounts = [layer.amounts[measure] for layer in layers]
    layer, whole = layers[index], sum(amounts)
    shape = "×".join(map(str, layer.shape))
    return (
        f"{name} at 448×448, layer {index + 1} of {len(layers)}, {layer.path}, {layer.kind} → "
        f"{shape}: {amounts[index]:,} of {whole:,} {MEASURES[measure]}, "
        f"{100 * amounts[index] / whole:.1f} %; {100 * sum(amounts[: index + 1]) / whole:.1f} %"
    )


def test_it_begins_with_the_largest_and_names_the_head(static) -> None:
    widget = ParameterShares()
    shown = static(widget)
    assert words(widget, "yolov1-darknet", 24, 0) in shown.status()
    assert "The 2 linear layers together: 215,562,642, 78.2 %." in shown.status()
    shown.press("ArrowLeft", "ArrowLeft")
    assert words(widget, "yolov1-darknet", 22, 0) in shown.status()
    shown.press("Shift+ArrowLeft")
    assert words(widget, "yolov1-darknet", 0, 0) in shown.status()
    shown.press("ArrowLeft", "Shift+ArrowRight")
    assert words(widget, "yolov1-darknet", 23, 0) in shown.status()
    assert shown.complaints == []


def test_controls_choose_measure_and_network(static) -> None:
    widget = ParameterShares()
    shown = static(widget)
    for measure, name in enumerate(MEASURES):
        shown.page.get_by_label("show").select_option(name)
        assert words(widget, "yolov1-darknet", 24, measure) in shown.status()
    shown.page.get_by_label("network", exact=True).select_option("yolov1-resnet50")
    assert words(widget, "yolov1-resnet50", 24, 2) in shown.status()
    assert "linear" not in shown.status()
    assert shown.complaints == []


def test_the_mouse_points_at_layers_in_chart_and_strip(static) -> None:
    widget = ParameterShares()
    shown = static(widget)
    box = shown.canvas().bounding_box()
    left, wide = 58, box["width"] - 58 - 50
    shown.page.mouse.move(box["x"] + left + wide * 21.5 / 26, box["y"] + 200)
    assert words(widget, "yolov1-darknet", 21, 0) in shown.status()

    strip = box["y"] + 6 + 62 + 250 + 48 + 15
    shown.page.mouse.move(box["x"] + left + 0.99 * wide, strip)
    assert words(widget, "yolov1-darknet", 25, 0) in shown.status()
    shown.page.mouse.move(box["x"] + left + 0.5 * wide, strip)
    assert words(widget, "yolov1-darknet", 24, 0) in shown.status()

    # Vermillion up to the layer's share of the axis (205.5 of 300 million), nothing above.
    middle = (left + wide * 24.25 / 26) / box["width"]
    floor, tall, high = 318, 238, box["height"]
    top = floor - tall * widget.layers["yolov1-darknet"][24].amounts[0] / 300e6
    assert shown.pixel(middle, (top + 4) / high) == (213, 94, 0)
    assert shown.pixel(middle, (top - 4) / high) == (0, 0, 0)
    assert shown.complaints == []

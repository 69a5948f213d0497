"""Stage, channels and values under the mouse are those of the network."""

import pytest

from yoloexplain.data.scenes import Scenes
from yoloexplain.widgets import CSPHalves

pytestmark = pytest.mark.browser

GAP, HEAD = 14, 24


@pytest.fixture(scope="module")
def widget() -> CSPHalves:
    return CSPHalves(scene=Scenes(2, seed=4, size=96, min_objects=2, max_objects=3)[1])


def places(width: float) -> list[tuple[float, float]]:
    """Left edge and side of the three panes: scene, went around, went through."""
    side = min((width - 8 - 2 * GAP) / 3, 330)
    return [(4 + k * (side + GAP), side) for k in range(3)]


def test_channels_and_stages_follow_keys_and_sliders(static, widget) -> None:
    shown = static(widget)
    stages = [one["halves"] for one in widget.view.table["stages"]]

    def names(stage: int, around: int, through: int) -> str:
        a, b = stages[stage]
        return f"went around {a['channels'][around]}, went through {b['channels'][through]}"

    assert f"Shown: {names(1, 0, 0)}" in shown.status()
    assert "72 channels of 12×12 went around, 24 went through" in shown.status()
    shown.press("ArrowRight", "ArrowRight", "ArrowUp", "ArrowRight")
    assert f"Shown: {names(1, 1, 2)}" in shown.status()
    shown.slide("went around, place", 3)
    assert f"Shown: {names(1, 4, 2)}" in shown.status()
    shown.press("-")
    assert f"Shown: {names(0, 4, 2)}" in shown.status()
    assert "72 channels of 24×24" in shown.status()
    assert shown.complaints == []


def test_hover_reads_both_halves_at_one_place(static, widget) -> None:
    shown = static(widget, theme="dark")
    bounds = shown.canvas().bounding_box()
    left, side = places(bounds["width"])[0]  # on the scene itself
    row, column = 7, 3
    shown.page.mouse.move(
        bounds["x"] + left + (column + 0.5) / 12 * side,
        bounds["y"] + HEAD + (row + 0.5) / 12 * side,
    )
    values = []
    for half, maps in zip(
        widget.view.table["stages"][1]["halves"], widget._halves["backbone.blocks.1"], strict=True
    ):
        value, span = (
            maps[half["channels"][0], row, column].item(),
            half["highs"][0] - half["lows"][0],
        )
        values.append((value, span / 254 + 0.006))  # of a byte, and of two digits
    status = shown.status()
    assert f"Row {row}, column {column}:" in status
    read = [
        float(part.split(" ")[-1].rstrip(".").replace("−", "-"))
        for part in status.split(": ")[-1].split(", ")
    ]
    for found, (value, slack) in zip(read, values, strict=True):
        assert abs(found - value) <= slack
    assert shown.complaints == []


def test_a_small_map_is_chosen_by_a_click_and_drawn_large(static, widget) -> None:
    shown = static(widget)
    bounds = shown.canvas().bounding_box()
    (_, side), (left, _), _ = places(bounds["width"])
    across = int((bounds["width"] - 8 + 4) // 44)
    small = (bounds["width"] - 8 - 4 * (across - 1)) / across
    x, y = 4 + 2 * (small + 4) + small / 2, HEAD + side + 24 + 8 + 20 + small / 2
    at = (x / bounds["width"], y / bounds["height"])
    shown.drag(at, at)
    half = widget.view.table["stages"][1]["halves"][0]
    assert f"Shown: went around {half['channels'][2]}," in shown.status()
    for row, column in ((0, 0), (5, 9), (11, 4)):
        byte = widget.view.maps[half["start"] + 2 * 144 + row * 12 + column]
        x, y = left + (column + 0.5) / 12 * side, HEAD + (row + 0.5) / 12 * side
        colour = shown.pixel(x / bounds["width"], y / bounds["height"])
        assert colour == tuple(widget.view.colours[3 * byte : 3 * byte + 3])
    assert shown.complaints == []

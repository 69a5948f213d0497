"""Feature maps in a browser: the colours, values and fields that Python computes."""

import re

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from yoloexplain.figures.maps import strongest
from yoloexplain.inspection import activations, receptive_field
from yoloexplain.widgets import FeatureMaps
from yoloexplain.widgets.data import colour_bytes, map_bytes

pytestmark = pytest.mark.browser

LIST = 190 + 12 + 6  # the list of layers, the gap beside it, and the margin


class Small(nn.Module):
    """Two layers of different stride on an image that is not square."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Conv2d(3, 6, 5, 2, 2)
        self.coarse = nn.Conv2d(6, 9, 3, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.coarse(self.fine(x).relu())


@pytest.fixture
def network() -> tuple[Small, Tensor]:
    torch.manual_seed(3)
    return Small(), torch.rand(1, 3, 48, 80)


def ranked(model: nn.Module, image: Tensor, layer: str) -> tuple[list[int], np.ndarray]:
    """Channels by strength, and the maps in that order."""
    maps = activations(model, image, [layer])[layer][0].numpy()
    order = strongest(maps, 16)
    return order, maps[order]


def number(words: str) -> float:
    return float(words.replace("−", "-"))


def panes(shown) -> dict[str, tuple[float, ...]]:
    """Where photo and map lie, as shares of the canvas, by the same function as the view's."""
    box = shown.canvas().bounding_box()
    inner = box["width"] - LIST - 6
    w = (inner - 12) // 2
    h = round(w * 48 / 80)
    left = LIST
    made = {"photo": (left, 42, w, h), "map": (left + w + 12, 42, w, h)}
    return {n: (x / box["width"], y / box["height"], w / box["width"], h / box["height"])
            for n, (x, y, w, h) in made.items()}  # fmt: skip


def inside(pane: tuple, cells: tuple[int, int], row: int, column: int) -> tuple[float, float]:
    """The middle of a cell of a pane."""
    x, y, w, h = pane
    return x + w * (column + 0.5) / cells[1], y + h * (row + 0.5) / cells[0]


def on_screen(shown, x: float, y: float) -> tuple[float, float]:
    """A point of the canvas, given as shares of its sides, in pixels of the window."""
    box = shown.canvas().bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def test_a_map_is_painted_in_the_colours_of_its_values(static, network) -> None:
    model, image = network
    shown = static(FeatureMaps(model, image, ["fine", "coarse"]))
    colours = np.frombuffer(colour_bytes(), np.uint8).reshape(-1, 3)
    for steps, layer in enumerate(("fine", "coarse")):
        if steps:
            shown.slide("layer", 1)
        order, maps = ranked(model, image, layer)
        codes = np.frombuffer(map_bytes(maps[:1]).data, np.uint8).reshape(maps[0].shape)
        peak = np.unravel_index(maps[0].argmax(), maps[0].shape)
        assert f"{layer} (Conv2d), channel {order[0]} (1 of {len(order)} by" in shown.status()
        pane = panes(shown)["map"]
        for row, column in ((0, 0), (2, 5), (4, 1), (5, 9)):
            if max(abs(row - peak[0]), abs(column - peak[1])) > 1:  # the frame around the largest
                painted = shown.pixel(*inside(pane, maps[0].shape, row, column))
                assert painted == tuple(colours[codes[row, column]].tolist())
    assert shown.complaints == []


def test_pointing_at_a_cell_names_its_value_and_its_field(static, network) -> None:
    model, image = network
    shown = static(FeatureMaps(model, image, ["fine", "coarse"], layer="coarse"))
    _, maps = ranked(model, image, "coarse")
    field = receptive_field(model, (48, 80), ["coarse"])["coarse"]
    for pane in panes(shown).values():
        for row, column in ((0, 0), (3, 7), (5, 9)):
            shown.page.mouse.move(*on_screen(shown, *inside(pane, (6, 10), row, column)))
            words = shown.status()
            found = re.search(rf"Row {row}, column {column}: (\S+);", words)
            assert found, words
            span = float(np.ptp(maps[0]))
            assert number(found[1]) == pytest.approx(float(maps[0, row, column]), abs=span / 200)
            x0, y0, x1, y1 = field.box(row, column, clip=True)
            assert f"its field of {field.size[0]} × {field.size[1]} pixels covers" in words
            assert f"covers x {x0} to {x1}, y {y0} to {y1}." in words
    assert shown.complaints == []


def test_the_field_is_framed_on_the_photo(static, network) -> None:
    model, image = network
    shown = static(FeatureMaps(model, image, ["fine", "coarse"], layer="coarse"))
    shown.slide("map over photo", -7)  # away from 70, to see that it answers
    shown.page.mouse.click(*on_screen(shown, *inside(panes(shown)["map"], (6, 10), 3, 4)))
    x0, y0, x1, y1 = receptive_field(model, (48, 80), ["coarse"])["coarse"].box(3, 4, clip=True)
    x, y, w, h = panes(shown)["photo"]
    box = shown.canvas().bounding_box()
    side = x + w * x0 / 80 + 1.5 / box["width"], y + h * (y0 + y1) / 2 / 48
    assert shown.pixel(*side) == (0xD5, 0x5E, 0x00)
    top = x + w * (x0 + x1) / 2 / 80, y + h * y0 / 48 + 1.5 / box["height"]
    assert shown.pixel(*top) == (0xD5, 0x5E, 0x00)


def test_keys_move_channel_layer_and_cell(static, network) -> None:
    model, image = network
    shown = static(FeatureMaps(model, image, ["fine", "coarse"]))
    order, maps = ranked(model, image, "fine")
    shown.press("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight")
    assert f"channel {order[2]} (3 of 6" in shown.status()
    row, column = np.unravel_index(maps[2].argmax(), maps[2].shape)
    assert f"Its largest: row {row}, column {column}:" in shown.status()
    shown.press("ArrowDown", "ArrowDown")
    order, _ = ranked(model, image, "coarse")
    assert f"coarse (Conv2d), channel {order[2]} (3 of 9" in shown.status()
    before = re.search(r"row (\d+), column (\d+)", shown.status())
    shown.press("Shift+ArrowLeft" if int(before[2]) else "Shift+ArrowRight")
    after = re.search(r"Row (\d+), column (\d+)", shown.status())
    assert (after[1], abs(int(after[2]) - int(before[2]))) == (before[1], 1)
    shown.press("Escape", "-", "-")
    assert "Its largest" in shown.status()
    assert shown.page.get_by_role("slider", name="map over photo").get_attribute(
        "aria-valuenow"
    ) == "50.0"  # fmt: skip
    assert shown.complaints == []


def test_thumbnails_and_the_list_answer_to_a_click(static, network) -> None:
    model, image = network
    shown = static(FeatureMaps(model, image, ["fine", "coarse"]))
    box = shown.canvas().bounding_box()
    bottom = 42 + round(panes(shown)["map"][3] * box["height"]) + 34 + 24
    shown.page.mouse.click(box["x"] + 6 + 3 * 78 + 20, box["y"] + bottom + 12)
    order, _ = ranked(model, image, "fine")
    assert f"channel {order[3]} (4 of 6" in shown.status()
    shown.page.mouse.click(box["x"] + 60, box["y"] + 6 + 22 + 11)
    assert shown.status().startswith("coarse")


def test_two_layers_and_two_networks_are_read_at_one_place(static, network) -> None:
    model, image = network
    torch.manual_seed(8)
    fresh = Small()
    shown = static(FeatureMaps(model, image, ["fine", "coarse"], untrained=fresh))
    shown.page.get_by_label("beside it").select_option("coarse")
    shown.press("Enter", "ArrowRight")
    order, _ = ranked(model, image, "coarse")
    assert f"coarse (Conv2d), channel {order[1]} (2 of 9" in shown.status()
    shown.press("Enter", "ArrowRight")
    fine, _ = ranked(model, image, "fine")
    assert f"channel {fine[1]} (2 of 6" in shown.status()
    shown.press(" ")
    (fine, _), (coarse, _) = (ranked(fresh, image, name) for name in ("fine", "coarse"))
    words = shown.status()
    assert f"fine (Conv2d), untrained, channel {fine[1]} (2 of 6" in words
    assert f"coarse (Conv2d), untrained, channel {coarse[1]} (2 of 9" in words
    assert shown.page.get_by_label("untrained").is_checked()
    assert shown.complaints == []


def test_maps_that_say_nothing_are_grey_and_named(static) -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.none, self.flat = nn.Identity(), nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            return self.flat(torch.full_like(self.none(x * float("nan")), 2.5))

    shown = static(FeatureMaps(Odd(), torch.rand(3, 48, 80), ["none", "flat"]))
    assert "holds no number" in shown.status()
    x, y, w, h = panes(shown)["map"]
    assert shown.pixel(x + w * 0.1, y + h * 0.1) == (0xD5, 0xDA, 0xE0)
    shown.press("ArrowDown")
    assert "is constant at 2.50" in shown.status()
    assert shown.pixel(x + w * 0.1, y + h * 0.1) == (0xD5, 0xDA, 0xE0)


@pytest.mark.parametrize("width", [380, 700])
def test_it_fits_narrow_paper(width, static, network) -> None:
    model, image = network
    shown = static(FeatureMaps(model, image, compare="coarse"), width=width, theme="dark")
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.canvas().bounding_box()["width"] >= width - 40
    assert shown.complaints == []

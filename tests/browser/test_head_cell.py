"""The inspector answers to mouse, keys and sliders, with the numbers of the package's decode."""

import pytest
import torch

from yoloexplain import create_model
from yoloexplain.data import photos
from yoloexplain.widgets import HeadCell
from yoloexplain.widgets.raw_outputs import demo_scene
from yoloexplain.yolov5.decode import decode, decode_yolov3

pytestmark = pytest.mark.browser

GRIDS = {"p3": 32, "p4": 16, "p5": 8}


@pytest.fixture(scope="module")
def asked():
    """The network, its raw outputs on the scene, and where each level begins among the boxes."""
    model = create_model("yolov5n-demo")
    with torch.no_grad():
        return model, model(photos.to_tensor(demo_scene()))


def place(level: str, row: int, column: int, anchor: int) -> int:
    side, start = GRIDS[level], sum(3 * s * s for name, s in GRIDS.items() if name < level)
    return start + (anchor * side + row) * side + column


def box_words(decoded: torch.Tensor, index: int) -> str:
    cx, cy, w, h = decoded[0, index, :4].tolist()
    return f"centre ({cx:.1f}, {cy:.1f}), size {w:.1f} × {h:.1f}".replace("-", "−")


def test_every_way_to_a_cell_shows_what_decode_gives(static, asked) -> None:
    model, raw = asked
    decoded = decode(raw, model)
    shown = static(HeadCell(cell=("p4", 6, 11, 1)))
    start = shown.status()
    assert start.startswith("p4, row 6, column 11, anchor 62×45, as the network says: ")
    at = place("p4", 6, 11, 1)
    assert box_words(decoded, at) in start
    objectness, best = decoded[0, at, 4].item(), decoded[0, at, 5:].max().item()
    assert f"objectness {objectness:.2f} × star {best:.2f} = score {objectness * best:.2f}" in start

    shown.press("ArrowDown", "ArrowLeft", "Shift+ArrowRight")
    assert shown.status().startswith("p4, row 7, column 10, anchor 59×119")
    assert box_words(decoded, place("p4", 7, 10, 2)) in shown.status()

    shown.press("+")
    assert shown.status().startswith("p5, row 3, column 5, anchor 373×326")
    assert box_words(decoded, place("p5", 3, 5, 2)) in shown.status()

    shown.page.get_by_label("level").select_option("p3, stride 8")
    shown.page.get_by_label("shape").select_option("anchor 1")
    assert "p3, row 15, column 21, anchor 10×13" in shown.status()
    canvas = shown.canvas().bounding_box()
    side = min(0.48 * canvas["width"], 470)
    spot = (12.5 / 32) * side / canvas["width"], (23.5 / 32) * side / canvas["height"]
    shown.drag(spot, spot)
    assert shown.status().startswith("p3, row 23, column 12, anchor 10×13")
    assert box_words(decoded, place("p3", 23, 12, 0)) in shown.status()
    assert shown.complaints == []


def test_sliders_bend_the_box_by_the_formulas(static, asked) -> None:
    model, raw = asked
    shown = static(HeadCell(cell=("p5", 3, 5, 1)))
    shown.slide("tw", 60)
    assert "with your numbers" in shown.status()
    shown.page.get_by_label("read by YOLOv3's formulas too").check()

    readout = shown.page.get_by_label("tw, value").inner_text().replace("−", "-")
    bent = {name: values.clone() for name, values in raw.items()}
    bent["p5"][0, 1, 3, 5, 2] = float(readout)
    at = place("p5", 3, 5, 1)
    for words, read in (("numbers: ", decode), ("YOLOv3 would read ", decode_yolov3)):
        told = shown.status().split(words)[1].split(", size ")[1]
        width = read(bent, model)[0, at, 2].item()
        assert float(told.split(" × ")[0]) == pytest.approx(width, rel=0.01)

    shown.press("Enter")  # back to the network's own
    assert "as the network says" in shown.status()
    assert box_words(decode(raw, model), at) in shown.status()
    assert shown.complaints == []


def test_cells_that_see_nothing_lie_in_the_dark(static, asked) -> None:
    shown = static(HeadCell(cell=("p4", 0, 0, 1)))
    canvas, scene = shown.canvas().bounding_box(), demo_scene()
    side = min(0.48 * canvas["width"], 470)
    sure = asked[1]["p4"][0, ..., 4].sigmoid().amax(0)
    for row, column in ((2, 3), (6, 13), (11, 2), (13, 8), (14, 8)):
        x, y = (column + 0.3) / 16, (row + 0.3) / 16
        found = shown.pixel(x * side / canvas["width"], y * side / canvas["height"])
        light = 1 - 0.6 * (1 - sure[row, column].item())
        expected = [light * int(value) for value in scene[int(y * 256), int(x * 256)]]
        assert found == pytest.approx(expected, abs=16), (row, column)
    assert shown.complaints == []

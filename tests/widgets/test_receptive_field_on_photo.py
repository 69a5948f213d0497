"""What the widget holds is what ``inspection`` finds, cell by cell."""

import numpy as np
import pytest
import torch
from torch import nn

from yoloexplain import create_model, inspection
from yoloexplain.data import photos
from yoloexplain.data.scenes import Scenes
from yoloexplain.widgets import ReceptiveFieldOnPhoto
from yoloexplain.widgets.gradients import gradients

LEVELS = {"c3": "backbone.c3", "p4": "neck.p4"}


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return Scenes(1, seed=3, size=128)[0].image[:96]  # 96×128: a square would hide a swap


@pytest.fixture(scope="module")
def model() -> nn.Module:
    return create_model("yolov5n-demo")


@pytest.fixture(scope="module")
def widget(model, photo) -> ReceptiveFieldOnPhoto:
    return ReceptiveFieldOnPhoto(model, photo, LEVELS, measured=2)


def test_many_gradients_at_once_are_those_found_one_by_one(model, photo) -> None:
    image = photos.to_tensor(photo)
    cells = {"backbone.c3": [(2, 3), (11, 15)], "neck.p5": [(k // 4, k % 4) for k in range(12)]}
    model.train()
    found = gradients(model, image, cells)
    assert model.training
    assert not model.backbone._forward_hooks
    model.eval()
    for layer, places in cells.items():
        for place, gradient in list(zip(places, found[layer], strict=True))[-2:]:
            one = inspection.measured_field(model, image, layer, place)
            assert one.theoretical[2] > 0
            torch.testing.assert_close(gradient, one.gradient, atol=1e-4, rtol=1e-3)


def test_frames_are_the_theoretical_fields(widget, model) -> None:
    for level in widget.view.table["levels"]:
        (field,) = inspection.receptive_field(model, (96, 128), [LEVELS[level["name"]]]).values()
        assert (level["size"], level["cells"]) == (field.size, field.cells)
        for row, column in [(0, 0), (field.cells[0] - 1, field.cells[1] - 1)]:
            (x0, x1), (y0, y1) = level["columns"][column], level["rows"][row]
            assert (x0, y0, x1, y1) == field.box(row, column, clip=True)


def test_light_is_the_measured_gradient_in_squares(widget, model, photo) -> None:
    level = widget.view.table["levels"][0]
    side, block, image = level["side"], level["block"], photos.to_tensor(photo)
    count = len(level["places"])
    squares = np.frombuffer(widget.view.light, np.uint8)[level["offset"] :][: count * side * side]
    for index, place in enumerate(level["places"]):
        field = inspection.measured_field(model, image, "backbone.c3", tuple(place))
        x0, y0, x1, y1 = field.theoretical
        light = np.zeros((side * block, side * block))
        light[: y1 - y0, : x1 - x0] = field.gradient.numpy()[y0:y1, x0:x1]
        sums = light.reshape(side, block, side, block).sum(axis=(1, 3))
        shown = squares.reshape(count, side, side)[index] / 254
        assert np.abs(shown - np.sqrt(sums / sums.max())).max() < 0.01
        assert tuple(level["seen"][index][:4]) == field.box
        x, y = (field.theoretical[0] + 29, field.theoretical[1] + 29)  # all of it is on the photo
        half = level["seen"][index][4] / 2
        inside = field.share(tuple(int(v) for v in (x - half, y - half, x + half, y + half)))
        if min(x0, y0) > 0 and x1 < 128 and y1 < 96:
            assert 0.4 < inside < 0.65


def test_it_names_its_levels_and_draws_a_still(widget) -> None:
    assert repr(widget) == (
        "ReceptiveFieldOnPhoto: photo of 96×128 pixels; c3 12×16 positions that see 58, "
        "p4 6×8 positions that see 746"
    )
    assert "58 × 58" in widget.picture().alt
    assert len(widget.view.light) < 100_000


def test_the_cell_to_begin_with_is_measured(model, photo) -> None:
    widget = ReceptiveFieldOnPhoto(model, photo, LEVELS, measured=1, start=("c3", 4, 9))
    assert (widget.view.level, widget.view.x, widget.view.y) == (0, 76, 36)
    assert [4, 9] in [list(place) for place in widget.view.table["levels"][0]["places"]]
    field = inspection.measured_field(model, photos.to_tensor(photo), "backbone.c3", (4, 9))
    torch.testing.assert_close(
        torch.from_numpy(widget._gradient), field.gradient, atol=1e-4, rtol=1e-3
    )
    assert "row 4, column 9" in widget.picture().alt


def test_levels_of_a_strange_network_are_found() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(inplace=True), nn.Conv2d(4, 5, 3, 2, 1))
    widget = ReceptiveFieldOnPhoto(net, Scenes(1, size=32)[0].image, measured=2)
    assert "1 16×16 positions that see 3, 2 8×8 positions that see 7" in repr(widget)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"layers": {"p9": "neck.p9"}}, "'neck.p9'"),
        ({"layers": {}}, "1 to 8 levels"),
        ({"layers": {"backbone": "backbone"}}, "one map"),
        ({"photo": np.zeros((96, 96), float)}, "uint8"),
        ({"photo": np.zeros((2048, 96, 3), np.uint8)}, "at most 1024"),
        ({"measured": 0}, "measured"),
        ({"start": ("p9", 0, 0)}, "one of c3, c4, c5, p3"),
        ({"start": ("p5", 3, 9)}, "row 3 and column 9"),
    ],
)
def test_bad_input_is_named(options, words, model, photo) -> None:
    with pytest.raises(ValueError, match=words):
        ReceptiveFieldOnPhoto(model, **{"photo": photo} | options)


def test_a_model_must_be_a_module() -> None:
    with pytest.raises(TypeError, match=r"torch\.nn\.Module"):
        ReceptiveFieldOnPhoto("yolov5n")


def test_a_model_must_have_weights(photo) -> None:
    with torch.device("meta"):
        model = create_model("yolov5n")
    with pytest.raises(ValueError, match="meta device"):
        ReceptiveFieldOnPhoto(model, photo)

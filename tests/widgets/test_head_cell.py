"""The inspector reads raw numbers as the package's own decode does, release by release."""

import numpy as np
import pytest
import torch

from yoloexplain import create_model
from yoloexplain.data import photos
from yoloexplain.widgets import HeadCell
from yoloexplain.widgets.raw_outputs import demo_scene, framed
from yoloexplain.yolov5.decode import decode, decode_yolov3, offset_and_scale
from yoloexplain.yolov5.releases import RELEASES, sizes_of


def outputs(release: str) -> tuple[torch.nn.Module, dict[str, torch.Tensor]]:
    """A network of three classes, and raw outputs as wild as it could give; levels not square."""
    size = "n" if "n" in sizes_of(release) else "s"
    with torch.device("meta"):
        model = create_model(f"yolov5{size}", release=release, num_classes=3)
    model.head.anchors = create_model("yolov5n", num_classes=3).head.anchors
    cells = {"p3": (2, 3), "p4": (1, 2), "p5": (1, 1)}
    return model, {name: 4 * torch.randn(1, 3, *grid, 8) for name, grid in cells.items()}


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("name", "python"), [("decodeRow", decode), ("decodeRowYOLOv3", decode_yolov3)]
)
def test_both_languages_decode_alike(release, name, python, javascript) -> None:
    model, raw = outputs(release)
    calls = []
    for (level, values), anchors in zip(raw.items(), model.head.anchors.tolist(), strict=True):
        for a, i, j in np.ndindex(*values.shape[1:4]):
            row = values[0, a, i, j].tolist()
            calls.append((name, [row, [i, j], model.head.strides[level], anchors[a]]))
    found = torch.tensor(javascript("yolov5", calls))
    torch.testing.assert_close(found, python(raw, model)[0], rtol=1e-4, atol=1e-4)


def test_offset_and_scale_have_the_same_bounds(javascript) -> None:
    t = torch.linspace(-30, 30, 61, dtype=torch.float64)
    offset, scale = offset_and_scale(t[:, None].expand(-1, 4))
    for name, expected in (("offsetOf", offset), ("scaleOf", scale)):
        found = javascript("yolov5", [(name, [value]) for value in t.tolist()])
        torch.testing.assert_close(torch.tensor(found, dtype=torch.float64), expected[:, 0])
    assert javascript("yolov5", [("cornersOf", [[10, 20, 4, 6]])]) == [[8, 17, 12, 23]]


def test_the_browser_gets_every_raw_number_of_the_network() -> None:
    widget = HeadCell()
    model = create_model("yolov5n-demo")
    with torch.no_grad():
        raw = model(photos.to_tensor(demo_scene()))
    rows = np.frombuffer(widget.view.values, "<f4").reshape(-1, 13)
    for level, values in zip(widget.view.table["levels"], raw.values(), strict=True):
        part = rows[level["start"] :][: values[..., 0].numel()]
        np.testing.assert_allclose(part, values[0].flatten(0, 2).numpy(), atol=1e-4)
    assert len(rows) == 4032
    assert set(np.frombuffer(widget.view.kinds, "<u2").tolist()) == set(range(8))


def test_it_names_grids_and_cell() -> None:
    widget = HeadCell(cell=("p5", 3, 5, 1))
    assert repr(widget) == (
        "HeadCell: image of 256×256 pixels under the grids p3 32×32, p4 16×16, p5 8×8, 3 anchors a "
        "cell, 8 classes; cell of p5 in row 3, column 5, anchor 2"
    )
    assert "4 anchors" in widget.picture().alt


def test_many_classes_are_cut_to_the_likeliest_and_a_photo_is_framed() -> None:
    model = create_model("yolov5n").train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    widget = HeadCell(model, photos.load("coffee"))
    assert "image of 224×320 pixels" in repr(widget)
    assert "80 classes" in repr(widget)
    assert len(widget.view.values) == 3 * (28 * 40 + 14 * 20 + 7 * 10) * 13 * 4
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_a_frame_is_the_smallest_that_fits() -> None:
    for size, wanted in (((64, 96), (64, 96)), ((65, 96), (96, 96)), ((1000, 500), (320, 160))):
        assert framed(np.zeros((*size, 3), np.uint8), 32).shape[:2] == wanted


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"model": torch.nn.Conv2d(3, 3, 1)}, TypeError, "must be a YOLOv5, got Conv2d"),
        ({"names": ("cat",)}, ValueError, "one a class, 8 in all, got 1"),
        ({"image": np.zeros((4, 4, 3))}, ValueError, "uint8"),
        ({"cell": ("p6", 0, 0, 0)}, ValueError, "p3, p4, p5, got 'p6'"),
        ({"cell": ("p5", 0, 8, 0)}, ValueError, "columns 0 to 7 .* got row 0, column 8"),
    ],
)
def test_what_it_cannot_take_is_named(options, error, words) -> None:
    with pytest.raises(error, match=words):
        HeadCell(**options)

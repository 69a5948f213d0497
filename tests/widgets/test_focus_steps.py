"""Folding, the rearranged kernel and both convolutions are the package's own."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from yoloexplain import create_model
from yoloexplain.layers import Focus
from yoloexplain.layers.focus import focus_as_convolution, space_to_depth
from yoloexplain.widgets import FocusSteps


def test_both_languages_fold_alike(javascript) -> None:
    x = torch.rand(2, 3, 4, 6)
    found = javascript("focus", [("spaceToDepth", [image]) for image in x.tolist()])
    torch.testing.assert_close(torch.tensor(found), space_to_depth(x))


def test_each_pixel_is_sent_to_the_quarter_it_goes_to(javascript) -> None:
    numbers = torch.arange(24.0).view(1, 1, 4, 6)
    folded = space_to_depth(numbers)
    places = [(row, column) for row in range(4) for column in range(6)]
    quarters = javascript("focus", [("quarterOf", list(place)) for place in places])
    for (row, column), quarter in zip(places, quarters, strict=True):
        assert folded[0, quarter, row // 2, column // 2] == numbers[0, 0, row, column]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_both_languages_rearrange_kernels_alike(size, javascript) -> None:
    weight = torch.randn(2, 8, size, size)
    found = javascript("focus", [("focusAsConvolution", [weight.tolist()])])[0]
    torch.testing.assert_close(torch.tensor(found), focus_as_convolution(weight))


@pytest.mark.parametrize(("stride", "padding", "size"), [(1, 1, 3), (2, 2, 6), (1, 0, 2)])
def test_both_languages_convolve_alike(stride, padding, size, javascript) -> None:
    x = torch.randn(1, 3, 8, 12, dtype=torch.float64)
    kernel = torch.randn(1, 3, size, size, dtype=torch.float64)
    given = [x[0].tolist(), kernel[0].tolist(), stride, padding]
    found = torch.tensor(javascript("focus", [("convolve", given)])[0], dtype=torch.float64)
    expected = F.conv2d(x, kernel, stride=stride, padding=padding)[0, 0]
    torch.testing.assert_close(found, expected)


def test_the_default_kernels_are_those_of_the_trained_stem() -> None:
    view = FocusSteps().view
    weight = torch.from_numpy(np.frombuffer(view.weights, "<f4").reshape(16, 12, 3, 3).copy())
    stem = create_model("yolov5n-demo").get_submodule("backbone.stem")
    torch.testing.assert_close(focus_as_convolution(weight), stem.conv.weight.detach())


def test_it_names_shapes_and_finds_no_difference() -> None:
    assert repr(FocusSteps()) == (
        "FocusSteps: picture of 3×12×16 folded to 12×6×8; 16 kernels of 12×3×3, or of 3×6×6 with "
        "stride 2; largest difference below 1e-5"
    )
    assert "four slices" in FocusSteps().picture().alt
    stem = create_model("yolov5s", release="5.0").get_submodule("backbone.stem")
    assert "32 kernels" in repr(FocusSteps(focus=stem))


def test_the_callers_focus_is_left_alone() -> None:
    focus = Focus(3, 4).train()
    before = {name: value.clone() for name, value in focus.state_dict().items()}
    FocusSteps(np.full((6, 8, 3), 200, np.uint8), focus)
    assert focus.training
    assert all(torch.equal(before[name], value) for name, value in focus.state_dict().items())


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"image": np.zeros((7, 8, 3), np.uint8)}, ValueError, "even and from 6 to 24.*got 7×8"),
        ({"image": np.zeros((6, 40, 3), np.uint8)}, ValueError, "got 6×40"),
        ({"image": [[0.5]]}, ValueError, "uint8"),
        ({"step": 8}, ValueError, "from 0 to 7, got 8"),
        ({"focus": torch.nn.Conv2d(3, 8, 6)}, TypeError, "must be a Focus, got Conv2d"),
        ({"focus": Focus(3, 8, 1)}, ValueError, r"got \(K, 12, 1, 1\)"),
    ],
)
def test_what_it_cannot_take_is_named(options, error, words) -> None:
    with pytest.raises(error, match=words):
        FocusSteps(**options)

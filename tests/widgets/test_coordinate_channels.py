"""Coordinate channels: both languages convolve alike, and only coordinates tell objects apart."""

import numpy as np
import pytest
import torch

from yoloexplain.layers.coord import CoordConv, coordinates
from yoloexplain.widgets import CoordinateChannels
from yoloexplain.widgets.coordinate_channels import SIZE, answers, at_random, by_hand, listed


def test_both_languages_draw_the_same_positions(javascript) -> None:
    for size in ((5, 8), (1, 6), (7, 1)):
        found = javascript("coord", [("coordinateMaps", list(size))])[0]
        maps = torch.tensor([list(one.values()) for one in found]).view(2, *size)
        torch.testing.assert_close(maps, coordinates(*size))


@pytest.mark.parametrize("axes", ["xy", "x", "y"])
def test_both_languages_convolve_as_coordconv_does(axes, javascript) -> None:
    layer = CoordConv(2, 3, axes=axes).double()
    x = torch.randn(1, 2, 6, 9, dtype=torch.float64)
    position = coordinates(6, 9, dtype=torch.float64)[["xy".index(axis) for axis in axes]]
    maps = torch.cat([x[0], position]).flatten(1).tolist()
    weights, biases = layer.conv.weight.tolist(), layer.conv.bias.tolist()
    found = javascript("coord", [("convolveMaps", [maps, [6, 9], weights, biases])])[0]
    values = torch.tensor([list(one.values()) for one in found], dtype=torch.float64)
    torch.testing.assert_close(values.view(3, 6, 9), layer(x)[0].detach())


@pytest.mark.parametrize("axes", ["", "x", "y", "xy"])
@pytest.mark.parametrize("weights", [by_hand(), at_random()], ids=["by hand", "random"])
def test_both_languages_answer_alike(weights, axes, javascript) -> None:
    scene = CoordinateChannels().scene()
    read = ["x" in axes, "y" in axes]
    call = ("answersAt", [scene.flatten().tolist(), SIZE, listed(weights), read])
    found = javascript("coord", [call])[0]
    values = torch.tensor([list(one.values()) for one in found], dtype=torch.float64)
    expected = answers(scene, weights, axes)[0]
    torch.testing.assert_close(values.view(4, *SIZE), expected, atol=1e-9, rtol=1e-7)


def cut(maps: torch.Tensor, left: int, top: int) -> torch.Tensor:
    return maps[..., top : top + 17, left : left + 17]


@pytest.mark.parametrize("weights", ["set by hand", "random"])
def test_only_coordinates_tell_the_two_apart(weights) -> None:
    widget = CoordinateChannels(weights=weights)
    scene, used = widget.scene(), widget.sets[widget.view.weights]
    plain, placed = answers(scene, used), answers(scene, used, "xy")
    torch.testing.assert_close(cut(plain, 14, 2), cut(plain, 62, 29), rtol=0, atol=1e-12)
    assert (cut(placed, 14, 2) - cut(placed, 62, 29)).abs().max() > 0.3


def test_weights_set_by_hand_draw_each_object_in_its_own_channel() -> None:
    for channel in range(4):
        row, column = divmod(channel, 2)
        here = (14 + 48 * column, 2 + 27 * row)
        other = (14 + 48 * (1 - column), 2 + 27 * (1 - row))
        widget = CoordinateChannels(first=here, second=other)
        found = answers(widget.scene(), by_hand(), "xy")[0, channel]
        assert cut(found, *here).mean() > 0.7
        assert cut(found, *other).mean() < 0.05


def test_it_says_what_lies_where() -> None:
    widget = CoordinateChannels(np.ones((6, 8)), first=(2, 2), second=(80, 30))
    assert repr(widget) == (
        "CoordinateChannels: the same object at (2, 2) and (80, 30) of 96 × 48 pixels, 4 channels, "
        "weights set by hand, coordinates read: x and y"
    )
    assert "channel 0, with x and y" in widget.picture().alt


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"patch": np.ones((30, 8))}, "at most 22 by 46"),
        ({"patch": np.full((5, 5), 200)}, "map \\(h, w\\) from 0 to 1"),
        ({"first": (0, 5)}, "must lie in 2 to 77 and 2 to 29"),
        ({"weights": "trained"}, "'trained'"),
    ],
)
def test_bad_input_is_named(options, words) -> None:
    with pytest.raises(ValueError, match=words):
        CoordinateChannels(**options)

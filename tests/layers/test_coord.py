"""Where a convolution stands."""

import pytest
import torch

from yoloexplain.layers import CoordConv
from yoloexplain.layers.coord import append_coordinates, coordinates


def test_positions_run_from_minus_one_to_one_x_to_the_right_and_y_downwards():
    x, y = coordinates(3, 5)
    assert x.tolist() == [[-1.0, -0.5, 0.0, 0.5, 1.0]] * 3
    assert y.tolist() == [[-1.0] * 5, [0.0] * 5, [1.0] * 5]


def test_positions_are_appended_behind_the_features_in_every_image():
    features = torch.randn(2, 4, 3, 5)
    out = append_coordinates(features)
    assert torch.equal(out[:, :4], features)
    for image in out:
        assert torch.equal(image[4:], coordinates(3, 5))


@pytest.mark.parametrize(("axes", "channel"), [("x", 0), ("y", 1)])
def test_one_axis_alone_appends_its_own_map(axes, channel):
    out = append_coordinates(torch.zeros(2, 4, 3, 5), axes)
    assert out.shape == (2, 5, 3, 5)
    assert torch.equal(out[1, 4], coordinates(3, 5)[channel])


def test_positions_take_the_features_type_and_device():
    assert append_coordinates(torch.zeros(2, 1, 3, 5, dtype=torch.float64)).dtype == torch.float64
    assert append_coordinates(torch.empty(2, 1, 3, 5, device="meta")).is_meta


def test_a_coordconv_can_say_where_it_is_and_a_convolution_of_nothing_cannot():
    layer = CoordConv(1, 2, kernel_size=1, bias=False)
    layer.conv.weight.data = torch.tensor([[0.0, 1, 0], [0, 0, 1]])[..., None, None]
    said = layer(torch.zeros(2, 1, 4, 6))
    assert torch.equal(said[0], coordinates(4, 6))
    assert torch.equal(said[1], coordinates(4, 6))
    blind = torch.nn.Conv2d(1, 2, 1, bias=False)(torch.zeros(2, 1, 4, 6))
    assert blind.unique().numel() == 1


def test_a_coordconv_is_a_convolution_with_more_inputs():
    assert CoordConv(8, 16, 3).conv.weight.shape == (16, 10, 3, 3)
    assert CoordConv(8, 16, 3, axes="x").conv.weight.shape == (16, 9, 3, 3)
    assert CoordConv(8, 16, 3, stride=2)(torch.randn(2, 8, 9, 6)).shape == (2, 16, 5, 3)


def test_other_axes_are_refused():
    with pytest.raises(ValueError, match=r"axes must be one of 'xy', 'x', 'y'; got 'z'"):
        CoordConv(8, 16, axes="z")
    with pytest.raises(ValueError, match=r"axes must be one of 'xy', 'x', 'y'; got 'yx'"):
        append_coordinates(torch.zeros(2, 4, 3, 5), "yx")

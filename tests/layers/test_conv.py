"""Conv and Bottleneck against the same steps written out."""

import torch
from torch.nn import functional as F

from yoloexplain.layers import Bottleneck, Conv, Mish


def test_conv_is_act_of_bn_of_conv(filled):
    layer = filled(Conv(3, 5, 3, stride=2, activation=Mish))
    x = torch.randn(2, 3, 9, 14)
    y = F.conv2d(x, layer.conv.weight, stride=2, padding=1)
    mean, scale = layer.bn.running_mean, torch.rsqrt(layer.bn.running_var + layer.bn.eps)
    y = (y - mean[:, None, None]) * (scale * layer.bn.weight)[:, None, None]
    y = y + layer.bn.bias[:, None, None]
    torch.testing.assert_close(layer(x), y * torch.tanh(F.softplus(y)))


def test_an_odd_kernel_keeps_the_sides_and_stride_two_halves_them_rounding_up():
    x = torch.zeros(2, 3, 9, 14)
    assert [Conv(3, 4, k)(x).shape[2:] for k in (1, 3, 5)] == [(9, 14)] * 3
    assert Conv(3, 4, 3, stride=2)(x).shape == (2, 4, 5, 7)
    assert Conv(3, 4, 6, 2, padding=2)(torch.zeros(2, 3, 8, 14)).shape == (2, 4, 4, 7)


def test_a_bottleneck_adds_its_input_only_where_shapes_allow_and_it_is_asked_to(filled):
    x = torch.randn(2, 8, 5, 7)
    adds = filled(Bottleneck(8, 8, 4))
    torch.testing.assert_close(adds(x), x + adds.expand(adds.reduce(x)))
    keeps_to_itself = filled(Bottleneck(8, 8, 4, shortcut=False))
    torch.testing.assert_close(
        keeps_to_itself(x), keeps_to_itself.expand(keeps_to_itself.reduce(x))
    )
    assert not Bottleneck(8, 6).shortcut

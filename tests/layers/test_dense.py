"""Dense layers against the same steps written out."""

import torch
from torch.nn import functional as F

from yoloexplain.layers import DenseBlock, DenseLayer, Transition


def test_each_layer_reads_the_input_and_all_earlier_maps(filled):
    block = filled(DenseBlock(6, 4, 3))
    x = torch.randn(2, 6, 5, 7)
    maps = [x]
    for layer in block.layers:
        maps.append(layer(torch.cat(maps, 1)))
    assert [m.shape[1] for m in maps] == [6, 4, 4, 4]
    torch.testing.assert_close(block(x), torch.cat(maps, 1))
    assert block.out_channels == 18


def test_the_input_comes_out_untouched_in_front(filled):
    x = torch.randn(2, 6, 5, 7)
    before = x.clone()
    out = filled(DenseBlock(6, 4, 3))(x)
    assert torch.equal(out[:, :6], before)
    assert torch.equal(x, before)


def test_a_bottleneck_layer_normalises_bends_and_mixes_twice(filled):
    layer = filled(DenseLayer(6, 4))
    x = torch.randn(2, 6, 5, 7)
    narrowed = layer.narrow[2](F.relu(layer.narrow[0](x)))
    assert narrowed.shape[1] == 16
    torch.testing.assert_close(layer(x), layer.conv(F.relu(layer.norm(narrowed))))


def test_a_plain_layer_has_no_one_by_one():
    layer = DenseLayer(6, 4, bottleneck=False)
    assert len(layer.narrow) == 0
    assert layer.conv.weight.shape == (4, 6, 3, 3)


def test_a_transition_mixes_before_it_averages(filled):
    layer = filled(Transition(6, 3))
    x = torch.randn(2, 6, 8, 10)
    mixed = layer.conv(F.relu(layer.norm(x)))
    torch.testing.assert_close(layer(x), F.avg_pool2d(mixed, 2))

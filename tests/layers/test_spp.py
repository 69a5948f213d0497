"""Pyramid pooling against slow windows, and SPPF against SPP to the bit."""

import pytest
import torch

from yoloexplain.layers import SPP, SPPF, SiLU, SpatialPyramidPooling


def test_sppf_equals_spp_to_the_bit(filled):
    spp, sppf = filled(SPP(8, 6, activation=SiLU)), SPPF(8, 6).eval()
    sppf.load_state_dict(spp.state_dict())
    x = torch.randn(2, 8, 11, 17)
    assert torch.equal(spp(x), sppf(x))


def test_spp_takes_the_maximum_of_each_window(filled):
    spp = filled(SPP(8, 6))
    x = torch.randn(2, 8, 7, 9)
    narrow = spp.reduce(x)
    parts = [narrow]
    for k in (5, 9, 13):
        r, part = k // 2, torch.empty_like(narrow)
        for i in range(7):
            for j in range(9):
                window = narrow[..., max(i - r, 0) : i + r + 1, max(j - r, 0) : j + r + 1]
                part[..., i, j] = window.amax((-2, -1))
        parts.append(part)
    torch.testing.assert_close(spp(x), spp.fuse(torch.cat(parts, 1)))


@pytest.mark.parametrize("shape", [(4, 4), (7, 5), (13, 20)])
def test_the_original_gives_21_values_a_channel_whatever_the_size(shape):
    x = torch.randn(2, 3, *shape)
    assert SpatialPyramidPooling()(x).shape == (2, 63)


def test_the_original_takes_the_maximum_of_each_bin():
    x = torch.randn(2, 3, 8, 12)
    expected = [x.amax((-2, -1))]
    for m in (2, 4):
        h, w = 8 // m, 12 // m
        bins = [
            x[..., i * h : (i + 1) * h, j * w : (j + 1) * w].amax((-2, -1))
            for i in range(m)
            for j in range(m)
        ]
        expected.append(torch.stack(bins, -1).flatten(1))
    assert torch.equal(SpatialPyramidPooling()(x), torch.cat(expected, 1))

"""What goes around, what goes through, and what release 4.0 removed."""

import pytest
import torch
from torch.nn import functional as F

from yoloexplain.layers import C3, BottleneckCSP, CSPDenseBlock


def test_with_fusion_last_the_bypass_half_comes_out_untouched(filled):
    block = filled(CSPDenseBlock(8, 4, 3, fusion="last"))
    x = torch.randn(2, 8, 5, 7)
    assert torch.equal(block(x)[:, :4], x[:, :4])


@pytest.mark.parametrize("fusion", ["both", "first", "last"])
def test_each_fusion_mixes_where_the_paper_draws_it_and_ends_equally_wide(filled, fusion):
    block = filled(CSPDenseBlock(8, 4, 3, fusion=fusion))
    x = torch.randn(2, 8, 5, 7)
    dense = block.block(x[:, 4:])
    if fusion != "first":
        dense = block.mix_dense(dense)
    joined = torch.cat([x[:, :4], dense], 1)
    expected = block.mix_all(joined) if fusion != "last" else joined
    torch.testing.assert_close(block(x), expected)
    assert expected.shape[1] == block.out_channels == (8 + 3 * 4) // 2


@pytest.mark.parametrize(("ratio", "around"), [(0.25, 2), (0.5, 4), (0.75, 6)])
def test_the_split_ratio_is_the_share_that_goes_around(ratio, around):
    block = CSPDenseBlock(8, 4, 3, split_ratio=ratio)
    assert (block.bypass_channels, block.block_channels) == (around, 8 - around)


@pytest.mark.parametrize("ratio", [0.0, 1.0, -0.5, 1.5])
def test_a_split_that_leaves_one_side_empty_is_refused(ratio):
    with pytest.raises(ValueError, match="split_ratio must lie between 0 and 1"):
        CSPDenseBlock(8, 4, 3, split_ratio=ratio)


def test_an_unknown_fusion_is_refused_with_the_choices():
    with pytest.raises(ValueError, match="'both', 'first', 'last'"):
        CSPDenseBlock(8, 4, 3, fusion="middle")


def test_bottleneck_csp_joins_two_halves_under_one_norm(filled):
    block = filled(BottleneckCSP(6, 8, 2))
    x = torch.randn(2, 6, 5, 7)
    main = block.main_out(block.bottlenecks[1](block.bottlenecks[0](block.main(x))))
    joined = block.bn(torch.cat([main, block.bypass(x)], 1))
    torch.testing.assert_close(block(x), block.fuse(F.leaky_relu(joined, 0.1)))


def test_c3_joins_two_halves_that_are_already_normed(filled):
    block = filled(C3(6, 8, 2))
    x = torch.randn(2, 6, 5, 7)
    main = block.bottlenecks(block.main(x))
    torch.testing.assert_close(block(x), block.fuse(torch.cat([main, block.bypass(x)], 1)))


def test_c3_saves_one_convolution_and_keeps_the_number_of_normed_channels():
    old, new = BottleneckCSP(64, 64, 3), C3(64, 64, 3)
    saved = sum(p.numel() for p in old.parameters()) - sum(p.numel() for p in new.parameters())
    norm_of_the_join, norm_of_the_bypass = 2 * 64, 2 * 32
    assert saved == 32 * 32 + norm_of_the_join - norm_of_the_bypass


def test_a_split_after_one_convolution_equals_two_convolutions(filled):
    """The claim of the paper's figure against YOLO's code: the same numbers."""
    block = filled(C3(6, 8, 1))
    x = torch.randn(2, 6, 5, 7)
    weight = torch.cat([block.main.conv.weight, block.bypass.conv.weight])
    main, bypass = F.conv2d(x, weight).split(4, dim=1)
    torch.testing.assert_close(main, block.main.conv(x))
    torch.testing.assert_close(bypass, block.bypass.conv(x))


def test_a_split_that_leaves_the_block_nothing_to_add_is_refused():
    with pytest.raises(ValueError, match=r"less than the 80 channels that leave the block, got 96"):
        CSPDenseBlock(128, 8, 4, split_ratio=0.75)
    assert CSPDenseBlock(128, 8, 4, split_ratio=0.75, fusion="first").out_channels == 80

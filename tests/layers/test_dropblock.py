"""Squares, the right share of them, and nothing at all in eval mode."""

import pytest
import torch

from yoloexplain.layers import DropBlock2d


def test_eval_mode_and_probability_zero_leave_the_map_alone():
    x = torch.randn(2, 3, 20, 30)
    assert torch.equal(DropBlock2d(0.5).eval()(x), x)
    assert torch.equal(DropBlock2d(0.0).train()(x), x)


def test_every_dropped_value_belongs_to_a_whole_square():
    torch.manual_seed(0)
    keep = DropBlock2d(0.1, block_size=5).keep_mask(torch.zeros(2, 8, 21, 34))
    dropped = keep == 0
    assert dropped.any()
    whole = torch.nn.functional.avg_pool2d(dropped.float(), 5, stride=1) == 1
    covered = torch.zeros_like(dropped)
    for b, c, i, j in whole.nonzero().tolist():
        covered[b, c, i : i + 5, j : j + 5] = True
    assert torch.equal(covered, dropped)


def test_about_the_wanted_share_is_dropped_and_the_mean_is_kept():
    torch.manual_seed(0)
    layer = DropBlock2d(0.1, block_size=7).train()
    x = torch.ones(16, 64, 28, 40)
    out = layer(x)
    assert 0.06 < (out == 0).float().mean() < 0.11  # squares overlap, so a little under
    assert out.mean().item() == pytest.approx(1, abs=1e-3)


def test_a_map_smaller_than_the_square_loses_the_largest_odd_square_that_fits():
    torch.manual_seed(0)
    keep = DropBlock2d(0.9, block_size=7).keep_mask(torch.zeros(64, 1, 4, 6))
    counts = {int((k == 0).sum()) for k in keep}
    assert min(counts - {0}) == 9
    assert DropBlock2d(0.9, block_size=7).train()(torch.zeros(2, 1, 1, 1)).shape == (2, 1, 1, 1)


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"drop_probability": 1.0}, r"drop_probability must lie in \[0, 1\)"),
        ({"drop_probability": -0.1}, r"drop_probability must lie in \[0, 1\)"),
        ({"block_size": 4}, "positive odd number, got 4"),
        ({"block_size": -3}, "positive odd number, got -3"),
    ],
)
def test_options_out_of_range_are_refused(options, rule):
    with pytest.raises(ValueError, match=rule):
        DropBlock2d(**options)

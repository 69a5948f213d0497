"""The bends are written out to be read; they must still be the field's."""

import pytest
import torch
from torch import nn

from yoloexplain.layers import Hardswish, LeakyReLU, Mish, SiLU


@pytest.mark.parametrize(
    ("ours", "reference"),
    [
        (LeakyReLU(), nn.LeakyReLU(0.1)),
        (Mish(), nn.Mish()),
        (SiLU(), nn.SiLU()),
        (Hardswish(), nn.Hardswish()),
    ],
    ids=lambda module: type(module).__name__,
)
def test_values_and_slopes_equal_pytorchs_far_beyond_any_map(ours, reference):
    x = torch.linspace(-60, 60, 2401, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(ours(x), reference(x))
    (slope,) = torch.autograd.grad(ours(x).sum(), x)
    (expected,) = torch.autograd.grad(reference(x).sum(), x)
    off_the_corners = (x.abs() != 3) & (x != 0)
    torch.testing.assert_close(slope[off_the_corners], expected[off_the_corners])


def test_hardswish_is_off_below_minus_three_and_the_identity_above_three():
    assert Hardswish()(torch.tensor([-3.0, -4.0])).tolist() == [0, 0]
    assert Hardswish()(torch.tensor([3.0, 7.0])).tolist() == [3, 7]

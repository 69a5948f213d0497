"""The bends follow the formulas in their docstrings, in value and in slope."""

import pytest
import torch

from yoloexplain.layers import Hardswish, LeakyReLU, Mish, SiLU


@pytest.mark.parametrize(
    ("bend", "formula"),
    [
        (LeakyReLU(), lambda x: torch.maximum(x, 0.1 * x)),
        (Mish(), lambda x: x * torch.tanh(torch.log1p(torch.exp(x)))),
        (SiLU(), lambda x: x / (1 + torch.exp(-x))),
        (Hardswish(), lambda x: x * (x + 3).clamp(0, 6) / 6),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_and_slopes_equal_the_formula_far_beyond_any_map(bend, formula):
    x = torch.linspace(-60, 60, 2401, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(bend(x), formula(x))
    (slope,) = torch.autograd.grad(bend(x).sum(), x)
    (expected,) = torch.autograd.grad(formula(x).sum(), x)
    off_the_corners = (x.abs() != 3) & (x != 0)
    torch.testing.assert_close(slope[off_the_corners], expected[off_the_corners])


def test_hardswish_is_off_below_minus_three_and_the_identity_above_three():
    assert Hardswish()(torch.tensor([-3.0, -4.0])).tolist() == [0, 0]
    assert Hardswish()(torch.tensor([3.0, 7.0])).tolist() == [3, 7]

"""The browser's activations and slopes are those of the layers and of autograd."""

import pytest
import torch
from torch import nn

from yoloexplain import layers
from yoloexplain.widgets import ActivationCurves

BENDS = {
    "LeakyReLU": layers.LeakyReLU(),
    "SiLU": layers.SiLU(),
    "Mish": layers.Mish(),
    "Hardswish": layers.Hardswish(),
    "sigmoid": nn.Sigmoid(),
    "ReLU": nn.ReLU(),
}


@pytest.mark.parametrize("name", BENDS)
def test_values_and_slopes_are_torch_s(name, javascript) -> None:
    x = torch.linspace(-12, 12, 97, dtype=torch.float64).requires_grad_()  # −3, 0 and 3 among them
    expected = BENDS[name](x)
    (slope,) = torch.autograd.grad(expected.sum(), x)
    for function, wanted in (("activation", expected.detach()), ("activationSlope", slope)):
        found = javascript("curves", [(function, [name, value]) for value in x.tolist()])
        torch.testing.assert_close(torch.tensor(found, dtype=torch.float64), wanted)


def test_softplus_and_sigmoid_do_not_overflow(javascript) -> None:
    t = torch.tensor([-800.0, -40, 0, 40, 800], dtype=torch.float64)
    for name, expected in (("softplus", nn.functional.softplus(t)), ("sigmoid", t.sigmoid())):
        found = javascript("curves", [(name, [value]) for value in t.tolist()])
        torch.testing.assert_close(torch.tensor(found, dtype=torch.float64), expected)


def test_it_names_its_curves_and_draws_the_same() -> None:
    assert repr(ActivationCurves()) == (
        "ActivationCurves: LeakyReLU, SiLU, Mish, Hardswish, sigmoid with slopes, from -5 to 5"
    )
    widget = ActivationCurves(["ReLU", "SiLU"], reach=4)
    assert repr(widget) == "ActivationCurves: SiLU, ReLU with slopes, from -4 to 4"
    assert "SiLU -0.28, ReLU 0.00" in widget.picture().alt
    assert repr(ActivationCurves([])) == "ActivationCurves: none with slopes, from -5 to 5"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"names": ["Swish"]}, r"list of LeakyReLU, SiLU.*got \['Swish'\]"),
        ({"names": "SiLU"}, "got 'SiLU'"),
        ({"reach": 0}, "reach must lie from 1 to 10, got 0"),
    ],
)
def test_bad_names_and_reaches_are_named(options, words) -> None:
    with pytest.raises(ValueError, match=words):
        ActivationCurves(**options)

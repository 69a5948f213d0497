"""The browser's losses and slopes are those of the two detectors and of autograd."""

import pytest
import torch
from torch.nn import functional as F

from yoloexplain.solo.loss import focal_loss
from yoloexplain.solo.targets import BACKGROUND
from yoloexplain.widgets import LossCurves
from yoloexplain.yolov5.loss import FOCAL_ALPHA, binary_loss, classes_asked
from yoloexplain.yolov5.targets import Assignment

T = torch.linspace(-9, 9, 37, dtype=torch.float64)


def ask(javascript, name: str, *rest: float) -> torch.Tensor:
    found = javascript("curves", [(name, [t, *rest]) for t in T.tolist()])
    return torch.tensor(found, dtype=torch.float64)


@pytest.mark.parametrize("asked", [0.0, 1.0, 0.05, 0.95])
def test_cross_entropy_is_torch_s_with_its_slope(asked, javascript) -> None:
    t = T.clone().requires_grad_()
    wanted = torch.full_like(T, asked)
    expected = F.binary_cross_entropy_with_logits(t, wanted, reduction="none")
    (slope,) = torch.autograd.grad(expected.sum(), t)
    torch.testing.assert_close(ask(javascript, "crossEntropy", asked), expected.detach())
    torch.testing.assert_close(ask(javascript, "crossEntropySlope", asked), slope)


@pytest.mark.parametrize("asked", [0.0, 1.0, 0.1, 0.9])
@pytest.mark.parametrize("gamma", [0.5, 1.0, 1.5, 2.0, 5.0])
def test_the_focal_loss_is_yolov5_s_for_soft_answers_too(gamma, asked, javascript) -> None:
    t = T.clone().requires_grad_()
    each = torch.stack([binary_loss(v[None], v.new_tensor([asked]), 1.0, gamma) for v in t])
    (slope,) = torch.autograd.grad(each.sum(), t)
    found = ask(javascript, "focal", asked, gamma, FOCAL_ALPHA)
    torch.testing.assert_close(found, each.detach(), atol=1e-12, rtol=1e-7)
    found = ask(javascript, "focalSlope", asked, gamma, FOCAL_ALPHA)
    torch.testing.assert_close(found, slope, atol=1e-10, rtol=1e-6)


@pytest.mark.parametrize("truth", [0, 1])
@pytest.mark.parametrize(("gamma", "alpha"), [(2.0, 0.25), (0.0, 0.6), (3.5, 0.5)])
def test_the_focal_loss_is_solo_s(gamma, alpha, truth, javascript) -> None:
    classes = torch.full((len(T),), 0 if truth else BACKGROUND)
    t = T.clone().requires_grad_()
    expected = focal_loss(t[:, None], classes, gamma, alpha)[:, 0]
    (slope,) = torch.autograd.grad(expected.sum(), t)
    found = ask(javascript, "focal", truth, gamma, alpha)
    torch.testing.assert_close(found, expected.detach(), atol=1e-12, rtol=1e-7)
    found = ask(javascript, "focalSlope", truth, gamma, alpha)
    torch.testing.assert_close(found, slope, atol=1e-10, rtol=1e-6)


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.4])
def test_smoothing_asks_what_yolov5_asks(epsilon, javascript) -> None:
    row = torch.zeros(1, dtype=torch.long)
    matched = Assignment(row, row, row, row, row, row + 1, torch.zeros(1, 4), torch.zeros(1, 2))
    asked = classes_asked(torch.zeros(1, 3), matched, epsilon)[0].tolist()
    calls = [("smoothed", [truth, epsilon]) for truth in (0, 1, 0)]
    assert javascript("curves", calls) == pytest.approx(asked)


def test_it_names_its_numbers_and_draws_the_chosen_gamma() -> None:
    assert repr(LossCurves()) == (
        "LossCurves: cross-entropy, smoothing ε = 0, focal γ = 2, α off, for something there"
    )
    widget = LossCurves(gamma=3, alpha=0.25, smoothing=0.1, truth=0)
    assert "smoothing ε = 0.1, focal γ = 3, α 0.25, for something not there" in repr(widget)
    assert "γ of 0, 1, 2, 3, 5;" in widget.picture().alt


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"gamma": -1}, "gamma must lie from 0 to 5, got -1"),
        ({"alpha": 1.5}, "alpha must lie from 0 to 1, got 1.5"),
        ({"smoothing": 0.9}, "smoothing must lie from 0 to 0.4, got 0.9"),
        ({"truth": 2}, "truth must be 1 .* got 2"),
    ],
)
def test_numbers_outside_are_named(options, words) -> None:
    with pytest.raises(ValueError, match=words):
        LossCurves(**options)

"""Calibration moves statistics, and nothing else."""

import pytest
import torch
from torch import nn

from yoloexplain.inspection.calibrate import calibrate


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8, momentum=0.03), nn.Dropout(0.5), nn.Conv2d(8, 4, 3)
    )


def test_after_calibration_every_normed_channel_has_mean_zero_and_variance_one():
    model, image = network(), torch.rand(2, 3, 20, 30) * 4 + 7
    maps = calibrate(model, image)[:2](image)
    assert maps.mean((0, 2, 3)).abs().max() < 1e-5
    torch.testing.assert_close(maps.var((0, 2, 3)), torch.ones(8), rtol=1e-3, atol=0)


def test_weights_momentum_and_frozen_flags_stay_and_the_mode_is_eval():
    model = network().requires_grad_(False)
    before = {name: value.clone() for name, value in model.named_parameters()}
    calibrate(model, torch.rand(2, 3, 20, 30))
    assert all(torch.equal(value, before[name]) for name, value in model.named_parameters())
    assert model[1].momentum == 0.03
    assert not any(module.training for module in model.modules())


def test_a_failing_forward_leaves_momentum_and_mode_in_order():
    model = network()
    with pytest.raises(RuntimeError):
        calibrate(model, torch.rand(2, 5, 20, 30))
    assert model[1].momentum == 0.03
    assert not model[1].training


def test_a_model_without_batchnorm_is_refused():
    with pytest.raises(ValueError, match="must have BatchNorm layers"):
        calibrate(nn.Sequential(nn.Conv2d(3, 4, 1)), torch.rand(1, 3, 8, 8))

"""The parts of a step: schedule, running mean, optimiser, settings."""

import math
from typing import Any

import pytest
import torch
from small_training import NAMES, SETTINGS, Tiny
from torch import nn

from yoloexplain.training import Settings
from yoloexplain.training.ema import EMA
from yoloexplain.training.schedule import Schedule
from yoloexplain.training.steps import Stepper, optimizer_of, precision_of
from yoloexplain.training.task import task_of


def test_rate_climbs_to_its_peak_and_falls_to_its_end() -> None:
    linear = Schedule(100, 10, 0.5, 0.1, "linear")
    cosine = Schedule(100, 10, 0.5, 0.1, "cosine")
    for schedule in (linear, cosine):
        rates = [schedule.rate(step) for step in range(100)]
        assert rates[0] == pytest.approx(0.05)
        assert rates[:10] == sorted(rates[:10])
        assert rates[10:] == sorted(rates[10:], reverse=True)
        assert rates[-1] == pytest.approx(0.05)
    assert linear.decay(49) == pytest.approx(0.1 + 0.9 * 50 / 99)
    assert cosine.decay(33) == pytest.approx(0.1 + 0.9 * (1 + math.cos(math.pi / 3)) / 2)
    assert {Schedule(9, 0, 0.5, shape="constant").rate(step) for step in range(9)} == {0.5}


def test_momentum_climbs_with_the_rate() -> None:
    schedule = Schedule(100, 10, 0.5)
    assert schedule.momentum(0, 0.937) == pytest.approx(0.8 + 0.0137)
    assert schedule.momentum(9, 0.937) == pytest.approx(0.937)
    assert schedule.momentum(0, 0.5) == 0.5  # never above the full one


def test_warmup_longer_than_the_training_is_an_error() -> None:
    with pytest.raises(ValueError, match="from 0 to the training's 5 steps, got 6"):
        Schedule(5, 6, 0.1)


def test_running_mean_is_the_mean_written_out() -> None:
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    ema = EMA(model, decay=0.9, ramp=3)
    wanted = model[0].weight.detach().clone()
    for step in range(1, 8):
        model[0].weight.data.normal_()
        model[1].num_batches_tracked += 5
        ema.update(model)
        survives = 0.9 * (1 - math.exp(-step / 3))
        wanted = survives * wanted + (1 - survives) * model[0].weight.detach()
    torch.testing.assert_close(ema.model[0].weight, wanted)
    assert ema.model[1].num_batches_tracked == 35
    assert not ema.model.training
    assert not any(value.requires_grad for value in ema.model.parameters())


def test_biases_and_norms_do_not_decay() -> None:
    for name in ("sgd", "adam", "adamw"):
        groups = optimizer_of(Tiny(), Settings(optimizer=name, weight_decay=0.1)).param_groups
        assert [group["weight_decay"] for group in groups] == [0.1, 0.0]
        assert all(value.ndim > 1 for value in groups[0]["params"])
        assert sum(len(group["params"]) for group in groups) == len(list(Tiny().parameters()))
    sgd = optimizer_of(Tiny(), Settings(optimizer="sgd")).param_groups[0]
    assert (sgd["nesterov"], sgd["momentum"]) == (True, 0.937)


def test_network_without_a_weight_to_train_is_an_error() -> None:
    with pytest.raises(ValueError, match="must have weights to train"):
        optimizer_of(Tiny().requires_grad_(False), SETTINGS)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("epochs", 0, "epochs must be a positive integer, got 0"),
        ("batch", -4, "batch must be a positive integer, got -4"),
        ("learning_rate", -0.1, "learning_rate must lie from 0 to 10, got -0.1"),
        ("learning_rate", float("nan"), "learning_rate must lie from 0 to 10, got nan"),
        ("momentum", 1.0, "momentum must lie from 0 to below 1, got 1.0"),
        ("ema_decay", 1, "ema_decay must lie from 0 to below 1, got 1"),
        ("ema_ramp", 0, "ema_ramp must be above 0"),
        ("warmup", 1.5, "warmup must lie from 0 to 1, got 1.5"),
        ("clip", "much", "clip must be a number, got 'much'"),
        ("optimizer", "sdg", "did you mean 'sgd'"),
        ("schedule", "square", "schedule must be one of"),
        ("augment", "all", "augment must be one of"),
        ("precision", "fp8", "precision must be one of"),
        ("workers", -1, "workers must be a whole number from 0, got -1"),
        ("seed", 1.5, "seed must be a whole number from 0, got 1.5"),
    ],
)
def test_settings_out_of_range_are_named(name: str, value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("[", r"\[")):
        Settings(**{name: value})


def test_precision_that_the_device_lacks_is_an_error() -> None:
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="fp16 needs a GPU, got a CPU"):
            precision_of("fp16")
    assert precision_of("no") == "no"


def test_clipping_bounds_what_a_step_moves() -> None:
    from small_training import squares

    from yoloexplain.training.batches import loader

    moved = {}
    for clip in (0.0, 0.01):
        settings = Settings(batch=4, image_size=64, optimizer="sgd", learning_rate=1.0, warmup=0,
                            momentum=0, weight_decay=0, clip=clip, precision="no")  # fmt: skip
        torch.manual_seed(0)
        model = Tiny()
        before = torch.cat([value.detach().flatten().clone() for value in model.parameters()])
        stepper = Stepper(task_of(model, NAMES, 64), settings, 1)
        (batch,) = loader(squares(4), [[0, 1, 2, 3]], settings)
        stepper.take(batch, "here")
        after = torch.cat([value.detach().flatten() for value in model.parameters()])
        moved[clip] = (after - before).norm().item()
    assert moved[0.01] == pytest.approx(0.01, rel=1e-3)
    assert moved[0.0] > 0.05


def test_bfloat16_steps_on_the_processor_too() -> None:
    from small_training import squares

    from yoloexplain.training.batches import loader

    settings = Settings(batch=4, image_size=64, precision="bf16")
    stepper = Stepper(task_of(Tiny(), NAMES, 64), settings, 1)
    (batch,) = loader(squares(4), [[0, 1, 2, 3]], settings)
    terms = stepper.take(batch, "here")
    assert all(term.dtype == torch.float32 and term.isfinite() for term in terms.values())
    assert stepper.step == 1

from collections import OrderedDict
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from yoloexplain.inspection import activations


class Heads(NamedTuple):
    category: Tensor
    masks: tuple[Tensor, Tensor]


class Neck(nn.Module):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"p3": x * 2, "p4": x[..., ::2, ::2]}


class Head(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 2, 1)

    def forward(self, pyramid: dict[str, Tensor]) -> Heads:
        return Heads(self.conv(pyramid["p3"]), (pyramid["p3"], self.conv(pyramid["p4"])))


class Detector(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            OrderedDict(
                conv=nn.Conv2d(3, 4, 3, padding=1),
                norm=nn.BatchNorm2d(4),
                act=nn.LeakyReLU(0.1, inplace=True),
            )
        )
        self.drop = nn.Dropout(0.5)
        self.neck = Neck()
        self.head = Head()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.score = nn.Linear(4, 1)

    def forward(self, x: Tensor) -> tuple[Heads, Tensor]:
        x = self.drop(self.stem(x))
        return self.head(self.neck(x)), self.score(self.pool(x).flatten(1))


@pytest.fixture
def image() -> Tensor:
    return torch.randn(2, 3, 6, 10)


def test_every_map_is_captured_when_no_layers_are_named(image):
    maps = activations(Detector(), image)
    assert list(maps) == [
        "stem.conv",
        "stem.norm",
        "stem.act",
        "stem",
        "drop",
        "neck.p3",
        "neck.p4",
        "head.conv",
        "head.category",
        "head.masks.0",
        "head.masks.1",
        "pool",
    ]
    assert all(value.shape[0] == 2 and value.dtype == torch.float32 for value in maps.values())
    assert maps["stem"].shape == (2, 4, 6, 10)


def test_the_maps_are_what_the_layers_return(image):
    model = Detector().eval()
    maps = activations(model, image)
    conv, norm = model.stem.conv(image), model.stem.norm(model.stem.conv(image))
    assert torch.equal(maps["stem.conv"], conv)
    assert torch.equal(maps["head.category"], model.head.conv(maps["neck.p3"]))
    # The activation works in place, but not on what was kept of the layer before it.
    assert torch.equal(maps["stem.norm"], norm)
    assert torch.equal(maps["stem.act"], nn.functional.leaky_relu(norm, 0.1))


def test_an_addition_in_place_does_not_reach_a_captured_map(image):
    class Adding(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1)

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x)
            y += 100
            return y

    model = Adding()
    assert torch.equal(activations(model, image)["conv"], model.conv(image))


def test_the_same_tensor_is_copied_only_once(image):
    maps = activations(nn.Sequential(OrderedDict(a=nn.Sequential(nn.Conv2d(3, 3, 1)))), image)
    assert maps["a"] is maps["a.0"]


def test_single_layers_and_single_outputs_can_be_named(image):
    model = Detector()
    maps = activations(model, image, ["score", "neck.p4", "head"])
    assert list(maps) == ["score", "neck.p4", "head.category", "head.masks.0", "head.masks.1"]
    assert maps["score"].shape == (2, 1)


def test_of_several_calls_the_last_is_kept_and_they_are_counted(image):
    model = Detector()
    maps = activations(model, image)
    assert maps.calls["head.conv"] == 2
    assert maps.calls["stem"] == 1
    assert torch.equal(maps["head.conv"], maps["head.masks.1"])


def test_a_module_under_two_names_is_found_under_both(image):
    act = nn.ReLU()
    model = nn.Sequential(nn.Conv2d(3, 3, 1), act, nn.Conv2d(3, 3, 1), act)
    maps = activations(model, image, ["1", "3"])
    assert torch.equal(maps["1"], maps["3"])
    assert maps.calls == {"1": 2, "3": 2}


def test_the_networks_own_output_comes_with_them(image):
    model = Detector()
    maps = activations(model, image, ["score"])
    heads, score = maps.output
    assert torch.equal(score, maps["score"])
    assert not heads.category.requires_grad


def test_modes_come_back_and_hooks_go(image):
    model = Detector().train()
    model.stem.eval()
    modes = [module.training for module in model.modules()]
    statistics = model.stem.norm.running_mean.clone()
    maps = activations(model, image, ["drop"])
    assert torch.equal(maps["drop"], activations(model, image, ["stem"])["stem"])  # no dropout
    assert [module.training for module in model.modules()] == modes
    assert all(not module._forward_hooks for module in model.modules())
    assert torch.equal(model.stem.norm.running_mean, statistics)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_hooks_go_and_modes_come_back_when_the_forward_fails():
    model = Detector().train()
    with pytest.raises(RuntimeError):
        activations(model, torch.randn(2, 5, 6, 10))
    assert model.training
    assert all(not module._forward_hooks for module in model.modules())


def test_hooks_of_others_stay_and_are_heard(image):
    model = Detector()
    fired = []
    model.stem.register_forward_hook(lambda *_: fired.append("once"))
    activations(model, image)
    assert fired == ["once"]
    assert len(model.stem._forward_hooks) == 1


def test_half_precision_maps_are_given_as_float(image):
    model = nn.Sequential(nn.Conv2d(3, 3, 1)).to(torch.bfloat16)
    maps = activations(model, image.to(torch.bfloat16))
    assert maps["0"].dtype == torch.float32


def test_the_maps_are_let_go_at_the_end_of_a_with_statement(image):
    with activations(Detector(), image) as maps:
        assert len(maps) == 12
    assert len(maps) == 0
    assert maps.output is None


def test_they_run_in_inference_mode_as_well(image):
    with torch.inference_mode():
        assert activations(Detector(), image)["stem"].shape == (2, 4, 6, 10)


@pytest.mark.parametrize("name", ["stm.conv", "bakbone", ""])
def test_an_unknown_layer_is_refused_before_anything_runs(name, image):
    model = Detector()
    model.register_forward_pre_hook(lambda *_: pytest.fail("the network has run"))
    with pytest.raises(ValueError, match=r"layers must") as info:
        activations(model, image, [name])
    assert repr(name) in str(info.value)


def test_the_nearest_names_are_suggested(image):
    with pytest.raises(ValueError, match=r"got 'stemm'; nearest: 'stem'"):
        activations(Detector(), image, ["stemm"])
    with pytest.raises(ValueError, match=r"got 'neck\.p9'; nearest: 'neck\.p"):
        activations(Detector(), image, ["neck.p9"])
    with pytest.raises(ValueError, match=r"got 'stem\.cnv'; nearest: 'stem\.conv'"):
        activations(Detector(), image, ["stem.cnv"])
    with pytest.raises(KeyError, match="nearest: 'stem"):
        activations(Detector(), image)["stm"]


def test_a_layer_that_is_never_called_is_refused(image):
    model = Detector()
    model.spare = nn.ReLU()
    with pytest.raises(ValueError, match="outputs of modules that are called, got 'spare'"):
        activations(model, image, ["spare"])


def test_one_name_alone_is_no_list(image):
    with pytest.raises(ValueError, match=r"pass \['stem'\]"):
        activations(Detector(), image, "stem")

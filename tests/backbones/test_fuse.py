"""A fused network has fewer parameters, as published, and says the same."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from yoloexplain import create_model, fuse, list_models
from yoloexplain.backbones.fuse import folded
from yoloexplain.layers.conv import Conv
from yoloexplain.ledger.counting import Network, count_fused

# the fewest pixels that a network takes; all others get 64×96
SIZES = {"yolov1-darknet": (64, 64), "yolov1-notebook": (64, 64)}
SIZES |= {f"yolov5{size}6": (64, 128) for size in "nsmlx"}
# counted from the published releases after their own fusing, which leaves BottleneckCSP's own norm
PUBLISHED = {
    **dict.fromkeys([("yolov5s", release) for release in ("1.0", "2.0", "3.1")], 7_459_581),
    ("yolov5m", "1.0"): 21_787_869,
    ("yolov5l", "3.1"): 47_790_077,
    ("yolov5x", "3.1"): 88_922_205,
    ("yolov5s", "4.0"): 7_266_973,
    ("yolov5m", "5.0"): 21_356_877,
    ("yolov5l", "4.0"): 47_025_981,
    ("yolov5x", "5.0"): 87_730_285,
    ("yolov5s6", "5.0"): 12_653_596,
    ("yolov5m6", "5.0"): 35_889_612,
    ("yolov5l6", "5.0"): 77_218_620,
    ("yolov5x6", "5.0"): 141_755_500,
    ("yolov5n", "6.0"): 1_867_405,
    ("yolov5s", "7.0"): 7_225_885,
    ("yolov5m", "6.1"): 21_172_173,
    ("yolov5l", "6.2"): 46_533_693,
    ("yolov5x", "7.0"): 86_705_005,
    ("yolov5n6", "7.0"): 3_239_884,
    ("yolov5s6", "7.0"): 12_612_508,
    ("yolov5m6", "7.0"): 35_704_908,
    ("yolov5l6", "7.0"): 76_726_332,
    ("yolov5x6", "7.0"): 140_730_220,
}
BUILDS = [
    *((name, {"grid": 1} if name in ("yolov1-darknet", "yolov1-notebook") else {})
      for name in list_models() if not name.endswith("-demo")),
    *(("yolov5s", {"release": release}) for release in ("1.0", "3.1", "5.0")),
]  # fmt: skip


def alive(name: str, **options: object) -> nn.Module:
    """Build a network whose norms have seen something."""
    model = create_model(name, **options).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.2, 0.2)
    return model


def tensors(answer: object) -> Iterator[Tensor]:
    """Every tensor of an answer."""
    if isinstance(answer, Tensor):
        yield answer
    elif isinstance(answer, dict):
        yield from answer.values()
    else:
        for part in answer:  # type: ignore[attr-defined]
            yield from tensors(part)


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def norms(model: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in model.modules())


@pytest.mark.parametrize(("name", "options"), BUILDS)
@torch.no_grad()
def test_a_fused_network_says_the_same(name: str, options: dict[str, object]) -> None:
    model = alive(name, **options)
    image = torch.rand(2, 3, *SIZES.get(name, (64, 96)))
    before = {key: value.clone() for key, value in model.state_dict().items()}
    fused = fuse(model)
    assert norms(fused) < norms(model)
    assert count(fused) < count(model)
    answers = zip(tensors(model(image)), tensors(fused(image)), strict=True)
    for ours, theirs in answers:
        assert ours.std() > 1e-6
        torch.testing.assert_close(theirs, ours, rtol=1e-4, atol=1e-4 * float(ours.abs().max()))
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key])


@pytest.mark.parametrize(("name", "release"), PUBLISHED)
def test_parameters_are_those_of_the_published_network_fused(name: str, release: str) -> None:
    with torch.device("meta"):
        fused = fuse(create_model(name, release=release))
    assert count(fused) == PUBLISHED[name, release]
    assert count_fused(Network(name, (("release", release),))) == PUBLISHED[name, release]
    left = {key.rsplit(".", 1)[1] for key, module in fused.named_modules()
            if isinstance(module, nn.BatchNorm2d)}  # fmt: skip
    assert left == ({"bn"} if float(release) < 4 else set())


@pytest.mark.parametrize("name", ["yolov1-darknet", "yolov1-notebook", "yolov1-resnet50"])
def test_yolov1_keeps_no_norm(name: str) -> None:
    with torch.device("meta"):
        model = create_model(name)
        fused = fuse(model)
    assert norms(fused) == 0
    saved = sum(m.num_features * (2 if biased(model, key) else 1) for key, m in
                model.named_modules() if isinstance(m, nn.BatchNorm2d))  # fmt: skip
    assert count(fused) == count(model) - saved


def biased(model: nn.Module, norm: str) -> bool:
    """Say whether the convolution before a norm has a bias already."""
    parent = model.get_submodule(norm.rpartition(".")[0])
    return isinstance(parent, Conv) and parent.conv.bias is not None


def test_a_densenet_keeps_the_norms_that_read_what_others_made() -> None:
    with torch.device("meta"):
        model = create_model("densenet121")
    layers = 6 + 12 + 24 + 16
    assert norms(model) == 1 + 2 * layers + 4
    assert norms(fuse(model)) == layers + 4  # one a layer, the transitions', the last


def test_fusing_twice_changes_nothing_more() -> None:
    once = fuse(alive("yolov5n"))
    twice = fuse(once)
    assert norms(once) == 0
    for name, value in twice.state_dict().items():
        assert torch.equal(value, once.state_dict()[name])


@pytest.mark.parametrize("bias", [False, True])
def test_one_pair_is_folded_as_pytorch_folds_it(bias: bool) -> None:
    conv, norm = nn.Conv2d(3, 4, 3, bias=bias), nn.BatchNorm2d(4, eps=1e-3).eval()
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    ours, theirs = folded(conv, norm), fuse_conv_bn_eval(conv.eval(), norm)
    torch.testing.assert_close(ours.weight, theirs.weight)
    torch.testing.assert_close(ours.bias, theirs.bias)


def test_a_frozen_network_stays_frozen_and_in_use_only() -> None:
    model = alive("yolov1-resnet50").train()
    fused = fuse(model)
    assert model.training
    assert not fused.training
    assert not any(p.requires_grad for p in fused.get_submodule("backbone").parameters())
    assert all(p.requires_grad for p in fused.get_submodule("head").parameters())


def test_a_norm_without_statistics_is_refused() -> None:
    with pytest.raises(ValueError, match="only if it keeps running statistics"):
        folded(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1, track_running_stats=False))

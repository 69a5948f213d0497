"""Chapter 1's exercises: the right answers pass, and typical wrong ones are told why."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from yoloexplain.exercises import ch01
from yoloexplain.exercises.ch01 import MyClassifier, MyDenseLayer, MyTransition, by_hand
from yoloexplain.exercises.room import examine
from yoloexplain.layers import DenseBlock, DenseLayer


def conv(c: int, k: int, size: int = 1, **options: Any) -> nn.Conv2d:
    return nn.Conv2d(c, k, kernel_size=size, **({"padding": size // 2, "bias": False} | options))


# --- ch01.dense_layer: everything in sequences, as many people like it ----------------------------


class InSequences(nn.Module):
    """Right, unless a subclass changes something."""

    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        self.narrow = nn.Sequential(*self.first(c, 4 * k))
        self.norm = nn.BatchNorm2d(4 * k)
        self.act = nn.ReLU(inplace=True)
        self.conv = self.last(4 * k, k)

    def first(self, c: int, h: int) -> list[nn.Module]:
        return [nn.BatchNorm2d(c), nn.ReLU(inplace=True), conv(c, h)]

    def last(self, h: int, k: int) -> nn.Module:
        return conv(h, k, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.act(self.norm(self.narrow(x))))


class AsInTorchvision(nn.Module):
    """Right, with names of its own: told by the order in which the layers run."""

    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(c), nn.BatchNorm2d(4 * k)
        self.conv1, self.conv2 = conv(c, 4 * k), conv(4 * k, k, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(torch.relu(self.norm1(x)))
        return self.conv2(torch.relu(self.norm2(x)))


class PostActivated(nn.Module):
    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        self.narrow = nn.Sequential(conv(c, k * 4), nn.BatchNorm2d(k * 4), nn.ReLU(inplace=True))
        self.conv, self.norm, self.act = conv(k * 4, k, 3), nn.BatchNorm2d(k), nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.narrow(x)
        return self.act(self.norm(self.conv(out)))


class BentFirst(InSequences):
    def first(self, c: int, h: int) -> list[nn.Module]:
        return [nn.ReLU(), nn.BatchNorm2d(c), conv(c, h)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.norm(self.act(self.narrow(x))))


class BentInPlace(InSequences):
    def first(self, c: int, h: int) -> list[nn.Module]:
        return [nn.ReLU(inplace=True), nn.BatchNorm2d(c), conv(c, h)]


class NotBent(InSequences):
    def first(self, c: int, h: int) -> list[nn.Module]:
        return [nn.BatchNorm2d(c), conv(c, h)]


class BentBehind(InSequences):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(super().forward(x))


class OneNormOnly(nn.Module):
    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        self.narrow = nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), conv(c, 4 * k))
        self.conv = conv(4 * k, k, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.narrow(x))


class NarrowToK(nn.Module):
    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        width = self.width(c, k)
        self.narrow = nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), conv(c, width))
        self.norm, self.conv = nn.BatchNorm2d(width), conv(width, k, 3)

    def width(self, c: int, k: int) -> int:
        return k

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.norm(self.narrow(x)).relu())


class NarrowLikeAResNet(NarrowToK):
    def width(self, c: int, k: int) -> int:
        return int(c / 4)


class Reversed(InSequences):
    def first(self, c: int, h: int) -> list[nn.Module]:
        return [nn.BatchNorm2d(c), nn.ReLU(), conv(c, h, 3)]

    def last(self, h: int, k: int) -> nn.Module:
        return conv(h, k)


class WithBias(InSequences):
    def last(self, h: int, k: int) -> nn.Module:
        return conv(h, k, 3, bias=True)


class Unpadded(InSequences):
    def last(self, h: int, k: int) -> nn.Module:
        return conv(h, k, 3, padding=0)


class GivesAll(InSequences):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat((x, super().forward(x)), 1)


class Residual(InSequences):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        identity = x
        return identity + super().forward(x)


class SuperForgotten(nn.Module):
    def __init__(self, c: int, k: int) -> None:
        self.norm = nn.BatchNorm2d(c)


class NoReturn(InSequences):
    def forward(self, x: torch.Tensor) -> Any:
        self.conv(self.act(self.norm(self.narrow(x))))


@pytest.mark.parametrize("answer", [MyDenseLayer, InSequences, AsInTorchvision, DenseLayer])
def test_a_dense_layer_that_is_right_passes(answer: type[nn.Module]) -> None:
    assert examine("ch01.dense_layer", answer).passed


@pytest.mark.parametrize(
    ("answer", "fault", "names"),
    [
        (PostActivated, "convolution first", "`narrow`"),
        (BentFirst, "ReLU before norm", "`narrow.0`"),
        (BentInPlace, "changes its input", "changed"),
        (NotBent, "activation missing", "`narrow.2`"),
        (BentBehind, "ReLU at the end", "behind the last"),
        (OneNormOnly, "second norm missing", "`norm`"),
        (NarrowToK, "narrowed to k", "`narrow.2`"),
        (NarrowLikeAResNet, "narrowed to a quarter", "`narrow.2`"),
        (Reversed, "wide kernel first", "`narrow.2`"),
        (WithBias, "bias too many", "`conv`"),
        (Unpadded, "other padding", "`conv`"),
        (GivesAll, "lays them behind", "shape"),
        (Residual, "adds its input", "RuntimeError"),
        (SuperForgotten, "stops with AttributeError", "cannot assign"),
        (NoReturn, "returns nothing", "nothing"),
        (MyDenseLayer(8, 4), "not a class", "MyDenseLayer"),
    ],
)
def test_a_dense_layer_that_is_wrong_is_told_where_and_why(
    answer: Any, fault: str, names: str
) -> None:
    verdict = examine("ch01.dense_layer", answer)
    assert verdict.fault == fault
    assert verdict.finding is not None
    assert names in verdict.finding.said
    assert verdict.finding.why


def test_a_block_of_the_learners_layers_is_the_packages_block() -> None:
    torch.manual_seed(0)
    block, x = DenseBlock(12, 4, 3).eval(), torch.randn(2, 12, 9, 14)
    mine = nn.ModuleList(MyDenseLayer(12 + 4 * i, 4) for i in range(3)).eval()
    for layer, own in zip(block.layers, mine, strict=True):
        own.load_state_dict(layer.state_dict())
    maps = x
    for own in mine:
        maps = torch.cat([maps, own(maps)], dim=1)
    assert torch.allclose(maps, block(x), atol=1e-6)


# --- ch01.channels -------------------------------------------------------------------------------

RIGHT = {
    "block 1": 384,
    "transition 1": 192,
    "block 2": 768,
    "transition 2": 384,
    "block 3": 2112,
    "transition 3": 1056,
    "block 4": 2208,
}


def worked_through(stem: int, k: int, kept: float, depths: tuple[int, ...]) -> dict[str, int]:
    """Work all seven figures through, as people do, so that one slip spoils what follows."""
    found, c = {}, stem
    for number, layers in enumerate(depths, 1):
        found[f"block {number}"] = c = c + layers * k
        found[f"transition {number}"] = c = int(c * kept)
    return found


@pytest.mark.parametrize("answer", [RIGHT, by_hand(), worked_through(96, 48, 0.5, (6, 12, 36, 24))])
def test_channels_that_are_right_pass(answer: dict[str, int]) -> None:
    assert examine("ch01.channels", answer).passed


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (worked_through(0, 48, 0.5, (6, 12, 36, 24)), "input left out"),
        (worked_through(96, 48, 0.5, (5, 11, 35, 23)), "last layer left out"),
        (worked_through(96, 192, 0.5, (6, 12, 36, 24)), "bottleneck counted"),
        (worked_through(96, 48, 0.5, (1, 1, 1, 1)), "one layer only"),
        (worked_through(64, 32, 0.5, (6, 12, 24, 16)), "k of DenseNet-121"),
        (worked_through(96, 48, 1.0, (6, 12, 36, 24)), "compression left out"),
        (worked_through(96, 48, 0.25, (6, 12, 36, 24)), "sides counted"),
        (RIGHT | {"block 2": 960, "transition 2": 480, "block 3": 2688}, "transition passed over"),
        (RIGHT | {"block 4": 1104}, "compression at the end"),
        (RIGHT | {"block 3": 2100}, "other figures"),
        ({name: RIGHT[name] for name in ("block 1", "block 2")}, "a figure is missing"),
        ([384, 192, 768, 384, 2112, 1056, 2208], "not a dictionary"),
        (RIGHT | {"block 1": "384"}, ""),
        (RIGHT | {"block 1": "many"}, "other figures"),
    ],
)
def test_channels_that_are_wrong_are_told_why(answer: Any, fault: str) -> None:
    assert examine("ch01.channels", answer).fault == fault


def test_the_channels_are_counted_on_the_network_and_named_in_order() -> None:
    assert list(ch01.channels().items()) == list(RIGHT.items())


# --- ch01.transition -----------------------------------------------------------------------------


class WithModules(nn.Module):
    """Right, unless a subclass changes something."""

    def __init__(self, c: int, share: float) -> None:
        super().__init__()
        self.norm, self.relu = nn.BatchNorm2d(c), nn.ReLU(inplace=True)
        self.conv = self.mix(c, self.keep(c, share))
        self.pool = nn.AvgPool2d(kernel_size=2, stride=2)

    def keep(self, c: int, share: float) -> int:
        return int(c * share)

    def mix(self, c: int, k: int) -> nn.Module:
        return conv(c, k)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pool(self.conv(self.relu(self.norm(x))))


class PoolBeforeMix(WithModules):
    """Right too: an average and a 1×1 may change places."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.pool(self.relu(self.norm(x))))


class PoolBeforeAll(WithModules):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.relu(self.norm(self.pool(x))))


class Uncompressed(WithModules):
    def keep(self, c: int, share: float) -> int:
        return c


class Halves(WithModules):
    def keep(self, c: int, share: float) -> int:
        return int(c * 0.5)


class Removes(WithModules):
    def keep(self, c: int, share: float) -> int:
        return int(c * (1 - share))


class Rounds(WithModules):
    def keep(self, c: int, share: float) -> int:
        return round(c * share)


class MaxPooled(WithModules):
    def __init__(self, c: int, share: float) -> None:
        super().__init__(c, share)
        self.pool = nn.MaxPool2d(2)


class PooledAsTheStem(WithModules):
    def __init__(self, c: int, share: float) -> None:
        super().__init__(c, share)
        self.pool = nn.AvgPool2d(3, 2, 1)


class Unpooled(WithModules):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.relu(self.norm(x)))


class Strided(Unpooled):
    def mix(self, c: int, k: int) -> nn.Module:
        return conv(c, k, stride=2)


class MixedByThree(WithModules):
    def mix(self, c: int, k: int) -> nn.Module:
        return conv(c, k, 3)


class TwiceBent(WithModules):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pool(self.relu(self.conv(self.relu(self.norm(x)))))


class NeverBent(WithModules):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pool(self.conv(self.norm(x)))


class MixThenNorm(WithModules):
    def __init__(self, c: int, share: float) -> None:
        super().__init__(c, share)
        self.norm = nn.BatchNorm2d(self.keep(c, share))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pool(self.relu(self.norm(self.conv(x))))


class ShareAsChannels(WithModules):
    def keep(self, c: int, share: float) -> Any:
        return c * share


class NoShare(WithModules):
    def __init__(self, c: int) -> None:
        super().__init__(c, 0.5)


@pytest.mark.parametrize("answer", [MyTransition, WithModules, PoolBeforeMix])
def test_a_transition_that_is_right_passes(answer: type[nn.Module]) -> None:
    assert examine("ch01.transition", answer).passed


@pytest.mark.parametrize(
    ("answer", "fault", "names"),
    [
        (PoolBeforeAll, "pool before the ReLU", "`norm`"),
        (Uncompressed, "nothing compressed", "`conv`"),
        (Halves, "always half", "must be 7, yours is 5"),
        (Removes, "share removed", "must be 7, yours is 2"),
        (Rounds, "rounded up", "must be 7, yours is 8"),
        (MaxPooled, "maximum", "behind the last"),
        (PooledAsTheStem, "other window", "(2, 6, 4, 7)"),
        (Unpooled, "sides not halved", "(2, 6, 9, 14)"),
        (Strided, "stride instead of pool", "stride must be 1"),
        (MixedByThree, "other kernel", "kernel must be 1"),
        (TwiceBent, "bent twice", "behind the last"),
        (NeverBent, "activation missing", "`conv`"),
        (MixThenNorm, "convolution first", "`norm`"),
        (ShareAsChannels, "stops with TypeError", "Building"),
        (NoShare, "other arguments", "(12, 0.5)"),
    ],
)
def test_a_transition_that_is_wrong_is_told_where_and_why(
    answer: Any, fault: str, names: str
) -> None:
    verdict = examine("ch01.transition", answer)
    assert verdict.fault == fault
    assert verdict.finding is not None
    assert names in verdict.finding.said


# --- ch01.classify -------------------------------------------------------------------------------


class WithPool(nn.Module):
    """Right, unless a subclass changes something."""

    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        self.norm, self.act = nn.BatchNorm2d(c), nn.ReLU()
        self.pool, self.flatten = nn.AdaptiveAvgPool2d(1), nn.Flatten()
        self.linear, self.softmax = nn.Linear(c, k), nn.Softmax(dim=-1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.flatten(self.pool(self.act(self.norm(x))))
        return self.softmax(self.linear(x))


class ByHand(WithPool):
    """Right as well: exponentials, divided by their sum."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raised = self.linear(self.norm(x).clamp(min=0).flatten(2).mean(2)).exp()
        return raised / raised.sum(1, keepdim=True)


class WrongAxis(WithPool):
    def __init__(self, c: int, k: int) -> None:
        super().__init__(c, k)
        self.softmax = nn.Softmax(0)


class NoSoftmax(WithPool):
    def __init__(self, c: int, k: int) -> None:
        super().__init__(c, k)
        self.softmax = nn.Identity()  # type: ignore[assignment]


class Logs(WithPool):
    def __init__(self, c: int, k: int) -> None:
        super().__init__(c, k)
        self.softmax = nn.LogSoftmax(dim=1)  # type: ignore[assignment]


class Sigmoid(WithPool):
    def __init__(self, c: int, k: int) -> None:
        super().__init__(c, k)
        self.softmax = nn.Sigmoid()  # type: ignore[assignment]


class SoftmaxTwice(WithPool):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.softmax(super().forward(x), dim=1)


class NoReLU(WithPool):
    def __init__(self, c: int, k: int) -> None:
        super().__init__(c, k)
        self.act = nn.Identity()  # type: ignore[assignment]


class ReLULate(WithPool):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.softmax(self.linear(self.act(self.flatten(self.pool(self.norm(x))))))


class ReLUFirst(WithPool):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.softmax(self.linear(self.flatten(self.pool(self.norm(self.act(x))))))


class GlobalMax(WithPool):
    def __init__(self, c: int, k: int) -> None:
        super().__init__(c, k)
        self.pool = nn.AdaptiveMaxPool2d(1)  # type: ignore[assignment]


class Summed(WithPool):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.softmax(self.linear(F.relu(self.norm(x)).sum((-2, -1))))


class Unnormed(nn.Module):
    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        self.linear = nn.Linear(c, k)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.linear(x.relu().mean((2, 3))), 1)


class AtEachPosition(WithPool):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        positions = self.act(self.norm(x)).flatten(2).transpose(1, 2)
        return self.linear(positions).softmax(-1).mean(1)


class NotFlattened(WithPool):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.softmax(self.linear(self.pool(self.act(self.norm(x)))))


class ChannelsAveraged(WithPool):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.softmax(self.linear(F.relu(self.norm(x)).mean(dim=(1, 2))))


class Unbiased(WithPool):
    def __init__(self, c: int, k: int) -> None:
        super().__init__(c, k)
        self.linear = nn.Linear(c, k, bias=False)


class BestClass(WithPool):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x).argmax(1)


@pytest.mark.parametrize("answer", [MyClassifier, WithPool, ByHand])
def test_a_classifier_that_is_right_passes(answer: type[nn.Module]) -> None:
    assert examine("ch01.classify", answer).passed


@pytest.mark.parametrize(
    ("answer", "fault", "names"),
    [
        (WrongAxis, "softmax over the wrong axis", "behind the last"),
        (NoSoftmax, "scores, not probabilities", "behind the last"),
        (Logs, "logarithms", "behind the last"),
        (Sigmoid, "sigmoid", "behind the last"),
        (SoftmaxTwice, "softmax twice", "behind the last"),
        (NoReLU, "ReLU left out", "`linear`"),
        (ReLULate, "average before ReLU", "`linear`"),
        (ReLUFirst, "ReLU before norm", "`norm`"),
        (GlobalMax, "maximum", "`linear`"),
        (Summed, "sum", "`linear`"),
        (Unnormed, "norm left out", "`norm`"),
        (AtEachPosition, "softmax before the average", "`linear`"),
        (NotFlattened, "stops with RuntimeError", "cannot be multiplied"),
        (ChannelsAveraged, "stops with RuntimeError", "cannot be multiplied"),
        (Unbiased, "bias missing", "`linear`"),
        (BestClass, "other shape", "(3, 5)"),
        (lambda c, k: F.softmax, "not a module", "module"),
    ],
)
def test_a_classifier_that_is_wrong_is_told_where_and_why(
    answer: Any, fault: str, names: str
) -> None:
    verdict = examine("ch01.classify", answer)
    assert verdict.fault == fault
    assert verdict.finding is not None
    assert names in verdict.finding.said


def test_every_mistake_is_demanded_somewhere() -> None:
    told = [
        fault
        for test in (
            test_a_dense_layer_that_is_wrong_is_told_where_and_why,
            test_channels_that_are_wrong_are_told_why,
            test_a_transition_that_is_wrong_is_told_where_and_why,
            test_a_classifier_that_is_wrong_is_told_where_and_why,
        )
        for _, fault, *_ in test.pytestmark[0].args[1]  # type: ignore[attr-defined]
    ]
    for exercise in ch01.EXERCISES:
        task: Any = exercise.task
        assert {mistake.fault for mistake in task.mistakes} <= set(told)

"""Chapter 2's exercises: the right answers pass, and typical wrong ones are told why."""

from typing import Any

import pytest
import torch
from torch import nn

from yoloexplain.exercises.ch02 import EXERCISES, by_hand
from yoloexplain.exercises.ch02_blocks import MyBottleneckCSP, MyC3
from yoloexplain.exercises.ch02_halving import HalvingBottleneck
from yoloexplain.exercises.room import examine
from yoloexplain.layers import Bottleneck, Conv, SiLU

Tensor = torch.Tensor


def told(name: str, answer: Any, fault: str, names: str = "") -> None:
    verdict = examine(name, answer)
    assert verdict.fault == fault
    assert verdict.finding is not None
    assert names in verdict.finding.said
    assert verdict.finding.why


# --- ch02.bottleneck_csp: written as people write it, every layer by itself -----------------------


class Csp(nn.Module):
    """Right, if nothing is changed."""

    biased = False

    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__()
        self.hidden = c_out // 2
        self.main = Conv(c_in, self.hidden)
        self.bypass = self.bare(c_in)
        self.main_out = self.bare(self.hidden)
        self.bn = nn.BatchNorm2d(2 * self.hidden)
        self.act = nn.LeakyReLU(0.1)
        self.fuse = Conv(2 * self.hidden, c_out)
        self.bottlenecks = nn.Sequential()
        for number in range(n):
            self.bottlenecks.add_module(f"block{number}", self.one())

    def bare(self, c: int) -> nn.Module:
        return nn.Conv2d(c, self.hidden, 1, bias=self.biased)

    def one(self) -> nn.Module:
        return Bottleneck(self.hidden, self.hidden)

    def forward(self, x: Tensor) -> Tensor:
        around = self.bypass(x)
        through = self.main_out(self.bottlenecks(self.main(x)))
        return self.end(through, around)

    def end(self, through: Tensor, around: Tensor) -> Tensor:
        return self.fuse(self.act(self.bn(torch.cat((through, around), 1))))


class Biased(Csp):
    biased = True


class SameModule(Csp):
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__(c_in, c_out, n)
        one = self.one()
        self.bottlenecks = nn.Sequential(*(one for _ in range(n)))


class Darknets(Csp):
    def one(self) -> nn.Module:
        return Bottleneck(self.hidden, self.hidden, self.hidden // 2)


class Plain(Csp):
    def one(self) -> nn.Module:
        return nn.Sequential(Conv(self.hidden, self.hidden), Conv(self.hidden, self.hidden, 3))


class NormedBypass(Csp):
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__(c_in, c_out, n)
        self.bypass = Conv(c_in, self.hidden)


class OneReader(Csp):
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__(c_in, c_out, n)
        self.bypass = self.bare(self.hidden)

    def forward(self, x: Tensor) -> Tensor:
        x = self.main(x)
        return self.end(self.main_out(self.bottlenecks(x)), self.bypass(x))


class NoLastConvolution(Csp):
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__(c_in, c_out, n)
        del self.main_out

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.bottlenecks(self.main(x)), self.bypass(x))


class Sum(Csp):
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__(c_in, c_out, n)
        self.bn, self.fuse = nn.BatchNorm2d(self.hidden), Conv(self.hidden, c_out)

    def end(self, through: Tensor, around: Tensor) -> Tensor:
        return self.fuse(self.act(self.bn(through + around)))


class MainAloneNormed(Csp):
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__(c_in, c_out, n)
        self.bn = nn.BatchNorm2d(self.hidden)

    def end(self, through: Tensor, around: Tensor) -> Tensor:
        return self.fuse(torch.cat((self.act(self.bn(through)), around), 1))


class Exchanged(Csp):
    def end(self, through: Tensor, around: Tensor) -> Tensor:
        return super().end(around, through)


class FusedFirst(Csp):
    def end(self, through: Tensor, around: Tensor) -> Tensor:
        return self.act(self.bn(self.fuse(torch.cat((through, around), 1))))


class Unbent(Csp):
    def end(self, through: Tensor, around: Tensor) -> Tensor:
        return self.fuse(self.bn(torch.cat((through, around), 1)))


class AlongTheRows(Csp):
    def end(self, through: Tensor, around: Tensor) -> Tensor:
        return self.fuse(self.act(self.bn(torch.cat((through, around), 2))))


class TwoArguments(nn.Module):
    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()


@pytest.mark.parametrize("answer", [MyBottleneckCSP, Csp])
def test_a_bottleneck_csp_that_is_right_passes(answer: type[nn.Module]) -> None:
    assert examine("ch02.bottleneck_csp", answer).passed


@pytest.mark.parametrize(
    ("answer", "fault", "names"),
    [
        (Biased, "bias too many", "`main_out`"),
        (SameModule, "one bottleneck repeated", "`bottlenecks`"),
        (Darknets, "narrowed twice", "`bottlenecks.0.reduce.conv`"),
        (Plain, "shortcut left out", "`bottlenecks.1.reduce.conv`"),
        (NormedBypass, "bypass with norm", "`bypass`"),
        (OneReader, "bypass too late", "`bypass`"),
        (NoLastConvolution, "last 1×1 missing", "`main_out`"),
        (Sum, "added", "`bn`"),
        (MainAloneNormed, "norm on one lane", "`bn`"),
        (Exchanged, "bypass first", "`bn`"),
        (FusedFirst, "norm at the end", "`bn`"),
        (Unbent, "activation missing", "`fuse.conv`"),
    ],
)
def test_a_bottleneck_csp_that_is_wrong_is_told_where_and_why(
    answer: type[nn.Module], fault: str, names: str
) -> None:
    told("ch02.bottleneck_csp", answer, fault, names)


def test_a_bottleneck_csp_that_stops_or_cannot_be_built_is_told_so() -> None:
    assert examine("ch02.bottleneck_csp", AlongTheRows).fault == "stops with RuntimeError"
    assert examine("ch02.bottleneck_csp", TwoArguments).fault == "other arguments"
    assert examine("ch02.bottleneck_csp", Csp(8, 12, 2)).fault == "not a class"


# --- ch02.c3 -------------------------------------------------------------------------------------


class Three(nn.Module):
    """Right, if nothing is changed."""

    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__()
        self.act = nn.LeakyReLU(0.1)
        h = self.hidden = c_out // 2
        self.bypass, self.main = self.block(c_in, h), self.block(c_in, h)
        self.fuse = self.block(2 * h, c_out)
        self.bottlenecks = nn.Sequential(*(Bottleneck(h, h) for _ in range(n)))

    def block(self, c: int, k: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(c, k, 1, bias=False), nn.BatchNorm2d(k), self.act)

    def forward(self, x: Tensor) -> Tensor:
        return self.fuse(torch.cat((self.bottlenecks(self.main(x)), self.bypass(x)), 1))


class Inherited(Csp):
    """The old class with one part exchanged, and the way through it."""

    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__(c_in, c_out, n)
        self.bypass = Conv(c_in, self.hidden)

    def forward(self, x: Tensor) -> Tensor:
        return self.fuse(torch.cat((self.bottlenecks(self.main(x)), self.bypass(x)), 1))


class InheritedAndHalfCleared(Inherited):
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__(c_in, c_out, n)
        del self.bn


class NormLeftLying(Three):
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__(c_in, c_out, n)
        self.bn = nn.BatchNorm2d(c_out)


class InheritedAndCleared(Inherited):
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__(c_in, c_out, n)
        del self.main_out, self.bn


class FourConvolutions(Three):
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__(c_in, c_out, n)
        self.main_out = nn.Conv2d(self.hidden, self.hidden, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        through = self.main_out(self.bottlenecks(self.main(x)))
        return self.fuse(torch.cat((through, self.bypass(x)), 1))


class Bare(Three):
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__(c_in, c_out, n)
        self.bypass = nn.Conv2d(c_in, self.hidden, 1, bias=False)


class ThreeExchanged(Three):
    def forward(self, x: Tensor) -> Tensor:
        return self.fuse(torch.cat((self.bypass(x), self.bottlenecks(self.main(x))), 1))


class Split(Three):
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__(c_in, c_out, n)
        self.main = self.block(c_in // 2, self.hidden)
        self.bypass = self.block(c_in // 2, self.hidden)

    def forward(self, x: Tensor) -> Tensor:
        half = x.shape[1] // 2
        through, around = self.main(x[:, :half]), self.bypass(x[:, half:])
        return self.fuse(torch.cat((self.bottlenecks(through), around), 1))


class Untouched(Three):
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__(c_in, c_out, n)
        del self.bypass
        self.fuse = self.block(self.hidden + c_in, c_out)

    def forward(self, x: Tensor) -> Tensor:
        return self.fuse(torch.cat((self.bottlenecks(self.main(x)), x), 1))


class Modern(nn.Module):
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        super().__init__()
        self.main, self.bypass, self.fuse = (
            Conv(*channels, activation=SiLU)
            for channels in ((c_in, c_out // 2), (c_in, c_out // 2), (c_out, c_out))
        )
        self.bottlenecks = nn.Sequential()
        for _ in range(n):
            self.bottlenecks.append(Bottleneck(c_out // 2, c_out // 2, activation=SiLU))

    def forward(self, x: Tensor) -> Tensor:
        return self.fuse(torch.cat((self.bottlenecks(self.main(x)), self.bypass(x)), 1))


class NotAModule:
    def __init__(self, c_in: int, c_out: int, n: int) -> None:
        self.fuse = Conv(c_in, c_out)


class Silent(Three):
    def forward(self, x: Tensor) -> None:
        super().forward(x)


@pytest.mark.parametrize("answer", [MyC3, Three, InheritedAndCleared])
def test_a_c3_that_is_right_passes(answer: type[nn.Module]) -> None:
    assert examine("ch02.c3", answer).passed


@pytest.mark.parametrize(
    ("answer", "fault", "names"),
    [
        (Inherited, "old parts kept", "`main_out`"),
        (InheritedAndHalfCleared, "old parts kept", "`main_out`"),
        (NormLeftLying, "old parts kept", "`bn`"),
        (FourConvolutions, "last 1×1 kept", "`main_out`"),
        (NoLastConvolution, "norm still shared", "`bypass.bn`"),
        (Bare, "bypass still bare", "`bypass`"),
        (ThreeExchanged, "bypass first", "`fuse.conv`"),
        (Split, "input cut", "`main.conv`"),
        (Untouched, "input around", "`bypass`"),
        (Modern, "SiLU", "`bottlenecks.0.reduce.conv`"),
        (NotAModule, "not a module", "NotAModule"),
        (Silent, "returns nothing", "nothing back"),
    ],
)
def test_a_c3_that_is_wrong_is_told_where_and_why(answer: Any, fault: str, names: str) -> None:
    told("ch02.c3", answer, fault, names)


# --- ch02.saved ----------------------------------------------------------------------------------

RIGHT = {
    "C3, parameters": 1_088,
    "C3, multiply-adds": 2_457_600,
    "dense, parameters": 7_920,
    "dense, multiply-adds": 4_608_000,
    "Darknet, weights": 45_056,
}


@pytest.mark.parametrize("answer", [RIGHT, by_hand()])
def test_savings_that_are_right_pass(answer: dict[str, int]) -> None:
    assert examine("ch02.saved", answer).passed


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"C3, parameters": 4_224}, "whole width"),
        ({"C3, multiply-adds": 9_830_400}, "whole width"),
        ({"C3, parameters": 1_024}, "norms left out"),
        ({"dense, parameters": 7_680}, "norms left out"),
        ({"C3, parameters": 1_152}, "new norm forgotten"),
        ({"C3, multiply-adds": 2_611_200}, "norms multiplied too"),
        ({"dense, multiply-adds": 4_752_000}, "norms multiplied too"),
        ({"dense, multiply-adds": 7_680}, "one position only"),
        ({"C3, multiply-adds": 4_915_200}, "FLOPs"),
        ({"dense, parameters": 23_760}, "the wrong share"),
        ({"dense, parameters": 1_584}, "one layer only"),
        ({"dense, parameters": 2_160}, "k instead of 4k"),
        ({"Darknet, weights": 81_920}, "way around for nothing"),
        ({"Darknet, weights": 49_152}, "three 1×1 only"),
        ({"Darknet, weights": 86_016}, "narrowed twice"),
    ],
)
def test_savings_that_are_wrong_are_told_why(changed: dict[str, int], fault: str) -> None:
    told("ch02.saved", RIGHT | changed, fault, next(iter(changed)))


def test_savings_that_nobody_foresaw_are_told_the_side_only() -> None:
    verdict = examine("ch02.saved", RIGHT | {"C3, parameters": 7})
    assert verdict.fault == "other figures"
    assert verdict.finding is not None
    assert "too small" in verdict.finding.said


# --- ch02.downsample -----------------------------------------------------------------------------


class Halve(nn.Module):
    """Right, if nothing is changed."""

    strides = (1, 2, 1, 2)
    widen = 4

    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        a, b, d, e = self.strides
        self.downsample = nn.Sequential(
            nn.Conv2d(c, self.widen * k, 1, e, bias=False), nn.BatchNorm2d(self.widen * k)
        )
        self.conv1, self.bn1 = nn.Conv2d(c, k, 1, a, bias=False), nn.BatchNorm2d(k)
        self.conv2, self.bn2 = nn.Conv2d(k, k, 3, b, 1, bias=False), nn.BatchNorm2d(k)
        self.conv3 = nn.Conv2d(k, self.widen * k, 1, d, bias=False)
        self.bn3 = nn.BatchNorm2d(self.widen * k)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        shortcut = self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.end(self.bn3(self.conv3(x)), shortcut)

    def end(self, x: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu(shortcut + x)


class StrideOnTheFirst(Halve):
    strides = (2, 1, 1, 2)


class StrideOnTheLast(Halve):
    strides = (1, 1, 2, 2)


class ShortcutStaysLarge(Halve):
    strides = (1, 2, 1, 1)


class Quarter(Halve):
    strides = (2, 2, 1, 2)


class Narrow(Halve):
    widen = 1


class BothBent(Halve):
    def end(self, x: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu(x) + shortcut


class NeverBent(Halve):
    def end(self, x: Tensor, shortcut: Tensor) -> Tensor:
        return x + shortcut


class Behind(Halve):
    def end(self, x: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu(torch.cat([x, shortcut], 1))


class Ignored(Halve):
    def end(self, x: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu(x)


class Straight(Halve):
    def __init__(self, c: int, k: int) -> None:
        super().__init__(c, k)
        del self.downsample

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.relu(self.bn3(self.conv3(x)))


class AddsTheInput(Straight):
    def forward(self, x: Tensor) -> Tensor:
        return self.relu(x + super().forward(x))


class NoBorder(Halve):
    def __init__(self, c: int, k: int) -> None:
        super().__init__(c, k)
        self.conv2 = nn.Conv2d(k, k, 3, 2, bias=False)


class InPlace(Halve):
    def forward(self, x: Tensor) -> Tensor:
        right = super().forward(x)
        x.relu_()
        return right


@pytest.mark.parametrize("answer", [HalvingBottleneck, Halve])
def test_a_halving_bottleneck_that_is_right_passes(answer: type[nn.Module]) -> None:
    assert examine("ch02.downsample", answer).passed


@pytest.mark.parametrize(
    ("answer", "fault", "names"),
    [
        (StrideOnTheFirst, "stride on the wrong layer", "`conv1`"),
        (StrideOnTheLast, "stride on the wrong layer", "`conv2`"),
        (ShortcutStaysLarge, "shortcut not halved", "`downsample.0`"),
        (Quarter, "halved twice", "`conv1`"),
        (Narrow, "not widened", "`conv3`"),
        (BothBent, "bent too early", "with the same weights"),
        (NeverBent, "bend left out", "with the same weights"),
        (Behind, "concatenated", "shape"),
        (Ignored, "shortcut not used", "behind the last"),
        (Straight, "shortcut missing", "`downsample`"),
        (NoBorder, "other padding", "`conv2`"),
        (InPlace, "changes its input", "changed"),
    ],
)
def test_a_halving_bottleneck_that_is_wrong_is_told_where_and_why(
    answer: type[nn.Module], fault: str, names: str
) -> None:
    told("ch02.downsample", answer, fault, names)


def test_a_stride_on_a_1x1_is_called_by_its_name() -> None:
    finding = examine("ch02.downsample", StrideOnTheFirst).finding
    assert finding is not None
    assert finding.why == "the stride sits on the 1×1 and belongs on the 3×3."


def test_a_shortcut_that_does_not_fit_is_told_which_layer_is_missing() -> None:
    verdict = examine("ch02.downsample", AddsTheInput)
    assert verdict.fault == "a layer is missing"
    assert verdict.finding is not None
    assert "`downsample`" in verdict.finding.said


# --- all -----------------------------------------------------------------------------------------


def test_every_exercise_has_three_hints_and_sentences_that_end() -> None:
    for exercise in EXERCISES:
        assert len(exercise.hints) == 3
        mistakes = exercise.task.mistakes  # type: ignore[attr-defined]
        assert len({mistake.fault for mistake in mistakes}) >= 5
        assert all(mistake.why.endswith(".") for mistake in mistakes)

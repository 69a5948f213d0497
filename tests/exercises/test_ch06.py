"""Chapter 6's exercises: the right answers pass, and typical wrong ones are told why."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from yoloexplain.exercises import ch06
from yoloexplain.exercises.ch06 import MyCoordConv
from yoloexplain.exercises.ch06_matrix_nms import decayed_scores
from yoloexplain.exercises.ch06_targets import answering_channels, by_the_package, masks
from yoloexplain.exercises.room import examine
from yoloexplain.layers import coord

Tensor = torch.Tensor

# --- ch06.coordconv: written as people write it, with a grid of places ----------------------------


class Gridded(nn.Module):
    """Right, if nothing is changed."""

    places = 2

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = self.convolution(in_channels + self.places, out_channels)

    def convolution(self, c: int, k: int) -> nn.Module:
        return nn.Conv2d(c, k, kernel_size=3, padding=1)

    def axis(self, n: int) -> Tensor:
        return torch.arange(n) / (n - 1) * 2 - 1

    def grid(self, x: Tensor) -> list[Tensor]:
        y, x = torch.meshgrid(self.axis(x.shape[2]), self.axis(x.shape[3]), indexing="ij")
        return [x, y]

    def forward(self, x: Tensor) -> Tensor:
        maps = torch.stack(self.grid(x)).repeat(len(x), 1, 1, 1)
        return self.conv(torch.cat((x, maps), 1))


class TheSameUnderAnotherName(nn.Module):
    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(c + 2, k, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.mix(coord.append_coordinates(x))


class RowsFirst(Gridded):
    def grid(self, x: Tensor) -> list[Tensor]:
        return list(torch.meshgrid(self.axis(x.shape[2]), self.axis(x.shape[3]), indexing="ij"))


class InFront(Gridded):
    def forward(self, x: Tensor) -> Tensor:
        maps = torch.stack(self.grid(x)).repeat(len(x), 1, 1, 1)
        return self.conv(torch.cat((maps, x), 1))


class SameTwice(Gridded):
    def grid(self, x: Tensor) -> list[Tensor]:
        return [super().grid(x)[0]] * 2


class XOnly(Gridded):
    places = 1

    def grid(self, x: Tensor) -> list[Tensor]:
        return super().grid(x)[:1]


class Plain(Gridded):
    places = 0

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Summed(Plain):
    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x + sum(self.grid(x)))


class Radius(Gridded):
    places = 3

    def grid(self, x: Tensor) -> list[Tensor]:
        across, down = super().grid(x)
        return [across, down, torch.hypot(across, down)]


class BatchOfOne(Gridded):
    def forward(self, x: Tensor) -> Tensor:
        return self.conv(torch.cat((x, torch.stack(self.grid(x))[None]), 1))


class ZeroToOne(Gridded):
    def axis(self, n: int) -> Tensor:
        return torch.arange(n) / (n - 1)


class Pixels(Gridded):
    def axis(self, n: int) -> Tensor:
        return torch.arange(n, dtype=torch.float32)


class Centres(Gridded):
    def axis(self, n: int) -> Tensor:
        return (torch.arange(n) + 0.5) / n * 2 - 1


class OneStepTooMany(Gridded):
    def axis(self, n: int) -> Tensor:
        return torch.arange(n) / n * 2 - 1


class BottomUp(Gridded):
    def grid(self, x: Tensor) -> list[Tensor]:
        across, down = super().grid(x)
        return [across, -down]


class Unpadded(Gridded):
    def convolution(self, c: int, k: int) -> nn.Module:
        return nn.Conv2d(c, k, 3)


class Unbiased(Gridded):
    def convolution(self, c: int, k: int) -> nn.Module:
        return nn.Conv2d(c, k, 3, padding=1, bias=False)


class WithActivation(Gridded):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).relu()


class NoSuper(Gridded):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        self.conv = self.convolution(in_channels + 2, out_channels)


class Sideways(Gridded):
    """Height and width have changed places: with a map that is not square it stops."""

    def grid(self, x: Tensor) -> list[Tensor]:
        return super().grid(x.transpose(2, 3))


@pytest.mark.parametrize("answer", [MyCoordConv, Gridded, TheSameUnderAnotherName])
def test_a_coordconv_that_is_right_passes(answer: type[nn.Module]) -> None:
    assert examine("ch06.coordconv", answer).passed


WRONG_CONVS: list[tuple[Any, ...]] = [
    (RowsFirst, "y before x", "channels 4 to 5 of 6"),
    (InFront, "places first", "`conv`"),
    (SameTwice, "one coordinate twice", "channels 5 to 5 of 6"),
    (XOnly, "one coordinate only", "must be 6, yours is 5"),
    (Plain, "no coordinates", "must be 6, yours is 4"),
    (Summed, "added", "must be 6, yours is 4"),
    (Radius, "distance too many", "must be 6, yours is 7"),
    (BatchOfOne, "batch forgotten", "Expected size 2 but got size 1"),
    (ZeroToOne, "from 0 to 1", "channels 4 to 5 of 6"),
    (Pixels, "pixels for places", "channels 4 to 5 of 6"),
    (Centres, "centres of pixels", "channels 4 to 5 of 6"),
    (OneStepTooMany, "last place left out", "channels 4 to 5 of 6"),
    (BottomUp, "upside down", "channels 5 to 5 of 6"),
    (Unpadded, "other padding", "`conv`: padding"),
    (Unbiased, "bias missing", "`conv`"),
    (WithActivation, "other numbers", "behind the last"),
    (NoSuper, "stops with AttributeError", "(4, 6)"),
    (Sideways, "stops with RuntimeError", "(4, 6)"),
    (Gridded(4, 6), "not a class", "Gridded"),
]


@pytest.mark.parametrize(("answer", "fault", "names"), WRONG_CONVS)
def test_a_coordconv_that_is_wrong_is_told_where_and_why(
    answer: Any, fault: str, names: str
) -> None:
    verdict = examine("ch06.coordconv", answer)
    assert verdict.fault == fault
    assert verdict.finding is not None
    assert names in verdict.finding.said


# --- ch06.targets: level by level, with plain numbers ---------------------------------------------

Ranges = tuple[tuple[int, int], ...]


class Assigned:
    """The channels of one object, right if nothing is changed."""

    sigma = 0.2

    def __init__(self, mask: Tensor, grids: tuple[int, ...], ranges: Ranges) -> None:
        self.mask, self.grids, self.ranges = mask, grids, ranges
        self.height, self.width = mask.shape
        self.ys, self.xs = (axis.double() for axis in torch.where(mask))
        self.h, self.w = (int(axis.max() - axis.min()) + 1 for axis in (self.ys, self.xs))

    def middle(self) -> tuple[float, float]:
        return float(self.ys.mean()), float(self.xs.mean())

    def size(self) -> float:
        return math.sqrt(self.w * self.h)

    def wanted(self, low: int, high: int) -> bool:
        return self.size() >= low and self.size() <= high

    def half(self) -> float:
        return self.sigma / 2

    def at(self, place: float, length: int, grid: int) -> int:
        return math.floor(grid * place / length)

    def cells(self, middle: float, side: int, length: int, grid: int) -> list[int]:
        home = self.at(middle, length, grid)
        low = self.at(middle - self.half() * side, length, grid)
        high = self.at(middle + self.half() * side, length, grid)
        return [i for i in range(grid) if low <= i <= high and abs(i - home) <= 1]

    def number(self, i: int, j: int, grid: int) -> int:
        return i * grid + j

    def level(self, grid: int) -> list[int]:
        y, x = self.middle()
        rows = self.cells(y, self.h, self.height, grid)
        columns = self.cells(x, self.w, self.width, grid)
        return [self.number(i, j, grid) for i in rows for j in columns]

    def channels(self) -> list[list[int]]:
        return [
            self.level(grid) if self.wanted(*both) else []
            for grid, both in zip(self.grids, self.ranges, strict=True)
        ]


class LongerSide(Assigned):
    def size(self) -> float:
        return max(self.h, self.w)


class ByArea(Assigned):
    def size(self) -> float:
        return self.h * self.w


class ByPixels(Assigned):
    def size(self) -> float:
        return math.sqrt(len(self.xs))


class ShortSides(Assigned):
    def size(self) -> float:
        return math.sqrt((self.h - 1) * (self.w - 1))


class Once(Assigned):
    def channels(self) -> list[list[int]]:
        found: list[list[int]] = []
        for channels in super().channels():
            found.append([] if any(found) else channels)
        return found


class OpenEnd(Assigned):
    def wanted(self, low: int, high: int) -> bool:
        return low <= self.size() < high


class BoxCentre(Assigned):
    def middle(self) -> tuple[float, float]:
        y, x = ((axis.min() + axis.max()) / 2 for axis in (self.ys, self.xs))
        return float(y), float(x)


class Home(Assigned):
    def cells(self, middle: float, side: int, length: int, grid: int) -> list[int]:
        return [self.at(middle, length, grid)]


class SigmaTwice(Assigned):
    def half(self) -> float:
        return self.sigma


class NoSigma(Assigned):
    sigma = 1.0


class Uncapped(Assigned):
    def cells(self, middle: float, side: int, length: int, grid: int) -> list[int]:
        low = self.at(middle - self.half() * side, length, grid)
        return list(range(low, self.at(middle + self.half() * side, length, grid) + 1))


class CellCentresInside(Assigned):
    def cells(self, middle: float, side: int, length: int, grid: int) -> list[int]:
        cell, reach = length / grid, self.half() * side
        return [i for i in range(grid) if -reach <= (i + 0.5) * cell - middle <= reach]


class Rounding(Assigned):
    def at(self, place: float, length: int, grid: int) -> int:
        return round(grid * place / length)


class SquareCells(Assigned):
    def cells(self, middle: float, side: int, length: int, grid: int) -> list[int]:
        return super().cells(middle, side, self.width, grid)


class ColumnTimesS(Assigned):
    def number(self, i: int, j: int, grid: int) -> int:
        return i + j * grid


class XAndYMixed(Assigned):
    """``x, y`` unpacked from what gives ``y, x``."""

    def level(self, grid: int) -> list[int]:
        x, y = self.middle()
        rows = self.cells(y, self.w, self.width, grid)
        columns = self.cells(x, self.h, self.height, grid)
        return [self.number(i, j, grid) for i in rows for j in columns]


class ColumnsOutside(Assigned):
    def level(self, grid: int) -> list[int]:
        y, x = self.middle()
        rows = self.cells(y, self.h, self.height, grid)
        columns = self.cells(x, self.w, self.width, grid)
        return [self.number(i, j, grid) for j in columns for i in rows]


class FromOne(Assigned):
    def number(self, i: int, j: int, grid: int) -> int:
        return super().number(i, j, grid) + 1


class CellsFromOne(Assigned):
    def number(self, i: int, j: int, grid: int) -> int:
        return super().number(i + 1, j + 1, grid)


class LevelsLeftOut(Assigned):
    def channels(self) -> list[list[int]]:
        return [channels for channels in super().channels() if channels]


class ByName(Assigned):
    def channels(self) -> Any:
        return {f"p{level}": found for level, found in enumerate(super().channels(), 2)}


class OtherAxis(Assigned):
    def channels(self) -> list[list[int]]:
        return [[int(self.mask[0].nonzero()[0])] for _ in self.grids]


def as_function(kind: type[Assigned]) -> Callable[..., list[list[int]]]:
    return lambda mask, grids, ranges: kind(mask, grids, ranges).channels()


@pytest.mark.parametrize("answer", [answering_channels, as_function(Assigned), by_the_package])
def test_channels_that_are_right_pass(answer: Callable[..., Any]) -> None:
    assert examine("ch06.targets", answer).passed


WRONG_TARGETS: list[tuple[Any, ...]] = [
    (LongerSide, "longer side taken"),
    (ByArea, "root left out"),
    (ByPixels, "pixels counted"),
    (ShortSides, "one pixel short"),
    (Once, "one level only"),
    (OpenEnd, "an end left out"),
    (BoxCentre, "centre of the box"),
    (Home, "one cell only"),
    (SigmaTwice, "σ to either side"),
    (NoSigma, "σ left out"),
    (Uncapped, "more than nine cells"),
    (CellCentresInside, "centres of cells"),
    (Rounding, "rounded"),
    (SquareCells, "square cells"),
    (ColumnTimesS, "column first"),
    (XAndYMixed, "rows and columns swapped"),
    (ColumnsOutside, "not in ascending order"),
    (FromOne, "counted from one"),
    (CellsFromOne, "cells counted from one"),
    (LevelsLeftOut, "other number of results"),
    (ByName, "other number of results"),
    (OtherAxis, "stops with IndexError"),
]


@pytest.mark.parametrize(("answer", "fault"), WRONG_TARGETS)
def test_channels_that_are_wrong_are_told_why(answer: type[Assigned], fault: str) -> None:
    verdict = examine("ch06.targets", as_function(answer))
    assert verdict.fault == fault
    assert verdict.finding is not None
    assert verdict.finding.said


def test_whether_a_pixel_counts_as_its_corner_or_its_centre_decides_nothing() -> None:
    class Centred(Assigned):
        def middle(self) -> tuple[float, float]:
            y, x = super().middle()
            return y + 0.5, x + 0.5

    assert examine("ch06.targets", as_function(Centred)).passed
    levels = [sum(map(bool, by_the_package(*case))) for case in masks()]
    assert sorted(levels) == [1, 2, 2, 2, 3], "objects of one, two and three levels"


# --- ch06.matrix_nms: pair by pair, with plain numbers --------------------------------------------


class Decayed:
    """The decayed scores, right if nothing is changed."""

    def __init__(self, masks: Tensor, scores: Tensor, labels: Tensor, kernel: str) -> None:
        self.masks, self.scores, self.labels, self.kernel = masks, scores, labels, kernel
        self.n = len(masks)

    def iou(self, i: int, j: int) -> float:
        one, other = self.masks[i], self.masks[j]
        if not self.rivals(i, j):
            return 0.0
        return float((one & other).sum()) / float(self.divisor(one, other))

    def divisor(self, one: Tensor, other: Tensor) -> Tensor:
        return (one | other).sum()

    def rivals(self, i: int, j: int) -> bool:
        return int(self.labels[i]) == int(self.labels[j])

    def better(self, j: int) -> list[int]:
        """Masks that may cast doubt on j."""
        return list(range(j))

    def f(self, overlap: float) -> float:
        return self.bell(overlap) if self.kernel == "gaussian" else 1 - overlap

    def bell(self, overlap: float) -> float:
        return math.exp(-2 * overlap**2)

    def worst(self, i: int, j: int) -> float:
        """What mask i itself suffers at the worst."""
        return max((self.iou(k, i) for k in self.better(i)), default=0.0)

    def factors(self, j: int) -> list[float]:
        divisors = {i: max(self.f(self.worst(i, j)), 1e-6) for i in self.better(j)}
        return [self.f(self.iou(i, j)) / by for i, by in divisors.items()]

    def most(self, factors: list[float]) -> float:
        return min([1.0, *factors])

    def answer(self) -> Any:
        return self.scores * torch.tensor([self.most(self.factors(j)) for j in range(self.n)])


class Everyone(Decayed):
    """The whole table, the diagonal included."""

    def better(self, j: int) -> list[int]:
        return list(range(self.n))


class Others(Decayed):
    def better(self, j: int) -> list[int]:
        return [i for i in range(self.n) if i != j]


class Undivided(Decayed):
    def worst(self, i: int, j: int) -> float:
        return 0.0


class OwnDoubt(Decayed):
    def worst(self, i: int, j: int) -> float:
        return super().worst(j, j)


class Mixed(Decayed):
    def rivals(self, i: int, j: int) -> bool:
        return True


class SigmaBelow(Decayed):
    def bell(self, overlap: float) -> float:
        return math.exp(-(overlap**2) / 2)


class Unsquared(Decayed):
    def bell(self, overlap: float) -> float:
        return math.exp(-2 * overlap)


class LineOnly(Decayed):
    def f(self, overlap: float) -> float:
        return 1 - overlap


class BellOnly(Decayed):
    def f(self, overlap: float) -> float:
        return self.bell(overlap)


class OfTheSmaller(Decayed):
    def divisor(self, one: Tensor, other: Tensor) -> Tensor:
        return min(one.sum(), other.sum())


class BothAreas(Decayed):
    def divisor(self, one: Tensor, other: Tensor) -> Tensor:
        return one.sum() + other.sum()


class FactorOnly(Decayed):
    def answer(self) -> Any:
        return super().answer() / self.scores


class PlainList(Decayed):
    def answer(self) -> Any:
        return [float(score) for score in super().answer()]


class Threshold(Decayed):
    """Greedy: what overlaps is gone, and the list becomes shorter."""

    def answer(self) -> Any:
        kept: list[int] = []
        for j in range(self.n):
            if all(self.iou(i, j) <= 0.5 for i in kept):
                kept.append(j)
        return self.scores[kept]


class Nothing(Decayed):
    def answer(self) -> Any:
        self.scores = super().answer()


def suppress(kind: type[Decayed]) -> Callable[..., Any]:
    return lambda *given: kind(*given).answer()


def table(masks: Tensor, labels: Tensor, side: str = "upper") -> Tensor:
    shared = torch.einsum("ihw,jhw->ij", masks.double(), masks.double())
    area = shared.diagonal()
    iou = shared / (area.reshape(-1, 1) + area.reshape(1, -1) - shared)
    iou[labels.reshape(-1, 1) != labels.reshape(1, -1)] = 0
    return torch.triu(iou, 1) if side == "upper" else torch.tril(iou, -1)


def f(iou: Tensor, kernel: str) -> Tensor:
    return (-2 * iou.square()).exp() if kernel == "gaussian" else 1 - iou


def unclamped(masks: Tensor, scores: Tensor, labels: Tensor, kernel: str) -> Tensor:
    iou = table(masks, labels)
    divisor = f(iou.max(0).values, kernel).reshape(-1, 1)
    return scores * (f(iou, kernel) / divisor).min(0).values


def lower(masks: Tensor, scores: Tensor, labels: Tensor, kernel: str) -> Tensor:
    iou = table(masks, labels, "lower")
    divisor = f(iou.max(0).values, kernel).clamp(min=1e-6)
    return scores * (f(iou, kernel) / divisor.reshape(-1, 1)).min(0).values


def lower_but_consistent(masks: Tensor, scores: Tensor, labels: Tensor, kernel: str) -> Tensor:
    iou = table(masks, labels, "lower")
    divisor = f(iou.max(1).values, kernel).clamp(min=1e-6)
    return scores * (f(iou, kernel) / divisor.reshape(1, -1)).min(1).values


def largest_of_the_row(masks: Tensor, scores: Tensor, labels: Tensor, kernel: str) -> Tensor:
    iou = table(masks, labels)
    divisor = f(iou.max(1, keepdim=True).values, kernel)
    return scores * (f(iou, kernel) / divisor).min(0).values


def least_of_the_row(masks: Tensor, scores: Tensor, labels: Tensor, kernel: str) -> Tensor:
    iou = table(masks, labels)
    divisor = f(iou.max(0).values, kernel).reshape(-1, 1)
    return scores * (f(iou, kernel) / divisor).min(1).values


def multiplied(masks: Tensor, scores: Tensor, labels: Tensor, kernel: str) -> Tensor:
    iou = table(masks, labels)
    divisor = f(iou.max(0).values, kernel).reshape(-1, 1).clamp(min=1e-6)
    return scores * torch.prod(f(iou, kernel) / divisor, 0)


def least_doubt(masks: Tensor, scores: Tensor, labels: Tensor, kernel: str) -> Tensor:
    iou = table(masks, labels)
    divisor = f(iou.max(0).values, kernel).reshape(-1, 1).clamp(min=1e-6)
    return scores * (f(iou, kernel) / divisor).max(0).values


def bools_multiplied(masks: Tensor, scores: Tensor, labels: Tensor, kernel: str) -> Tensor:
    rows = masks.flatten(1)
    return scores * (rows @ rows.T)


def three_arguments(masks: Tensor, scores: Tensor, labels: Tensor) -> Tensor:
    return scores


@pytest.mark.parametrize("answer", [decayed_scores, suppress(Decayed), lower_but_consistent])
def test_a_matrix_nms_that_is_right_passes(answer: Callable[..., Any]) -> None:
    assert examine("ch06.matrix_nms", answer).passed


@pytest.mark.parametrize("answer", [suppress(PlainList)])
def test_the_decayed_scores_may_be_a_list(answer: Callable[..., Any]) -> None:
    assert examine("ch06.matrix_nms", answer).passed


WRONG_DECAYS: list[tuple[Any, ...]] = [
    (suppress(Everyone), "compared with itself"),
    (suppress(Others), "worse masks count"),
    (lower, "only worse masks count"),
    (suppress(Undivided), "rival's doubt left out"),
    (suppress(OwnDoubt), "divided by another's"),
    (largest_of_the_row, "divided by another's, unclamped"),
    (least_of_the_row, "minimum over the wrong axis, unclamped"),
    (multiplied, "decays multiplied"),
    (least_doubt, "weakest decay"),
    (suppress(Mixed), "classes mixed"),
    (suppress(SigmaBelow), "divided by σ"),
    (suppress(Unsquared), "square left out"),
    (suppress(LineOnly), "never a bell"),
    (suppress(BellOnly), "always a bell"),
    (suppress(OfTheSmaller), "shared over one area"),
    (suppress(BothAreas), "shared counted twice"),
    (suppress(FactorOnly), "score left out"),
    (unclamped, "zero divided by zero"),
    (suppress(Threshold), "other shape"),
    (suppress(Nothing), "returns nothing"),
    (bools_multiplied, "booleans multiplied"),
    (three_arguments, "stops with TypeError"),
]


@pytest.mark.parametrize(("answer", "fault"), WRONG_DECAYS)
def test_a_matrix_nms_that_is_wrong_is_told_why(answer: Callable[..., Any], fault: str) -> None:
    verdict = examine("ch06.matrix_nms", answer)
    assert verdict.fault == fault
    assert verdict.finding is not None
    assert verdict.finding.said


# --- all of them ---------------------------------------------------------------------------------


def test_every_mistake_is_made_above_and_gets_a_sentence() -> None:
    made = [WRONG_CONVS, WRONG_TARGETS, WRONG_DECAYS]
    for exercise, wrong in zip(ch06.EXERCISES, made, strict=True):
        asked = {row[1].removesuffix(", unclamped") for row in wrong}
        for mistake in exercise.task.mistakes:  # type: ignore[attr-defined]
            assert mistake.fault.removesuffix(", unclamped") in asked
            assert mistake.why.endswith(".")

"""Chapter 3's exercises: the right answers pass, and typical wrong ones are told why."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from yoloexplain.exercises.ch03 import MySPP, by_hand, top_down
from yoloexplain.exercises.room import examine
from yoloexplain.layers import Conv

# --- ch03.spp: written as people write it, with modules for the windows ---------------------------


class Spatial(nn.Module):
    """Right, if nothing is changed; without the package's Conv."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        hidden = in_channels // 2
        self.reduce = self.block(in_channels, hidden)
        self.fuse = self.block(hidden * 4, out_channels)
        self.pools = nn.ModuleList(self.pool(k) for k in (5, 9, 13))

    def block(self, c: int, k: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(c, k, 1, bias=False), nn.BatchNorm2d(k), nn.LeakyReLU(0.1))

    def pool(self, k: int) -> nn.Module:
        return nn.MaxPool2d(k, stride=1, padding=k // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.reduce(x)
        return self.fuse(torch.cat([x] + [pool(x) for pool in self.pools], dim=1))


class NoBatchNorm(Spatial):
    def block(self, c: int, k: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(c, k, 1, bias=False), nn.LeakyReLU(0.1))


class Biased(Spatial):
    def block(self, c: int, k: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(c, k, 1), nn.BatchNorm2d(k), nn.LeakyReLU(0.1))


class NoActivation(Spatial):
    def block(self, c: int, k: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(c, k, 1, bias=False), nn.BatchNorm2d(k))


class NoStride(Spatial):
    def pool(self, k: int) -> nn.Module:
        return nn.MaxPool2d(k, padding=k // 2)


class NoPadding(Spatial):
    def pool(self, k: int) -> nn.Module:
        return nn.MaxPool2d(k, stride=1)


class Average(Spatial):
    def pool(self, k: int) -> nn.Module:
        return nn.AvgPool2d(k, stride=1, padding=k // 2)


class Cascade(Spatial):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        lanes = [self.reduce(x)]
        for pool in self.pools:
            lanes.append(pool(lanes[-1]))
        return self.fuse(torch.cat(lanes, dim=1))


class Backwards(Spatial):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.reduce(x)
        return self.fuse(torch.cat([pool(x) for pool in self.pools] + [x], dim=1))


class ThreeLanes(Spatial):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels)
        self.fuse = self.block(in_channels // 2 * 3, out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.reduce(x)
        return self.fuse(torch.cat([pool(x) for pool in self.pools], dim=1))


class OtherNames(nn.Module):
    """The same layers under other names: told by the order in which they run."""

    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        self.cv2 = Conv(c * 2, k, 1)
        self.cv1 = Conv(c, c // 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.cv1(x)
        return self.cv2(torch.cat([x, *(F.max_pool2d(x, s, 1, s // 2) for s in (5, 9, 13))], 1))


@pytest.mark.parametrize("answer", [MySPP, Spatial, OtherNames])
def test_an_spp_that_is_right_passes(answer: type[nn.Module]) -> None:
    assert examine("ch03.spp", answer).passed


@pytest.mark.parametrize(
    ("answer", "fault", "names"),
    [
        (NoBatchNorm, "a layer is missing", "`reduce`"),
        (Biased, "bias too many", "`reduce.conv`"),
        (NoActivation, "activation missing", "`fuse.conv`"),
        (NoStride, "stride left out", "size 15"),
        (NoPadding, "padding left out", "size 15"),
        (Average, "averages", "`fuse.conv`"),
        (Cascade, "windows in a row", "`fuse.conv`"),
        (Backwards, "map last", "`fuse.conv`"),
        (ThreeLanes, "map left out", "`fuse.conv`"),
    ],
)
def test_an_spp_that_is_wrong_is_told_where_and_why(
    answer: type[nn.Module], fault: str, names: str
) -> None:
    verdict = examine("ch03.spp", answer)
    assert verdict.fault == fault
    assert verdict.finding is not None
    assert names in verdict.finding.said
    assert verdict.finding.why


# --- ch03.top_down -------------------------------------------------------------------------------

Maps = dict[str, torch.Tensor]


def meet(fine: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
    rows = torch.arange(fine.shape[2]) * coarse.shape[2] // fine.shape[2]
    columns = torch.arange(fine.shape[3]) * coarse.shape[3] // fine.shape[3]
    return fine + coarse[:, :, rows][:, :, :, columns]


def by_indices(maps: Maps) -> Maps:
    middle = meet(maps["c4"], maps["c5"])
    return {"p5": maps["c5"], "p4": middle, "p3": meet(maps["c3"], middle)}


def twice(maps: Maps) -> Maps:
    up = nn.Upsample(scale_factor=2)
    middle = maps["c4"] + up(maps["c5"])
    return {"p5": maps["c5"], "p4": middle, "p3": maps["c3"] + up(middle)}


def unaccumulated(maps: Maps) -> Maps:
    return {
        "p5": maps["c5"],
        "p4": meet(maps["c4"], maps["c5"]),
        "p3": meet(maps["c3"], maps["c4"]),
    }


def sloping(maps: Maps) -> Maps:
    def meet(fine: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        return fine + F.interpolate(coarse, fine.shape[2:], mode="bilinear")

    middle = meet(maps["c4"], maps["c5"])
    return {"p5": maps["c5"], "p4": middle, "p3": meet(maps["c3"], middle)}


def joined(maps: Maps) -> Maps:
    middle = torch.cat([maps["c4"], F.interpolate(maps["c5"], maps["c4"].shape[2:])], 1)
    finest = torch.cat([maps["c3"], F.interpolate(middle, maps["c3"].shape[2:])], 1)
    return {"p5": maps["c5"], "p4": middle, "p3": finest}


def in_place(maps: Maps) -> Maps:
    maps["c4"] += F.interpolate(maps["c5"], maps["c4"].shape[2:])
    maps["c3"] += F.interpolate(maps["c4"], maps["c3"].shape[2:])
    return {"p5": maps["c5"], "p4": maps["c4"], "p3": maps["c3"]}


def a_list(maps: Maps) -> Any:
    return list(by_indices(maps).values())


@pytest.mark.parametrize("answer", [top_down, by_indices])
def test_a_top_down_path_that_is_right_passes(answer: Callable[[Maps], Maps]) -> None:
    assert examine("ch03.top_down", answer).passed


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (twice, "twice as large"),
        (unaccumulated, "one step only"),
        (sloping, "smooth enlarging"),
        (joined, "concatenated"),
        (in_place, "changes its input"),
        (a_list, "other names"),
    ],
)
def test_a_top_down_path_that_is_wrong_is_told_why(answer: Callable[..., Any], fault: str) -> None:
    assert examine("ch03.top_down", answer).fault == fault


# --- ch03.receptive_field ------------------------------------------------------------------------

RIGHT = {"6×6, stride 2": 6, "3×3, stride 2": 10, "3×3": 18, "SPPF": 66}


@pytest.mark.parametrize("answer", [RIGHT, by_hand()])
def test_fields_that_are_right_pass(answer: dict[str, int]) -> None:
    assert examine("ch03.receptive_field", answer).passed


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"3×3, stride 2": 8, "3×3": 10, "SPPF": 22}, "stride left out"),
        ({"6×6, stride 2": 11}, "own stride counted"),
        ({"6×6, stride 2": 7}, "whole kernel counted"),
        ({"SPPF": 34}, "one window of three"),
        ({"SPPF": 122}, "windows added up"),
        ({"SPPF": 70}, "other figures"),
    ],
)
def test_fields_that_are_wrong_are_told_why(changed: dict[str, int], fault: str) -> None:
    assert examine("ch03.receptive_field", RIGHT | changed).fault == fault

"""Chapter 3: write SPP, write the top-down path of an FPN, predict receptive fields.

It stands beside the path from image to picture, under the exercises of ``notebooks/03_necks``.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..inspection import receptive_field
from ..layers import SPP, SPPF, Conv
from .exercise import Exercise, Mistake
from .functions import FunctionTask
from .layers import LayerTask
from .predictions import PredictionTask

# --- ch03.spp ------------------------------------------------------------------------------------


class MySPP(nn.Module):
    """A solution of ch03.spp."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        half = in_channels // 2
        self.reduce = Conv(in_channels, half, 1)
        self.fuse = Conv(4 * half, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.reduce(x)
        pooled = [F.max_pool2d(x, k, stride=1, padding=k // 2) for k in (5, 9, 13)]
        return self.fuse(torch.cat([x, *pooled], dim=1))


class Pyramid(nn.Module):
    """An SPP in which something is wrong."""

    windows: tuple[int, ...] = (5, 9, 13)
    lanes = 4

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        half = in_channels // 2
        self.reduce = Conv(in_channels, half, 1)
        self.fuse = Conv(self.lanes * half, out_channels, 1)

    def look(self, x: Tensor, k: int) -> Tensor:
        """Look through one window."""
        return F.max_pool2d(x, k, stride=1, padding=k // 2)

    def lay(self, x: Tensor, pooled: list[Tensor]) -> list[Tensor]:
        """Put the maps behind one another."""
        return [x, *pooled]

    def forward(self, x: Tensor) -> Tensor:
        """Narrow, look, mix."""
        x = self.reduce(x)
        return self.fuse(torch.cat(self.lay(x, [self.look(x, k) for k in self.windows]), dim=1))


class WithoutTheMap(Pyramid):
    lanes = 3

    def lay(self, x: Tensor, pooled: list[Tensor]) -> list[Tensor]:
        return pooled


class MapLast(Pyramid):
    def lay(self, x: Tensor, pooled: list[Tensor]) -> list[Tensor]:
        return [*pooled, x]


class SmallWindows(Pyramid):
    windows = (3, 5, 7)


class Averages(Pyramid):
    def look(self, x: Tensor, k: int) -> Tensor:
        return F.avg_pool2d(x, k, stride=1, padding=k // 2)


class StrideLeftOut(Pyramid):
    def look(self, x: Tensor, k: int) -> Tensor:
        return F.max_pool2d(x, k, padding=k // 2)


class PaddingLeftOut(Pyramid):
    def look(self, x: Tensor, k: int) -> Tensor:
        return F.max_pool2d(x, k, stride=1)


class InARow(Pyramid):
    def forward(self, x: Tensor) -> Tensor:
        maps = [self.reduce(x)]
        for k in self.windows:
            maps.append(self.look(maps[-1], k))
        return self.fuse(torch.cat(maps, dim=1))


SPP_MISTAKES = (
    Mistake("map left out", WithoutTheMap, "the narrowed map itself is one of the four lanes."),
    Mistake("map last", MapLast, "the map itself comes first, and the windows behind it."),
    Mistake("other windows", SmallWindows, "the windows are 5, 9 and 13 wide, not 3, 5 and 7."),
    Mistake("averages", Averages, "SPP takes the maximum of a window, not the average."),
    Mistake(
        "stride left out",
        StrideLeftOut,
        "without stride=1 a pooling moves by a whole window, and its map shrinks.",
    ),
    Mistake("padding left out", PaddingLeftOut, "without padding=k // 2 the border gets lost."),
    Mistake(
        "windows in a row",
        InARow,
        "each window looks at the narrowed map. One after the other they see more: 5, 13 and 25 "
        "(three fives in a row would be SPPF).",
    ),
)

# --- ch03.top_down -------------------------------------------------------------------------------

Levels = Mapping[str, Tensor]


def top_down(maps: dict[str, Tensor]) -> dict[str, Tensor]:
    """A solution of ch03.top_down."""
    p5 = maps["c5"]
    p4 = maps["c4"] + F.interpolate(p5, size=maps["c4"].shape[-2:], mode="nearest")
    p3 = maps["c3"] + F.interpolate(p4, size=maps["c3"].shape[-2:], mode="nearest")
    return {"p3": p3, "p4": p4, "p5": p5}


def enlarged(x: Tensor, partner: Tensor, mode: str = "nearest") -> Tensor:
    """Enlarge a map to the size of another."""
    return F.interpolate(x, size=partner.shape[-2:], mode=mode)


def by_two(maps: Levels) -> dict[str, Tensor]:
    p4 = maps["c4"] + F.interpolate(maps["c5"], scale_factor=2)
    return {"p3": maps["c3"] + F.interpolate(p4, scale_factor=2), "p4": p4, "p5": maps["c5"]}


def one_step_only(maps: Levels) -> dict[str, Tensor]:
    p3, p4 = (maps[a] + enlarged(maps[b], maps[a]) for a, b in (("c3", "c4"), ("c4", "c5")))
    return {"p3": p3, "p4": p4, "p5": maps["c5"]}


def smooth(maps: Levels) -> dict[str, Tensor]:
    p4 = maps["c4"] + enlarged(maps["c5"], maps["c4"], "bilinear")
    p3 = maps["c3"] + enlarged(p4, maps["c3"], "bilinear")
    return {"p3": p3, "p4": p4, "p5": maps["c5"]}


def bottom_up(maps: Levels) -> dict[str, Tensor]:
    p4 = maps["c4"] + F.adaptive_max_pool2d(maps["c3"], maps["c4"].shape[-2:])
    p5 = maps["c5"] + F.adaptive_max_pool2d(p4, maps["c5"].shape[-2:])
    return {"p3": maps["c3"], "p4": p4, "p5": p5}


def laid_behind(maps: Levels) -> dict[str, Tensor]:
    p4 = torch.cat([maps["c4"], enlarged(maps["c5"], maps["c4"])], dim=1)
    return {"p3": torch.cat([maps["c3"], enlarged(p4, maps["c3"])], 1), "p4": p4, "p5": maps["c5"]}


def halved_sums(maps: Levels) -> dict[str, Tensor]:
    p4 = (maps["c4"] + enlarged(maps["c5"], maps["c4"])) / 2
    return {"p3": (maps["c3"] + enlarged(p4, maps["c3"])) / 2, "p4": p4, "p5": maps["c5"]}


def pyramids() -> list[tuple[Levels]]:
    """Maps with even sides, and maps with odd ones."""
    torch.manual_seed(0)
    even = {"c3": (12, 20), "c4": (6, 10), "c5": (3, 5)}
    odd = {"c3": (13, 21), "c4": (7, 11), "c5": (4, 6)}
    return [({name: torch.randn(2, 4, *s) for name, s in sides.items()},) for sides in (even, odd)]


TOP_DOWN_MISTAKES = (
    Mistake(
        "twice as large",
        by_two,
        "a map is enlarged by a factor of 2; with odd sides it must take the size of its partner.",
    ),
    Mistake(
        "one step only",
        one_step_only,
        "p3 must get the *sum* of the level above (p4), not the backbone's c4; else c5 never "
        "arrives there.",
    ),
    Mistake("smooth enlarging", smooth, "an FPN copies the nearest value and draws no slope."),
    Mistake("wrong direction", bottom_up, "the path goes down, from the coarse c5 to the fine c3."),
    Mistake("concatenated", laid_behind, "an FPN adds; it is YOLO's neck that concatenates."),
    Mistake("averaged", halved_sums, "the maps are added, and the sum is not divided."),
)

# --- ch03.receptive_field ------------------------------------------------------------------------


def small_stack() -> nn.Sequential:
    """Three convolutions and the windows of SPPF, as in the exercise."""
    return nn.Sequential(Conv(3, 4, 6, 2, 2), Conv(4, 8, 3, 2), Conv(8, 8, 3), SPPF(8, 8))


NAMES = ("6×6, stride 2", "3×3, stride 2", "3×3", "SPPF")


def fields() -> dict[str, int]:
    """Count the fields on the network itself."""
    found = receptive_field(small_stack().eval(), 128, ["0", "1", "2", "3"])
    return dict(zip(NAMES, (found[str(i)].size[0] for i in range(4)), strict=True))


def by_hand() -> dict[str, int]:
    """A solution of ch03.receptive_field."""
    layers = {"6×6, stride 2": (6, 2), "3×3, stride 2": (3, 2), "3×3": (3, 1), "SPPF": (13, 1)}
    field, stride, seen = 1, 1, {}
    for name, (kernel, step) in layers.items():
        field += (kernel - 1) * stride  # each step of the kernel is `stride` pixels wide
        stride *= step
        seen[name] = field
    return seen


def _fields(widen: Callable[[int, int, int], int], windows: int = 13) -> dict[str, int]:
    """Fields by a wrong rule, which is given kernel, stride so far and stride of the layer."""
    field, stride, seen = 1, 1, {}
    for name, kernel, step in zip(NAMES, (6, 3, 3, windows), (2, 2, 1, 1), strict=True):
        field += widen(kernel, stride, step)
        stride *= step
        seen[name] = field
    return seen


FIELD_MISTAKES = (
    Mistake(
        "stride left out",
        lambda: _fields(lambda k, s, t: k - 1),
        "a step on the map that a layer reads may be several pixels wide: multiply by all strides "
        "before it.",
    ),
    Mistake(
        "own stride counted",
        lambda: _fields(lambda k, s, t: (k - 1) * s * t),
        "a layer's own stride widens the fields of the layers behind it, not its own.",
    ),
    Mistake(
        "whole kernel counted",
        lambda: _fields(lambda k, s, t: k * s) | {NAMES[0]: 7},
        "a kernel of k has k − 1 steps, for the middle is already counted.",
    ),
    Mistake(
        "one window of three",
        lambda: _fields(lambda k, s, t: (k - 1) * s, windows=5),
        "SPPF has three windows of 5 in a row: 4 + 4 + 4 steps.",
    ),
    Mistake(
        "windows added up",
        lambda: _fields(lambda k, s, t: (k - 1) * s, windows=27),
        "5 + 9 + 13 belong side by side; the widest of them, 13, decides.",
    ),
)

EXERCISES = (
    Exercise(
        "ch03.spp",
        "Write SPP",
        LayerTask(
            SPP,
            given=((8, 12), (12, 6)),
            inputs=lambda c, k: (torch.randn(2, c, 15, 22, generator=chance(c)),),
            mistakes=SPP_MISTAKES,
        ),
        (
            "Four lanes meet: the narrowed map, and its maxima over windows of 5, 9 and 13.",
            "torch.nn.functional.max_pool2d(x, k, stride=1, padding=k // 2) keeps height and "
            "width. What must `fuse` read: how many lanes, of how many channels?",
            "half = in_channels // 2; `reduce` goes from in_channels to half, `fuse` from 4 * half "
            "to out_channels, both with kernel 1. In forward: reduce, then torch.cat([x, …], "
            "dim=1), then fuse.",
        ),
        MySPP,
    ),
    Exercise(
        "ch03.top_down",
        "Write the top-down path",
        FunctionTask(top_down, pyramids, TOP_DOWN_MISTAKES),
        (
            "Begin at the coarsest map. What it has become is handed down, not what it was.",
            "torch.nn.functional.interpolate(x, size=…, mode='nearest') enlarges; the size is "
            "that of the partner, maps['c4'].shape[-2:].",
            "p5 is c5. p4 is c4 plus p5, enlarged to c4's size. p3 is c3 plus p4, enlarged to "
            "c3's size.",
        ),
        top_down,
    ),
    Exercise(
        "ch03.receptive_field",
        "Predict what a position sees",
        PredictionTask(fields, FIELD_MISTAKES),
        (
            "A 6×6 on the image sees 6 pixels. What does a step of one position on its map mean in "
            "pixels?",
            "Each layer adds (k − 1) · s pixels, s being the product of the strides before it.",
            "6; then 2 steps of 2 pixels more; then 2 steps of 4 pixels more; then 12 steps (three "
            "windows of 5) of 4 pixels.",
        ),
        by_hand,
    ),
)


def chance(seed: int) -> torch.Generator:
    """Give a generator that starts at ``seed``."""
    return torch.Generator().manual_seed(seed)

"""Chapter 2's blocks: BottleneckCSP and C3, written rightly and wrongly.

It stands beside the path from image to picture, under ``ch02``.
"""

from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..layers import C3, Bottleneck, Conv, LeakyReLU, SiLU
from .exercise import Mistake

SIZES = ((8, 12, 2), (12, 8, 1))  # channels in and out, bottlenecks


def a_map(in_channels: int, *others: int) -> tuple[Tensor]:
    """Two maps whose sides differ, one of them odd."""
    chance = torch.Generator().manual_seed(in_channels)
    return (torch.randn(2, in_channels, 9, 14, generator=chance),)


def but(
    make: Callable[..., nn.Module],
    forward: Callable[[Any, Tensor], Tensor] | None = None,
    **parts: Callable[..., nn.Module],
) -> Callable[..., nn.Module]:
    """Build what ``make`` builds, but with other parts, or with another way through them."""

    def build(*sizes: int) -> nn.Module:
        module = make(*sizes)
        for name, part in parts.items():
            setattr(module, name, part(*sizes))
        if forward is not None:
            setattr(module, "forward", MethodType(forward, module))  # noqa: B010
        return module

    return build


def narrow(in_channels: int, out_channels: int) -> nn.Conv2d:
    """A bare 1×1."""
    return nn.Conv2d(in_channels, out_channels, 1, bias=False)


def bend(x: Tensor) -> Tensor:
    """LeakyReLU as in all of YOLO."""
    return F.leaky_relu(x, 0.1)


# --- ch02.bottleneck_csp -------------------------------------------------------------------------


class MyBottleneckCSP(nn.Module):
    """A solution of ch02.bottleneck_csp."""

    def __init__(self, in_channels: int, out_channels: int, num_blocks: int) -> None:
        super().__init__()
        half = out_channels // 2
        self.main = Conv(in_channels, half, 1)
        self.bottlenecks = nn.Sequential(*[Bottleneck(half, half) for _ in range(num_blocks)])
        self.main_out = nn.Conv2d(half, half, 1, bias=False)
        self.bypass = nn.Conv2d(in_channels, half, 1, bias=False)
        self.bn = nn.BatchNorm2d(2 * half)
        self.act = nn.LeakyReLU(0.1)
        self.fuse = Conv(2 * half, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        main = self.main_out(self.bottlenecks(self.main(x)))
        joined = torch.cat([main, self.bypass(x)], dim=1)
        return self.fuse(self.act(self.bn(joined)))


def worked(it: Any, x: Tensor) -> Tensor:
    """The main lane of BottleneckCSP."""
    return it.main_out(it.bottlenecks(it.main(x)))


def mixed(it: Any, *lanes: Tensor) -> Tensor:
    """Lay lanes behind one another, norm, bend, mix."""
    return it.fuse(bend(it.bn(torch.cat(lanes, dim=1))))


BOTTLENECK_CSP_MISTAKES = (
    Mistake(
        "one bottleneck repeated",
        but(
            MyBottleneckCSP,
            bottlenecks=lambda c, k, n: nn.Sequential(*[Bottleneck(k // 2, k // 2)] * n),
        ),
        "[Bottleneck(…)] * n writes the same module down n times, with the same weights; build a "
        "new one for each place.",
    ),
    Mistake(
        "narrowed twice",
        but(
            MyBottleneckCSP,
            bottlenecks=lambda c, k, n: nn.Sequential(
                *[Bottleneck(k // 2, k // 2, k // 4) for _ in range(n)]
            ),
        ),
        "the lane is already half as wide; inside it a bottleneck keeps its width.",
    ),
    Mistake(
        "shortcut left out",
        but(
            MyBottleneckCSP,
            bottlenecks=lambda c, k, n: nn.Sequential(
                *[Bottleneck(k // 2, k // 2, shortcut=False) for _ in range(n)]
            ),
        ),
        "each bottleneck adds its input to its output; YOLOv5 leaves that out in its neck only.",
    ),
    Mistake(
        "bypass with norm",
        but(MyBottleneckCSP, bypass=lambda c, k, n: Conv(c, k // 2, 1)),
        "here the bypass is a bare convolution, and the norm behind the join serves it as well; "
        "a norm of its own is C3's.",
    ),
    Mistake(
        "bypass too late",
        but(
            MyBottleneckCSP,
            lambda it, x: mixed(it, worked(it, x), it.bypass(it.main(x))),
            bypass=lambda c, k, n: narrow(k // 2, k // 2),
        ),
        "the bypass reads the block's input, not what the main lane has already made of it.",
    ),
    Mistake(
        "last 1×1 missing",
        but(MyBottleneckCSP, main_out=lambda *sizes: nn.Identity()),
        "a bare 1×1 follows the bottlenecks; it is what release 4.0 took away.",
    ),
    Mistake(
        "added",
        but(
            MyBottleneckCSP,
            lambda it, x: mixed(it, worked(it, x) + it.bypass(x)),
            bn=lambda c, k, n: nn.BatchNorm2d(k // 2),
            fuse=lambda c, k, n: Conv(k // 2, k, 1),
        ),
        "the lanes are laid behind one another; it is the shortcut of a bottleneck that adds.",
    ),
    Mistake(
        "norm on one lane",
        but(
            MyBottleneckCSP,
            lambda it, x: it.fuse(torch.cat([bend(it.bn(worked(it, x))), it.bypass(x)], dim=1)),
            bn=lambda c, k, n: nn.BatchNorm2d(k // 2),
        ),
        "norm and bend stand behind the join, so that the channels of both lanes pass them.",
    ),
    Mistake(
        "bypass first",
        but(MyBottleneckCSP, lambda it, x: mixed(it, it.bypass(x), worked(it, x))),
        "the main lane comes first, and the bypass behind it.",
    ),
    Mistake(
        "norm at the end",
        but(
            MyBottleneckCSP,
            lambda it, x: bend(it.bn(it.fuse(torch.cat([worked(it, x), it.bypass(x)], dim=1)))),
        ),
        "norm and bend come between the join and `fuse`, which brings its own of both.",
    ),
)

# --- ch02.c3 -------------------------------------------------------------------------------------


class MyC3(nn.Module):
    """A solution of ch02.c3."""

    def __init__(self, in_channels: int, out_channels: int, num_blocks: int) -> None:
        super().__init__()
        half = out_channels // 2
        self.main = Conv(in_channels, half, 1)
        self.bottlenecks = nn.Sequential(*[Bottleneck(half, half) for _ in range(num_blocks)])
        self.bypass = Conv(in_channels, half, 1)
        self.fuse = Conv(2 * half, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        lanes = [self.bottlenecks(self.main(x)), self.bypass(x)]
        return self.fuse(torch.cat(lanes, dim=1))


def as_in_4_0(it: Any, x: Tensor) -> Tensor:
    """The way through C3."""
    return it.fuse(torch.cat([it.bottlenecks(it.main(x)), it.bypass(x)], dim=1))


def cut(it: Any, x: Tensor) -> Tensor:
    """Each lane reads one half of the input."""
    one, other = x.chunk(2, dim=1)
    return it.fuse(torch.cat([it.bottlenecks(it.main(one)), it.bypass(other)], dim=1))


def with_leaky_relu(in_channels: int, out_channels: int, num_blocks: int) -> C3:
    """The block alone: release 4.0 changed the activation as well, the exercise does not."""
    return C3(in_channels, out_channels, num_blocks, activation=LeakyReLU)


OLD_PARTS = (
    "C3 has neither `main_out` nor `bn`; what forward no longer calls, but __init__ still builds, "
    "is counted and saved with the network all the same."
)
C3_MISTAKES = (
    Mistake(
        "old parts kept",
        but(MyBottleneckCSP, as_in_4_0, bypass=lambda c, k, n: Conv(c, k // 2, 1)),
        OLD_PARTS,
    ),
    Mistake(
        "old parts kept", but(MyC3, main_out=lambda c, k, n: narrow(k // 2, k // 2)), OLD_PARTS
    ),
    Mistake("old parts kept", but(MyC3, bn=lambda c, k, n: nn.BatchNorm2d(k)), OLD_PARTS),
    Mistake(
        "last 1×1 kept",
        but(
            MyC3,
            lambda it, x: it.fuse(torch.cat([worked(it, x), it.bypass(x)], dim=1)),
            main_out=lambda c, k, n: narrow(k // 2, k // 2),
        ),
        "C3 joins straight behind the bottlenecks.",
    ),
    Mistake(
        "norm still shared",
        but(MyBottleneckCSP, main_out=lambda *sizes: nn.Identity()),
        "C3 has no norm behind the join; its bypass has one of its own, as the package's Conv "
        "brings it.",
    ),
    Mistake(
        "bypass still bare",
        but(MyC3, bypass=lambda c, k, n: narrow(c, k // 2)),
        "the norm and the bend that served both lanes are gone, so the bypass needs its own: a "
        "Conv in place of a Conv2d.",
    ),
    Mistake(
        "bypass first",
        but(
            MyC3,
            lambda it, x: it.fuse(torch.cat([it.bypass(x), it.bottlenecks(it.main(x))], dim=1)),
        ),
        "the main lane comes first, and the bypass behind it.",
    ),
    Mistake(
        "input cut",
        but(
            MyC3,
            cut,
            main=lambda c, k, n: Conv(c // 2, k // 2, 1),
            bypass=lambda c, k, n: Conv(c // 2, k // 2, 1),
        ),
        "YOLO's block does not cut its input; each lane begins with a 1×1 that reads all channels.",
    ),
    Mistake(
        "input around",
        but(
            MyC3,
            bypass=lambda *sizes: nn.Identity(),
            fuse=lambda c, k, n: Conv(k // 2 + c, k, 1),
        ),
        "what goes around passes a 1×1 too, which brings it to half the width.",
    ),
    Mistake(
        "SiLU",
        lambda c, k, n: C3(c, k, n, activation=SiLU),
        "that is release 4.0's activation; in this exercise all activations stay LeakyReLU.",
    ),
)

"""Chapter 2's last exercise: the bottleneck with which a stage of a ResNet halves the map.

It stands beside the path from image to picture, under ``ch02``.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..backbones.resnet import Bottleneck
from .ch02_blocks import but, narrow
from .exercise import Mistake


class HalvingBottleneck(nn.Module):
    """A solution of ch02.downsample."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        out_channels = 4 * channels
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, stride=2, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + self.downsample(x))


def correction(it: Any, x: Tensor) -> Tensor:
    """What a ResNet's bottleneck adds to its input."""
    return it.bn3(it.conv3(F.relu(it.bn2(it.conv2(F.relu(it.bn1(it.conv1(x))))))))


def way_around(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    """A shortcut with a 1×1."""
    conv = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels))


def halving_bottleneck(in_channels: int, channels: int) -> Bottleneck:
    """The package's own, with the stride of a stage's first block."""
    return Bottleneck(in_channels, channels, stride=2)


DOWNSAMPLE_MISTAKES = (
    Mistake(
        "bent too early",
        but(HalvingBottleneck, lambda it, x: F.relu(correction(it, x)) + it.downsample(x)),
        "the sum is bent, not the correction: behind a ReLU it could add, but never take away.",
    ),
    Mistake(
        "bend left out",
        but(HalvingBottleneck, lambda it, x: correction(it, x) + it.downsample(x)),
        "a ReLU follows the sum.",
    ),
    Mistake(
        "concatenated",
        but(
            HalvingBottleneck,
            lambda it, x: F.relu(torch.cat([correction(it, x), it.downsample(x)], dim=1)),
        ),
        "a residual network adds; it is CSP that lays behind one another.",
    ),
    Mistake(
        "shortcut not used",
        but(HalvingBottleneck, lambda it, x: F.relu(correction(it, x))),
        "`downsample` is there, but what it gives is never added.",
    ),
    Mistake(
        "shortcut missing",
        but(
            HalvingBottleneck,
            lambda it, x: F.relu(correction(it, x)),
            downsample=lambda *sizes: nn.Identity(),
        ),
        "the input is added back; to fit, it needs a 1×1 with the same stride and width, and a "
        "norm.",
    ),
    Mistake(
        "shortcut not halved",
        but(HalvingBottleneck, downsample=lambda c, k: way_around(c, 4 * k, 1)),
        "what is added must have the height and width of what it is added to: stride 2 there too.",
    ),
    Mistake(
        "halved twice",
        but(HalvingBottleneck, conv1=lambda c, k: nn.Conv2d(c, k, 1, 2, bias=False)),
        "two strides of 2 in a row quarter the sides; only the 3×3 has one.",
    ),
    Mistake(
        "not widened",
        but(
            HalvingBottleneck,
            conv3=lambda c, k: narrow(k, k),
            bn3=lambda c, k: nn.BatchNorm2d(k),
            downsample=lambda c, k: way_around(c, k, 2),
        ),
        "the last 1×1 widens to four times `channels`, and so does the shortcut.",
    ),
)

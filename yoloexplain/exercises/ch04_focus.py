"""Chapter 4, one of the exercises: write Focus, in YOLOv5's order of channels.

It stands beside the path from image to picture, under ``ch04``.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..layers import Conv
from .exercise import Mistake


def maps(in_channels: int, out_channels: int) -> tuple[Tensor]:
    """Images that are wider than high."""
    chance = torch.Generator().manual_seed(in_channels)
    return (torch.randn(2, in_channels, 12, 20, generator=chance),)


class MyFocus(nn.Module):
    """A solution of ch04.focus."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = Conv(4 * in_channels, out_channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        upper, lower = x[:, :, 0::2], x[:, :, 1::2]  # even rows, odd rows
        left = [upper[..., 0::2], lower[..., 0::2]]
        right = [upper[..., 1::2], lower[..., 1::2]]
        return self.conv(torch.cat(left + right, dim=1))


class Folded(nn.Module):
    """A Focus in which something is wrong."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = Conv(4 * in_channels, out_channels, 3)

    def fold(self, x: Tensor) -> Tensor:
        """Fold the pixels."""
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Fold, then mix."""
        return self.conv(self.fold(x))


class ColumnsFirst(Folded):
    def fold(self, x: Tensor) -> Tensor:
        return torch.cat([x[..., i::2, j::2] for i in (0, 1) for j in (0, 1)], dim=1)


class Unshuffled(Folded):
    def fold(self, x: Tensor) -> Tensor:
        return F.pixel_unshuffle(x, 2)


class Cut(Folded):
    def fold(self, x: Tensor) -> Tensor:
        halves = [half.chunk(2, dim=2) for half in x.chunk(2, dim=3)]
        return torch.cat([piece for column in halves for piece in column], dim=1)


class Reshaped(Folded):
    def fold(self, x: Tensor) -> Tensor:
        b, c, height, width = x.shape
        return x.reshape(b, 4 * c, height // 2, width // 2)


class IntoTheBatch(Folded):
    def fold(self, x: Tensor) -> Tensor:
        return torch.cat([x[..., i::2, j::2] for j in (0, 1) for i in (0, 1)], dim=0)


class FirstAxes(Folded):
    def fold(self, x: Tensor) -> Tensor:
        return torch.cat([x[i::2, j::2] for j in (0, 1) for i in (0, 1)], dim=1)


class OneByOne(nn.Module):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = Conv(4 * in_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(torch.cat([x[..., i::2, j::2] for j in (0, 1) for i in (0, 1)], dim=1))


class OneStep(nn.Module):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = Conv(in_channels, out_channels, 6, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class MixedFirst(Folded):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels)
        self.conv = Conv(in_channels, out_channels // 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return torch.cat([x[..., i::2, j::2] for j in (0, 1) for i in (0, 1)], dim=1)


FOCUS_MISTAKES = (
    Mistake(
        "columns change first",
        ColumnsFirst,
        "the second quarter holds the pixels *below*: rows change first, then columns.",
    ),
    Mistake(
        "quarters within channels",
        Unshuffled,
        "the four pixels of red lie together here, as pixel_unshuffle lays them. YOLOv5 lays "
        "whole quarters behind one another: red, green and blue of the first, then of the second.",
    ),
    Mistake(
        "cut into four",
        Cut,
        "the image is cut at its middle; a quarter takes every second pixel of every second row.",
    ),
    Mistake(
        "reshaped only",
        Reshaped,
        "reshape keeps the order of memory, row by row, and cannot pick every second pixel.",
    ),
    Mistake(
        "folded into the batch",
        IntoTheBatch,
        "the quarters lie behind one another as channels: dim=1, not dim=0.",
    ),
    Mistake(
        "first axes sliced",
        FirstAxes,
        "x[::2, ::2] takes every second image and channel; rows and columns are the last two "
        "axes: x[..., ::2, ::2].",
    ),
    Mistake(
        "kernel left out",
        OneByOne,
        "without a third argument Conv is a 1×1, which sees a single patch of 2×2 pixels; with 3 "
        "it sees 6×6.",
    ),
    Mistake(
        "6×6 instead",
        OneStep,
        "that is release 6.0's stem, which computes the same; but asked for is the folding, with a "
        "3×3 on four times the channels.",
    ),
    Mistake(
        "mixed before folding",
        MixedFirst,
        "fold first, convolve after: else the convolution walks over the whole image and sees only "
        "3×3 pixels of it.",
    ),
)

"""Cross stage partial blocks: half of the maps goes around the heavy work.

They stand in the backbone, and in YOLOv5's neck as well.
Source: CSPNet (Wang et al. 2019, arXiv 1911.11929), sections 3.1 and 3.2 and figure 3; the forms
BottleneckCSP and C3 are those of YOLOv5 releases 1.0 to 3.1 and from 4.0.

A stage splits its input by channels; one part passes through the block, the other goes around it,
and both meet at the end. Fewer channels enter the block, and the two parts learn from different
gradients. Departure: the paper splits by channels, while YOLO's code computes both halves with a
1×1 convolution each, which is the same thing once the 1×1 before the split is folded in.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .activations import LeakyReLU, SiLU
from .check import check_choice
from .conv import Activation, Bottleneck, Conv
from .dense import DenseBlock

FUSIONS = ("both", "first", "last")


class CSPDenseBlock(nn.Module):
    """A dense block that only part of the channels enters.

    Parameters
    ----------
    in_channels, growth_rate, num_layers
        As for a dense block.
    split_ratio
        γ of the paper: the share of the input channels that goes around the block.
    fusion
        ``"both"`` (figure 3b) mixes the dense part, joins, and mixes again; ``"first"`` (3c) joins,
        then mixes once; ``"last"`` (3d) mixes the dense part and joins at the very end. ``"last"``
        is the cheapest, for the bypass never meets a convolution here.

    Shape: (B, C, H, W) → (B, (C + num_layers·growth_rate)/2, H, W), the width that a DenseNet's
    transition leaves. Source: arXiv 1911.11929; it leaves the widths of the two mixtures open, and
    they are chosen so that all three fusions end equally wide.
    """

    def __init__(
        self,
        in_channels: int,
        growth_rate: int,
        num_layers: int,
        *,
        split_ratio: float = 0.5,
        fusion: str = "both",
    ) -> None:
        super().__init__()
        check_choice("fusion", fusion, FUSIONS)
        self.bypass_channels = round(split_ratio * in_channels)
        self.block_channels = in_channels - self.bypass_channels
        if min(self.bypass_channels, self.block_channels) < 1:
            raise ValueError(
                "split_ratio must lie between 0 and 1 and leave a channel on either side of "
                f"{in_channels}, got {split_ratio}; the paper takes 0.5"
            )
        self.block = DenseBlock(self.block_channels, growth_rate, num_layers)
        dense = self.block.out_channels
        self.out_channels = (in_channels + num_layers * growth_rate) // 2
        joined = dense + self.bypass_channels
        if fusion != "first" and self.bypass_channels >= self.out_channels:
            raise ValueError(
                f"what goes around must be less than the {self.out_channels} channels that leave "
                f"the block, got {self.bypass_channels} with {split_ratio=}; pass a lower "
                "split_ratio, or fusion='first'"
            )
        if fusion != "first":
            joined = self.out_channels
            self.mix_dense = PreActivation(dense, self.out_channels - self.bypass_channels)
        if fusion != "last":
            self.mix_all = PreActivation(joined, self.out_channels)
        self.fusion = fusion

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Split by channels, work on one part, join."""
        bypass, dense = x.split([self.bypass_channels, self.block_channels], dim=1)
        dense = self.block(dense)
        if self.fusion != "first":
            dense = self.mix_dense(dense)
        joined = torch.cat([bypass, dense], dim=1)
        return self.mix_all(joined) if self.fusion != "last" else joined


class PreActivation(nn.Sequential):
    """BatchNorm, ReLU, 1×1 convolution: a transition that does not shrink the map."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(in_channels, out_channels, 1, bias=False),
        )


class BottleneckCSP(nn.Module):
    """YOLOv5's first CSP block: releases 1.0 to 3.1.

    The main half runs through ``num_blocks`` bottlenecks and one more 1×1; the bypass is a bare
    1×1. Joined, both share one BatchNorm and one activation before the last convolution.

    Shape: (B, C, H, W) → (B, out_channels, H, W), with out_channels/2 in each half.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        num_blocks: int = 1,
        *,
        shortcut: bool = True,
        activation: Activation = LeakyReLU,
    ) -> None:
        super().__init__()
        half = out_channels // 2
        self.main = Conv(in_channels, half, 1, activation=activation)
        self.bypass = nn.Conv2d(in_channels, half, 1, bias=False)
        self.main_out = nn.Conv2d(half, half, 1, bias=False)
        self.fuse = Conv(2 * half, out_channels, 1, activation=activation)
        self.bn = nn.BatchNorm2d(2 * half)
        self.act = LeakyReLU(inplace=True)  # whatever ``activation`` is: so in every release
        self.bottlenecks = bottlenecks(half, num_blocks, shortcut, activation)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Two halves, joined under one norm."""
        main = self.main_out(self.bottlenecks(self.main(x)))
        return self.fuse(self.act(self.bn(torch.cat([main, self.bypass(x)], dim=1))))


class C3(nn.Module):
    """YOLOv5's CSP block from release 4.0: BottleneckCSP with one convolution less.

    The 1×1 after the bottlenecks and the shared BatchNorm are gone; the bypass has its own norm and
    activation. Three convolutions around the bottlenecks, hence the name.

    Shape: (B, C, H, W) → (B, out_channels, H, W), with out_channels/2 in each half.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        num_blocks: int = 1,
        *,
        shortcut: bool = True,
        activation: Activation = SiLU,
    ) -> None:
        super().__init__()
        half = out_channels // 2
        self.main = Conv(in_channels, half, 1, activation=activation)
        self.bypass = Conv(in_channels, half, 1, activation=activation)
        self.fuse = Conv(2 * half, out_channels, 1, activation=activation)
        self.bottlenecks = bottlenecks(half, num_blocks, shortcut, activation)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Two halves, joined and mixed."""
        return self.fuse(torch.cat([self.bottlenecks(self.main(x)), self.bypass(x)], dim=1))


def bottlenecks(
    channels: int, num_blocks: int, shortcut: bool, activation: Activation
) -> nn.Sequential:
    """Stack the bottlenecks of the main half; none of them changes the channel count."""
    return nn.Sequential(
        *(
            Bottleneck(channels, channels, shortcut=shortcut, activation=activation)
            for _ in range(num_blocks)
        )
    )

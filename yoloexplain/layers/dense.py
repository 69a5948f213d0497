"""Dense layers: every layer reads all that came before it, and adds a little.

They stand in the backbone, between the stem and the neck.
Source: Densely Connected Convolutional Networks (Huang et al. 2016, arXiv 1608.06993), sections
3 and 4.

A layer of a dense block sees the block's input and the maps of all earlier layers, laid behind one
another, and contributes only ``growth_rate`` new maps. Between two blocks a transition halves the
maps' sides and, in the compressed form, their number.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class DenseLayer(nn.Module):
    """BatchNorm, ReLU, convolution: ``growth_rate`` new maps from all maps so far.

    With ``bottleneck`` a 1×1 convolution first narrows the input to 4·growth_rate maps
    (DenseNet-B). Here the order is norm, bend, mix: "pre-activation", for each reader of a shared
    map wants its own scale.

    Shape: (B, C, H, W) → (B, growth_rate, H, W). Source: arXiv 1608.06993, section 3.
    """

    def __init__(self, in_channels: int, growth_rate: int, *, bottleneck: bool = True) -> None:
        super().__init__()
        hidden_channels = 4 * growth_rate if bottleneck else in_channels
        self.narrow = nn.Sequential()
        if bottleneck:
            self.narrow.append(nn.BatchNorm2d(in_channels))
            self.narrow.append(nn.ReLU(inplace=True))
            self.narrow.append(nn.Conv2d(in_channels, hidden_channels, 1, bias=False))
        self.norm = nn.BatchNorm2d(hidden_channels)
        self.act = nn.ReLU(inplace=True)
        self.conv = nn.Conv2d(hidden_channels, growth_rate, 3, padding=1, bias=False)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b growth h w"]:
        """Compute the new maps only; the block lays them behind the old ones."""
        return self.conv(self.act(self.norm(self.narrow(x))))


class DenseBlock(nn.Module):
    """``num_layers`` dense layers; the output holds the input and every layer's new maps.

    Shape: (B, C, H, W) → (B, C + num_layers·growth_rate, H, W).
    """

    def __init__(
        self, in_channels: int, growth_rate: int, num_layers: int, *, bottleneck: bool = True
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            DenseLayer(in_channels + i * growth_rate, growth_rate, bottleneck=bottleneck)
            for i in range(num_layers)
        )
        self.out_channels = in_channels + num_layers * growth_rate

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Let each layer read all maps so far and append its own."""
        for layer in self.layers:
            x = torch.cat([x, layer(x)], dim=1)
        return x


class Transition(nn.Module):
    """BatchNorm, ReLU, 1×1 convolution, and an average pool that halves both sides.

    Shape: (B, C, H, W) → (B, out_channels, H/2, W/2). Source: arXiv 1608.06993, section 3;
    DenseNet-BC keeps out_channels = C/2 (compression θ = 0.5).
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(in_channels)
        self.act = nn.ReLU(inplace=True)
        self.conv = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.pool = nn.AvgPool2d(2)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h//2 w//2"]:
        """Mix down, then average each 2×2 patch."""
        return self.pool(self.conv(self.act(self.norm(x))))

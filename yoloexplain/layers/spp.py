"""Spatial pyramid pooling: the same map looked at through windows of several sizes.

It stands at the end of the backbone, before the neck.
Sources: SPP-net (He et al. 2014, arXiv 1406.4729), section 2.2; its form in YOLOv3-SPP and YOLOv4
(arXiv 2004.10934, section 3.4); SPPF from YOLOv5 release 6.0.

The original divides the map into 1, 4 and 16 bins and keeps each bin's maximum: a vector whose
length does not depend on the image's size. YOLO keeps the map instead, and takes the maximum of a
growing window around each position, with stride 1.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from .activations import LeakyReLU, SiLU
from .conv import Activation, Conv


class SpatialPyramidPooling(nn.Module):
    """The original: maxima over m×m bins for each m in ``bins``, laid into one vector.

    Shape: (B, C, H, W) → (B, C·Σm²), whatever H and W: 21·C for bins of 1, 2 and 4.
    Source: arXiv 1406.4729, section 2.2 and figure 3.
    """

    def __init__(self, bins: tuple[int, ...] = (1, 2, 4)) -> None:
        super().__init__()
        self.bins = bins

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b features"]:
        """Pool each grid of bins, flatten, join."""
        return torch.cat([F.adaptive_max_pool2d(x, m).flatten(1) for m in self.bins], dim=1)


class SPP(nn.Module):
    """YOLO's form: windows of 5, 9 and 13 beside the map itself, at full resolution.

    A 1×1 halves the channels, three max pools with stride 1 look at growing windows, and a second
    1×1 mixes the four.

    Shape: (B, C, H, W) → (B, out_channels, H, W). Source: YOLOv5 releases 1.0 to 5.0.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_sizes: tuple[int, ...] = (5, 9, 13),
        *,
        activation: Activation = LeakyReLU,
    ) -> None:
        super().__init__()
        half = in_channels // 2
        self.reduce = Conv(in_channels, half, 1, activation=activation)
        self.fuse = Conv(half * (len(kernel_sizes) + 1), out_channels, 1, activation=activation)
        self.pools = nn.ModuleList(nn.MaxPool2d(k, stride=1, padding=k // 2) for k in kernel_sizes)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Narrow, look through every window, mix."""
        x = self.reduce(x)
        return self.fuse(torch.cat([x, *(pool(x) for pool in self.pools)], dim=1))


class SPPF(nn.Module):
    """The fast form: one window of 5, applied three times.

    The maximum of maxima is a maximum: 5 after 5 sees 9, and 5 after that sees 13. Same numbers as
    SPP(5, 9, 13) to the bit, with 75 comparisons a position instead of 275.

    Shape: (B, C, H, W) → (B, out_channels, H, W). Source: YOLOv5 from release 6.0.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 5,
        *,
        activation: Activation = SiLU,
    ) -> None:
        super().__init__()
        half = in_channels // 2
        self.reduce = Conv(in_channels, half, 1, activation=activation)
        self.fuse = Conv(4 * half, out_channels, 1, activation=activation)
        self.pool = nn.MaxPool2d(kernel_size, stride=1, padding=kernel_size // 2)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Narrow, pool thrice in a row, mix all four."""
        x = self.reduce(x)
        once = self.pool(x)
        twice = self.pool(once)
        return self.fuse(torch.cat([x, once, twice, self.pool(twice)], dim=1))

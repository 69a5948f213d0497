"""CSPDarknet-53: Darknet-53 with half of each stage going around, and Mish.

Image → stem → five stages, each halving the sides → c2 … c5. It is YOLOv4's backbone.
Sources: CSPNet (Wang et al. 2019, arXiv 1911.11929); YOLOv4 (Bochkovskiy et al. 2020, arXiv
2004.10934), section 3.4; the layer order is that of ``csdarknet53.cfg``.

Each stage is halved by two 1×1 convolutions: one half runs through the bottlenecks and one more
1×1, the other goes around, and a last 1×1 mixes both. Departure from the even halves: in the first
stage both "halves" keep the full 64 channels, as published.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..layers.activations import Mish
from ..layers.check import check_count
from ..layers.conv import Bottleneck, Conv
from .trunk import Trunk

DEPTHS = (1, 2, 8, 8, 4)


class CSPDarknet53(Trunk):
    """The trunk of CSPDarknet-53, without a classifier; 26,617,184 parameters.

    Shape: (B, C, H, W) → {"c2" … "c5"} with 128, 256, 512 and 1,024 channels at strides 4 to 32.
    """

    stride = 32
    out_channels = 1024

    def __init__(self, in_channels: int = 3) -> None:
        super().__init__()
        check_count("in_channels", in_channels)
        self.in_channels = in_channels
        self.stem = Conv(in_channels, 32, 3, activation=Mish)
        self.stages = nn.ModuleList(
            CSPStage(32 * 2**i, 64 * 2**i, depth, first=i == 0) for i, depth in enumerate(DEPTHS)
        )

    def forward(self, image: Float[Tensor, "b c h w"]) -> dict[str, Float[Tensor, "b _ _ _"]]:
        """Image → {"c2", "c3", "c4", "c5"}."""
        x, features = self.stem(image), {}
        for i, stage in enumerate(self.stages):
            features[f"c{i + 1}"] = x = stage(x)
        features.pop("c1")
        return features


class CSPStage(nn.Module):
    """One convolution with stride 2, then two halves: bottlenecks, and a way around them.

    Shape: (B, C, H, W) → (B, out_channels, H/2, W/2).
    """

    def __init__(
        self, in_channels: int, out_channels: int, depth: int, *, first: bool = False
    ) -> None:
        super().__init__()
        half = out_channels if first else out_channels // 2
        self.down = Conv(in_channels, out_channels, 3, stride=2, activation=Mish)
        self.bypass = Conv(out_channels, half, 1, activation=Mish)
        self.main = Conv(out_channels, half, 1, activation=Mish)
        hidden = half // 2 if first else half
        self.blocks = nn.Sequential(
            *(Bottleneck(half, half, hidden, activation=Mish) for _ in range(depth))
        )
        self.main_out = Conv(half, half, 1, activation=Mish)
        self.fuse = Conv(2 * half, out_channels, 1, activation=Mish)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k y x"]:
        """Halve the sides, go both ways, mix."""
        x = self.down(x)
        main = self.main_out(self.blocks(self.main(x)))
        return self.fuse(torch.cat([main, self.bypass(x)], dim=1))

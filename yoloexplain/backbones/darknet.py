"""Darknet-53: residual bottlenecks and convolutions with stride 2, no pooling.

Image → stem → five stages, each halving the sides → c2 … c5. It is YOLOv3's backbone.
Source: YOLOv3 (Redmon and Farhadi 2018, arXiv 1804.02767), table 1; the layer order is that of
Darknet's ``darknet53.cfg``.

Each stage is one 3×3 with stride 2 that doubles the channels, and a chain of bottlenecks that keep
them. 52 convolutions, and one more that classifies.
"""

from jaxtyping import Float
from torch import Tensor, nn

from ..layers.check import check_count
from ..layers.conv import Bottleneck, Conv
from .trunk import Trunk

DEPTHS = (1, 2, 8, 8, 4)


class Darknet53(Trunk):
    """The trunk of Darknet-53, without its classifier.

    Shape: (B, C, H, W) → {"c2" … "c5"} with 128, 256, 512 and 1,024 channels at strides 4 to 32.
    """

    stride = 32
    out_channels = 1024

    def __init__(self, in_channels: int = 3) -> None:
        super().__init__()
        check_count("in_channels", in_channels)
        self.in_channels = in_channels
        self.stem = Conv(in_channels, 32, 3)
        self.stages = nn.ModuleList(
            DarknetStage(32 * 2**i, 64 * 2**i, depth) for i, depth in enumerate(DEPTHS)
        )

    def forward(self, image: Float[Tensor, "b c h w"]) -> dict[str, Float[Tensor, "b _ _ _"]]:
        """Image → {"c2", "c3", "c4", "c5"}."""
        x, features = self.stem(image), {}
        for i, stage in enumerate(self.stages):
            features[f"c{i + 1}"] = x = stage(x)
        features.pop("c1")
        return features


class DarknetStage(nn.Module):
    """One convolution with stride 2, then ``depth`` bottlenecks of half the width inside.

    Shape: (B, C, H, W) → (B, out_channels, H/2, W/2).
    """

    def __init__(self, in_channels: int, out_channels: int, depth: int) -> None:
        super().__init__()
        self.down = Conv(in_channels, out_channels, 3, stride=2)
        self.blocks = nn.Sequential(
            *(Bottleneck(out_channels, out_channels, out_channels // 2) for _ in range(depth))
        )

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k y x"]:
        """Halve, then refine."""
        return self.blocks(self.down(x))

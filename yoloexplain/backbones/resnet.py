"""ResNet: each block adds a correction to what it was given.

Image → stem (stride 4) → four stages → c2 … c5. It is YOLOv1's second trunk and SOLO's backbone.
Sources: Deep Residual Learning (He et al. 2015, arXiv 1512.03385), table 1; initialisation after
arXiv 1502.01852.

With the input added back, a block need only learn the difference, and gradients reach the first
layers unhindered. Departure from the paper, as in all published weights today: in a bottleneck the
stride sits on the 3×3 and not on the first 1×1, which would skip three of four positions.
"""

from jaxtyping import Float
from torch import Tensor, nn

from ..layers.check import check_count
from .trunk import Trunk


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and the shortcut (ResNet-18 and 34).

    Shape: (B, C, H, W) → (B, channels, H/stride, W/stride).
    """

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = projection(in_channels, channels, stride)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k y x"]:
        """Correct, and add."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """1×1 down, 3×3, 1×1 up to four times the channels, and the shortcut (ResNet-50 and deeper).

    Shape: (B, C, H, W) → (B, 4·channels, H/stride, W/stride).
    """

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        out_channels = channels * self.expansion
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = projection(in_channels, out_channels, stride)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k y x"]:
        """Correct, and add."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


def projection(in_channels: int, out_channels: int, stride: int) -> nn.Sequential | None:
    """Bring the shortcut to the block's output shape, where the two differ."""
    if stride == 1 and in_channels == out_channels:
        return None
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
    )


class ResNet(Trunk):
    """The trunk: stem and four stages, without a classifier.

    Parameters
    ----------
    block
        ``BasicBlock`` or ``Bottleneck``.
    depths
        Blocks in each stage; the published networks have four.
    in_channels
        Of the image.
    width
        Channels of the stem and of the first stage's blocks; they double from stage to stage.

    Shape: (B, C, H, W) → {"c2" … "c5"} with strides 4, 8, 16, 32.
    """

    def __init__(
        self,
        block: type[BasicBlock | Bottleneck],
        depths: tuple[int, ...],
        in_channels: int = 3,
        *,
        width: int = 64,
    ) -> None:
        super().__init__()
        check_count("in_channels", in_channels)
        check_count("width", width)
        self.in_channels, self.stride = in_channels, 2 ** (len(depths) + 1)
        self.conv1 = nn.Conv2d(in_channels, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.stages = nn.ModuleList()
        self.channels: dict[str, int] = {}
        channels = width
        for i, depth in enumerate(depths):
            inner = width * 2**i
            first = block(channels, inner, stride=1 if i == 0 else 2)
            channels = inner * block.expansion
            self.stages.append(
                nn.Sequential(first, *(block(channels, inner) for _ in range(depth - 1)))
            )
            self.channels[f"c{i + 2}"] = channels
        self.out_channels = channels
        self.apply(initialise)

    def forward(self, image: Float[Tensor, "b c h w"]) -> dict[str, Float[Tensor, "b _ _ _"]]:
        """Image → {"c2", "c3", "c4", "c5"}."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(image))))
        features = {}
        for i, stage in enumerate(self.stages):
            features[f"c{i + 2}"] = x = stage(x)
        return features


def initialise(module: nn.Module) -> None:
    """Draw convolution weights so that the signal keeps its variance. Source: 1502.01852."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def resnet18(in_channels: int = 3) -> ResNet:
    """ResNet-18's trunk: 2, 2, 2, 2 basic blocks."""
    return ResNet(BasicBlock, (2, 2, 2, 2), in_channels)


def resnet50(in_channels: int = 3) -> ResNet:
    """ResNet-50's trunk: 3, 4, 6, 3 bottlenecks; 23,508,032 parameters."""
    return ResNet(Bottleneck, (3, 4, 6, 3), in_channels)

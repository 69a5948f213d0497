"""DenseNet: dense blocks between transitions, and its CSP form.

Image → stem (stride 4) → four dense blocks with transitions between → c2 … c5.
Sources: arXiv 1608.06993, table 1 (ImageNet) and section 4.1 (CIFAR); CSPNet (Wang et al. 2019,
arXiv 1911.11929), section 3.1.

Every layer reads all earlier maps of its block and adds ``growth_rate`` new ones, so a network of
121 layers gets by with fewer parameters than a ResNet of 50. In the CSP form only part of each
block's input enters it. Departure: the paper's DenseNet-161 is named by its 48 maps a layer.
"""

from jaxtyping import Float
from torch import Tensor, nn

from ..layers.check import check_count
from ..layers.csp import CSPDenseBlock
from ..layers.dense import DenseBlock, Transition
from .trunk import Trunk

Features = dict[str, Float[Tensor, "b _ _ _"]]

# growth rate and layers of the four blocks; arXiv 1608.06993, table 1. DenseNet-161 (k = 48) is
# from the authors' code.
DENSENETS: dict[str, tuple[int, tuple[int, int, int, int]]] = {
    "densenet121": (32, (6, 12, 24, 16)),
    "densenet161": (48, (6, 12, 36, 24)),
    "densenet169": (32, (6, 12, 32, 32)),
    "densenet201": (32, (6, 12, 48, 32)),
    "densenet264": (32, (6, 12, 64, 48)),
}


class Stem(nn.Sequential):
    """7×7 convolution with stride 2, norm, ReLU, 3×3 max pool with stride 2: stride 4 in all."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 7, stride=2, padding=3, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)
        self.act = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)


class Normed(nn.Sequential):
    """The last norm and ReLU, which the pre-activated blocks leave to their reader."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.act = nn.ReLU(inplace=True)


class DenseNet(Trunk):
    """The ImageNet form: four dense blocks, transitions that halve maps and sides.

    Parameters
    ----------
    growth_rate
        k, the maps that each layer adds.
    depths
        Layers in each block; the published networks have four.
    in_channels
        Of the image.
    stem_channels
        Of the stem; 2k unless given.

    Shape: (B, C, H, W) → {"c2" … "c5"} with strides 4, 8, 16, 32; each is a block's output before
    its transition, c5 with the last norm and ReLU.
    """

    def __init__(
        self,
        growth_rate: int,
        depths: tuple[int, ...],
        in_channels: int = 3,
        *,
        stem_channels: int | None = None,
    ) -> None:
        super().__init__()
        check_count("in_channels", in_channels)
        self.in_channels, self.stride = in_channels, 2 ** (len(depths) + 1)
        channels = stem_channels or 2 * growth_rate
        self.stem = Stem(in_channels, channels)
        self.blocks, self.transitions = nn.ModuleList(), nn.ModuleList()
        for i, depth in enumerate(depths):
            self.blocks.append(DenseBlock(channels, growth_rate, depth))
            channels += depth * growth_rate
            last = i == len(depths) - 1
            self.transitions.append(
                Normed(channels) if last else Transition(channels, channels // 2)
            )
            channels = channels if last else channels // 2
        self.out_channels = channels
        initialise_dense(self)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Features:
        """Image → {"c2", "c3", "c4", "c5"}."""
        x, features = self.stem(image), {}
        for i, (block, transition) in enumerate(zip(self.blocks, self.transitions, strict=True)):
            features[f"c{i + 2}"] = block(x)
            x = transition(features[f"c{i + 2}"])
        return features | {f"c{len(self.blocks) + 1}": x}


class CSPDenseNet(Trunk):
    """DenseNet whose blocks take only part of their input; the rest goes around.

    Parameters, stages and widths as in DenseNet; each is mixed and compressed inside its CSP block,
    the last one too, so that only the average pool remains between two stages. ``split_ratio`` is
    the share that goes around, and ``fusion`` says where the parts are mixed (see
    ``CSPDenseBlock``).

    Shape: (B, C, H, W) → {"c2" … "c5"} with strides 4, 8, 16, 32.
    """

    def __init__(
        self,
        growth_rate: int,
        depths: tuple[int, ...],
        in_channels: int = 3,
        *,
        stem_channels: int | None = None,
        split_ratio: float = 0.5,
        fusion: str = "both",
    ) -> None:
        super().__init__()
        check_count("in_channels", in_channels)
        self.in_channels, self.stride = in_channels, 2 ** (len(depths) + 1)
        channels = stem_channels or 2 * growth_rate
        self.stem = Stem(in_channels, channels)
        self.blocks = nn.ModuleList()
        for depth in depths:
            block = CSPDenseBlock(
                channels, growth_rate, depth, split_ratio=split_ratio, fusion=fusion
            )
            self.blocks.append(block)
            channels = block.out_channels
        self.pool = nn.AvgPool2d(2)
        self.normed = Normed(channels)
        self.out_channels = channels
        initialise_dense(self)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Features:
        """Image → {"c2", "c3", "c4", "c5"}."""
        x, features = self.stem(image), {}
        for i, block in enumerate(self.blocks):
            features[f"c{i + 2}"] = x = block(x if i == 0 else self.pool(x))
        return features | {f"c{len(self.blocks) + 1}": self.normed(x)}


class CIFARDenseNet(Trunk):
    """The form for images of 32×32: three blocks of equal depth at strides 1, 2 and 4.

    Parameters
    ----------
    depth
        L, all layers counted: 3n + 4, or 6n + 4 with ``bottleneck``.
    growth_rate
        k, the maps that each layer adds.
    bottleneck
        DenseNet-BC: a 1×1 in each layer, transitions that halve the maps, and a stem of 2k maps
        instead of 16.

    Shape: (B, C, H, W) → {"c0", "c1", "c2"} with strides 1, 2, 4. Source: 1608.06993, section 4.1.
    """

    stride = 4

    def __init__(
        self, depth: int = 100, growth_rate: int = 12, bottleneck: bool = True, in_channels: int = 3
    ) -> None:
        super().__init__()
        check_count("in_channels", in_channels)
        check_count("growth_rate", growth_rate)
        per_layer = 6 if bottleneck else 3
        check_count("depth", depth)
        if depth <= 4 or (depth - 4) % per_layer:
            raise ValueError(
                f"depth must be {per_layer}n + 4 with {bottleneck=}, got {depth!r}; "
                f"for example {per_layer * 6 + 4} or {per_layer * 16 + 4}"
            )
        self.in_channels = in_channels
        layers = (depth - 4) // per_layer
        channels = 2 * growth_rate if bottleneck else 16
        self.stem = nn.Conv2d(in_channels, channels, 3, padding=1, bias=False)
        self.blocks, self.transitions = nn.ModuleList(), nn.ModuleList()
        for i in range(3):
            self.blocks.append(DenseBlock(channels, growth_rate, layers, bottleneck=bottleneck))
            channels += layers * growth_rate
            kept = channels // 2 if bottleneck else channels
            self.transitions.append(Normed(channels) if i == 2 else Transition(channels, kept))
            channels = channels if i == 2 else kept
        self.out_channels = channels
        initialise_dense(self)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Features:
        """Image → {"c0", "c1", "c2"}."""
        x, features = self.stem(image), {}
        for i, (block, transition) in enumerate(zip(self.blocks, self.transitions, strict=True)):
            features[f"c{i}"] = block(x)
            x = transition(features[f"c{i}"])
        return features | {"c2": x}


def initialise_dense(module: nn.Module) -> None:
    """Draw convolution weights so that the signal keeps its variance. Source: 1502.01852."""
    for conv in module.modules():
        if isinstance(conv, nn.Conv2d):
            nn.init.kaiming_normal_(conv.weight)

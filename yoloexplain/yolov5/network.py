"""YOLOv5: image → CSP backbone → PAN neck → three (or four) grids of anchors.

Source: YOLOv5 (Jocher et al. 2020–2022), releases 1.0 to 7.0, https://github.com/ultralytics/yolov5.
The facts (shapes, order, constants) were read off the releases' models, and no code of theirs is
used. There is no paper; the parts come from CSPNet (arXiv 1911.11929), FPN (1612.03144), PAN
(1803.01534) and SPP (1406.4729).

The backbone halves the image five times. The neck carries meaning down and detail up again, joining
by concatenation. The head is one 1×1 convolution a level: for each anchor of each cell four box
values, one objectness and K class scores. Departure: ``forward`` returns these raw values in every
mode; turning them into boxes is a call of its own.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..layers.check import check_count, check_image
from ..layers.concat import Concat
from ..layers.conv import Conv
from ..layers.focus import Focus
from ..layers.spp import SPP, SPPF
from .releases import (
    ANCHORS,
    ANCHORS_P6,
    BN_MOMENTUM,
    RELEASES,
    Anchors,
    check_size,
    scale_depth,
    scale_width,
)

Maps = dict[str, Float[Tensor, "b _ _ _"]]
RawOutputs = dict[str, Float[Tensor, "b a _ _ v"]]

# channels of each stage at width 1, keyed by the power of two that is its stride
CHANNELS = {1: 64, 2: 128, 3: 256, 4: 512, 5: 1024}
CHANNELS_P6 = {1: 64, 2: 128, 3: 256, 4: 512, 5: 768, 6: 1024}


class Backbone(nn.ModuleDict):
    """Stem, then a convolution with stride 2 and a CSP stage a level, and a pyramid pool.

    Shape: (B, C, H, W) → {"c3", "c4", "c5"[, "c6"]} with strides 8 to 32 (64).
    """

    def __init__(self, size: str, release: str, in_channels: int, channels: dict[int, int]) -> None:
        super().__init__()
        plan = RELEASES[release]
        act, top = plan.activation, max(channels)
        if plan.modern:
            self["stem"] = Conv(in_channels, channels[1], 6, 2, padding=2, activation=act)
        else:
            self["stem"] = Focus(in_channels, channels[1], 3, activation=act)
        for level, depth in zip(range(2, top + 1), plan.depths, strict=False):
            below, here = channels[level - 1], channels[level]
            self[f"down{level}"] = Conv(below, here, 3, stride=2, activation=act)
            last = level == top
            if last and not plan.modern:
                kernel_sizes = (5, 9, 13) if top == 5 else (3, 5, 7)
                self["pool"] = SPP(here, here, kernel_sizes, activation=act)
            self[f"stage{level}"] = plan.block(
                here,
                here,
                scale_depth(depth, size),
                shortcut=plan.modern or not last,
                activation=act,
            )
        if plan.modern:
            self["pool"] = SPPF(channels[top], channels[top], 5, activation=act)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Maps:
        """Run the stages in order; the last level is what the whole chain ends in."""
        x, features = image, {}
        for name, module in self.items():
            x = module(x)
            if name.startswith("stage") and name != "stage2":
                features[f"c{name[-1]}"] = x
        top = list(features)[-1]
        return features | {top: x}


class Neck(nn.ModuleDict):
    """Down from the coarsest level, and up again: a PAN that concatenates.

    Shape: {"c3" …} → {"p3" …}, same strides and channels.
    """

    def __init__(self, size: str, release: str, channels: dict[int, int]) -> None:
        super().__init__()
        plan = RELEASES[release]
        self.top = max(channels)
        self["upsample"] = nn.Upsample(scale_factor=2.0, mode="nearest")
        self["concat"] = Concat()

        def conv(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> Conv:
            return Conv(in_channels, out_channels, kernel_size, stride, activation=plan.activation)

        def csp(in_channels: int, out_channels: int) -> nn.Module:
            depth = scale_depth(3, size)
            return plan.block(
                in_channels, out_channels, depth, shortcut=False, activation=plan.activation
            )

        for level in range(self.top, 3, -1):
            here, finer = channels[level], channels[level - 1]
            self[f"lateral{level}"] = conv(here, finer, 1)
            self[f"top_down{level - 1}"] = csp(2 * finer, finer)
        for level in range(4, self.top + 1):
            finer, here = channels[level - 1], channels[level]
            self[f"down{level - 1}"] = conv(finer, finer, 3, stride=2)
            self[f"bottom_up{level}"] = csp(2 * finer, here)

    def forward(self, features: Maps) -> Maps:
        """Top-down, then bottom-up, each step joined with the level it reaches."""
        x, laterals = features[f"c{self.top}"], {}
        for level in range(self.top, 3, -1):
            laterals[level] = self[f"lateral{level}"](x)
            larger = self["upsample"](laterals[level])
            x = self[f"top_down{level - 1}"](self["concat"]([larger, features[f"c{level - 1}"]]))
        pyramid = {"p3": x}
        for level in range(4, self.top + 1):
            smaller = self[f"down{level - 1}"](x)
            x = self[f"bottom_up{level}"](self["concat"]([smaller, laterals[level]]))
            pyramid[f"p{level}"] = x
        return pyramid


class Head(nn.Module):
    """One 1×1 convolution a level: A anchors times (4 box values, objectness, K classes).

    Parameters
    ----------
    channels
        Of each level, keyed "p3" ….
    anchors
        (width, height) in input pixels, for each level.
    num_classes
        K.

    Shape: {"p3": (B, C, H, W) …} → {"p3": (B, A, H, W, 5 + K) …}, raw.
    """

    anchors: Tensor

    def __init__(
        self, channels: dict[str, int], anchors: dict[str, Anchors], num_classes: int
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.num_anchors = len(anchors["p3"])
        depth = self.num_anchors * (5 + num_classes)
        self.outputs = nn.ModuleDict(
            {level: nn.Conv2d(width, depth, 1) for level, width in channels.items()}
        )
        self.strides = {level: 2 ** int(level[1]) for level in channels}
        sizes = [anchors[level] for level in channels]
        self.register_buffer("anchors", torch.tensor(sizes, dtype=torch.float32))

    @torch.no_grad()
    def start_biases(self, class_margin: float) -> None:
        """Start from the prior that a 640-pixel image holds eight objects, spread over each grid.

        Without it every cell would begin by claiming an object with probability one half, and the
        loss of all that background would drown the rest. Source: focal loss (Lin et al. 2017,
        arXiv 1708.02002), section 3.3; constants as in YOLOv5.
        """
        for level, stride in self.strides.items():
            cells = (640 / stride) ** 2
            bias = self.outputs[level].get_parameter("bias").view(self.num_anchors, -1)
            bias[:, 4] += math.log(8 / cells)
            bias[:, 5:] += math.log(0.6 / (self.num_classes - class_margin))

    def forward(self, pyramid: Maps) -> RawOutputs:
        """Split each level's channels into anchors and values; values come last."""
        raw, values = {}, (self.num_anchors, 5 + self.num_classes)
        for level, conv in self.outputs.items():
            split = conv(pyramid[level]).unflatten(1, values)  # (B, A, 5 + K, H, W)
            raw[level] = split.permute(0, 1, 3, 4, 2)
        return raw


class YOLOv5(nn.Module):
    """Backbone, neck and head of one size and release.

    Parameters
    ----------
    size
        ``"n"``, ``"s"``, ``"m"``, ``"l"``, ``"x"``, or with a fourth level ``"n6"`` … ``"x6"``.
    release
        ``"1.0"`` … ``"7.0"``.
    num_classes, in_channels
        K classes, and the channels of the image.

    Shape: (B, C, H, W) → {"p3": (B, A, H/8, W/8, 5 + K), "p4", "p5"[, "p6"]}, raw; H and W
    multiples of 32 (64 with a fourth level).

    Raises
    ------
    ValueError
        For a release or size that does not exist, or an image that does not fit.
    """

    def __init__(
        self, size: str, release: str = "7.0", num_classes: int = 80, in_channels: int = 3
    ) -> None:
        super().__init__()
        check_size(size, release)
        check_count("num_classes", num_classes)
        check_count("in_channels", in_channels)
        self.size, self.release = size, release
        self.num_classes, self.in_channels = num_classes, in_channels
        widths = CHANNELS_P6 if size.endswith("6") else CHANNELS
        channels = {level: scale_width(width, size) for level, width in widths.items()}
        anchors = ANCHORS_P6 if size.endswith("6") else ANCHORS
        self.stride = 2 ** max(channels)
        self.backbone = Backbone(size, release, in_channels, channels)
        self.neck = Neck(size, release, channels)
        self.head = Head(
            {level: channels[int(level[1])] for level in anchors}, anchors, num_classes
        )
        self.head.start_biases(RELEASES[release].class_margin)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps, module.momentum = RELEASES[release].bn_eps, BN_MOMENTUM

    def forward(self, image: Tensor) -> RawOutputs:
        """Image → features → pyramid → raw values."""
        check_image(image, self.in_channels, stride=self.stride)
        features = self.backbone(image)
        pyramid = self.neck(features)
        return self.head(pyramid)

"""FPN: meaning from the coarse maps, carried down to the fine ones.

It stands between the backbone and the head.
Source: Feature Pyramid Networks for Object Detection (Lin et al. 2016, arXiv 1612.03144), section
3 and figure 3.

A backbone's fine maps know where, its coarse maps know what. Each level gets a 1×1 convolution that
brings it to a common width, then the next coarser level, enlarged, is added to it, and a 3×3
smooths the sum. Departures: a level is enlarged to its target's very size rather than by a factor
of two, so that odd sides fit as well (84 → 167); and the level beyond the coarsest, which the paper
makes by taking every second position, may also be a convolution, as some published heads have it.
"""

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from .check import check_choice, check_count

Levels = dict[str, Float[Tensor, "b _ _ _"]]

EXTRAS = ("pool", "conv", None)


class FPN(nn.Module):
    """Lateral 1×1, top-down nearest-neighbour sum, smoothing 3×3; and one level more.

    The modules are listed from the coarsest level to the finest, which is the order in which they
    run.

    Parameters
    ----------
    in_channels
        Channels of each map of the backbone, finest first: ``{"c2": 256, "c3": 512, …}``.
    channels
        The common width of all levels.
    extra
        Another level of half the coarsest side: ``"pool"`` takes every second position (no
        parameters), ``"conv"`` is a 3×3 convolution with stride 2, ``None`` leaves it out.

    Shape: {"c2": (B, C₂, H, W) …} → {"p2": (B, channels, H, W) …}, finest first, sides unchanged.

    Raises
    ------
    ValueError
        For an ``extra`` that does not exist, or a width below one.
    """

    def __init__(
        self, in_channels: Mapping[str, int], channels: int = 256, *, extra: str | None = "pool"
    ) -> None:
        super().__init__()
        check_choice("extra", extra, EXTRAS)
        check_count("channels", channels)
        self.levels = [int(name[1:]) for name in reversed(list(in_channels))]  # coarsest first
        widths = [in_channels[f"c{level}"] for level in self.levels]
        self.laterals = nn.ModuleList(nn.Conv2d(width, channels, 1) for width in widths)
        self.outputs = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in widths)
        self.extra = nn.ModuleList()
        if extra == "pool":
            self.extra.append(nn.MaxPool2d(1, stride=2))
        elif extra == "conv":
            self.extra.append(nn.Conv2d(channels, channels, 3, stride=2, padding=1))
        self.apply(initialise)

    def forward(self, features: Levels) -> Levels:
        """Narrow every level, walk down adding, smooth, and add the extra level."""
        narrow = [
            lateral(features[f"c{level}"])
            for level, lateral in zip(self.levels, self.laterals, strict=True)
        ]
        merged = narrow[:1]
        for finer in narrow[1:]:
            merged.append(finer + F.interpolate(merged[-1], size=finer.shape[-2:], mode="nearest"))
        smoothed = [output(x) for output, x in zip(self.outputs, merged, strict=True)]
        beyond = [extra(smoothed[0]) for extra in self.extra]
        finest = self.levels[-1]
        return {f"p{finest + i}": x for i, x in enumerate([*smoothed[::-1], *beyond])}


def initialise(module: nn.Module) -> None:
    """Draw weights so that signal and gradient keep their variance, biases zero (Glorot 2010)."""
    if isinstance(module, nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.get_parameter("bias"))

"""Convolution, BatchNorm, activation: the block that every network here is made of.

Sources: BatchNorm (Ioffe and Szegedy 2015, arXiv 1502.03167); the residual bottleneck of
Darknet-53 (Redmon and Farhadi 2018, YOLOv3, arXiv 1804.02767, table 1).

The convolution mixes, BatchNorm brings each channel to a common scale, the activation bends. The
convolution needs no bias of its own, for BatchNorm subtracts the mean and adds its own shift.
"""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from .activations import LeakyReLU

Activation = Callable[[], nn.Module]


class Conv(nn.Module):
    """Convolution, then BatchNorm, then activation: act(bn(conv(x))).

    Odd kernels are padded by half their size, so a stride of 1 keeps height and width and a
    stride of 2 halves them (rounding up).

    Parameters
    ----------
    in_channels, out_channels
        Channels before and after.
    kernel_size, stride
        Of the convolution, in pixels of its input map.
    padding
        Border of zeros; half the kernel unless given (YOLOv5's 6×6 stem gives 2).
    bias
        Whether the convolution has a bias, which BatchNorm makes superfluous.
    activation
        Makes the activation module; LeakyReLU with slope 0.1 unless given.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 1,
        stride: int = 1,
        padding: int | None = None,
        *,
        bias: bool = False,
        activation: Activation = LeakyReLU,
    ) -> None:
        super().__init__()
        padding = kernel_size // 2 if padding is None else padding
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=bias)
        self.bn = nn.BatchNorm2d(out_channels)
        self.act = activation()

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k y x"]:
        """Mix, normalise, bend."""
        return self.act(self.bn(self.conv(x)))


class Bottleneck(nn.Module):
    """A 1×1 that narrows, a 3×3 that looks around, and the input added back.

    Parameters
    ----------
    in_channels, out_channels
        The input is added back only where they are equal and ``shortcut`` is true.
    hidden_channels
        Width between the two convolutions; ``out_channels`` unless given.

    Source: arXiv 1804.02767, table 1; YOLOv5 sets ``hidden_channels`` to the full width inside
    its CSP blocks, and drops the shortcut in its neck.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        hidden_channels: int | None = None,
        *,
        shortcut: bool = True,
        activation: Activation = LeakyReLU,
    ) -> None:
        super().__init__()
        hidden_channels = hidden_channels or out_channels
        self.reduce = Conv(in_channels, hidden_channels, 1, activation=activation)
        self.expand = Conv(hidden_channels, out_channels, 3, activation=activation)
        self.shortcut = shortcut and in_channels == out_channels

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Narrow, look around, add the input back."""
        y = self.expand(self.reduce(x))
        return x + y if self.shortcut else y

"""CoordConv: tell a convolution where it stands.

It stands at the head of SOLO's mask branch, which must answer "the object of *this* cell".
Source: An Intriguing Failing of Convolutional Neural Networks and the CoordConv Solution (Liu et
al. 2018, arXiv 1807.03247), section 3 and figure 3.

A convolution does the same everywhere and cannot know its position. Two more channels say it: x
grows from −1 at the left edge to 1 at the right, y from the top to the bottom. Departure: the
paper's optional third channel, the distance from the middle, is left out, as in SOLO.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .check import check_choice

AXES = ("xy", "x", "y")


def coordinates(
    height: int,
    width: int,
    *,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
) -> Float[Tensor, "2 {height} {width}"]:
    """Draw the two maps of positions: x first, then y, both from −1 to 1.

    The outermost pixels carry −1 and 1 exactly; a side of one pixel has −1 only.
    """
    y = torch.linspace(-1, 1, height, dtype=dtype, device=device)
    x = torch.linspace(-1, 1, width, dtype=dtype, device=device)
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)])


def append_coordinates(
    x: Float[Tensor, "b c h w"], axes: str = "xy"
) -> Float[Tensor, "b c+{len(axes)} h w"]:
    """Lay the position maps behind the channels of ``x``.

    Parameters
    ----------
    x
        Any feature map.
    axes
        ``"xy"`` appends both maps, ``"x"`` or ``"y"`` one of them.

    Raises
    ------
    ValueError
        For other axes.
    """
    check_choice("axes", axes, AXES)
    batch, _, height, width = x.shape
    maps = coordinates(height, width, dtype=x.dtype, device=x.device)
    chosen = maps[["xy".index(axis) for axis in axes]]
    return torch.cat([x, chosen.expand(batch, -1, -1, -1)], dim=1)


class CoordConv(nn.Module):
    """A convolution that reads the position beside the features.

    Parameters
    ----------
    in_channels, out_channels
        Of the map, without the coordinates.
    kernel_size, stride
        As in ``nn.Conv2d``; odd kernels are padded by half their size.
    axes
        Which coordinates to read: ``"xy"``, ``"x"`` or ``"y"``.

    Shape: (B, C, H, W) → (B, out_channels, H/stride, W/stride), rounded up.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        *,
        axes: str = "xy",
        bias: bool = True,
    ) -> None:
        super().__init__()
        check_choice("axes", axes, AXES)
        self.axes = axes
        self.conv = nn.Conv2d(
            in_channels + len(axes),
            out_channels,
            kernel_size,
            stride,
            padding=kernel_size // 2,
            bias=bias,
        )

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k y x"]:
        """Append the positions, then mix."""
        return self.conv(append_coordinates(x, self.axes))

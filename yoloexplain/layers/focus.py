"""Focus: space to depth, the first layer of YOLOv5 up to release 5.0.

Source: YOLOv5 releases 1.0 to 5.0 (Jocher et al.); the rearrangement is the passthrough layer of
YOLOv2 (Redmon and Farhadi 2016, arXiv 1612.08242, section 2) and loses nothing.

Each 2×2 patch of pixels becomes one position with four times the channels; one 3×3 convolution
there sees a 6×6 patch of the image. From release 6.0 a 6×6 convolution with stride 2 does the same
in one step: with the weights rearranged, both give the same numbers.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .activations import LeakyReLU
from .conv import Activation, Conv


def space_to_depth(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 4*c h//2 w//2"]:
    """Lay the four pixels of every 2×2 patch behind one another.

    Order of the quarters: even rows and even columns, odd rows and even columns, even rows and
    odd columns, odd rows and odd columns. Both sides must be even.
    """
    top_left, bottom_left = x[..., 0::2, 0::2], x[..., 1::2, 0::2]
    top_right, bottom_right = x[..., 0::2, 1::2], x[..., 1::2, 1::2]
    return torch.cat([top_left, bottom_left, top_right, bottom_right], dim=1)


class Focus(nn.Module):
    """Space to depth, then one convolution.

    Shape: (B, C, H, W) → (B, K, H/2, W/2), H and W even.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        *,
        activation: Activation = LeakyReLU,
    ) -> None:
        super().__init__()
        self.conv = Conv(4 * in_channels, out_channels, kernel_size, activation=activation)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k y x"]:
        """Fold the pixels, then mix."""
        return self.conv(space_to_depth(x))


def focus_as_convolution(
    weight: Float[Tensor, "k folded n n"],
) -> Float[Tensor, "k c 2*n 2*n"]:
    """Rearrange a Focus kernel into that of one convolution with stride 2 on the image itself.

    An n×n kernel over folded pixels is a 2n×2n kernel over pixels: weight [k, q·C + c, i, j] of
    quarter q = 2·dx + dy goes to [k, c, 2i + dy, 2j + dx]. With n = 3 the convolution takes
    padding 2, which is YOLOv5's 6×6 stem from release 6.0.
    """
    out_channels, folded, size, _ = weight.shape
    quarters = weight.view(out_channels, 2, 2, folded // 4, size, size)  # k, dx, dy, c, i, j
    return quarters.permute(0, 3, 4, 2, 5, 1).reshape(out_channels, folded // 4, 2 * size, 2 * size)

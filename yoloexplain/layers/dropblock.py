"""DropBlock: dropout for feature maps, which takes out squares instead of single values.

It stands between the convolutions of a backbone, while training only.
Source: DropBlock (Ghiasi et al. 2018, arXiv 1810.12890), algorithm 1; one of the "freebies" of
YOLOv4. None of the YOLOv5 releases has it, whatever is written about them.

Neighbouring values of a map tell nearly the same, so dropping single ones hides nothing. A whole
square does: the network must find the object by its other parts.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class DropBlock2d(nn.Module):
    """Zero squares of ``block_size`` in each channel, and scale up what is left.

    Parameters
    ----------
    drop_probability
        The share of each map that shall be dropped, from 0 to below 1.
    block_size
        Side of the squares, odd.

    Shape: stays. Does nothing in eval mode. Source: arXiv 1810.12890, algorithm 1.
    """

    def __init__(self, drop_probability: float = 0.1, block_size: int = 7) -> None:
        super().__init__()
        if not 0 <= drop_probability < 1:
            raise ValueError(
                f"drop_probability must lie in [0, 1), got {drop_probability}; the paper takes 0.1"
            )
        if block_size < 1 or block_size % 2 == 0:
            raise ValueError(
                f"block_size must be a positive odd number, got {block_size}; the paper takes 7"
            )
        self.drop_probability = drop_probability
        self.block_size = block_size

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Keep, or cut squares and scale."""
        if not self.training or self.drop_probability == 0:
            return x
        keep = self.keep_mask(x)
        return x * keep * keep.numel() / keep.sum().clamp(min=1)

    def keep_mask(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """One where the map stays, zero inside each square.

        A square's centre is drawn only where the whole square fits, with probability γ (equation 1
        of the paper), so that on average the wanted share is dropped.
        """
        height, width = x.shape[-2:]
        size = min(self.block_size, height, width)
        size -= 1 - size % 2  # on a map smaller than the square: the largest odd size that fits
        room = (height - size + 1) * (width - size + 1)
        gamma = self.drop_probability / size**2 * height * width / room
        centres = torch.zeros_like(x)
        inner = centres[..., size // 2 : height - size // 2, size // 2 : width - size // 2]
        inner.bernoulli_(min(gamma, 1.0))
        return 1 - F.max_pool2d(centres, size, stride=1, padding=size // 2)

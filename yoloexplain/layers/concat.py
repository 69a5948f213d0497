"""Concat: lay maps behind one another, so that the next layer may choose among all of them.

It is where paths meet: in a neck, a level's own map and the one that comes from a neighbour.
Adding (ResNet, FPN, PAN) decides the mixture at once; concatenating leaves it to the weights of
the next convolution, at the price of more channels to read.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Concat(nn.Module):
    """Join maps of equal height and width along the channels.

    Shape: list of (B, Cᵢ, H, W) → (B, ΣCᵢ, H, W).
    """

    def forward(self, maps: list[Float[Tensor, "b _ h w"]]) -> Float[Tensor, "b c h w"]:
        """Lay them behind one another, in the order given."""
        return torch.cat(maps, dim=1)

"""Activations: the bend after each convolution, in every block from the image to the head.

Sources: LeakyReLU as in Darknet (slope 0.1); Mish (Misra 2019, arXiv 1908.08681); Swish, which
PyTorch calls SiLU (Ramachandran et al. 2017, arXiv 1710.05941); Hardswish (Howard et al. 2019,
MobileNetV3, arXiv 1905.02244).

A network without a bend is one matrix. The four bends below differ in what they do just left of
zero: LeakyReLU keeps a straight tenth, the others dip below zero and come back smoothly. The
formulas are written out to be read, and equal ``torch.nn``'s within rounding.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

AnyShape = Float[Tensor, "..."]


class LeakyReLU(nn.LeakyReLU):
    """x where positive, a tenth of x where negative. Source: Darknet's ``leaky``, slope 0.1."""

    def __init__(self, negative_slope: float = 0.1, inplace: bool = False) -> None:
        super().__init__(negative_slope, inplace)


class Mish(nn.Module):
    """x · tanh(softplus(x)). Source: arXiv 1908.08681, equation 1; used by CSPDarknet-53."""

    def forward(self, x: AnyShape) -> AnyShape:
        """Bend every value; the shape stays."""
        return x * torch.tanh(F.softplus(x))


class SiLU(nn.Module):
    """x · σ(x), also called Swish. Source: arXiv 1710.05941; YOLOv5 from release 4.0."""

    def forward(self, x: AnyShape) -> AnyShape:
        """Bend every value; the shape stays."""
        return x * torch.sigmoid(x)


class Hardswish(nn.Module):
    """x · clip(x + 3, 0, 6) / 6, Swish made of straight pieces.

    Source: arXiv 1905.02244, section 5.2; YOLOv5 releases 3.0 and 3.1.
    """

    def forward(self, x: AnyShape) -> AnyShape:
        """Bend every value; the shape stays."""
        return x * F.relu6(x + 3) / 6

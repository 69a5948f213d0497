"""Fusing: a BatchNorm that follows a convolution becomes part of it.

It stands behind a network that has learned. In use, BatchNorm is fixed: it subtracts a mean,
divides by a deviation, multiplies and adds, one number each a channel. A convolution can do all of
it with other weights and a bias:

    γ · (w∗x + b − μ) / √(σ² + ε) + β  =  (s·w)∗x + (β + s·(b − μ)),   s = γ / √(σ² + ε)

Source: that BatchNorm is such a line in use is in its paper (Ioffe and Szegedy 2015, arXiv
1502.03167, section 3.1); which layers are fused is as in YOLOv5, so that the counts are the
published ones. A norm that reads more than one convolution stays: BottleneckCSP's, which stands
behind a concatenation, and those of a DenseNet that read what earlier layers gathered. GroupNorm
measures each image anew and cannot be fused.
"""

from collections.abc import Iterator
from copy import deepcopy
from itertools import pairwise

import torch
from torch import nn

from ..layers.conv import Conv
from ..layers.dense import DenseLayer
from .resnet import BasicBlock, Bottleneck, ResNet

# in each kind of block: the convolutions, each with the norm that reads it and nothing else
PAIRS: dict[type[nn.Module], list[tuple[str, str]]] = {
    Conv: [("conv", "bn")],
    ResNet: [("conv1", "bn1")],
    BasicBlock: [("conv1", "bn1"), ("conv2", "bn2")],
    Bottleneck: [("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3")],
    DenseLayer: [("narrow.2", "norm")],
}


def fuse(model: nn.Module) -> nn.Module:
    """Copy a network and fold its BatchNorms into the convolutions before them.

    Parameters
    ----------
    model
        Any network of the catalogue, or a part of one; it is left as it is.

    Returns
    -------
    A copy in evaluation mode, with fewer parameters and the same outputs within rounding. It is for
    use only: its statistics are gone, and training it would start from another parametrisation.
    """
    fused = deepcopy(model).eval()
    for block, convolution, norm in list(pairs(fused)):
        before, after = block.get_submodule(convolution), block.get_submodule(norm)
        if not isinstance(before, nn.Conv2d) or not isinstance(after, nn.BatchNorm2d):
            continue  # no such pair in a sequence, or fused before
        put(block, convolution, folded(before, after))
        put(block, norm, nn.Identity())
    return fused


def pairs(model: nn.Module) -> Iterator[tuple[nn.Module, str, str]]:
    """List the modules that may be a convolution and its norm: the block, and their names in it."""
    for block in model.modules():
        names = {name for name, _ in block.named_modules()}
        for kind, rows in PAIRS.items():
            if isinstance(block, kind):
                yield from ((block, *row) for row in rows if names.issuperset(row))
        if isinstance(block, nn.Sequential):  # its order of modules is the order of work
            parts = [name for name, _ in block.named_children()]
            yield from ((block, *row) for row in pairwise(parts))


def put(block: nn.Module, name: str, module: nn.Module) -> None:
    """Exchange a part of a block for another."""
    parent, _, last = name.rpartition(".")
    block.get_submodule(parent).add_module(last, module)


@torch.no_grad()
def folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """Make the one convolution that does what the two modules did.

    The new weights are computed in double precision and rounded once.
    """
    mean, variance = norm.running_mean, norm.running_var
    if mean is None or variance is None:
        raise ValueError(
            "a norm can be fused only if it keeps running statistics, got one with "
            "track_running_stats=False; leave it as it is"
        )
    scale = norm.weight.double() / torch.sqrt(variance.double() + norm.eps)
    bias = mean.new_zeros(()) if conv.bias is None else conv.bias
    result = deepcopy(conv)
    shift = norm.bias.double() + scale * (bias.double() - mean.double())
    weight, trained = scale[:, None, None, None] * conv.weight.double(), conv.weight.requires_grad
    result.weight = nn.Parameter(weight.to(conv.weight), requires_grad=trained)
    result.bias = nn.Parameter(shift.to(conv.weight), requires_grad=trained)
    return result

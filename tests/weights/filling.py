"""Weights and images by a rule that every machine follows alike.

The published code was run with weights filled by this rule, and so are our networks. Value i of a
tensor is first an integer, (7919 i² + 104729 i + 1299721 n) mod 100003, with n the CRC-32 of the
tensor's published name; that is exact everywhere. Divided by 100003 it lies in [0, 1), and by the
tensor's kind it becomes

    a weight of two or more axes   √(3 · gain / fan-in) · (2u − 1)
    a normalisation's scale        0.5 + u
    a running mean, any bias       (2u − 1) / 5
    a running variance             0.5 + u
    a counter                      0

with gain so large (see ``GAINS``) that the activations stay alive through all layers. With small
weights a comparison is blind: a swapped concatenation changes the output by less than rounding.
"""

import zlib
from collections.abc import Mapping

import torch
from torch import Tensor

# by the activation and the blocks: variance is lost where a curve bends, and won where paths add up
GAINS = {
    "LeakyReLU": 1.7,
    "Hardswish": 2.2,
    "SiLU": 2.2,
    "Mish": 1.2,
    "dense": 2.0,
    "residual": 1.0,
}


def unit(count: int, name: str) -> Tensor:
    """``count`` numbers in [0, 1), in double precision."""
    i = torch.arange(count, dtype=torch.int64)
    n = zlib.crc32(name.encode()) % 100003
    drawn = (7919 * (i % 100003) ** 2 + 104729 * i + 1299721 * n) % 100003
    return drawn.double() / 100003


def fill(shapes: Mapping[str, Tensor], gain: float) -> dict[str, Tensor]:
    """Fill every tensor of a published state dict; anchors stay as they are."""
    return {name: filled(name, tensor, gain) for name, tensor in shapes.items()}


def filled(name: str, tensor: Tensor, gain: float) -> Tensor:
    """Fill one tensor by its name and shape."""
    if "anchor" in name:
        return tensor
    if not tensor.is_floating_point():
        return torch.zeros_like(tensor)
    u = unit(tensor.numel(), name)
    if tensor.ndim > 1:
        values = (3 * gain / tensor[0].numel()) ** 0.5 * (2 * u - 1)
    elif name.endswith(("running_var", "weight")):
        values = 0.5 + u
    else:
        values = (2 * u - 1) / 5
    return values.float().view(tensor.shape)


def image(*shape: int) -> Tensor:
    """An image batch with values in [0, 1)."""
    return unit(torch.Size(shape).numel(), "image").float().view(shape)

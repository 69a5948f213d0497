"""The counting rules: what a published number counts, each in words and in code.

They stand beside the path from image to picture, and walk it on the meta device: a network is built
without memory for its weights and run without arithmetic, once for each size of image.

Parameters are counted plainly, without their BatchNorms, or trained ones only; work is counted in
multiply-adds or in operations, with or without biases, norms and activations. One network thus has
half a dozen true sizes, and two tables disagree only where they use the same rule.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from math import prod

import torch
from torch import Tensor, nn

from ..catalog import create_model, default_image_size
from ..inspection import ReceptiveField, receptive_field, summarize
from ..inspection.summary import Row, Summary
from ..layers.conv import Conv

Options = tuple[tuple[str, int | str], ...]

ACTIVATIONS = ("LeakyReLU", "Hardswish", "SiLU")
MASK_OUTPUTS = ("mask_outputs", "x_outputs", "y_outputs")


@dataclass(frozen=True)
class Network:
    """A network of the catalogue, with its options and, where it matters, the size of the image."""

    name: str
    options: Options = ()
    image_size: tuple[int, int] | None = None

    def __str__(self) -> str:
        return ", ".join([self.name, *(f"{key}={value}" for key, value in self.options)])

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the image: the one asked for, or the one its authors took."""
        return self.image_size or default_image_size(self.name)


def build(network: Network) -> nn.Module:
    """Build the network on the meta device, once a process."""
    return _build(network.name, network.options)


@cache
def _build(name: str, options: Options) -> nn.Module:
    with torch.device("meta"):
        return create_model(name, **dict(options)).eval()


def summary(network: Network) -> Summary:
    """Summarise the network at its size, once a process."""
    return _summary(network.name, network.options, network.size)


@cache
def _summary(name: str, options: Options, image_size: tuple[int, int]) -> Summary:
    return summarize(_build(name, options), image_size)


def leaves(network: Network, *types: str) -> Iterator[tuple[Row, nn.Module]]:
    """Every call of a module of these types, with the module."""
    model = build(network)
    for row in summary(network).rows:
        if row.is_leaf and row.type in types:
            yield row, model.get_submodule(row.path)


def elements(network: Network, *types: str) -> int:
    """Values that modules of these types put out, over all their calls, for one image."""
    return sum(prod(row.output_shape) for row, _ in leaves(network, *types))


def count_parameters(network: Network) -> int:
    """Sum all parameters."""
    return sum(parameter.numel() for parameter in build(network).parameters())


def count_trainable(network: Network) -> int:
    """Sum the parameters that take a gradient."""
    return sum(p.numel() for p in build(network).parameters() if p.requires_grad)


def count_fused(network: Network) -> int:
    """Replace each BatchNorm that follows a convolution by that convolution's bias."""
    saved = 0
    for module in build(network).modules():
        if isinstance(module, Conv):
            channels = module.bn.num_features
            saved += 2 * channels if module.conv.bias is not None else channels
    return count_parameters(network) - saved


def count_weights(network: Network) -> int:
    """Sum the weights of convolutions and linear layers."""
    return sum(
        module.weight.numel()
        for module in build(network).modules()
        if isinstance(module, nn.Conv2d | nn.Linear)
    )


def count_modules(kind: type[nn.Module]) -> Callable[[Network], int]:
    """Count the modules of one kind."""
    return lambda network: sum(isinstance(module, kind) for module in build(network).modules())


def count_tensors(network: Network) -> int:
    """Count the parameter tensors."""
    return sum(1 for _ in build(network).parameters())


def count_child(child: str) -> Callable[[Network], int]:
    """Sum the parameters of one part of the network."""
    return lambda network: sum(p.numel() for p in build(network).get_submodule(child).parameters())


def count_mult_adds(network: Network) -> int:
    """Take the multiply-adds of the summary."""
    return summary(network).mult_adds


def count_operations(network: Network) -> int:
    """Two operations for each multiply-add."""
    return 2 * summary(network).mult_adds


def count_fused_operations(network: Network) -> int:
    """Add one bias for each convolution output to the multiply-adds, and double."""
    return 2 * (summary(network).mult_adds + elements(network, "Conv2d"))


def count_all_operations(network: Network) -> int:
    """Add biases, two for each BatchNorm value and one for each activation value, and double."""
    biases = sum(
        prod(row.output_shape) for row, conv in leaves(network, "Conv2d") if conv.bias is not None
    )
    norms, bends = elements(network, "BatchNorm2d"), elements(network, *ACTIVATIONS)
    return 2 * (summary(network).mult_adds + biases + 2 * norms + bends)


def count_outputs(network: Network) -> int:
    """Count the values that the network puts out for one image."""
    return sum(tensor.numel() for tensor in tensors(run(network)))


def count_predictions(network: Network) -> int:
    """Count the boxes: anchors × cells, over all levels."""
    return sum(prod(tensor.shape[:-1]) for tensor in tensors(run(network)))


def run(network: Network) -> object:
    """Run one empty image through the network, without arithmetic."""
    model = build(network)
    channels = dict(network.options).get("in_channels", 3)
    return model(torch.empty(1, int(channels), *network.size, device="meta"))


def tensors(output: object) -> Iterator[Tensor]:
    """Every tensor of an output, whether it is one, a dictionary or a tuple of them."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, dict):
        yield from output.values()
    elif isinstance(output, tuple | list):
        for part in output:
            yield from tensors(part)


def count_mask_channels(network: Network) -> int:
    """Sum the output channels of the convolutions that write masks."""
    return sum(
        conv.out_channels
        for name, conv in build(network).named_modules()
        if isinstance(conv, nn.Conv2d) and name.split(".")[-2] in MASK_OUTPUTS
    )


def count_printed_mult_adds(network: Network, depth: int = 3) -> int:
    """Count as torch-summary 1.4 does: see ``PRINTED_MULT_ADDS`` in ``rules.py``."""
    model, total = build(network), 0
    for row in summary(network).rows:
        module = model.get_submodule(row.path)
        if not 1 <= row.depth <= depth + 1:
            continue
        if isinstance(module, nn.Conv2d):
            total += module.weight.numel() * prod(row.output_shape[2:])
        else:
            total += sum(p.numel() for name, p in module.named_parameters() if "weight" in name)
    return total


def receptive_side(network: Network, module: str) -> int:
    """Take the taller side of the patch of pixels that a position of a module's map can see."""
    return max(fields(network)[module].size)


def fields(network: Network) -> dict[str, ReceptiveField]:
    """Receptive fields of every map of the network, once a process."""
    return _fields(network.name, network.options)


@cache
def _fields(name: str, options: Options) -> dict[str, ReceptiveField]:
    return receptive_field(_build(name, options))

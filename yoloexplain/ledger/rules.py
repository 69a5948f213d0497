"""The counting rules by name: what a published number counts, in words beside the function.

They stand beside the path from image to picture. A rule's words are what the ledger prints; its
function, in ``counting.py``, is what they mean.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from torch import nn

from . import counting
from .counting import Network
from .entry import Entry, Reading


@dataclass(frozen=True)
class Rule:
    """What is counted: its name, the rule in words, and the function that follows it."""

    quantity: str
    words: str
    count: Callable[[Network], int]
    sized: bool = False

    def named(self, network: Network) -> str:
        """Name the quantity, with the size of the image where the count depends on it."""
        if not self.sized:
            return self.quantity
        height, width = network.size
        return f"{self.quantity} at {height}×{width}"


def entry(
    network: Network,
    rule: Rule,
    published: str,
    source: str,
    reading: Reading = Reading.EXACT,
    reason: str = "",
) -> Entry:
    """Set a published figure beside the rule that counts ours."""
    return Entry(
        model=str(network),
        quantity=rule.named(network),
        published=published,
        source=source,
        rule=rule.words,
        count=partial(rule.count, network),
        reading=reading,
        reason=reason,
    )


PARAMETERS = Rule(
    "parameters",
    "every weight and bias, BatchNorm's two a channel included",
    counting.count_parameters,
)
TRAINABLE = Rule("trainable parameters", "those that take a gradient", counting.count_trainable)
FUSED = Rule(
    "parameters, fused",
    "each BatchNorm that follows a convolution folded into it: its weight and one bias a channel",
    counting.count_fused,
)
WEIGHTS = Rule(
    "weights",
    "of convolutions and of the classifier only: no bias, no BatchNorm",
    counting.count_weights,
)
MULT_ADDS = Rule(
    "multiply-adds",
    "one for each weight of a convolution or linear layer at each output position",
    counting.count_mult_adds,
    sized=True,
)
OPERATIONS = Rule(
    "BFLOPs", "two for each multiply-add, nothing else", counting.count_operations, sized=True
)
FUSED_OPERATIONS = Rule(
    "GFLOPs",
    "of the fused network: two for each multiply-add and two for each value a convolution puts out",
    counting.count_fused_operations,
    sized=True,
)
ALL_OPERATIONS = Rule(
    "GFLOPs",
    "of the unfused network: two for each multiply-add, two for each value of a convolution with "
    "bias, four for each value of a BatchNorm, two for each value of an activation",
    counting.count_all_operations,
    sized=True,
)
TENSORS = Rule("rows of the weight table", "one for each parameter tensor", counting.count_tensors)
CONVOLUTIONS = Rule("convolutions", "modules of type Conv2d", counting.count_modules(nn.Conv2d))
NORMS = Rule("BatchNorms", "modules of type BatchNorm2d", counting.count_modules(nn.BatchNorm2d))
OUTPUTS = Rule("outputs", "values for one image", counting.count_outputs, sized=True)
PREDICTIONS = Rule(
    "predictions", "anchors × cells, over all levels", counting.count_predictions, sized=True
)


def part(child: str, name: str) -> Rule:
    """Rule that counts the parameters of one part of a network."""
    return Rule(
        f"parameters of the {name}",
        f"every weight and bias of it (`{child}`)",
        counting.count_child(child),
    )


MASK_CHANNELS = Rule(
    "mask channels",
    "output channels of the convolutions that write the masks, over all levels",
    counting.count_mask_channels,
)
CATEGORY_CONVOLUTION = part("head.category_output", "last category convolution")
PRINTED_MULT_ADDS = Rule(
    "multiply-adds as printed",
    "torch-summary's own: for each call down to depth 4, a convolution's weights times the size of "
    "its map, and any other module's weights once, those of the modules inside included",
    counting.count_printed_mult_adds,
    sized=True,
)


def field(level: str, module: str) -> Rule:
    """Rule that gives the side of the patch of pixels which one position of a map depends on."""
    return Rule(
        f"receptive field at {level}",
        f"pixels along one side, from kernels and strides up to `{module}`",
        partial(counting.receptive_side, module=module),
    )

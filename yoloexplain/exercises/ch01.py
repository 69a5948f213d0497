"""Chapter 1: write a dense layer, predict channels, write a transition, classify the last map.

It stands beside the path from image to picture, under the exercises of ``notebooks/01_densenet``.
"""

from collections.abc import Callable
from functools import cache

import torch

from ..backbones.densenet import DENSENETS, DenseNet
from ..layers import DenseLayer, Transition
from .ch01_classify import CLASSIFY_MISTAKES, MyClassifier, classifier
from .ch01_layers import (
    DENSE_LAYER_MISTAKES,
    TRANSITION_MISTAKES,
    MyDenseLayer,
    MyTransition,
    transition,
)
from .exercise import Exercise, Mistake
from .layers import LayerTask
from .predictions import PredictionTask

# --- ch01.channels -------------------------------------------------------------------------------

K, DEPTHS = DENSENETS["densenet161"]


@cache
def channels() -> dict[str, int]:
    """Let DenseNet-161 run on an image without pixels, and read off the channels."""
    with torch.device("meta"), torch.no_grad():
        network = DenseNet(K, DEPTHS)
        maps = network(torch.empty(1, 3, 64, 64))
    found = {f"block {n}": features.shape[1] for n, features in enumerate(maps.values(), 1)}
    for n, part in enumerate(network.transitions, 1):
        if isinstance(part, Transition):
            found[f"transition {n}"] = part.conv.out_channels
    return dict(sorted(found.items(), key=lambda item: (item[0][-1], item[0])))


def by_hand() -> dict[str, int]:
    """A solution of ch01.channels."""
    k, found = 48, {}
    maps = 2 * k  # what the stem gives
    for number, layers in enumerate((6, 12, 36, 24), 1):
        maps += layers * k
        found[f"block {number}"] = maps
        if number < 4:  # behind the last block stands the classifier
            maps //= 2
            found[f"transition {number}"] = maps
    return found


def blocks(rule: Callable[[int, int], int]) -> dict[str, int]:
    """Predict the blocks by a wrong rule, which is told what goes in and the block's layers."""
    right = channels()
    entering = [2 * K, *(right[f"transition {n}"] for n in (1, 2, 3))]
    both = enumerate(zip(entering, DEPTHS, strict=True), 1)
    return {f"block {n}": rule(c, layers) for n, (c, layers) in both}


def transitions(rule: Callable[[int], int]) -> dict[str, int]:
    """Predict the transitions by a wrong rule, which is told what goes in."""
    return {f"transition {n}": rule(channels()[f"block {n}"]) for n in (1, 2, 3)}


def uncompressed() -> dict[str, int]:
    """Predict each block as if the one before it were its input."""
    before = [channels()[f"block {n}"] for n in (1, 2, 3)]
    both = enumerate(zip(before, DEPTHS[1:], strict=True), 2)
    return {f"block {n}": c + layers * K for n, (c, layers) in both}


CHANNELS_MISTAKES = (
    Mistake(
        "compression at the end",
        lambda: {"block 4": channels()["block 4"] // 2},
        "there is no transition behind the last block; the classifier reads all of its maps.",
    ),
    Mistake(
        "input left out",
        lambda: blocks(lambda c, layers: layers * K),
        "a block keeps what goes in: its input lies in front of the layers' new maps.",
    ),
    Mistake(
        "last layer left out",
        lambda: blocks(lambda c, layers: c + (layers - 1) * K),
        "that is what the last layer reads; what it writes comes on top.",
    ),
    Mistake(
        "bottleneck counted",
        lambda: blocks(lambda c, layers: c + layers * 4 * K),
        "the 4k channels behind the 1×1 stay inside the layer; only its k new maps are laid down.",
    ),
    Mistake(
        "one layer only",
        lambda: blocks(lambda c, layers: c + K),
        "every layer of the block adds k maps, not the block as a whole.",
    ),
    Mistake(
        "k of DenseNet-121",
        lambda: blocks(lambda c, layers: c + layers * 32) | {"block 1": 64 + 6 * 32},
        "k is 32 in DenseNet-121; this network adds 48 maps a layer.",
    ),
    Mistake(
        "compression left out",
        lambda: transitions(lambda c: c),
        "a transition keeps the share θ of the channels, here one half.",
    ),
    Mistake(
        "transition passed over",
        uncompressed,
        "what goes into a block is what the transition has left over, not what the block before "
        "it gave.",
    ),
    Mistake(
        "sides counted",
        lambda: transitions(lambda c: c // 4),
        "halving the sides changes the number of positions, not the number of channels.",
    ),
)


EXERCISES = (
    Exercise(
        "ch01.dense_layer",
        "Write a dense layer",
        LayerTask(
            DenseLayer,
            given=((12, 4), (20, 6)),
            inputs=lambda c, k: (torch.randn(2, c, 9, 14, generator=chance(c)),),
            mistakes=DENSE_LAYER_MISTAKES,
        ),
        (
            "Norm, bend, mix, and once more: norm, bend, mix. What does each of the two rounds "
            "read, and how many maps does it write?",
            "The first round reads in_channels and writes 4 * growth_rate with a 1×1, the second "
            "reads those and writes growth_rate with a 3×3 that keeps the sides. A norm has as "
            "many channels as what it norms.",
            "narrow is nn.Sequential(nn.BatchNorm2d(in_channels), nn.ReLU(), "
            "nn.Conv2d(in_channels, 4 * growth_rate, 1, bias=False)); conv is nn.Conv2d(4 * "
            "growth_rate, growth_rate, 3, padding=1, bias=False). forward: self.conv of F.relu of "
            "self.norm of self.narrow of x.",
        ),
        MyDenseLayer,
    ),
    Exercise(
        "ch01.channels",
        "Predict the channels of DenseNet-161",
        PredictionTask(channels, CHANNELS_MISTAKES),
        (
            "What does a block hold in the end: the new maps only, or what went in as well?",
            "A block of L layers makes c into c + 48 L; a transition makes c into c / 2. Begin "
            "with c = 96.",
            "96 + 6 · 48 = 384, and half of it, 192, goes on into the second block. Behind the "
            "fourth there is no transition.",
        ),
        by_hand,
    ),
    Exercise(
        "ch01.transition",
        "Write a transition",
        LayerTask(
            transition,
            given=((12, 0.5), (10, 0.75), (15, 0.5)),
            inputs=lambda c, share: (torch.randn(2, c, 9, 14, generator=chance(c)),),
            mistakes=TRANSITION_MISTAKES,
        ),
        (
            "Four steps: norm, bend, mix, halve. Which of them changes the number of channels, and "
            "which the sides?",
            "The norm reads in_channels; the 1×1 goes from there to int(compression * in_channels) "
            "and needs no bias. torch.nn.functional.avg_pool2d(x, 2) halves the sides.",
            "self.norm = nn.BatchNorm2d(in_channels); self.conv = nn.Conv2d(in_channels, "
            "int(compression * in_channels), 1, bias=False). forward: F.avg_pool2d(self.conv("
            "F.relu(self.norm(x))), 2).",
        ),
        MyTransition,
    ),
    Exercise(
        "ch01.classify",
        "From the last map to probabilities",
        LayerTask(
            classifier,
            given=((8, 5), (6, 4)),
            inputs=lambda c, k: (torch.randn(3, c, 7, 10, generator=chance(c)),),
            mistakes=CLASSIFY_MISTAKES,
        ),
        (
            "Note the shape behind each step: (B, C, H, W), after the average (B, C), after the "
            "linear layer (B, K).",
            "The ReLU stands behind the norm. x.mean(dim=...) averages: over which two axes? And "
            "probabilities of one image add up to 1: along which axis of (B, K)?",
            "x = F.relu(self.norm(x)).mean(dim=(2, 3)), then self.linear(x).softmax(dim=1).",
        ),
        MyClassifier,
    ),
)


def chance(seed: int) -> torch.Generator:
    """Give a generator that starts at ``seed``."""
    return torch.Generator().manual_seed(seed)

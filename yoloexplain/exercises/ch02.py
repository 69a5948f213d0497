"""Chapter 2: write BottleneckCSP, turn it into C3, count what is saved, halve a map.

It stands beside the path from image to picture, under the exercises of ``notebooks/02_csp``.
"""

from functools import cache

import torch
from torch import nn

from ..backbones.csp_darknet import CSPStage
from ..backbones.darknet import DarknetStage
from ..inspection import summarize
from ..layers import C3, BottleneckCSP, CSPDenseBlock, DenseBlock
from .ch02_blocks import (
    BOTTLENECK_CSP_MISTAKES,
    C3_MISTAKES,
    SIZES,
    MyBottleneckCSP,
    MyC3,
    a_map,
    with_leaky_relu,
)
from .ch02_halving import DOWNSAMPLE_MISTAKES, HalvingBottleneck, halving_bottleneck
from .exercise import Exercise, Mistake
from .layers import LayerTask
from .predictions import PredictionTask

# --- ch02.saved ----------------------------------------------------------------------------------


@cache
def saved() -> dict[str, int]:
    """Count on the blocks themselves what each pair differs by."""
    with torch.device("meta"):
        pairs = {
            "C3": (BottleneckCSP(64, 64), C3(64, 64), (40, 60)),
            "dense": (
                DenseBlock(96, 16, 5),
                CSPDenseBlock(96, 16, 5, split_ratio=0.25).block,
                (20, 30),
            ),
        }
        stages = DarknetStage(64, 128, 2), CSPStage(64, 128, 2)
    found = {}
    for name, (old, new, size) in pairs.items():
        tables = [summarize(block, size) for block in (old, new)]
        found[f"{name}, parameters"] = tables[0].total_params - tables[1].total_params
        found[f"{name}, multiply-adds"] = tables[0].mult_adds - tables[1].mult_adds
    weights = [sum(m.weight.numel() for m in s.modules() if type(m) is nn.Conv2d) for s in stages]
    return {**found, "Darknet, weights": weights[0] - weights[1]}


def by_hand() -> dict[str, int]:
    """A solution of ch02.saved."""
    h = 32  # channels in each half of a block of 64
    around, k, layers = 24, 16, 5  # a quarter of 96 channels goes around
    narrow = layers * around * 4 * k  # weights of the 1×1 convolutions that read them
    square, n = 128**2, 2
    return {
        "C3, parameters": h * h + 2 * h,  # a 1×1 gone; a norm of 2h channels gone, one of h new
        "C3, multiply-adds": h * h * 40 * 60,
        "dense, parameters": narrow + layers * 2 * around,
        "dense, multiply-adds": narrow * 20 * 30,
        "Darknet, weights": 5 * n * square - int((2.5 * n + 2.25) * square),
    }


H, AROUND, NARROW, SQUARE = 32, 24, 5 * 24 * 64, 128**2
SAVED_MISTAKES = (
    Mistake(
        "whole width",
        {"C3, parameters": 4 * H * H + 4 * H, "C3, multiply-adds": 4 * H * H * 2_400},
        "the 1×1 stands on one half; h is 32 there, and not the 64 of the whole block.",
    ),
    Mistake(
        "norms left out",
        {"C3, parameters": H * H, "dense, parameters": NARROW},
        "BatchNorm learns two parameters a channel, a scale and a shift.",
    ),
    Mistake(
        "new norm forgotten",
        {"C3, parameters": H * H + 4 * H},
        "the norm behind the join had 4h parameters, but 2h come back: the bypass has its own now.",
    ),
    Mistake(
        "norms multiplied too",
        {
            "C3, multiply-adds": (H * H + 2 * H) * 2_400,
            "dense, multiply-adds": (NARROW + 10 * AROUND) * 600,
        },
        "only weights of convolutions and linear layers count as multiply-adds, no norms.",
    ),
    Mistake(
        "one position only",
        {"C3, multiply-adds": H * H, "dense, multiply-adds": NARROW},
        "every weight works once at each position of the map.",
    ),
    Mistake(
        "FLOPs",
        {"C3, multiply-adds": 2 * H * H * 2_400, "dense, multiply-adds": 2 * NARROW * 600},
        "that is FLOPs; a multiply-add is two of them.",
    ),
    Mistake(
        "the wrong share",
        {"dense, parameters": 5 * 72 * 66, "dense, multiply-adds": 5 * 72 * 64 * 600},
        "spared is the reading of what goes around, γC channels, not of what enters the block.",
    ),
    Mistake(
        "one layer only",
        {"dense, parameters": AROUND * 66, "dense, multiply-adds": AROUND * 64 * 600},
        "every layer of a dense block reads the block's input, and so each of the five spares it.",
    ),
    Mistake(
        "k instead of 4k",
        {"dense, parameters": 5 * AROUND * 18, "dense, multiply-adds": 5 * AROUND * 16 * 600},
        "the 1×1 leads to 4k channels; only the 3×3 behind it comes down to k.",
    ),
    Mistake(
        "way around for nothing",
        {"Darknet, weights": 5 * SQUARE},
        "the way around needs four 1×1 convolutions, and they cost 2.25 C².",
    ),
    Mistake(
        "three 1×1 only",
        {"Darknet, weights": 3 * SQUARE},
        "CSPDarknet's stage has a 1×1 behind its bottlenecks as well, C²/4 more.",
    ),
    Mistake(
        "narrowed twice",
        {"Darknet, weights": 21 * SQUARE // 4},
        "inside the half lane a bottleneck keeps its width, so one of them has 2.5 C² weights.",
    ),
)

EXERCISES = (
    Exercise(
        "ch02.bottleneck_csp",
        "Write BottleneckCSP",
        LayerTask(BottleneckCSP, SIZES, a_map, BOTTLENECK_CSP_MISTAKES),
        (
            "Two lanes read the same x. One is worked on, the other goes around; which layers "
            "stand on each, and which serve both?",
            "Bare 1×1 convolutions are nn.Conv2d(…, 1, bias=False): `main_out` from half to half, "
            "`bypass` from in_channels to half. `bn` and `fuse` stand behind the join and read 2 * "
            "half channels.",
            "main = self.main_out(self.bottlenecks(self.main(x))); lay it and self.bypass(x) "
            "behind one another with torch.cat([…], dim=1); then bn, act, fuse.",
        ),
        MyBottleneckCSP,
    ),
    Exercise(
        "ch02.c3",
        "Turn it into C3",
        LayerTask(with_leaky_relu, SIZES, a_map, C3_MISTAKES),
        (
            "Two parts go, and one part changes. Three convolutions stay around the bottlenecks: "
            "hence the name.",
            "`main_out` and `bn` go. Who brings the bypass to scale and bends it now?",
            "bypass = Conv(in_channels, half, 1). Then forward is fuse(cat([bottlenecks(main(x)), "
            "bypass(x)])).",
        ),
        MyC3,
    ),
    Exercise(
        "ch02.saved",
        "Count what is saved",
        PredictionTask(saved, SAVED_MISTAKES),
        (
            "What exactly is there in one form and not in the other? A 1×1 from a to b channels "
            "has a · b weights, a BatchNorm two parameters a channel.",
            "h² + 2h for C3; L · γC · 4k and L · 2γC for the dense block; 5nC² against "
            "(2.5n + 2.25)C² for Darknet. Multiply-adds are weights times positions.",
            "h is 32; γC is 24, and 4k is 64; C² is 16,384. The maps have 40 · 60 and 20 · 30 "
            "positions.",
        ),
        by_hand,
    ),
    Exercise(
        "ch02.downsample",
        "Halve a map in a ResNet's bottleneck",
        LayerTask(halving_bottleneck, ((8, 4), (12, 6)), a_map, DOWNSAMPLE_MISTAKES),
        (
            "A 1×1 with stride 2 looks at one position of four and never sees the others. Which "
            "of the three convolutions sees them all even if it steps by two?",
            "The 3×3 takes the stride. What is added must have its shape: 4 * channels, and half "
            "the height and width.",
            "conv2 = nn.Conv2d(channels, channels, 3, stride=2, padding=1, bias=False); "
            "downsample = nn.Sequential(nn.Conv2d(in_channels, 4 * channels, 1, stride=2, "
            "bias=False), nn.BatchNorm2d(4 * channels)). Norm and ReLU after conv1 and conv2, norm "
            "after conv3, the sum, ReLU.",
        ),
        HalvingBottleneck,
    ),
)

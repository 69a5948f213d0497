"""Building blocks, no whole networks: one file a block, each to be read on one screen.

They are what ``yoloexplain.backbones`` and the detectors are made of.
"""

from .activations import Hardswish, LeakyReLU, Mish, SiLU
from .conv import Bottleneck, Conv
from .coord import CoordConv
from .csp import C3, BottleneckCSP, CSPDenseBlock
from .dense import DenseBlock, DenseLayer, Transition
from .dropblock import DropBlock2d
from .focus import Focus
from .fpn import FPN
from .pan import PAN
from .spp import SPP, SPPF, SpatialPyramidPooling

__all__ = [
    "C3",
    "FPN",
    "PAN",
    "SPP",
    "SPPF",
    "Bottleneck",
    "BottleneckCSP",
    "CSPDenseBlock",
    "Conv",
    "CoordConv",
    "DenseBlock",
    "DenseLayer",
    "DropBlock2d",
    "Focus",
    "Hardswish",
    "LeakyReLU",
    "Mish",
    "SiLU",
    "SpatialPyramidPooling",
    "Transition",
]

"""Backbones: image → feature maps ``{"c2", "c3", "c4", "c5"}``, each half the size of the last.

``c2`` has stride 4, ``c5`` has stride 32. A neck may take what it needs of them; a classifier takes
``c5``.
"""

from .classifier import Classifier
from .csp_darknet import CSPDarknet53
from .darknet import Darknet53
from .densenet import CIFARDenseNet, CSPDenseNet, DenseNet
from .fuse import fuse
from .resnet import ResNet

__all__ = [
    "CIFARDenseNet",
    "CSPDarknet53",
    "CSPDenseNet",
    "Classifier",
    "Darknet53",
    "DenseNet",
    "ResNet",
    "fuse",
]

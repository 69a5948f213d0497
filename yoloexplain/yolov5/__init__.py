"""YOLOv5: one network, read release by release, 1.0 to 7.0."""

from .anchors import AnchorFit, anchor_fit, fit_anchors, improve_anchors
from .decode import decode, decode_yolov3, non_max_suppression
from .hyperparameters import Hyperparameters
from .loss import LossTerms, loss
from .network import YOLOv5
from .releases import RELEASES, SIZES, Release, sizes_of
from .targets import Assignment, assign, assign_yolov3

__all__ = [
    "RELEASES",
    "SIZES",
    "AnchorFit",
    "Assignment",
    "Hyperparameters",
    "LossTerms",
    "Release",
    "YOLOv5",
    "anchor_fit",
    "assign",
    "assign_yolov3",
    "decode",
    "decode_yolov3",
    "fit_anchors",
    "improve_anchors",
    "loss",
    "non_max_suppression",
    "sizes_of",
]

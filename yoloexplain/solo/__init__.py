"""SOLO: every cell of a grid answers with a whole mask."""

from .decode import decode
from .head import GRIDS, STRIDES, DecoupledSOLOHead, DecoupledSOLOOutput, SOLOHead, SOLOOutput
from .loss import SOLOLoss, loss
from .matrix_nms import matrix_nms
from .network import (
    SOLO,
    solo_r50_fpn,
    solo_r50_fpn_decoupled,
    solo_r50_fpn_table,
    solo_small,
)
from .targets import LevelTargets, targets

__all__ = [
    "GRIDS",
    "SOLO",
    "STRIDES",
    "DecoupledSOLOHead",
    "DecoupledSOLOOutput",
    "LevelTargets",
    "SOLOHead",
    "SOLOLoss",
    "SOLOOutput",
    "decode",
    "loss",
    "matrix_nms",
    "solo_r50_fpn",
    "solo_r50_fpn_decoupled",
    "solo_r50_fpn_table",
    "solo_small",
    "targets",
]

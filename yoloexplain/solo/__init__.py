"""SOLO: every cell of a grid answers with a whole mask."""

from .head import GRIDS, STRIDES, DecoupledSOLOHead, DecoupledSOLOOutput, SOLOHead, SOLOOutput
from .network import SOLO, solo_r50_fpn, solo_r50_fpn_decoupled, solo_r50_fpn_table

__all__ = [
    "GRIDS",
    "SOLO",
    "STRIDES",
    "DecoupledSOLOHead",
    "DecoupledSOLOOutput",
    "SOLOHead",
    "SOLOOutput",
    "solo_r50_fpn",
    "solo_r50_fpn_decoupled",
    "solo_r50_fpn_table",
]

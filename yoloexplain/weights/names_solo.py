"""SOLO's names, as its authors published them and as mmdetection has them.

Sources: the state dicts of https://github.com/WXinlong/SOLO ("authors") and of
https://github.com/open-mmlab/mmdetection from 2.17 ("mmdetection"). They differ in the head only.
The neck of both lists its convolutions from the finest level to the coarsest, ours from the
coarsest to the finest, so the numbers run against each other.

The variant of the printed table was not published with weights. Its extra convolution and its
biases get the names that the same code gives when it is asked for them.
"""

from torch import nn

from ..layers.fpn import FPN
from ..solo.head import DecoupledSOLOHead
from ..solo.network import SOLO
from .names_backbones import resnet_rows
from .naming import Rows, Tables, name_all

LAYOUTS = ("authors", "mmdetection")

# one step of a tower: convolution, GroupNorm (and a ReLU without parameters)
TOWER_STEP: Tables = {nn.Sequential: [("0", "conv"), ("1", "gn")]}

HEADS: dict[str, dict[str, list[tuple[str, str]]]] = {
    "authors": {
        "vanilla": [
            ("head.mask_tower", "bbox_head.ins_convs"),
            ("head.category_tower", "bbox_head.cate_convs"),
            ("head.mask_outputs", "bbox_head.solo_ins_list"),
            ("head.category_output", "bbox_head.solo_cate"),
        ],
        "decoupled": [
            ("head.x_tower", "bbox_head.ins_convs_x"),
            ("head.y_tower", "bbox_head.ins_convs_y"),
            ("head.category_tower", "bbox_head.cate_convs"),
            ("head.x_outputs", "bbox_head.dsolo_ins_list_x"),
            ("head.y_outputs", "bbox_head.dsolo_ins_list_y"),
            ("head.category_output", "bbox_head.dsolo_cate"),
        ],
    },
    "mmdetection": {
        "vanilla": [
            ("head.mask_tower", "mask_head.mask_convs"),
            ("head.category_tower", "mask_head.cls_convs"),
            ("head.mask_outputs", "mask_head.conv_mask_list"),
            ("head.category_output", "mask_head.conv_cls"),
        ],
        "decoupled": [
            ("head.x_tower", "mask_head.mask_convs_x"),
            ("head.y_tower", "mask_head.mask_convs_y"),
            ("head.category_tower", "mask_head.cls_convs"),
            ("head.x_outputs", "mask_head.conv_mask_list_x"),
            ("head.y_outputs", "mask_head.conv_mask_list_y"),
            ("head.category_output", "mask_head.conv_cls"),
        ],
    },
}


def fpn_rows(neck: FPN) -> Rows:
    """List the neck's convolutions from the finest level to the coarsest, and the extra one."""
    last = len(neck.levels) - 1
    for i in range(last + 1):
        yield f"neck.laterals.{last - i}", f"neck.lateral_convs.{i}.conv"
    for i in range(last + 1):
        yield f"neck.outputs.{last - i}", f"neck.fpn_convs.{i}.conv"
    yield "neck.extra.0", f"neck.fpn_convs.{last + 1}.conv"


def solo_names(model: SOLO, layout: str = "authors") -> dict[str, str]:
    """Name every tensor as one of the ``LAYOUTS`` does."""
    head = "decoupled" if isinstance(model.head, DecoupledSOLOHead) else "vanilla"
    trunk = name_all(model, resnet_rows("backbone.", "backbone."), {})
    neck = name_all(model, fpn_rows(model.neck), {})
    return trunk | neck | name_all(model, HEADS[layout][head], TOWER_STEP)

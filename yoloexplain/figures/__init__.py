"""Figures: every picture of the lessons; the only room in which matplotlib is known.

They take numpy arrays, plain numbers, or the rows of a summary, and return a ``Picture``: a
matplotlib figure that shows itself in a notebook and says in words what it shows.

==================  ==============================================================================
Feature maps        ``feature_maps`` ``compare_maps`` ``pyramid_maps`` ``overlay_map``
On a photograph     ``photo_with_boxes`` ``receptive_field_on_photo`` ``letterbox_steps``
Numbers             ``bars`` ``compare_bars`` ``curves`` ``matrix`` ``params_by_layer``
                    ``params_against_mult_adds`` ``tensor_sizes``
YOLOv1              ``grid_assignment`` ``target_slots``
DenseNet, CSP       ``dense_block`` ``dense_connectivity`` ``csp_split`` ``bottleneck_csp_and_c3``
Necks               ``fpn`` ``pan`` ``pyramid_pooling`` ``pooling_windows`` ``stacked_windows``
YOLOv5              ``architecture_map`` ``anchors_on_photo`` ``decode_curves`` ``focus``
Training            ``iou_family`` ``loss_curves`` ``label_smoothing`` ``activation_curves``
SOLO                ``solo_grid`` ``solo_levels`` ``coordinate_channels`` ``matrix_nms_decay``
                    ``matrix_nms``
==================  ==============================================================================
"""

from .architecture import Block, architecture_map
from .box_overlap import iou_family, overlap
from .charts import bars, compare_bars, curves, matrix
from .csp import bottleneck_csp_and_c3, csp_split
from .dense import dense_block, dense_connectivity
from .losses import activation_curves, label_smoothing, loss_curves
from .map_comparisons import compare_maps, overlay_map, pyramid_maps
from .maps import feature_maps, strengths, strongest
from .necks import fpn, pan
from .nms import matrix_nms, matrix_nms_decay
from .on_photo import letterbox_steps, photo_with_boxes, receptive_field_on_photo
from .picture import Picture, show
from .pooling import pyramid_pooling
from .scales import coordinate_channels, solo_levels
from .sizes import Stage, tensor_sizes
from .solo import solo_grid
from .weights import params_against_mult_adds, params_by_layer
from .windows import pooling_windows, stacked_windows
from .yolov1 import grid_assignment, target_slots
from .yolov5_head import anchors_on_photo, decode_curves, focus

__all__ = [
    "Block",
    "Picture",
    "Stage",
    "activation_curves",
    "anchors_on_photo",
    "architecture_map",
    "bars",
    "bottleneck_csp_and_c3",
    "compare_bars",
    "compare_maps",
    "coordinate_channels",
    "csp_split",
    "curves",
    "decode_curves",
    "dense_block",
    "dense_connectivity",
    "feature_maps",
    "focus",
    "fpn",
    "grid_assignment",
    "iou_family",
    "label_smoothing",
    "letterbox_steps",
    "loss_curves",
    "matrix",
    "matrix_nms",
    "matrix_nms_decay",
    "overlap",
    "overlay_map",
    "pan",
    "params_against_mult_adds",
    "params_by_layer",
    "photo_with_boxes",
    "pooling_windows",
    "pyramid_maps",
    "pyramid_pooling",
    "receptive_field_on_photo",
    "show",
    "solo_grid",
    "solo_levels",
    "stacked_windows",
    "strengths",
    "strongest",
    "target_slots",
    "tensor_sizes",
]

"""Widgets: every concept of the chapters to touch, live and in a page without a kernel.

They stand after everything else: only notebooks import them. Each class shows itself by being the
last expression of a cell. Its Python file prepares the data once; the module of the same name in
``static/`` draws it, and what that must compute lies in ``static/core/``, with tests that hold both
languages to the same answers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .activation_curves import ActivationCurves as ActivationCurves
    from .architecture_map import ArchitectureMap as ArchitectureMap
    from .architecture_map import explore as explore
    from .assignment import Assignment as Assignment
    from .augmentation_steps import AugmentationSteps as AugmentationSteps
    from .base import ExplainerWidget as ExplainerWidget
    from .concat_provenance import ConcatProvenance as ConcatProvenance
    from .coordinate_channels import CoordinateChannels as CoordinateChannels
    from .csp_halves import CSPHalves as CSPHalves
    from .csp_split import CSPSplit as CSPSplit
    from .dense_block_builder import DenseBlockBuilder as DenseBlockBuilder
    from .dice_loss import DiceLoss as DiceLoss
    from .feature_maps import FeatureMaps as FeatureMaps
    from .focus_steps import FocusSteps as FocusSteps
    from .grid_assignment import GridAssignment as GridAssignment
    from .head_cell import HeadCell as HeadCell
    from .iou_playground import IoUPlayground as IoUPlayground
    from .location_grid import LocationGrid as LocationGrid
    from .loss_curves import LossCurves as LossCurves
    from .mask_channels import MaskChannels as MaskChannels
    from .matrix_nms_steps import MatrixNMSSteps as MatrixNMSSteps
    from .non_max_suppression import NonMaxSuppression as NonMaxSuppression
    from .parameter_shares import ParameterShares as ParameterShares
    from .pooling import Pooling as Pooling
    from .pyramid import Pyramid as Pyramid
    from .receptive_field_on_photo import ReceptiveFieldOnPhoto as ReceptiveFieldOnPhoto
    from .training_curve import TrainingCurve as TrainingCurve
    from .version_lens import VersionLens as VersionLens
    from .yolov1_loss import YOLOv1Loss as YOLOv1Loss

_HOME = {
    "ActivationCurves": "activation_curves",
    "ArchitectureMap": "architecture_map",
    "Assignment": "assignment",
    "AugmentationSteps": "augmentation_steps",
    "CSPHalves": "csp_halves",
    "CSPSplit": "csp_split",
    "ConcatProvenance": "concat_provenance",
    "CoordinateChannels": "coordinate_channels",
    "DenseBlockBuilder": "dense_block_builder",
    "DiceLoss": "dice_loss",
    "ExplainerWidget": "base",
    "FeatureMaps": "feature_maps",
    "FocusSteps": "focus_steps",
    "GridAssignment": "grid_assignment",
    "HeadCell": "head_cell",
    "IoUPlayground": "iou_playground",
    "LocationGrid": "location_grid",
    "LossCurves": "loss_curves",
    "MaskChannels": "mask_channels",
    "MatrixNMSSteps": "matrix_nms_steps",
    "NonMaxSuppression": "non_max_suppression",
    "ParameterShares": "parameter_shares",
    "Pooling": "pooling",
    "Pyramid": "pyramid",
    "ReceptiveFieldOnPhoto": "receptive_field_on_photo",
    "TrainingCurve": "training_curve",
    "VersionLens": "version_lens",
    "YOLOv1Loss": "yolov1_loss",
    "explore": "architecture_map",
}

__all__ = sorted(_HOME.keys() - {"ExplainerWidget"})


def __getattr__(name: str) -> Any:
    """Load a widget on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__

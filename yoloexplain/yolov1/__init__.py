"""YOLOv1 (arXiv 1506.02640): one grid, one look."""

from .decode import Decoded, decode, non_max_suppression
from .loss import LossTerms, NotebookTerms, loss, notebook_loss
from .network import (
    YOLOv1,
    YOLOv1ResNet,
    YOLOv1Small,
    yolov1_darknet,
    yolov1_notebook,
    yolov1_resnet50,
    yolov1_small,
)
from .targets import Cells, Encoded, encode, split_cells

__all__ = [
    "Cells",
    "Decoded",
    "Encoded",
    "LossTerms",
    "NotebookTerms",
    "YOLOv1",
    "YOLOv1ResNet",
    "YOLOv1Small",
    "decode",
    "encode",
    "loss",
    "non_max_suppression",
    "notebook_loss",
    "split_cells",
    "yolov1_darknet",
    "yolov1_notebook",
    "yolov1_resnet50",
    "yolov1_small",
]

"""YOLOv1 (arXiv 1506.02640): one grid, one look."""

from .network import YOLOv1, YOLOv1ResNet, yolov1_darknet, yolov1_notebook, yolov1_resnet50

__all__ = ["YOLOv1", "YOLOv1ResNet", "yolov1_darknet", "yolov1_notebook", "yolov1_resnet50"]

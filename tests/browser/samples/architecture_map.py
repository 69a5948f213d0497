"""A small network on a small image."""

import torch

from yoloexplain import create_model
from yoloexplain.widgets import ExplainerWidget, explore


def sample() -> list[ExplainerWidget]:
    torch.manual_seed(0)
    return [explore(create_model("yolov5n-demo"), torch.rand(3, 64, 96))]

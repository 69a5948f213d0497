"""Raw outputs by a rule that every machine follows alike, and the published code's answers."""

import json
from functools import cache
from pathlib import Path

import pytest
import torch

from yoloexplain.yolov5 import YOLOv5
from yoloexplain.yolov5.releases import ANCHORS, ANCHORS_P6

NUMBERS = Path(__file__).parents[1] / "golden" / "yolov5_loss.json"


@cache
def built(size, release, num_classes):
    """Build a network without weights: targets, loss and decode only ask for its anchors."""
    with torch.device("meta"):
        model = YOLOv5(size, release, num_classes)
    anchors = ANCHORS_P6 if size.endswith("6") else ANCHORS
    model.head.anchors = torch.tensor(list(anchors.values()), dtype=torch.float32)
    return model


def fill(shape, seed):
    """Numbers from −3 to 3 that look random and come from whole numbers only."""
    i = torch.arange(torch.Size(shape).numel())
    drawn = (7919 * i * i + 104729 * i + 1299721 * seed) % 100003
    return (6 * (drawn.double() / 100003 - 0.5)).float().view(shape)


@pytest.fixture
def network():
    """Networks by size, release and number of classes, each built once."""
    return built


@pytest.fixture
def raw_outputs():
    """Make the outputs that a network would give for images of (height, width)."""

    def make(model, size=(96, 160), batch=3):
        raw = {}
        for seed, (level, stride) in enumerate(model.head.strides.items(), start=1):
            shape = (batch, 3, size[0] // stride, size[1] // stride, 5 + model.num_classes)
            raw[level] = fill(shape, seed)
            raw[level][..., 4] -= 1
        return raw

    return make


@pytest.fixture(scope="session")
def published():
    """What the published code gave; the file says how."""
    return json.loads(NUMBERS.read_text(encoding="utf-8"))

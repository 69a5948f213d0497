"""A training of three moments, made by hand."""

from collections.abc import Mapping

import numpy as np
import torch

from yoloexplain.data.record import Scene
from yoloexplain.data.recording import Moment, Recording
from yoloexplain.results import Detections
from yoloexplain.widgets import ExplainerWidget, TrainingCurve

NAMES = ("red", "green")
TRUTHS = ([[8, 10, 40, 30], [30, 34, 60, 58]], [[4, 4, 30, 24]])
# per moment and scene: box, score, label
FOUND = (
    ([], [[40, 40, 60, 60, 0.3, 0]]),
    ([[10, 11, 40, 32, 0.6, 0], [9, 9, 44, 33, 0.5, 0]], [[4, 5, 28, 25, 0.55, 1]]),
    ([[8, 10, 41, 30, 0.9, 0], [30, 35, 60, 58, 0.8, 1]], [[4, 4, 30, 25, 0.7, 0]]),
)
ROWS: tuple[Mapping[str, float], ...] = (
    {"loss_box": 1.5, "loss_classes": 0.6, "map50": 0.1, "map50_95": 0.02},
    {"loss_box": 0.9, "loss_classes": 0.3, "map50": 0.55, "map50_95": 0.25},
    {"loss_box": 0.4, "loss_classes": 0.1, "map50": 0.92, "map50_95": 0.61},
)


def results(rows: list[list[float]]) -> Detections:
    values = torch.tensor(rows, dtype=torch.float64).reshape(-1, 6)
    return Detections(values[:, :4], values[:, 4], values[:, 5].long(), names=NAMES)


def recording() -> Recording:
    labels = ([0, 1], [0])
    scenes = [
        Scene.from_boxes(np.full((64, 64, 3), 90 + 60 * i, np.uint8), boxes, labels[i])
        for i, boxes in enumerate(TRUTHS)
    ]
    moments = [
        Moment(100 * (k + 1), ROWS[k], tuple(results(rows) for rows in FOUND[k])) for k in range(3)
    ]
    return Recording(NAMES, tuple(scenes), tuple(moments))


def sample() -> list[ExplainerWidget]:
    return [TrainingCurve(recording())]

"""One object, two predicted boxes."""

from yoloexplain.widgets import ExplainerWidget, YOLOv1Loss


def sample() -> list[ExplainerWidget]:
    return [YOLOv1Loss()]

"""The neck of the trained YOLOv5n over a small scene."""

from yoloexplain.data.scenes import Scenes
from yoloexplain.widgets import ExplainerWidget, Pyramid


def sample() -> list[ExplainerWidget]:
    return [Pyramid(scene=Scenes(1, size=96)[0])]

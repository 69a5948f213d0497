"""Fields of two levels of the trained YOLOv5n."""

from yoloexplain.data.scenes import Scenes
from yoloexplain.widgets import ExplainerWidget, ReceptiveFieldOnPhoto


def sample() -> list[ExplainerWidget]:
    photo, levels = Scenes(1, size=96)[0].image, {"c3": "backbone.c3", "p5": "neck.p5"}
    return [ReceptiveFieldOnPhoto(photo=photo, layers=levels, measured=2)]

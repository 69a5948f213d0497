"""Feature maps of a small network that has learned, beside one that has not."""

from yoloexplain import create_model
from yoloexplain.data.scenes import Scenes
from yoloexplain.widgets import ExplainerWidget, FeatureMaps


def sample() -> list[ExplainerWidget]:
    scene = Scenes(1, seed=2, size=192, split="val")[0]
    return [FeatureMaps(create_model("yolov5n-demo"), scene.image, compare="neck.p3")]

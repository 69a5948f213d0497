"""Both halves of the trained CSPDenseNet on a small scene."""

from yoloexplain.data.scenes import Scenes
from yoloexplain.widgets import CSPHalves, ExplainerWidget


def sample() -> list[ExplainerWidget]:
    return [CSPHalves(scene=Scenes(1, size=64)[0])]

"""The head of the trained network, on a scene."""

from yoloexplain.widgets import ExplainerWidget, HeadCell


def sample() -> list[ExplainerWidget]:
    return [HeadCell()]

"""A coin's mask."""

from yoloexplain.widgets import DiceLoss, ExplainerWidget


def sample() -> list[ExplainerWidget]:
    return [DiceLoss()]

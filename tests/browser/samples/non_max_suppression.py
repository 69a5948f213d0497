"""The candidates of the trained network on a scene."""

from yoloexplain.widgets import ExplainerWidget, NonMaxSuppression


def sample() -> list[ExplainerWidget]:
    return [NonMaxSuppression()]

"""A cat's eye in four quarters."""

from yoloexplain.widgets import ExplainerWidget, FocusSteps


def sample() -> list[ExplainerWidget]:
    return [FocusSteps()]

"""Three networks of one name."""

from yoloexplain.widgets import ExplainerWidget, ParameterShares


def sample() -> list[ExplainerWidget]:
    return [ParameterShares()]

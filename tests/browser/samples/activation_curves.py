"""Six ways to bend a number."""

from yoloexplain.widgets import ActivationCurves, ExplainerWidget


def sample() -> list[ExplainerWidget]:
    return [ActivationCurves()]

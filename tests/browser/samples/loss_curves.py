"""Three losses of one raw value."""

from yoloexplain.widgets import ExplainerWidget, LossCurves


def sample() -> list[ExplainerWidget]:
    return [LossCurves(smoothing=0.1)]

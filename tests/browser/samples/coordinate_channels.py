"""Two identical coins."""

from yoloexplain.widgets import CoordinateChannels, ExplainerWidget


def sample() -> list[ExplainerWidget]:
    return [CoordinateChannels()]

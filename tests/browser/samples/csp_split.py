"""A small stage."""

from yoloexplain.widgets import CSPSplit, ExplainerWidget


def sample() -> list[ExplainerWidget]:
    return [CSPSplit(16, 8, 3)]

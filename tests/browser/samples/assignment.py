"""The cat's eye over the grids of three detectors."""

from yoloexplain.widgets import Assignment, ExplainerWidget


def sample() -> list[ExplainerWidget]:
    return [Assignment()]

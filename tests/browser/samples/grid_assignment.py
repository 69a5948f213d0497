"""A cup of coffee under a grid."""

from yoloexplain.widgets import ExplainerWidget, GridAssignment


def sample() -> list[ExplainerWidget]:
    return [GridAssignment(chosen=2)]

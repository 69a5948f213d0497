"""A trained DenseNet and its untrained twin."""

from yoloexplain.widgets import ConcatProvenance, ExplainerWidget


def sample() -> list[ExplainerWidget]:
    return [ConcatProvenance()]

"""The first block of DenseNet-121."""

from yoloexplain.widgets import DenseBlockBuilder, ExplainerWidget


def sample() -> list[ExplainerWidget]:
    return [DenseBlockBuilder()]

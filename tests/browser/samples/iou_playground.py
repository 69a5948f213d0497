"""A small playground."""

from yoloexplain.widgets import ExplainerWidget, IoUPlayground


def sample() -> list[ExplainerWidget]:
    return [IoUPlayground()]

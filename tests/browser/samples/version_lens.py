"""Every release of YOLOv5s."""

from yoloexplain.widgets import ExplainerWidget, VersionLens


def sample() -> list[ExplainerWidget]:
    return [VersionLens()]

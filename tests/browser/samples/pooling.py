"""A small map, pooled."""

import numpy as np

from yoloexplain.widgets import ExplainerWidget, Pooling


def sample() -> list[ExplainerWidget]:
    maps = {"wide": np.arange(84.0).reshape(7, 12) % 17, "high": np.arange(60.0).reshape(10, 6) % 7}
    return [Pooling(maps)]

"""Mask channels of small untrained networks on a flat scene."""

import numpy as np

from yoloexplain.widgets import ExplainerWidget, MaskChannels


def sample() -> list[ExplainerWidget]:
    scene = np.full((64, 96, 3), 120, np.uint8)
    scene[20:40, 30:50] = (220, 80, 40)
    return [MaskChannels(scene, at=(0.4, 0.45))]

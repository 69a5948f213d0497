"""Two squares on the location grid."""

import numpy as np

from yoloexplain.widgets import ExplainerWidget, LocationGrid


def sample() -> list[ExplainerWidget]:
    masks = np.zeros((2, 60, 90), bool)
    masks[0, 10:25, 10:25] = masks[1, 15:55, 45:85] = True
    return [LocationGrid(np.full((60, 90, 3), 90, np.uint8), masks, side=240)]

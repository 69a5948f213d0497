"""Three squares, two of them nearly the same."""

import numpy as np

from yoloexplain.widgets import ExplainerWidget, MatrixNMSSteps


def sample() -> list[ExplainerWidget]:
    masks = np.zeros((3, 30, 40), bool)
    masks[0, 5:20, 5:20] = masks[1, 6:21, 6:21] = masks[2, 10:28, 15:35] = True
    return [MatrixNMSSteps(np.full((60, 80, 3), 120, np.uint8), masks, [0.9, 0.8, 0.7])]

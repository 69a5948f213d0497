"""Small plain pictures, taken apart."""

import numpy as np

from yoloexplain.data.scenes import Scenes
from yoloexplain.widgets import AugmentationSteps, ExplainerWidget


def sample() -> list[ExplainerWidget]:
    scenes = [Scenes(4, size=64, max_objects=2)[i] for i in range(4)]
    values = np.add.outer(np.arange(12.0), np.arange(16.0))
    return [AugmentationSteps(scenes, seeds=(2, 3), feature_map=values)]

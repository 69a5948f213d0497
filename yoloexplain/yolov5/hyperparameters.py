"""The loss's dials: how much each term weighs, and what each release set it to.

They stand beside the loss; no tensor passes through here.
Source: YOLOv5 (Jocher et al. 2020–2022), releases 1.0 to 7.0, https://github.com/ultralytics/yolov5:
the default settings for training from scratch, facts only.

The three gains were tuned for COCO at 640 pixels with three levels. ``scaled`` carries them over to
other numbers of classes, sizes and levels, as the releases did before a training began.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

from ..layers.check import check_choice, check_count
from .network import YOLOv5
from .releases import RELEASES, check_size


@dataclass(frozen=True)
class Hyperparameters:
    """Weights of the loss's terms.

    Attributes
    ----------
    box, objectness, classes
        Gain of each term.
    objectness_positive, class_positive
        Weight of what is there against what is not, within the binary cross-entropy.
    anchor_threshold
        An anchor answers for a box if no side is this many times longer or shorter.
    focal_gamma
        γ of the focal loss, which plays down what is easy; 0 leaves it out. Its α is 0.25.
    label_smoothing
        ε: classes are asked for 1 − ε/2 and ε/2 instead of 1 and 0. Releases before 5.0 had the
        code but fixed ε to 0, and so does the loss for them.

    Raises
    ------
    ValueError
        For a value out of range.
    """

    box: float = 0.05
    objectness: float = 1.0
    classes: float = 0.5
    objectness_positive: float = 1.0
    class_positive: float = 1.0
    anchor_threshold: float = 4.0
    focal_gamma: float = 0.0
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        check_range("box", self.box, 0.0)
        check_range("objectness", self.objectness, 0.0)
        check_range("classes", self.classes, 0.0)
        check_range("objectness_positive", self.objectness_positive, 0.0, above=True)
        check_range("class_positive", self.class_positive, 0.0, above=True)
        check_range("anchor_threshold", self.anchor_threshold, 1.0, above=True)
        check_range("focal_gamma", self.focal_gamma, 0.0)
        check_range("label_smoothing", self.label_smoothing, 0.0, below=1.0)

    @classmethod
    def of(cls, release: str = "7.0", size: str = "s") -> "Hyperparameters":
        """Set everything as a release trained a size from scratch.

        1.0 gave classes 0.58. From 6.1 on m, l and x were trained with 0.3 for classes and 0.7 for
        objectness. All else stayed the same for ten releases.
        """
        check_choice("release", release, tuple(RELEASES))
        check_size(size, release)
        if release == "1.0":
            return cls(classes=0.58)
        if float(release) >= 6.1 and size[0] in "mlx":
            return cls(classes=0.3, objectness=0.7)
        return cls()

    def scaled(self, model: YOLOv5, image_size: int = 640) -> "Hyperparameters":
        """Carry the gains over to a network and the longer side of its images, once.

        Classes grow with their number (tuned for 80), and all terms shrink with the number of
        levels (tuned for 3), which they sum over. From 4.0 on objectness, a mean over all cells,
        grows with the area (tuned for 640 pixels).
        """
        check_count("image_size", image_size)
        levels = 3 / len(model.head.strides)
        area = (image_size / 640) ** 2 if float(model.release) >= 4 else 1.0
        return replace(
            self,
            box=self.box * levels,
            objectness=self.objectness * area * levels,
            classes=self.classes * model.num_classes / 80 * levels,
        )


def check_range(
    name: str, value: Any, least: float, *, below: float = math.inf, above: bool = False
) -> None:
    """Raise a ``ValueError`` unless ``least`` ≤ (with ``above``: <) ``value`` < ``below``."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and (least < value if above else least <= value) and value < below:
        return
    rule = f"{'above' if above else 'at least'} {least:g}"
    rule += "" if math.isinf(below) else f" and below {below:g}"
    default = getattr(Hyperparameters, name)
    raise ValueError(
        f"{name} must be a finite number, {rule}, got {value!r}; the releases took {default:g}"
    )

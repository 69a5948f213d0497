"""Mixing: two scenes in one picture, the one through the other or cut into it.

It stands between the scenes and the batch.
Sources: "mixup: Beyond Empirical Risk Minimization" (2017, arXiv 1710.09412); "CutMix:
Regularization Strategy to Train Strong Classifiers with Localizable Features" (2019, arXiv
1905.04899).

Each answer keeps what was decided by chance, how much of each and which rectangle, so that a lesson
can show the steps and a loss can weigh the parts.

Departures: MixUp and CutMix were made for classifiers and mix the labels; of a detector's scene the
objects of both stay, each with its own label, and the share is given beside.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ..record import Scene, masks_known
from .keep import KEEP, Keep
from .pasting import Rectangle, Tile, part_of, placed, together, without


@dataclass(frozen=True, eq=False)
class Mixed:
    """Two scenes shown through one another.

    Attributes
    ----------
    scene
        The mixture, with the objects of both.
    share
        λ, how much of the first there is.
    weights
        float32 (N,): λ for the first scene's objects and 1 − λ for the second's.
    """

    scene: Scene
    share: float
    weights: NDArray[np.float32]


def mixup(first: Scene, second: Scene, random: Generator, *, alpha: float | int = 32) -> Mixed:
    """Show two scenes through one another: λ of the first and 1 − λ of the second.

    Parameters
    ----------
    alpha
        λ is drawn from Beta(α, α). The paper's classifiers took 0.1 to 0.4, which leaves most
        pictures almost pure; YOLOv5 takes 32, so that both can always be seen.

    Raises
    ------
    ValueError
        If the sizes differ, or α is not above 0.
    """
    _check_pair(first, second, alpha)
    share = float(random.beta(alpha, alpha))
    blended = first.image.astype(np.float32) * share + second.image.astype(np.float32) * (1 - share)
    image = np.rint(blended).astype(np.uint8)
    counts = [len(first), len(second)]
    weights = np.repeat(np.array([share, 1 - share], np.float32), counts)
    scene = together(image, [first, second], masks_known([first, second]))
    return Mixed(scene, share, weights)


@dataclass(frozen=True, eq=False)
class Cut:
    """A scene with a rectangle of another in it.

    Attributes
    ----------
    scene
        The picture, with what is still seen of both scenes' objects.
    rectangle_xyxy
        What was cut in, in whole pixels.
    share
        λ, how much of the first is left, to the pixel.
    """

    scene: Scene
    rectangle_xyxy: Rectangle
    share: float


def cutmix(
    first: Scene, second: Scene, random: Generator, *, alpha: float | int = 1, keep: Keep = KEEP
) -> Cut:
    """Cut a rectangle out of the second scene into the same place of the first.

    Parameters
    ----------
    alpha
        The share of the first is drawn from Beta(α, α), before the rectangle is cut at the
        picture's edge; the paper takes 1.
    keep
        Which of the cut objects stay.

    Raises
    ------
    ValueError
        If the sizes differ, or α is not above 0.
    """
    _check_pair(first, second, alpha)
    height, width = first.size
    side = math.sqrt(1 - float(random.beta(alpha, alpha)))
    x, y = random.random() * width, random.random() * height
    left, right = (round(min(max(x + s * side * width / 2, 0), width)) for s in (-1, 1))
    top, bottom = (round(min(max(y + s * side * height / 2, 0), height)) for s in (-1, 1))
    rectangle = left, top, right, bottom
    image = first.image.copy()
    image[part_of(rectangle)] = second.image[part_of(rectangle)]
    known = masks_known([first, second])
    outer = without(first, rectangle, keep, known)
    inner = placed(second, Tile(rectangle, rectangle), first.size, keep, known)
    share = 1 - (right - left) * (bottom - top) / (height * width)
    return Cut(together(image, [outer, inner], known), rectangle, share)


def _check_pair(first: Scene, second: Scene, alpha: float | int) -> None:
    if first.size != second.size:
        raise ValueError(
            "two scenes can be mixed only if they are equally large, got "
            f"{first.size[0]}x{first.size[1]} and {second.size[0]}x{second.size[1]}; letterbox both"
        )
    if not 0 < alpha < math.inf:
        raise ValueError(f"alpha must be above 0, got {alpha}")

"""Colour: the same things by other light.

It stands between a scene and the batch.
Source: the amounts as in YOLOv5 (Jocher et al. 2020–2022), releases 1.0 to 7.0,
https://github.com/ultralytics/yolov5, facts only.

Departures: hue is turned by an angle where YOLOv5 multiplies it, which would leave red as it is.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ..record import Scene

Number = float | int


@dataclass(frozen=True, eq=False)
class Jittered:
    """A scene in other colours.

    Attributes
    ----------
    scene
        The same objects in the new picture.
    turn
        Of the hue, in whole turns of the colour wheel.
    saturation, value
        Factors.
    """

    scene: Scene
    turn: float
    saturation: float
    value: float


def hsv_jitter(
    scene: Scene,
    random: Generator,
    *,
    hue: Number = 0.015,
    saturation: Number = 0.7,
    value: Number = 0.4,
) -> Jittered:
    """Change hue, saturation and brightness of the whole picture by random amounts.

    Parameters
    ----------
    hue
        Largest turn of the colour wheel, to both sides; 0.5 is half of it.
    saturation, value
        Factors lie from 1 − this to 1 + this. The defaults are YOLOv5's.

    Raises
    ------
    ValueError
        For an amount out of range.
    """
    for name, amount, most in (
        ("hue", hue, 0.5),
        ("saturation", saturation, 1),
        ("value", value, 1),
    ):
        if not 0 <= amount <= most:
            raise ValueError(f"{name} must lie from 0 to {most}, got {amount}")
    turn, more, brighter = random.uniform(-1, 1, 3) * [hue, saturation, value]
    chosen = float(turn), float(1 + more), float(1 + brighter)
    return Jittered(replace(scene, image=change_hsv(scene.image, *chosen)), *chosen)


def change_hsv(
    image: NDArray[np.uint8], turn: Number = 0.0, saturation: Number = 1.0, value: Number = 1.0
) -> NDArray[np.uint8]:
    """Turn the hue and multiply saturation and value of a picture, uint8 (H, W, 3).

    Value is the largest of red, green and blue; saturation, how far the smallest lies below it.
    """
    planes = np.moveaxis(image, 2, 0).astype(np.float32, order="C")
    if turn:
        planes = _turn_hue(planes, turn)
    largest = planes.max(axis=0)
    if saturation != 1:
        spread = np.maximum(largest - planes.min(axis=0), 1e-6)
        most = largest / spread  # beyond it the smallest would fall below 0
        planes = largest - (largest - planes) * np.minimum(np.float32(saturation), most)
    if value != 1:
        planes = planes * np.minimum(np.float32(value), 255 / np.maximum(largest, 1e-6))
    rounded = np.clip(np.rint(planes), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.moveaxis(rounded, 0, 2))


def _turn_hue(planes: NDArray[np.float32], turn: Number) -> NDArray[np.float32]:
    """Walk round the colour wheel with largest and smallest channel held."""
    red, green, blue = planes
    largest = planes.max(axis=0)
    spread = largest - planes.min(axis=0)
    each = 1 / np.maximum(spread, 1e-6)
    sixth = np.where(
        largest == red,
        (green - blue) * each,
        np.where(largest == green, 2 + (blue - red) * each, 4 + (red - green) * each),
    )
    channels = []
    for start in (5, 3, 1):  # of red, green, blue on the wheel of six
        place = start + sixth + np.float32(6 * turn)
        place -= 6 * np.floor(place * np.float32(1 / 6))
        channels.append(largest - spread * np.clip(np.minimum(place, 4 - place), 0, 1))
    return np.stack(channels).astype(np.float32)

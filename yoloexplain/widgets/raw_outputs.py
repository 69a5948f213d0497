"""Raw outputs: what a YOLOv5 says of one picture, for the widgets that take its head apart.

It stands between the network and those widgets: the picture is framed as the network needs it, and
the network is asked once. The caller's network is never changed.
"""

from copy import deepcopy

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ..catalog import create_model
from ..data import photos
from ..data.scenes import Scenes
from ..figures.check import check_photo
from ..weights import demo_card
from ..yolov5.network import RawOutputs, YOLOv5

DEMO = "yolov5n-demo"
LONGEST = 320  # pixels of a side: at 640 there would be megabytes of raw numbers


def demo_scene() -> NDArray[np.uint8]:
    """Six things on stripes; the scene took no part in the training."""
    return Scenes(24, seed=2, size=256, split="val")[18].image


def trained(model: object, names: tuple[str, ...]) -> tuple[YOLOv5, tuple[str, ...]]:
    """Give the network and its classes' names: the trained demo and its own unless given.

    Raises
    ------
    TypeError
        If the model is no YOLOv5.
    ValueError
        If there are names, but not one a class.
    """
    network = create_model(DEMO) if model is None else model
    if not isinstance(network, YOLOv5):
        raise TypeError(
            f"model must be a YOLOv5, got {type(network).__name__}; create_model({DEMO!r}) is one"
        )
    if model is None and not names:
        names = tuple(demo_card(DEMO)["names"])
    if names and len(names) != network.num_classes:
        raise ValueError(
            f"names must be one a class, {network.num_classes} in all, got {len(names)}; "
            "leave them out and classes are numbered"
        )
    return network, names or tuple(f"class {k}" for k in range(network.num_classes))


def framed(image: ArrayLike | None, stride: int) -> NDArray[np.uint8]:
    """Frame a picture: at most ``LONGEST`` pixels a side, sides that the network takes."""
    picture = np.ascontiguousarray(demo_scene() if image is None else check_photo(image))
    scale = min(1.0, LONGEST / max(picture.shape[:2]))
    height, width = (max(-(-round(side * scale) // stride), 1) * stride
                     for side in picture.shape[:2])  # fmt: skip
    return photos.letterbox(picture, (height, width), stride=stride).image


def ask(model: YOLOv5, picture: NDArray[np.uint8]) -> RawOutputs:
    """Run the network as it answers in use; one in training mode is copied first."""
    quiet = deepcopy(model).eval() if model.training else model
    with torch.no_grad():
        raw: RawOutputs = quiet(photos.to_tensor(picture))
    return raw

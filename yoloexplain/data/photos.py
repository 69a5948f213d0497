"""Photographs: the first step from image to picture, a photograph becomes a tensor.

Source: the photographs inside scikit-image's own wheel; nothing is downloaded. Only those are here
whose photographer gave them away (CC0, public domain or no known restrictions).

``load`` gives the pixels, ``letterbox`` frames them for a network and remembers how, and
``to_tensor`` makes the batch of one that every network here takes.
"""

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .letterbox import Letterboxed, Photo, check_photo, letterbox

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "Credit",
    "Letterboxed",
    "PhotoObject",
    "coin_masks",
    "credit",
    "credits",
    "grayscale",
    "letterbox",
    "load",
    "names",
    "objects",
    "to_tensor",
]


class Credit(NamedTuple):
    """Who took a photograph, under which terms it is used, and where it came from."""

    author: str
    licence: str
    source: str


class PhotoObject(NamedTuple):
    """A thing in a photograph: its name and (left, top, right, bottom) in the photo's pixels."""

    label: str
    box_xyxy: tuple[float, float, float, float]


_NASA = "NASA Great Images, https://flic.kr/p/r9qvLn"
_SPACEX = "SpaceX Photos, https://www.flickr.com/photos/spacexphotos/16511594820"
_COINS = "Brooklyn Museum, https://www.brooklynmuseum.org/opencollection/archives/image/51611"
_FILES = {
    "astronaut": ("astronaut.png", Credit("NASA", "public domain", _NASA)),
    "camera": ("camera.png", Credit("Lav Varshney", "CC0", "scikit-image")),
    "chelsea": ("chelsea.png", Credit("Stéfan van der Walt", "CC0", "scikit-image")),
    "coffee": ("coffee.png", Credit("Rachel Michetti", "CC0", "scikit-image, Pikolo Espresso Bar")),
    "coins": ("coins.png", Credit("Brooklyn Museum", "no known copyright restrictions", _COINS)),
    "rocket": ("rocket.jpg", Credit("SpaceX", "public domain", _SPACEX)),
}
# Measured by hand on the photographs, to the pixel or two that an eye can tell.
_OBJECTS = {
    "astronaut": (
        PhotoObject("person", (19, 15, 362, 512)),
        PhotoObject("space shuttle", (354, 0, 457, 275)),
        PhotoObject("helmet", (275, 343, 512, 512)),
    ),
    "camera": (
        PhotoObject("person", (0, 63, 332, 512)),
        PhotoObject("camera", (251, 139, 326, 188)),
        PhotoObject("tripod", (230, 187, 406, 512)),
    ),
    "chelsea": (
        PhotoObject("cat", (0, 0, 397, 300)),
        PhotoObject("eye", (135, 85, 208, 147)),
        PhotoObject("eye", (296, 109, 345, 165)),
        PhotoObject("nose", (236, 226, 293, 265)),
    ),
    "coffee": (
        PhotoObject("saucer", (77, 66, 479, 390)),
        PhotoObject("cup", (173, 18, 402, 309)),
        PhotoObject("spoon", (326, 67, 425, 326)),
    ),
    "rocket": (
        PhotoObject("rocket", (309, 126, 335, 407)),
        PhotoObject("tower", (0, 0, 88, 427)),
        PhotoObject("tower", (560, 0, 640, 427)),
        PhotoObject("mast", (168, 123, 204, 420)),
        PhotoObject("mast", (439, 122, 479, 420)),
    ),
}


def names() -> list[str]:
    """Names of the photographs, in alphabetical order."""
    return sorted(_FILES)


def load(name: str) -> Photo:
    """Read a photograph as a fresh uint8 array (H, W, 3), RGB; grey ones have three equal channels.

    Raises
    ------
    ValueError
        If there is no photograph of that name; the nearest names are suggested.
    """
    import skimage

    file = Path(skimage.__file__).parent / "data" / _FILES[_known(name)][0]
    with Image.open(file) as image:
        return np.array(image.convert("RGB"))


def credit(name: str) -> Credit:
    """Author, licence and source of a photograph."""
    return _FILES[_known(name)][1]


def credits() -> dict[str, Credit]:
    """Author, licence and source of every photograph, by name."""
    return {name: credit(name) for name in names()}


def objects(name: str) -> tuple[PhotoObject, ...]:
    """Things in a photograph with hand-measured boxes, in the photo's own pixels.

    They serve to show targets on a real photograph, never to measure a network. ``coins`` has
    none listed: ``coin_masks`` segments them.
    """
    return _OBJECTS.get(_known(name), ())


def coin_masks() -> NDArray[np.bool_]:
    """Segment the coins in ``coins``: masks (N, H, W), one a coin, from the top downwards.

    Otsu's threshold on the photograph less its backdrop, a wide median (it is darker at the
    bottom); then holes are filled and specks dropped.
    """
    from skimage import filters, measure, morphology

    grey = grayscale(load("coins"))[:, :, 0].astype(float)
    height, width = grey.shape
    coarse = filters.median(grey[::4, ::4], np.ones((25, 25)))
    backdrop = coarse.repeat(4, axis=0).repeat(4, axis=1)[:height, :width]
    flat = filters.gaussian(grey, 1) - backdrop
    # Dark pixels that the first one, a corner of the backdrop, cannot reach are spots on coins.
    inside = measure.label(flat <= filters.threshold_otsu(flat), connectivity=1) != 1
    labels = measure.label(morphology.opening(inside, morphology.disk(3)), connectivity=1)
    masks = [labels == number for number in range(1, labels.max() + 1)]
    return np.stack([mask for mask in masks if mask.sum() >= 400])


def grayscale(image: NDArray[Any]) -> Photo:
    """Weigh red, green and blue as the eye does (ITU-R BT.601): uint8 (H, W, 1)."""
    photo = check_photo(image)
    if photo.shape[2] == 1:
        return photo.copy()
    return np.array(Image.fromarray(photo).convert("L"))[:, :, None]


def to_tensor(image: NDArray[Any]) -> "Tensor":
    """Turn a uint8 array (H, W, C) into a float32 tensor (1, C, H, W) with values 0–1."""
    import torch

    return torch.from_numpy(check_photo(image).copy()).permute(2, 0, 1)[None].float() / 255


def _known(name: str) -> str:
    if name not in _FILES:
        close = get_close_matches(str(name), _FILES, n=1, cutoff=0.4)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"a photograph must be one of {', '.join(names())}; got {name!r}{hint}")
    return name

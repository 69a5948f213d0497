"""The gate of the pictures: what arrays must look like before they are drawn.

Each rule is stated in the error, with the value received and the mend.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
# A type checker takes an int where a float is asked for; a check at run time does not.
Number = float | int


def check_photo(photo: ArrayLike) -> Array:
    """Return a photograph as uint8 (H, W, 3), from uint8 (H, W), (H, W, 1) or (H, W, 3)."""
    array = np.asarray(photo)
    if array.ndim == 2:
        array = array[:, :, None]
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] not in (1, 3) or not array.size:
        raise ValueError(
            "a photograph must be a uint8 array (height, width, 3), got "
            f"{array.dtype} of shape {array.shape}; photos.load gives one"
        )
    return np.broadcast_to(array, (*array.shape[:2], 3))


def check_map(values: ArrayLike, what: str = "a map") -> Array:
    """Return a single map as float (H, W)."""
    array = _numbers(values, what)
    if array.ndim != 2 or not array.size:
        raise ValueError(
            f"{what} must have two axes (height, width) and values, got shape {array.shape}; "
            "pass one channel, for example maps[0]"
        )
    return array


def check_maps(maps: ArrayLike) -> Array:
    """Return feature maps as float (C, H, W)."""
    array = _numbers(maps, "feature maps")
    if array.ndim != 3 or not array.size:
        hint = "take one image of the batch, maps[0]" if array.ndim == 4 else "add axes with [None]"
        raise ValueError(
            "feature maps must have three axes (channels, height, width) and values, got shape "
            f"{array.shape}; {hint}"
        )
    return array


def check_boxes(boxes_xyxy: ArrayLike) -> Array:
    """Return boxes as float (N, 4): left, top, right, bottom in pixels."""
    array = _numbers(boxes_xyxy, "boxes")
    if array.size == 0:
        return np.zeros((0, 4))
    if array.ndim != 2 or array.shape[1] != 4:
        raise ValueError(
            f"boxes must have shape (N, 4): left, top, right, bottom; got {array.shape}; "
            "for one box write [[left, top, right, bottom]]"
        )
    if (array[:, 2:] < array[:, :2]).any():
        wrong = int(np.flatnonzero((array[:, 2:] < array[:, :2]).any(axis=1))[0])
        raise ValueError(
            "a box must have left <= right and top <= bottom, got "
            f"{array[wrong].tolist()} as box {wrong}; from centre and size take "
            "(x - w/2, y - h/2, x + w/2, y + h/2)"
        )
    return array


def check_positive(name: str, value: int, least: int = 1) -> None:
    """Raise a ``ValueError`` unless ``value`` is an integer of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(
            f"{name} must be an integer of at least {least}, got {value!r}; "
            f"pass for example {name}={max(least, 4)}"
        )


def check_lengths(**counts: int) -> None:
    """Raise a ``ValueError`` unless all lists have the same length."""
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{count} {name}" for name, count in counts.items())
        raise ValueError(
            f"lists must belong together one to one, got {listed}; pass as many of each"
        )


def _numbers(values: ArrayLike, what: str) -> Array:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{what} must be an array of numbers, got {type(values).__name__}; "
            "from a tensor take tensor.detach().numpy()"
        ) from error

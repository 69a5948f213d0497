"""Letterbox: scale and frame a photograph until it fits a network, and find the way back.

Source: Darknet and YOLOv5, which scale by the smaller ratio and pad evenly with grey 114.

A network takes sides that are multiples of its stride, a camera does not give them. Stretching
would change every shape; a frame changes none.

Departures: arrays are RGB with height before width, and shrinking averages over the pixels that
fall together (Pillow's bilinear filter) where OpenCV's ``INTER_LINEAR`` picks four of them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

Photo = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Letterboxed:
    """A photograph scaled and framed for a network, and the way back.

    Attributes
    ----------
    image
        uint8 (H, W, C), the framed photograph.
    scale
        Factor by which the photograph was enlarged or shrunk, the same for both sides.
    padding
        Grey pixels (left, top) of the photograph inside the frame.
    original_size, resized_size
        (height, width) of the photograph before and after scaling.
    """

    image: Photo
    scale: float
    padding: tuple[int, int]
    original_size: tuple[int, int]
    resized_size: tuple[int, int]

    def apply(self, boxes_xyxy: ArrayLike) -> NDArray[np.float64]:
        """Take boxes (N, 4) from the photograph's pixels to the network's input pixels."""
        return _boxes(boxes_xyxy) * self._ratios() + np.tile(self.padding, 2)

    def undo(self, boxes_xyxy: ArrayLike) -> NDArray[np.float64]:
        """Take boxes (N, 4) from the network's input pixels back to the photograph's pixels."""
        return (_boxes(boxes_xyxy) - np.tile(self.padding, 2)) / self._ratios()

    def undo_map(self, values: ArrayLike) -> NDArray[Any]:
        """Lay a feature map (h, w) back onto the photograph: (H, W), each pixel its own cell."""
        cells = np.asarray(values)
        if cells.ndim != 2 or not cells.size:
            raise ValueError(
                f"a map must have two axes (height, width) and values, got shape {cells.shape}; "
                "pass one channel, for example maps[0]"
            )
        rows, columns = (
            (np.arange(old) + 0.5) * new / old + pad
            for old, new, pad in zip(
                self.original_size, self.resized_size, self.padding[::-1], strict=True
            )
        )
        height, width = self.image.shape[:2]
        i = (rows * cells.shape[0] / height).astype(int)
        j = (columns * cells.shape[1] / width).astype(int)
        return cells[np.ix_(i, j)]

    def _ratios(self) -> NDArray[np.float64]:
        # Rounding to whole pixels can make the two ratios differ a little from ``scale``.
        (height, width), (old_height, old_width) = self.resized_size, self.original_size
        return np.tile([width / old_width, height / old_height], 2)


def letterbox(
    image: NDArray[Any], size: int | tuple[int, int], *, stride: int = 32, fill: int = 114
) -> Letterboxed:
    """Scale a photograph until it just fits, then pad it evenly with grey.

    Parameters
    ----------
    image
        uint8 (H, W, C).
    size
        Side of the square frame, or (height, width); both a multiple of ``stride``.
    stride
        Largest stride of the network; 1 allows any size.
    fill
        Grey of the frame, 0–255.

    Raises
    ------
    ValueError
        If the image is not a uint8 array (H, W, C) with pixels, or the size is no positive
        multiple of the stride.
    """
    photo = check_photo(image)
    height, width = (size, size) if isinstance(size, int) else size
    if min(height, width) < 1 or height % stride or width % stride:
        nearest = tuple(max(round(side / stride), 1) * stride for side in (height, width))
        raise ValueError(
            f"both sides of the frame must be positive multiples of the stride {stride}, got "
            f"{height}x{width}; pass for example {nearest}"
        )
    old_height, old_width = photo.shape[:2]
    scale = min(height / old_height, width / old_width)
    resized = max(round(old_height * scale), 1), max(round(old_width * scale), 1)
    left, top = (width - resized[1]) // 2, (height - resized[0]) // 2
    frame = np.full((height, width, photo.shape[2]), fill, np.uint8)
    frame[top : top + resized[0], left : left + resized[1]] = _resize(photo, resized)
    return Letterboxed(frame, scale, (left, top), (old_height, old_width), resized)


def _resize(photo: Photo, size: tuple[int, int]) -> Photo:
    """Bilinear, channel by channel so that one-channel photographs work too."""
    if photo.shape[:2] == size:
        return photo
    planes = np.moveaxis(photo, 2, 0)
    bilinear = Image.Resampling.BILINEAR
    resized = [np.array(Image.fromarray(p).resize(size[::-1], bilinear)) for p in planes]
    return np.stack(resized, axis=2)


def check_photo(image: NDArray[Any]) -> Photo:
    """Return the photograph, or raise a ``ValueError`` unless it is uint8 (H, W, 1 or 3)."""
    array = np.asarray(image)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] not in (1, 3) or not array.size:
        raise ValueError(
            "a photograph must be a uint8 array (height, width, 1 or 3 channels) with pixels, got "
            f"{array.dtype} of shape {array.shape}; photos.load gives one, and image[:, :, None] "
            "adds the channel axis to a grey one"
        )
    return array


def _boxes(boxes_xyxy: ArrayLike) -> NDArray[np.float64]:
    boxes = np.asarray(boxes_xyxy, dtype=np.float64)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(
            f"boxes must have shape (N, 4): left, top, right, bottom; got {boxes.shape}; "
            "for one box write [[left, top, right, bottom]]"
        )
    return boxes

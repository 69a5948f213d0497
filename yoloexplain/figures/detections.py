"""Detections in pictures: what a network found, drawn upon the image it looked at.

It stands at the very end. A class always has the same colour, whatever else is in the picture.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import ArrayLike

from .check import Array, check_boxes, check_lengths, check_photo
from .drawing import panel
from .overlay import frame_box, lay_photo
from .picture import Picture
from .style import SERIES, style

LONGER_SIDE = 7.0  # inches
SMALL, ITS_SIDE = 256, 6.0  # pixels up to which an image is not enlarged as far, and how far
SHADES = SERIES[:7]  # the eighth is black, which tints nothing


@style()
def detections_on_photo(
    photo: ArrayLike,
    boxes_xyxy: ArrayLike,
    labels: Sequence[int] | Array,
    captions: Sequence[str],
    *,
    masks: ArrayLike | None = None,
    image_size: tuple[int, int] | None = None,
) -> Picture:
    """Draw boxes, and masks if there are any, upon a photograph.

    Parameters
    ----------
    photo
        uint8 (H, W, 3), in whose pixels everything is.
    boxes_xyxy
        (N, 4).
    labels, captions
        Class of each box, which chooses the colour, and the words on its tag.
    masks
        bool (N, H, W).
    image_size
        (height, width) that the photo must have, where it is known.

    Raises
    ------
    ValueError
        If the lists do not belong together, or to this photo.
    """
    picture_of, boxes = check_photo(photo), check_boxes(boxes_xyxy)
    check_lengths(boxes=len(boxes), labels=len(labels), captions=len(captions))
    height, width = picture_of.shape[:2]
    known = image_size if masks is None else np.asarray(masks).shape[1:]
    if known is not None and tuple(known) != (height, width):
        raise ValueError(
            f"these were found in an image of {known[0]}x{known[1]} pixels, got a photo of "
            f"{height}x{width}; pass the image that the network took, or undo its letterbox"
        )
    longer = max(height, width)
    scale = (ITS_SIDE if longer <= SMALL else LONGER_SIDE) / longer
    picture = Picture(width * scale, height * scale)
    axes = panel(picture, 0, 0, width * scale, height * scale)
    lay_photo(axes, picture_of)
    shades = [SHADES[int(label) % len(SHADES)] for label in labels]
    # Large boxes first, so that small ones and their names stay on top.
    for index in np.argsort(-np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), kind="stable"):
        if masks is not None:
            _tint(axes, np.asarray(masks)[index], shades[index])
        frame_box(axes, boxes[index], shades[index], captions[index])
    found = "; ".join(captions) if len(captions) else "nothing found"
    picture.alt = f"Photograph of {height}×{width} pixels with {len(boxes)} detections: {found}."
    return picture


def _tint(axes: Axes, mask: Array, shade: str) -> None:
    """Lay a colour over a mask and rule its outline."""
    height, width = mask.shape
    layer = np.zeros((height, width, 4))
    layer[mask.astype(bool)] = (*to_rgb(shade), 0.5)
    axes.imshow(layer, extent=(0, width, height, 0), aspect="auto", zorder=3)
    if mask.any():
        padded = np.pad(mask.astype(float), 1)  # so that the outline closes at the photo's edge
        across, down = np.arange(-0.5, width + 1), np.arange(-0.5, height + 1)
        axes.contour(across, down, padded, levels=[0.5], colors=[shade], linewidths=1.4, zorder=3.2)
        axes.set(xlim=(0, width), ylim=(height, 0))

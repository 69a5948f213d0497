"""The image of an exploration: whatever a teacher has at hand becomes one image of a batch.

It stands before an observation. A photograph, a grey picture, a tensor: one image each, with as
many channels as the network takes, and no larger than is needed to look at it.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from .one_image import LARGEST, STRIDE, fitting_channels, read_image, to_look_at

THUMBNAIL = 48


@dataclass(frozen=True)
class Sent:
    """What is sent through the network.

    Attributes
    ----------
    tensor
        (1, C, H, W).
    note
        What was done to the image; empty if nothing.
    """

    tensor: Tensor
    note: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return int(self.tensor.shape[2]), int(self.tensor.shape[3])

    def on_raster(self) -> "Sent":
        """Return the same image with sides that can be halved five times."""
        height, width = (max(STRIDE, round(side / STRIDE) * STRIDE) for side in self.size)
        return resized(self, height, width, "for the network takes sides that can be halved")

    def thumbnail(self) -> NDArray[np.uint8]:
        """Return a small picture of it (h, w, 3); of other than three channels, their mean."""
        photo, _ = to_look_at(self.tensor.detach().float().cpu())
        small = Image.fromarray(photo)
        small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR)
        return np.asarray(small)


def sent(model: nn.Module, image: object) -> Sent:
    """Make the image that is sent through a network.

    Parameters
    ----------
    model
        Decides on the channels of a photograph, and on type and device.
    image
        As in ``one_image``. Longer than 640 pixels it is made smaller.

    Raises
    ------
    TypeError
        If it is no image at all.
    ValueError
        If it is a batch, or has other axes.
    """
    plain, notes = fitting_channels(model, *read_image(image))
    like = next(model.parameters(), torch.empty(0))
    kind = like.dtype if like.is_floating_point() else torch.float32
    made = Sent(plain.to(device=like.device, dtype=kind), " ".join(notes))
    longest = max(made.size)
    if longest <= LARGEST:
        return made
    height, width = (max(1, round(s * LARGEST / longest / STRIDE)) * STRIDE for s in made.size)
    return resized(made, height, width, "which is enough to look at")


def resized(image: Sent, height: int, width: int, why: str) -> Sent:
    """Return the image at another size, and say so."""
    old = image.tensor
    if old.is_meta:
        new = torch.empty(*old.shape[:2], height, width, dtype=old.dtype, device="meta")
    else:
        new = F.interpolate(old.float(), (height, width), mode="bilinear", antialias=True)
        new = new.to(old.dtype)
    before = f"{image.size[0]:,}×{image.size[1]:,}"
    words = f"The image of {before} pixels is shown at {height}×{width}, {why}."
    return Sent(new, f"{image.note} {words}".strip())

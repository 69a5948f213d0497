"""The image of an exploration: whatever a teacher has at hand becomes one image of a batch.

It stands before an observation. A photograph, a grey picture, a tensor: one image each, with as
many channels as the network takes, and no larger than is needed to look at it.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from ..data.photos import grayscale, to_tensor
from ..figures.check import check_photo
from ..inspection.meta import image_channels, meta_twin

LONGEST = 640  # pixels of a side
RASTER = 32  # most networks halve the image five times
THUMBNAIL = 48
RULE = (
    "image must be one photograph, uint8 (height, width, 3), or one tensor, (channels, height, "
    "width) or (1, channels, height, width)"
)


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
        height, width = (max(RASTER, round(side / RASTER) * RASTER) for side in self.size)
        return resized(self, height, width, "for the network takes sides that can be halved")

    def thumbnail(self) -> NDArray[np.uint8]:
        """Return a small picture of it (h, w, 3); of other than three channels, their mean."""
        image = self.tensor[0].detach().float().cpu()
        image = image if len(image) == 3 else image.mean(0, keepdim=True).expand(3, -1, -1)
        image = torch.nan_to_num(image, nan=0.5, posinf=1, neginf=0)
        low, high = float(image.min()), float(image.max())
        if low < 0 or high > 1:
            image = (image - low) / max(high - low, 1e-12)
        scale = THUMBNAIL / max(self.size)
        sides = [max(1, round(side * scale)) for side in self.size]
        small = F.interpolate(image[None], sides, mode="bilinear", antialias=True)[0]
        return (small.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()


def sent(model: nn.Module, image: object) -> Sent:
    """Make the image that is sent through a network.

    Parameters
    ----------
    model
        Decides on the channels of a photograph, and on type and device.
    image
        A uint8 array (H, W, 3) or (H, W), a PIL picture, or a tensor (C, H, W) or (1, C, H, W),
        which is taken as it is. Longer than 640 pixels it is made smaller.

    Raises
    ------
    TypeError
        If it is no image at all.
    ValueError
        If it is a batch, or has other axes.
    """
    if isinstance(image, Tensor):
        made = Sent(_one(image))
    else:
        photo = np.asarray(image)
        if photo.dtype.kind in "OUSb" or photo.ndim not in (2, 3, 4):
            words = f"{type(image).__name__} {image!r}"[:80]
            raise TypeError(f"{RULE}; got {words}; photos.load('coffee') gives one")
        if photo.ndim == 4:
            raise ValueError(f"{RULE}; got a batch of shape {photo.shape}; pass one, image[0]")
        made = Sent(_of_photo(model, check_photo(photo)))
    like = next(model.parameters(), torch.empty(0))
    kind = like.dtype if like.is_floating_point() else torch.float32
    made = Sent(made.tensor.detach().to(device=like.device, dtype=kind))
    longest = max(made.size)
    if longest <= LONGEST:
        return made
    height, width = (max(1, round(s * LONGEST / longest / RASTER)) * RASTER for s in made.size)
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
    return Sent(new, f"The image of {before} pixels is shown at {height}×{width}, {why}.")


def _one(image: Tensor) -> Tensor:
    shape = tuple(image.shape)
    if image.ndim == 4 and len(image) != 1:
        raise ValueError(f"{RULE}; got a batch of {len(image)}, shape {shape}; pass image[:1]")
    if image.ndim not in (3, 4) or 0 in shape:
        raise ValueError(f"{RULE}; got shape {shape}")
    one = image if image.ndim == 4 else image[None]
    if one.shape[1] > 4 and one.shape[3] in (1, 3):
        raise ValueError(f"{RULE}; got shape {shape} with the channels last; use photos.to_tensor")
    return one if one.is_floating_point() else one.float() / 255


def _of_photo(model: nn.Module, photo: NDArray[np.uint8]) -> Tensor:
    height, width = photo.shape[:2]
    if image_channels(meta_twin(model), (height, width)) == 1:
        photo = grayscale(photo)
        return to_tensor(photo)[:, :1]
    return to_tensor(photo)

"""One image: what a teacher has at hand becomes the tensor that a network takes.

It stands before every view that runs somebody's network. A photograph is brought to a size that
the network accepts, and whatever was done to it is put into words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from ..inspection import Graph, activations, trace
from ..inspection.meta import USUAL_SIDES, check_model, image_channels, meta_twin

LARGEST = 640  # pixels of the longer side
STRIDE = 32
GREY = 114 / 255  # of the frame around a photograph, as YOLOv5 has it
WANTED = "image must be a photo, uint8 (H, W, 3), or a float tensor (1, C, H, W)"


@dataclass(frozen=True)
class OneImage:
    """An image that a network takes.

    Attributes
    ----------
    tensor
        (1, C, H, W), on the network's device and of its type.
    photo
        The same to look at, uint8 (H, W, 3).
    notes
        What was done to it, a sentence each.
    graph, untold
        The network's trace with this image; or None and why there is none.
    """

    tensor: Tensor
    photo: NDArray[np.uint8]
    notes: tuple[str, ...]
    graph: Graph | None = None
    untold: str = ""


def one_image(model: nn.Module, image: Any, largest: int = LARGEST) -> OneImage:
    """Bring an image into a form and a size that a network takes.

    Tried in turn: the image as it is, or shrunk to ``largest``; with sides of whole strides of 32;
    framed to the usual squares.

    Parameters
    ----------
    model
        Any network that takes one image; neither it nor its mode is changed.
    image
        uint8 (H, W, 3) or (H, W); a float tensor (1, C, H, W) or (C, H, W); anything that NumPy
        reads as such, as a PIL image.
    largest
        A longer side than this is shrunk.

    Raises
    ------
    TypeError, ValueError
        If it is no image, or more than one.
    RuntimeError
        If the network takes it at no size.
    """
    check_model(model)
    plain, is_photo = read_image(image)
    plain, notes = fitting_channels(model, plain, is_photo)
    weight = next((p for p in model.parameters() if p.is_floating_point()), torch.empty(0))
    first: Exception | None = None
    tried: list[str] = []
    for offered, note in _sizes(plain, largest, GREY if is_photo else 0.0):
        ready = offered.to(weight.device, weight.dtype)
        try:
            graph, untold = _accepted(model, ready)
        except Exception as error:  # somebody's network may raise anything
            first = first or error
            tried.append(size_words(offered.shape[-2:]))
            continue
        photo, rescaled = to_look_at(offered)
        said = tuple(filter(None, (*notes, note, rescaled)))
        return OneImage(ready, photo, said, graph, untold)
    reason = str(first).splitlines()[0] if str(first) else "no reason given"
    raise RuntimeError(
        f"the network must take the image, but {type(model).__name__} raised "
        f"{type(first).__name__}: {reason} (tried {', '.join(tried)}); pass an image of its size"
    ) from first


def _accepted(model: nn.Module, image: Tensor) -> tuple[Graph | None, str]:
    """Trace a network, which costs little; if it cannot be followed without values, run it."""
    try:
        return trace(model, image), ""
    except Exception as error:  # some networks ask for values, and some do not take this size
        activations(model, image, layers=[])
        return None, f"the network cannot be traced ({type(error).__name__})"


def size_words(size: Any) -> str:
    """Write a size (height, width) as people do: 480 × 640."""
    return f"{size[0]} × {size[1]}"


def read_image(image: Any) -> tuple[Tensor, bool]:
    """Give an image as float (1, C, H, W), and say whether it was a photograph of bytes.

    Raises
    ------
    TypeError, ValueError
        If it is no image, or more than one.
    """
    if isinstance(image, Tensor):
        values = image.detach()
        if not values.is_floating_point():
            raise ValueError(f"{WANTED}, got a tensor of {values.dtype}; pass image.float() / 255")
        values = values[None] if values.ndim == 3 else values
        _check_one(values.ndim, tuple(values.shape), "image[:1]")
        if values.shape[1] > 4 and values.shape[3] in (1, 3):
            raise ValueError(
                f"{WANTED}, got shape {tuple(values.shape)} with the channels last; use "
                "photos.to_tensor"
            )
        return (values if values.is_meta else values.cpu()).float(), False
    try:
        array = np.asarray(image)
    except (TypeError, ValueError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "uifb":
        words = f"{type(image).__name__} {image!r}"[:80]
        raise TypeError(f"{WANTED}, got {words}; data.photos.load gives a photo")
    if array.dtype != np.uint8:
        raise ValueError(
            f"{WANTED}, got an array of {array.dtype}; pass torch.from_numpy(image).float(), "
            "channels first"
        )
    if array.ndim == 4:
        _check_one(4, array.shape, "image[0]")
        array = array[0]
    array = array[:, :, None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[2] not in (1, 3) or not array.size:
        raise ValueError(f"{WANTED}, got bytes of shape {array.shape}; put the channels last")
    return torch.from_numpy(array.copy()).permute(2, 0, 1)[None].float() / 255, True


def _check_one(axes: int, shape: tuple[int, ...], mend: str) -> None:
    if axes != 4 or 0 in shape:
        raise ValueError(f"{WANTED}, got shape {shape}; add the missing axes with [None]")
    if shape[0] != 1:
        raise ValueError(f"{WANTED}: one image, got a batch of {shape[0]}; pass {mend}")


def fitting_channels(
    model: nn.Module, image: Tensor, is_photo: bool
) -> tuple[Tensor, tuple[str, ...]]:
    """Make a photograph grey for a network that takes one channel, and the other way round."""
    if not is_photo:
        return image, ()
    height, width = image.shape[-2:]
    try:
        wanted = image_channels(meta_twin(model), (height, width))
    except Exception:  # its own forward will say what is wrong
        return image, ()
    if wanted == 1 and image.shape[1] == 3:
        return image.mean(dim=1, keepdim=True), ("The network takes one channel: a grey photo.",)
    return (image.expand(1, 3, -1, -1) if image.shape[1] == 1 and wanted == 3 else image), ()


def _sizes(image: Tensor, largest: int, fill: float) -> Iterator[tuple[Tensor, str]]:
    """The image at every size worth a try, with what was done in words."""
    size = (image.shape[-2], image.shape[-1])
    scale = min(1.0, largest / max(size))
    small = (max(round(size[0] * scale), 1), max(round(size[1] * scale), 1))
    whole = tuple(max(round(side / STRIDE), 1) * STRIDE for side in small)
    for new in dict.fromkeys((small, (whole[0], whole[1]))):
        words = f"Image resized from {size_words(size)} to {size_words(new)} pixels."
        yield (image, "") if new == size else (_resized(image, new), words)
    for side in USUAL_SIDES:
        shrink = side / max(size)
        inner = (max(round(size[0] * shrink), 1), max(round(size[1] * shrink), 1))
        top, left = (side - inner[0]) // 2, (side - inner[1]) // 2
        frame = (left, side - inner[1] - left, top, side - inner[0] - top)
        words = f"Image scaled from {size_words(size)} and framed to {side} × {side} pixels."
        yield F.pad(_resized(image, inner), frame, value=fill), words


def _resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(image, size=size, mode="bilinear", antialias=True)


def to_look_at(image: Tensor) -> tuple[NDArray[np.uint8], str]:
    """Bytes to look at: as they are between 0 and 1, else from the least to the greatest value."""
    values = torch.nan_to_num(image[0], nan=0.0, posinf=0.0, neginf=0.0)
    note = ""
    if values.shape[0] not in (1, 3):
        note = f"The photo shows the mean of the image's {values.shape[0]} channels."
        values = values.mean(dim=0, keepdim=True)
    low, high = float(values.min()), float(values.max())
    if low < -1e-3 or high > 1 + 1e-3:
        values = (values - low) / (high - low) if high > low else torch.zeros_like(values)
        note = (note + " The photo's colours are rescaled from the tensor's values.").strip()
    shown = (values.clamp(0, 1) * 255).round().to(torch.uint8).expand(3, -1, -1)
    return shown.permute(1, 2, 0).numpy(), note

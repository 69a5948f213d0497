"""The gate: what an image must look like before any network here takes it.

It stands before the first layer. Each rule is stated in the error, with the value received and
the mend, so that nobody has to read a shape error from the middle of a network.
"""

from collections.abc import Sequence
from difflib import get_close_matches

from torch import Tensor


def check_image(
    image: object,
    in_channels: int,
    stride: int = 1,
    size: tuple[int, int] | None = None,
    minimum: int = 1,
) -> None:
    """Raise a readable error unless ``image`` can go through the network.

    Parameters
    ----------
    image
        What the caller passed.
    in_channels
        Channels of the network's first convolution.
    stride
        Both sides must be a multiple of it.
    size
        The only (height, width) that is possible, for networks that end in a fixed linear layer.
    minimum
        Smallest side, in pixels, that leaves at least one cell on the last map.

    Raises
    ------
    ValueError
        The rule, the value received and the mend.
    """
    if not isinstance(image, Tensor):
        raise ValueError(
            f"an image must be a torch tensor (batch, channels, height, width), got "
            f"{type(image).__name__}; yoloexplain.data.photos.to_tensor makes one of an array"
        )
    shape = tuple(image.shape)
    if image.ndim != 4:
        raise ValueError(
            f"an image batch must have 4 axes (batch, channels, height, width), got {image.ndim} "
            f"in {shape}; for one image add a batch axis with image[None]"
        )
    if not image.is_floating_point():
        raise ValueError(
            f"an image must hold floating-point values from 0 to 1, got dtype {image.dtype}; "
            "convert it with image.float() / 255"
        )
    if shape[1] != in_channels:
        raise ValueError(
            f"this network takes {in_channels} channel(s), got {shape[1]} in {shape}; "
            f"pass such an image, or build the network with in_channels={shape[1]}"
        )
    _check_sides(shape[2], shape[3], stride, size, minimum)


def _check_sides(
    height: int, width: int, stride: int, size: tuple[int, int] | None, minimum: int
) -> None:
    if size is not None and (height, width) != size:
        raise ValueError(
            f"this network ends in a linear layer and takes {size[0]}x{size[1]} pixels only, got "
            f"{height}x{width}; resize or letterbox the image to {size[0]}x{size[1]}"
        )
    if min(height, width) < minimum:
        raise ValueError(
            f"both sides must be at least {minimum} pixels, got {height}x{width}; enlarge the image"
        )
    if height % stride or width % stride:
        nearest = tuple(max(round(side / stride), 1) * stride for side in (height, width))
        raise ValueError(
            f"both sides must be a multiple of the stride {stride}, got {height}x{width}; "
            f"letterbox the image, for example to {nearest[0]}x{nearest[1]}"
        )


def check_count(name: str, value: object) -> None:
    """Raise a ``ValueError`` unless ``value`` is a positive integer."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(
            f"{name} must be a positive integer, got {value!r}; pass for example {name}=3"
        )


def check_choice(name: str, value: object, choices: Sequence[object]) -> None:
    """Raise a ``ValueError`` that lists the choices, nearest first, unless ``value`` is one."""
    if value in choices:
        return
    close = get_close_matches(str(value), [str(choice) for choice in choices], n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    listed = ", ".join(repr(choice) for choice in choices)
    raise ValueError(f"{name} must be one of {listed}; got {value!r}{hint}")

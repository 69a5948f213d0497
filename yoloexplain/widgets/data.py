"""Data for the views: maps and photographs as the few bytes that a browser needs.

It stands between tensors and the canvas. A feature map becomes one byte a value, with the range
that the bytes stand for beside it, so that hovering can name the value again.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import matplotlib
import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

STEPS = 254  # bytes 0 to 254 are values from the lowest to the highest
NOTHING = 255  # the byte of a value that is no number


@dataclass(frozen=True)
class Bytes:
    """Maps as bytes, and what the bytes stand for.

    Attributes
    ----------
    data
        N·H·W bytes, map after map, row after row.
    shape
        (N, H, W).
    lows, highs
        Value of byte 0 and of byte 254 of each map; equal for a constant map.
    """

    data: bytes
    shape: tuple[int, int, int]
    lows: tuple[float, ...]
    highs: tuple[float, ...]

    def table(self) -> dict[str, Any]:
        """Say the same without the bytes, as JSON."""
        return {"shape": list(self.shape), "lows": list(self.lows), "highs": list(self.highs)}


def map_bytes(maps: ArrayLike, *, low: float | None = None, high: float | None = None) -> Bytes:
    """Write maps (N, H, W) as one byte a value; NaN and infinities become ``NOTHING``.

    Parameters
    ----------
    maps
        Any real numbers.
    low, high
        Ends of the scale for all maps; unless given, each map has its own.
    """
    values = np.asarray(maps, dtype=np.float64)
    if values.ndim != 3:
        raise ValueError(f"maps must have three axes (N, H, W), got shape {values.shape}")
    finite = np.isfinite(values)
    safe = np.where(finite, values, np.nan)
    lows, highs = [], []
    for one in safe:
        has_any = bool(np.isfinite(one).any())
        lows.append(float(np.nanmin(one)) if has_any and low is None else float(low or 0.0))
        highs.append(float(np.nanmax(one)) if has_any and high is None else float(high or 0.0))
    bottom, top = np.array(lows)[:, None, None], np.array(highs)[:, None, None]
    span = np.where(top > bottom, top - bottom, 1.0)
    share = np.clip((np.where(finite, values, 0.0) - bottom) / span, 0, 1)
    coded = np.where(finite, np.rint(share * STEPS), NOTHING).astype(np.uint8)
    shape = (values.shape[0], values.shape[1], values.shape[2])
    return Bytes(coded.tobytes(), shape, tuple(lows), tuple(highs))


def colour_bytes(name: str = "viridis") -> bytes:
    """256 colours, three bytes each: the scale for 0 to 254, and a grey for ``NOTHING``."""
    scale = matplotlib.colormaps[name](np.linspace(0, 1, STEPS + 1))[:, :3]
    grey = np.array([[0.55, 0.55, 0.55]])
    return np.rint(np.concatenate([scale, grey]) * 255).astype(np.uint8).tobytes()


def photo_bytes(photo: NDArray[np.uint8], quality: int = 88) -> bytes:
    """Write a photograph (H, W, 3) as JPEG."""
    written = BytesIO()
    Image.fromarray(np.asarray(photo, np.uint8)).save(written, "JPEG", quality=quality)
    return written.getvalue()

"""Pooling: bins that make a vector of one length, windows that keep the map, and fives in a row.

It belongs to the necks. Sources: SPP-net (He et al. 2014, arXiv 1406.4729), section 2.2; its form
in YOLOv3-SPP and YOLOv4; SPPF from YOLOv5 release 6.0. The browser pools the very float32 numbers
of the map, so that it can also count how many answers of SPP and SPPF agree to the bit.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from traitlets import Bytes, Int

from ..catalog import create_model
from ..data import photos
from ..figures.check import check_map
from ..figures.maps import strongest
from ..figures.picture import Picture
from ..figures.pooling import pyramid_pooling
from ..figures.windows import pooling_windows, stacked_windows
from ..inspection import activations
from .base import ExplainerWidget, View, choice, slider
from .data import colour_bytes

KINDS = ("bins", "spp", "sppf")
WORDS = ("SPP-net: bins", "YOLO's SPP: windows side by side", "SPPF: one window in a row")
BINS, KERNEL_SIZES = (1, 2, 4), (5, 9, 13)
DEFAULT = {"rocket": (640, 448), "coins": (320, 384), "coffee": (448, 640)}
LAYER = "backbone.pool.reduce"  # what the windows of a YOLOv5 read
LEAST, MOST = 4, 40  # cells of a side


class PoolingView(View):
    """The canvas of ``Pooling``."""

    stem = "pooling"
    values = Bytes().tag(sync=True)
    colours = Bytes().tag(sync=True)
    kind = Int().tag(sync=True)
    map = Int().tag(sync=True)
    row = Int().tag(sync=True)
    column = Int().tag(sync=True)


class Pooling(ExplainerWidget):
    """Three poolings of a real map, step by step: SPP-net's bins, YOLO's SPP, and SPPF.

    Parameters
    ----------
    maps
        Name → (H, W), one channel each, of any sizes from 4 to 40 cells. Unless given, what the
        windows of the trained ``yolov5n-demo`` read of three photographs.
    show
        Which to begin with: ``"bins"``, ``"spp"`` or ``"sppf"``.

    Raises
    ------
    ValueError
        For no map or more than six, one that is too small or large or not finite, or another
        ``show``.
    """

    def __init__(
        self, maps: Mapping[str, ArrayLike] | Sequence[ArrayLike] | None = None, show: str = "bins"
    ) -> None:
        if show not in KINDS:
            raise ValueError(f"show must be one of {', '.join(KINDS)}; got {show!r}")
        self._maps = _checked(_learned() if maps is None else maps)
        sizes = [one.shape for one in self._maps.values()]
        names = [f"{name}, {h}×{w}" for name, (h, w) in zip(self._maps, sizes, strict=True)]
        view = PoolingView(
            label="A feature map, three ways of pooling it, and what comes out",
            values=b"".join(one.tobytes() for one in self._maps.values()),
            colours=colour_bytes(),
            kind=KINDS.index(show),
            row=sizes[0][0] // 2,
            column=sizes[0][1] // 2,
            table={
                "names": list(self._maps),
                "sizes": sizes,
                "bins": BINS,
                "kernel_sizes": KERNEL_SIZES,
            },
        )
        controls = [
            choice(view, "kind", "pooling", WORDS),
            choice(view, "map", "map", names),
            slider(view, "row", "row", 0, max(h for h, _ in sizes) - 1),
            slider(view, "column", "column", 0, max(w for _, w in sizes) - 1),
        ]
        super().__init__(view, controls)

    def facts(self) -> str:
        """Name the maps and what the poolings make of them."""
        listed = ", ".join(f"{name} {one.shape[0]}×{one.shape[1]}" for name, one in self._items())
        count = sum(m * m for m in BINS)
        windows = ", ".join(map(str, KERNEL_SIZES))
        return f"maps {listed}; {count} bins; windows {windows}; 5 after 5 after 5"

    def picture(self) -> Picture:
        """Draw a still of the pooling to begin with."""
        kind = KINDS[self.view.kind]
        if kind == "spp":
            return pooling_windows(KERNEL_SIZES)
        if kind == "sppf":
            return stacked_windows(KERNEL_SIZES[0], len(KERNEL_SIZES))
        return pyramid_pooling(list(self._maps.values())[:3], BINS)

    def _items(self) -> list[tuple[str, NDArray[np.float32]]]:
        return list(self._maps.items())


def _learned() -> dict[str, NDArray[np.float32]]:
    """The strongest map of each photograph, at the place where a YOLOv5 pools."""
    model, found = create_model("yolov5n-demo"), {}
    for name, size in DEFAULT.items():
        image = photos.to_tensor(photos.letterbox(photos.load(name), size).image)
        maps = activations(model, image, [LAYER])[LAYER][0].numpy()
        found[name] = maps[strongest(maps, 1)[0]]
    return found


def _checked(maps: Mapping[str, ArrayLike] | Sequence[ArrayLike]) -> dict[str, NDArray[np.float32]]:
    """Maps by name as float32, copied."""
    given = maps if isinstance(maps, Mapping) else {f"map {i}": m for i, m in enumerate(maps)}
    if not 1 <= len(given) <= 6:
        raise ValueError(f"maps must hold 1 to 6 maps, got {len(given)}; pass {{'name': map}}")
    found = {}
    for name, one in given.items():
        values = check_map(one)
        if min(values.shape) < LEAST or max(values.shape) > MOST:
            raise ValueError(
                f"a map must have {LEAST} to {MOST} cells a side, got {name!r} of "
                f"{values.shape[0]}×{values.shape[1]}; cut out a part, or average it down"
            )
        if not np.isfinite(values).all():
            raise ValueError(
                f"a map must be all finite, got {name!r} with NaN or infinity, whose maximum "
                "would hide the rest; pass np.nan_to_num(map)"
            )
        found[str(name)] = values.astype(np.float32)
    return found

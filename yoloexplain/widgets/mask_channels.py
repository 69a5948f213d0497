"""Mask channels: click a cell, see what it draws, in the vanilla and in the decoupled head.

It belongs to SOLO's head. Source: SOLO (Wang et al. 2019, arXiv 1912.04488), section 3 and the
section on decoupled SOLO. The vanilla head keeps one channel for each cell of a grid. The decoupled
one keeps a map for each column and one for each row, and a cell's mask is their product, which is
taken in the browser.
"""

import zlib
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from traitlets import Bool, Bytes, Float, Int

from ..catalog import create_model
from ..data import photos
from ..figures.check import check_photo
from ..figures.named_maps import named_maps
from ..figures.picture import Picture
from ..inspection import activations
from ..solo import GRIDS, SOLO, DecoupledSOLOOutput, SOLOOutput
from ..weights import demo_card
from .base import ExplainerWidget, View, choice, toggle
from .data import colour_bytes, map_bytes, photo_bytes

LARGEST = 40  # longer side of a map; larger ones are averaged down


class MaskChannelsView(View):
    """The canvas of ``MaskChannels``."""

    stem = "mask_channels"
    photo = Bytes().tag(sync=True)
    colours = Bytes().tag(sync=True)
    vanilla = Bytes().tag(sync=True)  # deflated: S² maps a level
    decoupled = Bytes().tag(sync=True)  # deflated: S maps of columns, then S of rows, a level
    level = Int().tag(sync=True)
    across = Float().tag(sync=True)
    down = Float().tag(sync=True)
    as_map = Bool().tag(sync=True)


class MaskChannels(ExplainerWidget):
    """A cell's mask, from S² channels and as a product of 2S maps.

    Parameters
    ----------
    photo
        uint8 (H, W, 3).
    vanilla, decoupled
        A SOLO with each kind of head, on the same grids; the small trained ones unless given.
    names
        Of the classes; those of the small trained network if it is shown.
    level
        Which level is shown first, from 0.
    at
        Point whose cell is shown first, (across, down) as shares of the picture.

    Raises
    ------
    ValueError
        For no photograph, a network with another head, grids that differ, or a point or level that
        does not exist.
    """

    def __init__(
        self,
        photo: NDArray[np.uint8],
        vanilla: SOLO | None = None,
        decoupled: SOLO | None = None,
        *,
        names: tuple[str, ...] = (),
        level: int = 0,
        at: tuple[float, float] = (0.5, 0.5),
    ) -> None:
        pixels = check_photo(photo)
        if vanilla is None and not names:
            names = tuple(demo_card("solo-demo")["names"])
        one = answer(vanilla or create_model("solo-demo"), pixels, SOLOOutput)
        other = answer(
            decoupled or create_model("solo-decoupled-demo"), pixels, DecoupledSOLOOutput
        )
        self.grids = check_grids(one, other)
        if level not in range(len(self.grids)):
            raise ValueError(f"level must lie in 0 to {len(self.grids) - 1}, got {level}")
        if not all(0 <= share <= 1 for share in at):
            raise ValueError(f"at must be two shares of the picture, each 0 to 1, got {at}")
        pairs = zip(other.masks_x, other.masks_y, strict=True)
        shrunk = [[shrink(m) for m in one.masks], [shrink(torch.cat(p, dim=1)) for p in pairs]]
        self._maps = shrunk
        view = MaskChannelsView(
            label="A photograph under a grid, and the mask that the chosen cell draws",
            photo=photo_bytes(pixels),
            colours=colour_bytes(),
            vanilla=packed(shrunk[0]),
            decoupled=packed(shrunk[1]),
            level=level,
            across=float(at[0]),
            down=float(at[1]),
            table={
                "size": pixels.shape[:2],
                "grids": self.grids,
                "published": GRIDS,
                "shapes": [m.shape[1:] for m in shrunk[0]],
                "names": names or [f"class {k}" for k in range(one.categories[0].shape[1])],
                "vanilla": [best(c) for c in one.categories],
                "decoupled": [best(c) for c in other.categories],
            },
        )
        levels = [f"{grid} × {grid} cells" for grid in self.grids]
        controls = [choice(view, "level", "level", levels)]
        super().__init__(view, [*controls, toggle(view, "as_map", "values instead of the photo")])

    def facts(self) -> str:
        """Count the channels of both heads."""
        squares, doubles = sum(s * s for s in self.grids), sum(2 * s for s in self.grids)
        listed = ", ".join(map(str, self.grids))
        return f"grids of {listed} cells a side; {squares} vanilla channels, {doubles} decoupled"

    def picture(self) -> Picture:
        """Draw the chosen cell's channel, and the two maps with their product."""
        view, grid = self.view, self.grids[self.view.level]
        column, row = (min(int(share * grid), grid - 1) for share in (view.across, view.down))
        own, pair = (maps[view.level] for maps in self._maps)
        x, y = pair[column], pair[grid + row]
        maps = {f"channel {row * grid + column}": own[row * grid + column]}
        maps |= {f"X, column {column}": x, f"Y, row {row}": y, "X · Y": x * y}
        title = f"The mask of cell ({row}, {column}): one channel, or a product of two maps"
        return named_maps(maps, title=title)


def answer(model: nn.Module, pixels: NDArray[np.uint8], kind: type[Any]) -> Any:
    """Run a network once, left as it was, and demand an output of that kind."""
    words = "vanilla" if kind is SOLOOutput else "decoupled"
    if not isinstance(model, SOLO):
        raise ValueError(f"{words} must be a SOLO network, got {type(model).__name__}")
    output = activations(model, photos.to_tensor(pixels), layers=["head"]).output
    if not isinstance(output, kind):
        raise ValueError(
            f"{words} must be a SOLO with the {words} head, got one that answers with "
            f"{type(output).__name__}; create_model has both"
        )
    return output


def check_grids(one: SOLOOutput, other: DecoupledSOLOOutput) -> list[int]:
    """Give S of each level; both networks must have the same grids, and masks of the same sizes."""
    sides = [[c.shape[-1] for c in output.categories] for output in (one, other)]
    sizes = [[m.shape[-2:] for m in maps] for maps in (one.masks, other.masks_x)]
    if sides[0] != sides[1] or sizes[0] != sizes[1]:
        raise ValueError(
            f"both networks must have the same grids and strides, got grids {sides[0]} and "
            f"{sides[1]}; pass two that differ in the head only"
        )
    return sides[0]


def shrink(logits: Tensor) -> NDArray[np.float32]:
    """Probabilities (N, h, w) of one image, averaged down to at most ``LARGEST``."""
    height, width = logits.shape[-2:]
    part = max(1.0, max(height, width) / LARGEST)
    size = max(1, round(height / part)), max(1, round(width / part))
    found: NDArray[np.float32] = F.adaptive_avg_pool2d(logits.sigmoid(), size)[0].numpy()
    return found


def packed(levels: list[NDArray[np.float32]]) -> bytes:
    """All maps of all levels as bytes from 0 to 1, deflated: most channels are dark."""
    return zlib.compress(b"".join(map_bytes(m, low=0, high=1).data for m in levels), 9)


def best(categories: Tensor) -> dict[str, list[Any]]:
    """Best class of each cell, row after row, and its score."""
    scores, labels = categories[0].sigmoid().max(dim=0)
    rounded = [round(score, 3) for score in scores.flatten().tolist()]
    return {"scores": rounded, "labels": labels.flatten().tolist()}

"""Head cell: click a cell of the head's grids, see what it says and how that is read as a box.

It belongs to the whole detector, between the head's raw numbers and the decode. Source: YOLOv5
(Jocher et al. 2020-2022), all releases; against YOLOv3 (Redmon and Farhadi 2018, arXiv 1804.02767).
A trained network is asked once; the decoding itself happens in the browser, as in
``yolov5.decode``, so that four sliders can bend the raw numbers and the box follows.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from traitlets import Bool, Bytes, Float, Int

from ..figures.picture import Picture
from ..figures.yolov5_head import decode_curves
from ..yolov5.network import RawOutputs, YOLOv5
from .base import ExplainerWidget, View, choice, slider, toggle
from .data import photo_bytes
from .raw_outputs import ask, framed, trained

REACH = 6.0  # of the sliders, in raw values
MOST = 8  # classes kept for each anchor of a cell, the likeliest
PARTS = ("tx", "ty", "tw", "th")


class HeadCellView(View):
    """The canvas of ``HeadCell``."""

    stem = "head_cell"
    photo = Bytes().tag(sync=True)
    values = Bytes().tag(sync=True)
    kinds = Bytes().tag(sync=True)
    level = Int().tag(sync=True)
    anchor = Int().tag(sync=True)
    x = Int().tag(sync=True)
    y = Int().tag(sync=True)
    tx = Float(0.0).tag(sync=True)
    ty = Float(0.0).tag(sync=True)
    tw = Float(0.0).tag(sync=True)
    th = Float(0.0).tag(sync=True)
    yolov3 = Bool().tag(sync=True)


class HeadCell(ExplainerWidget):
    """Click a cell: its anchors, raw outputs, decoded boxes and objectness; bend the raw numbers.

    Parameters
    ----------
    model
        A YOLOv5; ``yolov5n-demo`` unless given.
    image
        uint8 (H, W, 3), framed for the network at no more than 320 pixels a side; a scene unless
        given.
    names
        Of the classes; the demo knows its own.
    cell
        (level, row, column, anchor), such as ``("p4", 6, 11, 1)``; the surest one unless given.

    Raises
    ------
    TypeError
        If the model is no YOLOv5.
    ValueError
        For an image that is none, names that do not fit, or a cell that is not there.
    """

    def __init__(
        self,
        model: YOLOv5 | None = None,
        image: ArrayLike | None = None,
        *,
        names: Sequence[str] = (),
        cell: tuple[str, int, int, int] | None = None,
    ) -> None:
        network, self._names = trained(model, tuple(names))
        self._image = framed(image, network.stride)
        raw = ask(network, self._image)
        self._levels = _levels(network, raw)
        self._cell = _checked(cell, raw) if cell else _surest(raw)
        level, row, column, anchor = self._cell
        stride = network.head.strides[level]
        values, kinds = _rows(raw)
        own = raw[level][0, anchor, row, column, :4].clamp(-REACH, REACH).tolist()
        view = HeadCellView(
            label="A picture under a grid of the head, one cell of it, and what that cell says",
            table={
                "image": self._image.shape[:2],
                "levels": self._levels,
                "names": self._names,
                "reach": REACH,
            },
            photo=photo_bytes(self._image),
            values=values.tobytes(),
            kinds=kinds.tobytes(),
            level=list(raw).index(level),
            anchor=anchor,
            x=int((column + 0.5) * stride),
            y=int((row + 0.5) * stride),
            **dict(zip(PARTS, own, strict=True)),
        )
        grids = [f"{each['name']}, stride {each['stride']}" for each in self._levels]
        ordinals = [f"anchor {k + 1}" for k in range(network.head.num_anchors)]
        controls = [
            choice(view, "level", "level", grids),
            choice(view, "anchor", "shape", ordinals),
            toggle(view, "yolov3", "read by YOLOv3's formulas too"),
            *(slider(view, part, part, -REACH, REACH, 0.01) for part in PARTS),
        ]
        for made in controls[3:]:
            made.layout.width = "218px"  # all four in a line
        super().__init__(view, controls)

    def facts(self) -> str:
        """Name the cell and the grids."""
        level, row, column, anchor = self._cell
        height, width = self._image.shape[:2]
        grids = ", ".join(f"{g['name']} {g['rows']}×{g['columns']}" for g in self._levels)
        return (
            f"image of {height}×{width} pixels under the grids {grids}, "
            f"{len(self._levels[0]['anchors'])} anchors a cell, {len(self._names)} classes; "
            f"cell of {level} in row {row}, column {column}, anchor {anchor + 1}"
        )

    def picture(self) -> Picture:
        """Draw the curves that raw numbers are read by."""
        return decode_curves(REACH)


def _levels(model: YOLOv5, raw: RawOutputs) -> list[dict[str, Any]]:
    """Grid, stride, anchors and first row of each level's values."""
    told, start = [], 0
    for (name, values), anchors in zip(raw.items(), model.head.anchors.tolist(), strict=True):
        _, _, rows, columns, _ = values.shape
        level = {"name": name, "stride": model.head.strides[name], "anchors": anchors}
        told.append(level | {"rows": rows, "columns": columns, "start": start})
        start += values[..., 0].numel()
    return told


def _rows(raw: RawOutputs) -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
    """Values (N, 5 + K) in the decode's order with the likeliest classes, and which they are."""
    rows = torch.cat([values[0].flatten(0, 2) for values in raw.values()]).float()
    kept = min(MOST, rows.shape[1] - 5)
    kinds = rows[:, 5:].topk(kept).indices.sort().values
    values = torch.cat([rows[:, :5], rows[:, 5:].gather(1, kinds)], dim=1)
    return values.numpy().astype("<f4"), kinds.numpy().astype("<u2")


def _surest(raw: RawOutputs) -> tuple[str, int, int, int]:
    """Cell of the highest objectness on a middle level, whose cells are easy to see."""
    level = list(raw)[len(raw) // 2]
    objectness = raw[level][0, ..., 4]
    anchor, row, column = np.unravel_index(int(objectness.argmax()), tuple(objectness.shape))
    return level, int(row), int(column), int(anchor)


def _checked(cell: tuple[str, int, int, int], raw: RawOutputs) -> tuple[str, int, int, int]:
    """Return the cell, or raise a ``ValueError`` unless it is there."""
    level, row, column, anchor = cell
    if level not in raw:
        raise ValueError(f"the level of a cell must be one of {', '.join(raw)}, got {level!r}")
    anchors, rows, columns = raw[level].shape[1:4]
    if not (0 <= row < rows and 0 <= column < columns and 0 <= anchor < anchors):
        raise ValueError(
            f"{level} has rows 0 to {rows - 1}, columns 0 to {columns - 1} and anchors 0 to "
            f"{anchors - 1}, got row {row}, column {column}, anchor {anchor}"
        )
    return level, row, column, anchor

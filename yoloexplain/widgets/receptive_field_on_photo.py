"""Receptive field on a photo: what a cell could see, and what of it counts.

It belongs to the necks: a cell of any level is chosen on the photograph. Its theoretical field is
framed (by recurrence over the graph, ``inspection.receptive_field``), and light falls where the
gradient of the cell says that a pixel counts (``inspection.measured_field``). Sources: Araujo,
Norris and Sim, "Computing receptive fields of convolutional neural networks" (Distill, 2019); Luo
et al., effective receptive fields (2016, arXiv 1701.04128).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import nn
from traitlets import Bool, Bytes, Int

from ..catalog import create_model
from ..data import photos
from ..data.scenes import Scenes
from ..figures.check import check_photo, check_positive
from ..figures.on_photo import receptive_field_on_photo
from ..figures.picture import Picture
from ..inspection import ReceptiveField, receptive_field
from ..inspection.meta import check_model
from .base import ExplainerWidget, View, choice, toggle
from .data import photo_bytes
from .gradients import gradients, seen, squares

USUAL = tuple(f"{part}{level}" for part in ("backbone.c", "neck.p") for level in range(2, 7))
LONGEST = 1024  # pixels of a photograph's side
SQUARES = 32  # at most so many squares of light along a side
MOST = 8  # levels


class FieldView(View):
    """The canvas of ``ReceptiveFieldOnPhoto``."""

    stem = "receptive_field_on_photo"
    photo = Bytes().tag(sync=True)
    light = Bytes().tag(sync=True)
    level = Int().tag(sync=True)
    x = Int().tag(sync=True)
    y = Int().tag(sync=True)
    lit = Bool(True).tag(sync=True)


class ReceptiveFieldOnPhoto(ExplainerWidget):
    """Choose a cell of a level: its field on the photo, in theory and as measured.

    Parameters
    ----------
    model
        A network with weights that takes one image; ``yolov5n-demo`` unless given.
    photo
        uint8 (H, W, 3) of a size that the network takes; a scene unless given.
    layers
        Name → layer, or output of a module: ``{"p3": "neck.p3"}``. Unless given, the levels of
        backbone and neck, or else the last map of each stride.
    measured
        So many rows and columns of cells are measured on each level, or all if there are fewer.
    start
        (level, row, column) of the cell to begin with, which is measured as well: ``("p3", 7, 8)``.
        Unless given, the middle of the last level whose field is smaller than the photo.

    Raises
    ------
    TypeError
        If the model is no module.
    ValueError
        For a photo too large or none, a layer that is unknown or not a map, more than eight of
        them, or a cell to start with that is not there.
    """

    def __init__(
        self,
        model: nn.Module | None = None,
        photo: ArrayLike | None = None,
        layers: Mapping[str, str] | None = None,
        *,
        measured: int = 6,
        start: tuple[str, int, int] | None = None,
    ) -> None:
        network = _with_weights(create_model("yolov5n-demo") if model is None else model)
        check_positive("measured", measured)
        self._photo = check_photo(_scene() if photo is None else photo)
        height, width = self._photo.shape[:2]
        if max(height, width) > LONGEST:
            raise ValueError(
                f"photo must be at most {LONGEST} pixels a side, got {height}×{width}; "
                "make it smaller with photos.letterbox(photo, 256).image"
            )
        self._fields = _fields(network, (height, width), layers)
        self._start = _started(self._fields, min(height, width), start)
        name, row, column = self._start
        places = {each: _places(field, measured) for each, (_, field) in self._fields.items()}
        if (row, column) not in places[name]:
            places[name].append((row, column))
        asked = {path: places[each] for each, (path, _) in self._fields.items()}
        found = gradients(network, photos.to_tensor(self._photo), asked)
        levels, light = [], b""
        for each, (path, field) in self._fields.items():
            level, squares_of_light = _level(each, field, places[each], found[path].numpy())
            levels.append(level | {"offset": len(light)})
            light += squares_of_light
        path, field = self._fields[name]
        self._gradient = found[path][places[name].index((row, column))].numpy()
        view = FieldView(
            label="A photograph, one position of a network's level, and what it sees",
            table={"image": [height, width], "levels": levels},
            photo=photo_bytes(self._photo),
            light=light,
            level=list(self._fields).index(name),
            x=int((column + 0.5) * field.stride[1]),
            y=int((row + 0.5) * field.stride[0]),
        )
        controls = [
            choice(view, "level", "level", list(self._fields)),
            toggle(view, "lit", "show the measured gradient"),
        ]
        super().__init__(view, controls)

    def facts(self) -> str:
        """Name the levels with their fields."""
        height, width = self._photo.shape[:2]
        listed = ", ".join(
            f"{name} {field.cells[0]}×{field.cells[1]} positions that see {field.size[0]}"
            for name, (_, field) in self._fields.items()
        )
        return f"photo of {height}×{width} pixels; {listed}"

    def picture(self) -> Picture:
        """Draw the cell that it begins with."""
        name, row, column = self._start
        box = self._fields[name][1].box(row, column, clip=True)
        title = f"What one position of {name} sees: row {row}, column {column}"
        return receptive_field_on_photo(self._photo, box, self._gradient, title=title)


def _with_weights(model: object) -> nn.Module:
    """Return a network that can be measured."""
    network = check_model(model)
    if any(each.is_meta for each in network.parameters()):
        raise ValueError(
            "model must have weights to be measured, got one on the meta device; "
            "build it without torch.device('meta')"
        )
    return network


def _scene() -> NDArray[np.uint8]:
    """A large boat and four small things, which took no part in the training."""
    return Scenes(24, seed=2, size=256, split="val")[20].image


def _started(
    fields: dict[str, tuple[str, ReceptiveField]], side: int, start: tuple[str, int, int] | None
) -> tuple[str, int, int]:
    """Level, row and column of the cell to begin with."""
    if start is None:
        fitting = [name for name, (_, field) in fields.items() if max(field.size) < side]
        name = fitting[-1] if fitting else next(iter(fields))
        rows, columns = fields[name][1].cells
        return name, rows // 2, columns // 2
    name, row, column = start
    if name not in fields:
        raise ValueError(f"start must name one of {', '.join(fields)}; got {name!r}")
    fields[name][1].box(row, column)  # raises for a cell that is not there
    return name, row, column


def _fields(
    model: nn.Module, size: tuple[int, int], layers: Mapping[str, str] | None
) -> dict[str, tuple[str, ReceptiveField]]:
    """Path and field of each level by name; the usual ones where none are named."""
    if layers is None:
        every = receptive_field(model, size)
        maps = {path: field for path, field in every.items() if field.axes == (2, 3)}
        last = {field.stride: path for path, field in maps.items() if min(field.cells) > 1}
        chosen = {path.rpartition(".")[2]: path for path in USUAL if path in maps}
        layers = chosen or {path: path for path in last.values()}
    else:
        every = receptive_field(model, size, list(layers.values())) if layers else {}
    if not 1 <= len(layers) <= MOST:
        raise ValueError(
            f"layers must name 1 to {MOST} levels, got {len(layers)}; "
            "pass for example layers={'p3': 'neck.p3'}"
        )
    for name, path in layers.items():
        field = every.get(path)
        if field is None or field.axes != (2, 3) or 0 in field.stride:
            raise ValueError(
                f"a level must be one map whose cells see different pixels, got {name!r}: "
                f"{path!r}, which is none, or several; pass for example 'neck.p3'"
            )
    return {name: (path, every[path]) for name, path in layers.items()}


def _places(field: ReceptiveField, measured: int) -> list[tuple[int, int]]:
    """Cells to be measured, evenly over the map."""
    rows, columns = (
        [int((k + 0.5) * side / count) for k in range(count)]
        for side in field.cells
        for count in [min(measured, side)]
    )
    return [(row, column) for row in rows for column in columns]


def _level(
    name: str, field: ReceptiveField, places: list[tuple[int, int]], light: NDArray[Any]
) -> tuple[dict[str, Any], bytes]:
    """Tell the numbers of a level, and its light in squares of some pixels."""
    boxes = [field.box(row, column, clip=True) for row, column in places]
    longest = max(max(x1 - x0, y1 - y0) for x0, y0, x1, y1 in boxes)
    block = max(1, -(-longest // SQUARES))
    side = -(-longest // block)
    light_squares = np.stack(
        [squares(g, box, block, side) for g, box in zip(light, boxes, strict=True)]
    )
    told = [seen(g, field, place) for g, place in zip(light, places, strict=True)]
    level = {
        "name": name,
        "size": field.size,
        "stride": [float(rate) for rate in field.stride],
        "cells": field.cells,
        "rows": field.rows_on_image,
        "columns": field.columns_on_image,
        "middle": [sum(edges[0]) / 2 for edges in (field.rows, field.columns)],
        "block": block,
        "side": side,
        "places": places,
        "seen": told,
    }
    return level, light_squares.tobytes()

"""Receptive field: the pixels that a cell of a feature map can depend on.

Le and Borji, "What are the receptive, effective receptive, and projective fields of neurons in
convolutional neural networks?" (2017, arXiv 1705.07049); Araujo, Norris and Sim, "Computing
receptive fields of convolutional neural networks" (Distill, 2019).

Each layer looks at a small window of the one before, so windows of windows grow. The sizes are
found by recurrence over the graph that really ran (see ``graph`` and ``spans``), with branches,
slices, dilation, pooling and resizing, and no border cuts them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction

from torch import nn

from .graph import Graph, trace
from .meta import USUAL_SIDES, ImageSize, check_image_size, check_model
from .nodes import Value
from .rules import spans_of
from .spans import FAR, Span

Box = tuple[int, int, int, int]
Rate = int | Fraction


@dataclass(frozen=True)
class ReceptiveField:
    """Fields of all cells of one map.

    Attributes
    ----------
    size
        Height and width of the largest field, in input pixels, as if the image went on for ever.
        Behind a layer that mixes the whole map (global pooling, a linear layer) it is the image.
    stride
        Pixels from one cell to the next, (down, across); a fraction where a map was enlarged
        beyond the image, 0 where every cell sees the whole image.
    start
        Top and left edge of the field of cell (0, 0); negative where it begins above or left of
        the image.
    cells
        Rows and columns of the map; (1, 1) for a vector.
    image_size
        Height and width of the image that was sent through.
    axes
        Which axes of the tensor are the rows and the columns; None for a vector.
    """

    size: tuple[int, int]
    stride: tuple[Rate, Rate]
    start: tuple[int, int]
    cells: tuple[int, int]
    image_size: tuple[int, int]
    axes: tuple[int, int] | None
    rows: tuple[tuple[int, int], ...] = field(repr=False)
    columns: tuple[tuple[int, int], ...] = field(repr=False)
    rows_on_image: tuple[tuple[int, int], ...] = field(repr=False)
    columns_on_image: tuple[tuple[int, int], ...] = field(repr=False)

    def box(self, row: int, col: int, *, clip: bool = False) -> Box:
        """Field of one cell as (x0, y0, x1, y1) in input pixels, x1 and y1 excluded.

        Parameters
        ----------
        row, col
            Of the cell on the map.
        clip
            Keep to the image: the smallest box around the pixels that really reach the cell.
            Without, the field may begin before and end after the image. A cell that no pixel
            reaches, all in the border, has the box (0, 0, 0, 0).

        Raises
        ------
        ValueError
            If the map has no such cell.
        """
        if not (0 <= row < self.cells[0] and 0 <= col < self.cells[1]):
            raise ValueError(
                f"a cell must lie on the map of {self.cells[0]}x{self.cells[1]} (rows x columns), "
                f"got row {row} and column {col}; count from 0"
            )
        rows, columns = (
            (self.rows_on_image, self.columns_on_image) if clip else (self.rows, self.columns)
        )
        x0, y0, x1, y1 = columns[col][0], rows[row][0], columns[col][1], rows[row][1]
        return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else (0, 0, 0, 0)


def receptive_field(
    model: nn.Module, image_size: ImageSize | None = None, layers: Sequence[str] | None = None
) -> dict[str, ReceptiveField]:
    """Theoretical receptive field of every map in a network.

    Parameters
    ----------
    model
        Any network that takes one image; it is neither run nor changed.
    image_size
        Height and width, or one number for both. The sizes do not depend on it; the number of
        cells does. Unless given, 256, or else the first usual size that the network takes.
    layers
        Module paths, or entries of a module with several outputs ("neck.p3"); all outputs with
        rows and columns unless given. Of a module called several times, the last call counts.

    Returns
    -------
    dict
        Field by name, in the order of the first call.

    Raises
    ------
    ValueError
        If a layer is unknown or never called; lists the nearest names.
    RuntimeError
        If the forward fails; names the module in which it did.
    """
    return fields_of(_trace(model, image_size), layers)


def fields_of(graph: Graph, layers: Sequence[str] | None = None) -> dict[str, ReceptiveField]:
    """Theoretical receptive field of every map in a graph; see ``receptive_field``."""
    outputs = graph.outputs()
    if layers is None:
        names = [name for name, v in outputs.items() if name and len(graph.shape(v)) >= 4]
    else:
        names = [name for layer in layers for name in _entries(layer, outputs)]
    by_value = fields_of_values(graph, [outputs[name] for name in names])
    found = {}
    for name in names:
        if outputs[name] in by_value:
            found[name] = by_value[outputs[name]]
        elif layers is not None:
            raise ValueError(
                f"a layer must depend on the image, and {name!r} does not; choose another"
            )
    return found


def fields_of_values(graph: Graph, values: Iterable[Value]) -> dict[Value, ReceptiveField]:
    """Theoretical receptive field of each of these tensors that depends on the image."""
    wanted = list(dict.fromkeys(values))
    kinds = [(axis, bounded) for bounded in (False, True) for axis in (2, 3)]
    last = max((value.node for value in wanted), default=0)
    spans = [spans_of(graph, axis, bounded=bounded, last=last) for axis, bounded in kinds]
    found = {}
    for value in wanted:
        given = [span for kind in spans if (span := kind.get(value)) is not None]
        if len(given) == len(kinds):
            found[value] = _field(graph, *given)
    return found


def _trace(model: nn.Module, image_size: ImageSize | None) -> Graph:
    """Trace at the size asked for, or at the first usual one that the network takes."""
    check_model(model)
    if image_size is not None:
        return trace(model, check_image_size(image_size))
    refusals = []
    for side in USUAL_SIDES:
        try:
            return trace(model, side)
        except (ValueError, RuntimeError) as error:
            refusals.append(error)
    raise refusals[0]


def _entries(layer: str, outputs: dict[str, Value]) -> list[str]:
    """Names of a layer's outputs: its own, or those of its parts."""
    if layer in outputs:
        return [layer]
    parts = [name for name in outputs if name.startswith(f"{layer}.")]
    if not layer or not parts:
        close = get_close_matches(layer, outputs, n=3, cutoff=0.4)
        listed = ", ".join(repr(name) for name in close) or "the paths of model.named_modules()"
        raise ValueError(
            f"layers must name modules that are called in the forward, got {layer!r}; try {listed}"
        )
    return parts


def _field(
    graph: Graph, down: Span, across: Span, down_on: Span, across_on: Span
) -> ReceptiveField:
    axes = _axes(down, across)
    row_axis, column_axis = axes or (None, None)
    height, width = graph.image.shape[2:]
    rows, columns = _edges(down, row_axis, height), _edges(across, column_axis, width)
    return ReceptiveField(
        size=(max(b - a for a, b in rows), max(b - a for a, b in columns)),
        stride=(_stride(down, row_axis), _stride(across, column_axis)),
        start=(rows[0][0], columns[0][0]),
        cells=(len(rows), len(columns)),
        image_size=(height, width),
        axes=axes,
        rows=rows,
        columns=columns,
        rows_on_image=_edges(down_on, row_axis, height),
        columns_on_image=_edges(across_on, column_axis, width),
    )


def _axes(down: Span, across: Span) -> tuple[int, int] | None:
    """Which axes are rows and columns: those along which the field moves, else the last two."""
    if len(down.shape) < 3:
        return None
    moving = [next((a for a, rate in enumerate(s.rates) if rate), None) for s in (down, across)]
    row, column = moving
    if row is None or column is None or row == column:
        return len(down.shape) - 2, len(down.shape) - 1
    return row, column


def _edges(span: Span, axis: int | None, side: int) -> tuple[tuple[int, int], ...]:
    """First pixel, and the one after the last, of each row or column; (0, 0) if it sees none."""
    first, last = span.first, span.last
    for other in range(len(span.shape)):
        if other != axis:
            first, last = first.min(other, keepdims=True), last.max(other, keepdims=True)
    length = 1 if axis is None else span.shape[axis]
    pairs = zip(first.ravel().tolist(), last.ravel().tolist(), strict=True)
    edges = tuple(_edge(a, b, side) for a, b in pairs)
    return edges * length if len(edges) == 1 else edges


def _edge(first: int, last: int, side: int) -> tuple[int, int]:
    if first > last:
        return 0, 0
    return (0, side) if last - first > FAR else (first, last + 1)


def _stride(span: Span, axis: int | None) -> Rate:
    """Pixels for one cell, as a whole number where it is one; 0 if each sees the whole image."""
    if axis is None or (span.last - span.first > FAR).all():
        return 0
    rate = span.rates[axis]
    return rate.numerator if rate.denominator == 1 else rate

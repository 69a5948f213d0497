"""YOLOv1's targets: labelled boxes → what each cell of the grid should have said.

It stands between the labels and the loss.
Source: You Only Look Once (Redmon et al. 2015, arXiv 1506.02640), section 2.

The cell that an object's centre falls into answers for it: with the place of the centre within the
cell, with width and height as shares of the whole image, and with one class for the cell. A cell
has one answer only. Where two centres fall into one cell, the object listed first is kept and the
other is lost, as in the authors' Darknet; ``Encoded.kept`` says which.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from ..layers.check import check_count
from ..layers.check_targets import check_targets

Grid = Float[Tensor, "b rows columns d"]


class Encoded(NamedTuple):
    """Targets as a grid.

    Attributes
    ----------
    values
        (B, rows, columns, 5·boxes + K): for each box x, y in the cell, w, h of the image, and 1;
        then the classes. All zeros in a cell without an object.
    kept
        (N,), which of the objects found their cell free.
    """

    values: Grid
    kept: Bool[Tensor, "n"]


class Cells(NamedTuple):
    """A grid taken apart; ``owners`` is 1 where a cell's boxes share their classes.

    Attributes
    ----------
    boxes
        (B, rows, columns, boxes, 4).
    confidence
        (B, rows, columns, boxes).
    classes
        (B, rows, columns, owners, K).
    """

    boxes: Float[Tensor, "b rows columns boxes 4"]
    confidence: Float[Tensor, "b rows columns boxes"]
    classes: Float[Tensor, "b rows columns owners k"]


def encode(
    targets: Tensor,
    batch_size: int,
    grid: int | tuple[int, int] = 7,
    num_boxes: int = 2,
    num_classes: int = 20,
) -> Encoded:
    """Write labelled boxes into the cells of a grid.

    Parameters
    ----------
    targets
        (N, 6): image index, class, and cx, cy, w, h as fractions of the image. N may be 0.
    batch_size
        B, images.
    grid
        S cells along each side, or (rows, columns).
    num_boxes
        How many boxes a cell predicts; the target is the same for each of them.
    num_classes
        K.

    Raises
    ------
    ValueError
        For targets that break a rule, or a count below 1.
    """
    rows, columns = (grid, grid) if isinstance(grid, int) else grid
    counts = {"batch_size": batch_size, "rows": rows, "columns": columns}
    for name, count in {**counts, "num_boxes": num_boxes, "num_classes": num_classes}.items():
        check_count(name, count)
    check_targets(targets, batch_size, num_classes)
    image, label = targets[:, :2].long().T
    places = targets[:, 2:4] * targets.new_tensor([columns, rows])
    column = places[:, 0].long().clamp(0, columns - 1)
    row = places[:, 1].long().clamp(0, rows - 1)
    kept = first_in_cell((image * rows + row) * columns + column)
    within = places - torch.stack([column, row], dim=1)
    box = torch.cat([within, targets[:, 4:], torch.ones_like(within[:, :1])], dim=1)
    answer = torch.cat([box.repeat(1, num_boxes), F.one_hot(label, num_classes)], dim=1)
    values = targets.new_zeros(batch_size, rows, columns, 5 * num_boxes + num_classes)
    values[image[kept], row[kept], column[kept]] = answer[kept]
    return Encoded(values, kept)


def first_in_cell(cells: Tensor) -> Bool[Tensor, "n"]:
    """Say which objects are the first listed in their cell."""
    order = torch.arange(len(cells), device=cells.device)
    highest = int(cells.max()) + 1 if len(cells) else 0
    first = order.new_full((highest,), len(cells)).scatter_reduce(0, cells, order, "amin")
    return first[cells] == order


def split_cells(values: Grid, num_boxes: int, num_classes: int) -> Cells:
    """Take a grid apart, in either layout.

    The paper has 5·boxes + K values a cell: each box's x, y, w, h and confidence, then classes that
    all its boxes share. ``yolov1-darknet`` has (5 + K)·boxes: each box with classes of its own.

    Raises
    ------
    ValueError
        If the number of values fits neither.
    """
    depth = values.shape[-1]
    if depth == 5 * num_boxes + num_classes:
        boxes, classes = values.split([5 * num_boxes, num_classes], dim=-1)
        each = boxes.unflatten(-1, (num_boxes, 5))
        return Cells(each[..., :4], each[..., 4], classes.unsqueeze(-2))
    if depth == (5 + num_classes) * num_boxes:
        each = values.unflatten(-1, (num_boxes, 5 + num_classes))
        return Cells(each[..., :4], each[..., 4], each[..., 5:])
    shared, own = 5 * num_boxes + num_classes, (5 + num_classes) * num_boxes
    raise ValueError(
        f"a cell of {num_boxes} boxes and {num_classes} classes has {shared} values, or {own} with "
        f"classes for each box, got {depth}; pass the num_boxes and num_classes of the network"
    )


def on_image(
    within: Float[Tensor, "b rows columns boxes 2"], size: Float[Tensor, "b rows columns boxes 2"]
) -> Float[Tensor, "b rows columns boxes 4"]:
    """Centre and size of boxes as shares of the image; a centre is given within its cell."""
    rows, columns = within.shape[1:3]
    x = torch.arange(columns, dtype=within.dtype, device=within.device)
    y = torch.arange(rows, dtype=within.dtype, device=within.device)
    cells = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)[:, :, None]
    centre = (within + cells) / within.new_tensor([columns, rows])
    return torch.cat([centre, size], dim=-1)

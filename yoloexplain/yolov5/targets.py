"""YOLOv5's targets: labelled boxes → the predictions that are asked to answer for them.

It stands between the labels and the loss.
Source: YOLOv5 (Jocher et al. 2020–2022), releases 1.0 to 7.0, https://github.com/ultralytics/yolov5,
facts only; against YOLOv3 (Redmon and Farhadi 2018, arXiv 1804.02767), section 2.1.

A box asks every anchor that could be stretched to its shape, on every level, and of each level the
cell of its centre with the nearest neighbour across and the nearest up or down. One box so has up
to 3 anchors × 3 cells on each level that learn from it, where YOLOv3 gave it one prediction in all.

Departures: a centre on the image's right or lower edge is asked of the last cell in every release,
as from 4.0 on; before, it pointed outside the map.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ..layers.check_targets import check_targets
from .decode import check_raw
from .network import RawOutputs, YOLOv5

# From a centre to a point in the cell itself, left, up, right and down of it, in cells.
STEPS = ((0.0, 0.0), (-0.5, 0.0), (0.0, -0.5), (0.5, 0.0), (0.0, 0.5))


class Assignment(NamedTuple):
    """Who answers on one level: M predictions, each for one box.

    Attributes
    ----------
    image, anchor, row, column
        Which prediction.
    target, label
        Row of the box among the targets, and its class.
    boxes_cells
        (M, 4), centre from the corner of the answering cell, and size, in cells.
    anchors_cells
        (M, 2), width and height of the anchor, in cells.
    """

    image: Int[Tensor, "m"]
    anchor: Int[Tensor, "m"]
    row: Int[Tensor, "m"]
    column: Int[Tensor, "m"]
    target: Int[Tensor, "m"]
    label: Int[Tensor, "m"]
    boxes_cells: Float[Tensor, "m 4"]
    anchors_cells: Float[Tensor, "m 2"]


def assign(
    raw: RawOutputs, targets: Tensor, model: YOLOv5, threshold: float = 4.0
) -> dict[str, Assignment]:
    """Find who answers for each box, as the model's release did.

    Parameters
    ----------
    raw
        What ``model`` returned; only the shapes count.
    targets
        (N, 6): image index, class, and cx, cy, w, h as fractions of the image. N may be 0.
    model
        It knows anchors, strides and release.
    threshold
        An anchor answers if no side of the box is this many times longer or shorter than its own.

    Returns
    -------
    For each level its assignment, ordered by cell (own, left, up, right, down), anchor and target.

    Raises
    ------
    ValueError
        For targets that break a rule, or outputs of another network.
    """
    check_raw(raw, model)
    check_targets(targets, next(iter(raw.values())).shape[0], model.num_classes)
    both_sides = model.release not in ("1.0", "2.0")
    found = {}
    for (level, values), anchors in zip(raw.items(), model.head.anchors, strict=True):
        size = map_size(values, targets)
        sizes = targets[:, 4:] * size
        anchor, target = matching(sizes, anchors / model.head.strides[level], threshold)
        centres = targets[target, 2:4] * size
        step, row = answering(centres, size, both_sides).nonzero(as_tuple=True)
        points = centres[row] + centres.new_tensor(STEPS)[step]
        chosen = anchor[row], target[row]
        found[level] = build(level, values, targets, model, points, *chosen)
    return found


def matching(
    sizes: Float[Tensor, "n 2"], anchors: Float[Tensor, "a 2"], threshold: float
) -> tuple[Int[Tensor, "m"], Int[Tensor, "m"]]:
    """Name the pairs of anchor and box that are alike in shape; both in the same unit.

    No IoU is needed: as the decode can stretch a side up to four times, the longest ratio decides.
    """
    ratio = sizes / anchors[:, None]
    alike = torch.maximum(ratio, 1 / ratio).amax(dim=2) < threshold
    anchor, box = alike.nonzero(as_tuple=True)
    return anchor, box


def answering(
    centres: Float[Tensor, "m 2"], size: Float[Tensor, "2"], both_sides: bool
) -> Bool[Tensor, "5 m"]:
    """Say for each centre, in cells, which of the five ``STEPS`` leads to a cell that answers.

    Its own cell always does; a neighbour if the centre lies in the half towards it, and it exists.
    Exactly on a border between two cells both halves touch. Releases 1.0 and 2.0 then ask the cell
    before the border once and its own once; from 3.0 on (``both_sides``) the half step forward ends
    in its own cell again, which is so asked twice.
    """
    own = torch.ones_like(centres[:, 0], dtype=torch.bool)
    left, up = ((centres % 1 < 0.5) & (centres > 1)).T
    beyond = size - centres  # the same, counted from the other edge
    if both_sides:
        right, down = ((beyond % 1 < 0.5) & (beyond > 1)).T
    else:
        right, down = ((centres % 1 > 0.5) & (centres < size - 1)).T
    return torch.stack([own, left, up, right, down])


def assign_yolov3(raw: RawOutputs, targets: Tensor, model: YOLOv5) -> dict[str, Assignment]:
    """Assign by YOLOv3's rule, for comparison: one anchor of all levels, and one cell.

    The anchor with the best IoU answers, both laid on the same centre; its cell is the centre's.
    Parameters, result and errors as in ``assign``.
    """
    check_raw(raw, model)
    check_targets(targets, next(iter(raw.values())).shape[0], model.num_classes)
    level, values = next(iter(raw.items()))
    sizes = targets[:, 4:] * map_size(values, targets) * model.head.strides[level]  # in pixels
    anchors = model.head.anchors.flatten(0, 1)
    shared = torch.minimum(sizes[:, None], anchors).prod(dim=2)
    joint = sizes.prod(dim=1, keepdim=True) + anchors.prod(dim=1) - shared
    best = (shared / joint).argmax(dim=1)
    found = {}
    for index, (level, values) in enumerate(raw.items()):
        target = (best // model.head.num_anchors == index).nonzero().flatten()
        anchor = best[target] % model.head.num_anchors
        points = targets[target, 2:4] * map_size(values, targets)
        found[level] = build(level, values, targets, model, points, anchor, target)
    return found


def build(
    level: str,
    values: Float[Tensor, "b a h w v"],
    targets: Float[Tensor, "n 6"],
    model: YOLOv5,
    points: Float[Tensor, "m 2"],
    anchor: Int[Tensor, "m"],
    target: Int[Tensor, "m"],
) -> Assignment:
    """Write down an assignment; ``points``, in cells, lie anywhere in the answering cells."""
    size = map_size(values, targets)
    cells = points.long().clamp(min=0).minimum(size.long() - 1)
    boxes = targets[target, 2:] * size.repeat(2)
    boxes_cells = torch.cat([boxes[:, :2] - cells, boxes[:, 2:]], dim=1)
    anchors = model.head.anchors[list(model.head.strides).index(level)]
    image, label = targets[target, :2].long().T
    column, row = cells.T
    return Assignment(
        image,
        anchor,
        row,
        column,
        target,
        label,
        boxes_cells,
        anchors[anchor] / model.head.strides[level],
    )


def map_size(values: Float[Tensor, "b a h w v"], like: Tensor) -> Float[Tensor, "2"]:
    """(width, height) of a level in cells, as the numbers that targets are multiplied with."""
    return like.new_tensor([values.shape[3], values.shape[2]])

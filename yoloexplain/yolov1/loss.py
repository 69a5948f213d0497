"""YOLOv1's loss: squared errors, five kinds of them, and nothing else.

It stands between the grid of raw values and the gradient.
Source: You Only Look Once (Redmon et al. 2015, arXiv 1506.02640), section 2.2, equation 3; and a
notebook's simplification of it.

Of a cell's boxes the one that overlaps the object best answers for it, so that boxes specialise.
A width is learned as its square root, for a miss of ten pixels matters more on a small box. Places
weigh five times as much, and the many empty boxes half, or they would drown the rest.

The paper leaves open what to do before any box overlaps: then the nearest answers, by centre and
size, as in the authors' Darknet. Departure: terms are means over the images of a batch; the
paper's sum is over one image.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from ..boxes import cxcywh_to_xyxy, iou
from .targets import Cells, Encoded, Grid, on_image, split_cells

Scalar = Float[Tensor, ""]
COORDINATES, BACKGROUND = 5.0, 0.5  # λ_coord and λ_noobj


class LossTerms(NamedTuple):
    """The paper's five sums, each with its λ.

    Attributes
    ----------
    centre, size
        Of the responsible boxes; λ = 5.
    objectness
        Confidence of the responsible boxes against their overlap with the object.
    background
        Confidence of all other boxes against 0; λ = 0.5.
    classes
        In cells with an object.
    """

    centre: Scalar
    size: Scalar
    objectness: Scalar
    background: Scalar
    classes: Scalar

    @property
    def total(self) -> Scalar:
        """Sum of the five."""
        return self.centre + self.size + self.objectness + self.background + self.classes


class NotebookTerms(NamedTuple):
    """The four sums of the notebook's loss, each with its λ."""

    box: Scalar
    objectness: Scalar
    background: Scalar
    rest: Scalar

    @property
    def total(self) -> Scalar:
        """Sum of the four."""
        return self.box + self.objectness + self.background + self.rest


def loss(
    raw: Grid,
    encoded: Encoded,
    num_boxes: int = 2,
    *,
    coordinates: float = COORDINATES,
    background: float = BACKGROUND,
) -> LossTerms:
    """Measure how far a grid is from its targets, as the paper does.

    Parameters
    ----------
    raw
        What the network returned. A box's four values count as x, y, √w and √h: as in the paper the
        network predicts roots, so no root of a prediction is ever taken.
    encoded
        What ``encode`` made of the labels, for as many boxes a cell.
    num_boxes
        Boxes a cell.
    coordinates, background
        λ_coord and λ_noobj.

    Raises
    ------
    ValueError
        If the two grids do not fit together.
    """
    num_classes = encoded.values.shape[-1] - 5 * num_boxes
    if raw.shape[:3] != encoded.values.shape[:3] or num_classes < 1:
        raise ValueError(
            f"raw values {tuple(raw.shape)} and targets {tuple(encoded.values.shape)} must share "
            "batch, rows and columns, and the number of boxes; encode for this grid"
        )
    predicted = split_cells(raw, num_boxes, num_classes)
    true = split_cells(encoded.values, num_boxes, num_classes)
    mine, overlap = responsible(predicted, true)
    centre = (predicted.boxes[..., :2] - true.boxes[..., :2]).square()
    size = (predicted.boxes[..., 2:] - true.boxes[..., 2:].sqrt()).square()
    classes = (predicted.classes - true.classes).square()
    owners = mine if classes.shape[-2] == num_boxes else mine.any(dim=-1, keepdim=True)
    images = len(raw)
    return LossTerms(
        coordinates * centre[mine].sum() / images,
        coordinates * size[mine].sum() / images,
        (predicted.confidence - overlap).square()[mine].sum() / images,
        background * predicted.confidence.square()[~mine].sum() / images,
        classes[owners].sum() / images,
    )


@torch.no_grad()
def responsible(
    predicted: Cells, true: Cells
) -> tuple[
    Bool[Tensor, "b rows columns boxes"],
    Float[Tensor, "b rows columns boxes"],
]:
    """Choose in each cell with an object the box that answers for it.

    Returns
    -------
    Whether a box answers, and its IoU with the cell's object.
    """
    found = on_image(predicted.boxes[..., :2], predicted.boxes[..., 2:].square())
    wanted = on_image(true.boxes[..., :2], true.boxes[..., 2:])
    overlap = iou(cxcywh_to_xyxy(found), cxcywh_to_xyxy(wanted))
    distance = (found - wanted).square().sum(dim=-1)
    touching = (overlap > 0).any(dim=-1, keepdim=True)
    best = torch.where(touching, overlap, -distance).argmax(dim=-1)
    chosen = F.one_hot(best, overlap.shape[-1]).bool()
    return chosen & (true.confidence > 0), overlap


def notebook_loss(predictions: Tensor, target: Tensor) -> NotebookTerms:
    """Measure as the notebook did: the paper's loss with four simplifications.

    The first box always answers and no other is trained; widths have no root; the confidence to
    reach is the target's own; and everything after the first five values counts as classes, so
    also a second box. Sums are over the batch, and no cell counts whose target is negative.

    Parameters
    ----------
    predictions, target
        Both (B, rows, columns, D) in the layout [4 box, confidence, D − 5 rest].

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if predictions.shape != target.shape:
        raise ValueError(
            f"predictions and target must have one shape, got {tuple(predictions.shape)} and "
            f"{tuple(target.shape)}; encode for the network's grid, boxes and classes"
        )
    error = (predictions - target).square()
    there, empty = target[..., 4] > 0, target[..., 4] == 0
    return NotebookTerms(
        COORDINATES * error[there][:, :4].sum(),
        error[there][:, 4].sum(),
        BACKGROUND * error[empty][:, 4].sum(),
        error[there][:, 5:].sum(),
    )

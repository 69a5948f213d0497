"""YOLOv1's decode: a grid of raw values → boxes in input pixels → the few that count.

It stands between the network and the results.
Source: You Only Look Once (Redmon et al. 2015, arXiv 1506.02640), section 2.

A centre counts within its cell, a size within the image. A box's score for a class is its
confidence times the cell's class probability: how likely the class is there and how well the box
fits it, in one number (equation 1).

Departure: the last layer is linear and can miss 0 to 1, so that two negative values would multiply
to a score; both are clamped first.
"""

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

from ..boxes import cxcywh_to_xyxy
from ..results import Detections, select
from .targets import Grid, on_image, split_cells


class Decoded(NamedTuple):
    """Every box of a grid, ordered by row, column and box.

    Attributes
    ----------
    boxes_xyxy
        (B, N, 4) in pixels of the input.
    scores
        (B, N, K), of each class from 0 to 1.
    """

    boxes_xyxy: Float[Tensor, "b n 4"]
    scores: Float[Tensor, "b n k"]


def decode(
    raw: Grid,
    image_size: tuple[int, int],
    num_boxes: int = 2,
    num_classes: int = 20,
    *,
    square_root: bool = True,
) -> Decoded:
    """Turn a grid into boxes with class scores.

    Parameters
    ----------
    raw
        What the network returned.
    image_size
        (height, width) of its input.
    num_boxes, num_classes
        Boxes a cell, and K.
    square_root
        Whether the values for w and h are roots, as the paper's loss trains them; the notebook's
        trains w and h themselves.

    Raises
    ------
    ValueError
        If the number of values a cell does not fit boxes and classes.
    """
    cells = split_cells(raw, num_boxes, num_classes)
    place, size = cells.boxes.split(2, dim=-1)
    height, width = image_size
    shares = on_image(place, size.square() if square_root else size.clamp(min=0))
    boxes = cxcywh_to_xyxy(shares * shares.new_tensor([width, height, width, height]))
    confidence = cells.confidence.clamp(0, 1).unsqueeze(-1)
    scores = confidence * cells.classes.clamp(0, 1)
    return Decoded(boxes.flatten(1, 3), scores.flatten(1, 3))


def non_max_suppression(
    decoded: Decoded,
    confidence: float = 0.25,
    iou: float = 0.45,
    *,
    multi_label: bool = False,
    agnostic: bool = False,
    max_detections: int = 300,
    image_size: tuple[int, int] | None = None,
    names: tuple[str, ...] = (),
) -> list[Detections]:
    """Keep the boxes that are sure enough and not doubles, image by image.

    Parameters
    ----------
    decoded
        As ``decode`` gives it.
    confidence
        Lowest score, itself excluded.
    iou
        Drop a box whose IoU with a better one of its class is larger.
    multi_label
        Let a box stand for every class above the threshold, as for measuring mAP.
    agnostic
        Let boxes of different classes suppress one another.
    max_detections
        Of an image, the best.
    image_size, names
        Height and width of the network's input, and the classes' names, for the results to know.

    Raises
    ------
    ValueError
        For a threshold outside [0, 1].
    """
    return [
        select(
            boxes,
            scores,
            confidence,
            iou,
            multi_label=multi_label,
            agnostic=agnostic,
            max_detections=max_detections,
            image_size=image_size,
            names=names,
        )
        for boxes, scores in zip(*decoded, strict=True)
    ]

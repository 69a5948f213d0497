"""YOLOv5's decode: raw outputs → boxes in input pixels → the few that count.

It stands between the head and the results.
Source: YOLOv5 (Jocher et al. 2020–2022), releases 1.0 to 7.0, https://github.com/ultralytics/yolov5,
facts only; against YOLOv3 (Redmon and Farhadi 2018, arXiv 1804.02767), section 2.1.

A sigmoid keeps every number within bounds: a centre can leave its cell by half a cell to each side,
and a side is at most four times its anchor's, where YOLOv3's exponential has no bound at all. All
ten releases decode alike, the first one too.

Departures: a box keeps its best class only, unless asked; releases up to 4.0 let it stand for every
class above the threshold. 6.1 alone also dropped boxes with a side below 2 pixels.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ..boxes import cxcywh_to_xyxy
from ..results import Detections, select
from .network import RawOutputs, YOLOv5

Decoded = Float[Tensor, "b n v"]
CellValues = Float[Tensor, "... 4"]
Pairs = Float[Tensor, "... 2"]


def decode(raw: RawOutputs, model: YOLOv5) -> Decoded:
    """Turn every raw output into a box with probabilities.

    centre = (2σ(t) − 0.5 + cell) · stride; size = (2σ(t))² · anchor.

    Parameters
    ----------
    raw
        What ``model`` returned.
    model
        It knows the anchors, in input pixels, and the strides.

    Shape: {"p3": (B, A, H, W, 5 + K), …} → (B, N, 5 + K): cx, cy, w, h in input pixels, objectness
    and K class probabilities. Levels in order from p3, each flattened over (A, H, W).

    Raises
    ------
    ValueError
        If ``raw`` did not come from this network.
    """
    check_raw(raw, model)
    parts = []
    for (level, given), anchors in zip(raw.items(), model.head.anchors, strict=True):
        values = widened(given)
        offset, scale = offset_and_scale(values[..., :4])
        centre = (offset + cells_of(values)) * model.head.strides[level]
        size = scale * anchors[:, None, None]
        parts.append(torch.cat([centre, size, values[..., 4:].sigmoid()], -1).flatten(1, 3))
    return torch.cat(parts, dim=1)


def decode_yolov3(raw: RawOutputs, model: YOLOv5) -> Decoded:
    """Read the same outputs by YOLOv3's formulas, for comparison.

    centre = (σ(t) + cell) · stride; size = exp(t) · anchor. Shapes as in ``decode``.
    """
    check_raw(raw, model)
    parts = []
    for (level, given), anchors in zip(raw.items(), model.head.anchors, strict=True):
        values = widened(given)
        centre = (values[..., :2].sigmoid() + cells_of(values)) * model.head.strides[level]
        size = values[..., 2:4].exp() * anchors[:, None, None]
        parts.append(torch.cat([centre, size, values[..., 4:].sigmoid()], -1).flatten(1, 3))
    return torch.cat(parts, dim=1)


def offset_and_scale(values: CellValues) -> tuple[Pairs, Pairs]:
    """Turn four raw numbers into an offset within the cell and a scale of the anchor.

    Offsets lie between −0.5 and 1.5 cells, scales between 0 and 4; raw zeros mean the middle of the
    cell and the anchor's own size.
    """
    bounded = 2 * values.sigmoid()
    return bounded[..., :2] - 0.5, bounded[..., 2:].square()


def cells_of(values: Float[Tensor, "b a h w v"]) -> Float[Tensor, "h w 2"]:
    """Number the cells of a level: (column, row) of each."""
    height, width = values.shape[2:4]
    rows = torch.arange(height, dtype=values.dtype, device=values.device)
    columns = torch.arange(width, dtype=values.dtype, device=values.device)
    return torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=-1)


def widened(values: Tensor) -> Tensor:
    """Half precision as float32, in which a pixel can still be told from its neighbour."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


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

    A class's score is objectness times its probability. The 30,000 best candidates of an image
    compete, each with those of its own class.

    Parameters
    ----------
    decoded
        (B, N, 5 + K), as ``decode`` gives it.
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
    boxes, objectness, classes = decoded.split([4, 1, decoded.shape[2] - 5], dim=2)
    return [
        select(
            corners,
            scores,
            confidence,
            iou,
            multi_label=multi_label,
            agnostic=agnostic,
            max_detections=max_detections,
            image_size=image_size,
            names=names,
        )
        for corners, scores in zip(cxcywh_to_xyxy(boxes), objectness * classes, strict=True)
    ]


def check_raw(raw: RawOutputs, model: YOLOv5) -> None:
    """Raise a ``ValueError`` unless these are raw outputs of this network."""
    values = 5 + model.num_classes
    wanted = {level: (model.head.num_anchors, values) for level in model.head.strides}
    got = {level: (*map_.shape[1:2], *map_.shape[4:]) for level, map_ in raw.items()}
    if list(got.items()) != list(wanted.items()):
        listed = "; ".join(f"{level} {tuple(map_.shape)}" for level, map_ in raw.items())
        raise ValueError(
            f"this network gives {', '.join(wanted)} of (B, {model.head.num_anchors}, H, W, "
            f"{values}), got {listed or 'nothing'}; pass what model(image) returned"
        )

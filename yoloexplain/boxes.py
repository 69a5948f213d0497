"""Boxes: how they are written, how much two of them share, and which of many to keep.

They stand at both ends of a detector: before the loss, where targets are matched, and after the
decode, where duplicates go.
Sources: GIoU (Rezatofighi et al. 2019, arXiv 1902.09630); DIoU and CIoU (Zheng et al. 2019, arXiv
1911.08287); greedy NMS as in every detector since R-CNN.

IoU is the shared area over the joint area. It says nothing about boxes that do not touch, and its
gradient there is zero; GIoU, DIoU and CIoU subtract a penalty that still tells them where to go.
Everything broadcasts: ``iou(a, b)`` compares row with row, ``iou(a[:, None], b)`` each with each.
A box is four numbers at the end of a tensor, in any unit, as (x0, y0, x1, y1) unless a name says
otherwise. A box without area has an IoU of zero with every box, itself included.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

Boxes = Float[Tensor, "... 4"]
Values = Float[Tensor, "..."]
EPSILON = 1e-7  # keeps 0/0 finite; far below any area that matters


def xyxy_to_cxcywh(boxes_xyxy: Boxes) -> Boxes:
    """Corners (x0, y0, x1, y1) → centre and size (cx, cy, w, h)."""
    low, high = boxes_xyxy.split(2, dim=-1)
    return torch.cat([(low + high) / 2, high - low], dim=-1)


def cxcywh_to_xyxy(boxes_cxcywh: Boxes) -> Boxes:
    """Centre and size (cx, cy, w, h) → corners (x0, y0, x1, y1)."""
    centre, size = boxes_cxcywh.split(2, dim=-1)
    return torch.cat([centre - size / 2, centre + size / 2], dim=-1)


def xyxy_to_xywh(boxes_xyxy: Boxes) -> Boxes:
    """Corners → upper left corner and size (x0, y0, w, h), as COCO writes boxes."""
    low, high = boxes_xyxy.split(2, dim=-1)
    return torch.cat([low, high - low], dim=-1)


def xywh_to_xyxy(boxes_xywh: Boxes) -> Boxes:
    """Upper left corner and size (x0, y0, w, h) → corners."""
    low, size = boxes_xywh.split(2, dim=-1)
    return torch.cat([low, low + size], dim=-1)


def area(boxes_xyxy: Boxes) -> Values:
    """Width times height; zero for a box whose corners are swapped."""
    return (boxes_xyxy[..., 2:] - boxes_xyxy[..., :2]).clamp(min=0).prod(dim=-1)


def intersection(a_xyxy: Boxes, b_xyxy: Boxes) -> Values:
    """Area that two boxes share."""
    low = torch.maximum(a_xyxy[..., :2], b_xyxy[..., :2])
    high = torch.minimum(a_xyxy[..., 2:], b_xyxy[..., 2:])
    return (high - low).clamp(min=0).prod(dim=-1)


def iou(a_xyxy: Boxes, b_xyxy: Boxes) -> Values:
    """Shared area over joint area, from 0 to 1.

    Shape: broadcast of the two, without the last axis.
    """
    shared = intersection(a_xyxy, b_xyxy)
    return shared / (area(a_xyxy) + area(b_xyxy) - shared).clamp(min=EPSILON)


def giou(a_xyxy: Boxes, b_xyxy: Boxes) -> Values:
    """IoU less the share of the enclosing box that neither box fills, from −1 to 1.

    Source: arXiv 1902.09630, algorithm 1.
    """
    shared = intersection(a_xyxy, b_xyxy)
    joint = area(a_xyxy) + area(b_xyxy) - shared
    enclosing = enclosing_size(a_xyxy, b_xyxy).prod(dim=-1)
    empty = (enclosing - joint) / enclosing.clamp(min=EPSILON)
    return shared / joint.clamp(min=EPSILON) - empty


def diou(a_xyxy: Boxes, b_xyxy: Boxes) -> Values:
    """IoU less the squared distance of the centres over the enclosing box's diagonal.

    Source: arXiv 1911.08287, equation 7.
    """
    apart = a_xyxy[..., :2] + a_xyxy[..., 2:] - b_xyxy[..., :2] - b_xyxy[..., 2:]
    distance = apart.square().sum(dim=-1) / 4
    diagonal = enclosing_size(a_xyxy, b_xyxy).square().sum(dim=-1)
    return iou(a_xyxy, b_xyxy) - distance / diagonal.clamp(min=EPSILON)


def ciou(a_xyxy: Boxes, b_xyxy: Boxes) -> Values:
    """DIoU less a penalty for different proportions.

    v compares the angles of the two diagonals; its weight α counts as a constant, so that no
    gradient flows through it. Source: arXiv 1911.08287, equations 8 to 11.
    """
    angle_a, angle_b = diagonal_angle(a_xyxy), diagonal_angle(b_xyxy)
    v = (4 / math.pi**2) * (angle_b - angle_a).square()
    with torch.no_grad():
        alpha = v / (1 - iou(a_xyxy, b_xyxy) + v).clamp(min=EPSILON)
    return diou(a_xyxy, b_xyxy) - alpha * v


def enclosing_size(a_xyxy: Boxes, b_xyxy: Boxes) -> Float[Tensor, "... 2"]:
    """Width and height of the smallest box around both."""
    low = torch.minimum(a_xyxy[..., :2], b_xyxy[..., :2])
    high = torch.maximum(a_xyxy[..., 2:], b_xyxy[..., 2:])
    return high - low


def diagonal_angle(boxes_xyxy: Boxes) -> Values:
    """Angle whose tangent is width over height, in radians."""
    width, height = (boxes_xyxy[..., 2:] - boxes_xyxy[..., :2]).unbind(dim=-1)
    return torch.atan(width / height.clamp(min=EPSILON))


def nms(
    boxes_xyxy: Float[Tensor, "n 4"],
    scores: Float[Tensor, "n"],
    threshold: float = 0.45,
    labels: Int[Tensor, "n"] | None = None,
) -> Int[Tensor, "kept"]:
    """Greedy non-maximum suppression: keep the best box, drop what overlaps it, go on.

    Parameters
    ----------
    boxes_xyxy, scores
        In any unit; equal scores are taken in the order given.
    threshold
        Drop a box whose IoU with a better one is larger.
    labels
        Classes; boxes of different classes never suppress one another. Without labels all boxes
        compete (class-agnostic).

    Returns
    -------
    Indices of the boxes that stay, best first.

    Raises
    ------
    ValueError
        For a threshold outside [0, 1].
    """
    if not 0 <= threshold <= 1:
        raise ValueError(f"an IoU threshold must lie in [0, 1], got {threshold}; YOLO takes 0.45")
    order = scores.argsort(descending=True, stable=True)
    ranked = boxes_xyxy[order]
    rivals = iou(ranked[:, None], ranked) > threshold
    if labels is not None:
        rivals &= labels[order][:, None] == labels[order]
    alive = torch.ones(len(order), dtype=torch.bool, device=order.device)
    for i in range(len(order)):
        if alive[i]:
            alive[i + 1 :] &= ~rivals[i, i + 1 :]
    return order[alive]

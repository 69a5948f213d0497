"""SOLO's decode: raw logits of all cells → the few masks that count.

It stands between the network and the results.
Sources: SOLO (Wang et al. 2019, arXiv 1912.04488), section 3.3.3; Matrix NMS (Wang et al. 2020,
SOLOv2, arXiv 2003.10152), section 3.4; constants as in the authors' published networks.

A cell is asked twice: how sure is it of a class, and how sure of its mask's pixels. The mean
probability inside the mask (maskness) times the class score ranks it. Many cells draw the same
object, so the scores of doubles decay by Matrix NMS.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from ..results import Instances, boxes_around
from .head import STRIDES, DecoupledSOLOOutput, SOLOOutput
from .loss import cell_masks
from .matrix_nms import matrix_nms

MAX_CANDIDATES = 500  # that compete in Matrix NMS


class Candidates(NamedTuple):
    """Masks that passed the first thresholds, of all levels of one image, best first.

    Attributes
    ----------
    masks
        (N, H, W), probabilities on the finest level's mask map.
    scores, labels
        (N,), score times maskness, and class.
    """

    masks: Float[Tensor, "n h w"]
    scores: Float[Tensor, "n"]
    labels: Int[Tensor, "n"]


def decode(
    output: SOLOOutput | DecoupledSOLOOutput,
    image_size: tuple[int, int],
    *,
    strides: Sequence[int] = STRIDES,
    confidence: float = 0.1,
    mask_threshold: float = 0.5,
    kernel: str = "gaussian",
    sigma: float = 2.0,
    update_threshold: float = 0.05,
    max_detections: int = 100,
    names: tuple[str, ...] = (),
) -> list[Instances]:
    """Turn raw logits into instances, image by image, best first.

    Parameters
    ----------
    output
        What the network returned.
    image_size
        (height, width) of its input.
    strides
        Of each level: a mask of no more pixels than that, on the finest mask map, is dropped.
    confidence
        Lowest class score of a cell, itself excluded.
    mask_threshold
        Probability from which, itself excluded, a pixel belongs to the mask.
    kernel, sigma
        Of Matrix NMS.
    update_threshold
        Lowest score after Matrix NMS, itself included.
    max_detections
        Of an image, the best.
    names
        Of the classes, for the results to know.

    Raises
    ------
    ValueError
        For a threshold outside [0, 1], another kernel, or not one stride a level.
    """
    thresholds = {"confidence": confidence, "mask_threshold": mask_threshold}
    for name, value in {**thresholds, "update_threshold": update_threshold}.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must lie in [0, 1], got {value}; leave it out for SOLO's own")
    if len(strides) != len(output.categories):
        raise ValueError(
            f"there must be one stride a level, got {len(strides)} for {len(output.categories)} "
            "levels; pass those of the network"
        )
    results = []
    for image in range(len(output.categories[0])):
        found = candidates(output, image, strides, confidence, mask_threshold)
        decayed = matrix_nms(
            found.masks > mask_threshold, found.scores, found.labels, kernel=kernel, sigma=sigma
        )
        order = decayed.argsort(descending=True, stable=True)
        order = order[decayed[order] >= update_threshold][:max_detections]
        masks = enlarged(found.masks[order], image_size) > mask_threshold
        boxes, scores, labels = boxes_around(masks), decayed[order], found.labels[order]
        kept = masks.flatten(1).any(dim=1)  # resizing to a smaller image can empty a mask
        instances = Instances(boxes, scores, labels, masks, image_size=image_size, names=names)
        results.append(instances[kept])
    return results


def candidates(
    output: SOLOOutput | DecoupledSOLOOutput,
    image: int,
    strides: Sequence[int],
    confidence: float,
    mask_threshold: float,
) -> Candidates:
    """Collect the cells of one image that are sure of a class and have drawn enough."""
    height, width = mask_maps(output)[0].shape[-2:]
    parts = []
    for level, stride in enumerate(strides):
        peaks = points_nms(output.categories[level].sigmoid())[image]  # (K, S, S)
        label, cell = (peaks.flatten(1) > confidence).nonzero(as_tuple=True)
        masks = enlarged(cell_masks(output, level, image, cell), (height, width))
        inside = masks > mask_threshold
        pixels = inside.sum(dim=(1, 2))
        maskness = (masks * inside).sum(dim=(1, 2)) / pixels.clamp(min=1)
        scores = peaks.flatten(1)[label, cell] * maskness
        kept = pixels > stride
        parts.append(Candidates(masks[kept], scores[kept], label[kept]))
    masks, scores, labels = (torch.cat(part) for part in zip(*parts, strict=True))
    best = scores.argsort(descending=True, stable=True)[:MAX_CANDIDATES]
    return Candidates(masks[best], scores[best], labels[best])


def points_nms(scores: Float[Tensor, "b k s s"]) -> Float[Tensor, "b k s s"]:
    """Keep a cell's score if no cell left of it, above it, or both beats it; set others to 0."""
    highest = F.max_pool2d(scores, 2, stride=1, padding=1)[..., :-1, :-1]
    return scores * (highest == scores)


def enlarged(masks: Float[Tensor, "n h w"], size: tuple[int, int]) -> Float[Tensor, "n y x"]:
    """Resize probabilities bilinearly; no mask at all is resized too."""
    if len(masks) == 0:
        return masks.new_zeros(0, *size)
    return F.interpolate(masks[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]


def mask_maps(output: SOLOOutput | DecoupledSOLOOutput) -> tuple[Tensor, ...]:
    """Give the mask maps that say how fine each level is."""
    return output.masks if isinstance(output, SOLOOutput) else output.masks_x

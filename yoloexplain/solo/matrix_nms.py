"""Matrix NMS: let every mask's score decay by its overlap with better ones, all at once.

It stands after the decode, in place of greedy NMS.
Source: SOLOv2 (Wang et al. 2020, arXiv 2003.10152), section 3.4, equations 3 to 5.

Greedy NMS walks from the best mask down and deletes: one step after the other, all or nothing.
Here a mask j decays by its overlap with each better mask i of its class; but if i itself is likely
to be suppressed by an even better one, it should weigh less, so the decay is divided by the one
that i would suffer at the worst.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ..layers.check import check_choice

KERNELS = ("gaussian", "linear")


def mask_iou(masks: Bool[Tensor, "n h w"]) -> Float[Tensor, "n n"]:
    """Shared over joint area of each mask with each; an empty mask shares nothing."""
    flat = masks.flatten(1).float()
    shared = flat @ flat.T
    areas = flat.sum(dim=1)
    return shared / (areas[:, None] + areas - shared).clamp(min=1)


def matrix_nms(
    masks: Bool[Tensor, "n h w"],
    scores: Float[Tensor, "n"],
    labels: Int[Tensor, "n"],
    *,
    kernel: str = "gaussian",
    sigma: float = 2.0,
) -> Float[Tensor, "n"]:
    """Let scores decay; nothing is removed.

    Parameters
    ----------
    masks, scores, labels
        In any order; masks of different classes do not touch one another's scores.
    kernel
        ``"gaussian"``, exp(−σ·IoU²), or ``"linear"``, 1 − IoU.
    sigma
        Steepness of the gaussian.

    Returns
    -------
    The decayed scores, in the order given.

    Raises
    ------
    ValueError
        For another kernel.
    """
    check_choice("kernel", kernel, KERNELS)
    order = scores.argsort(descending=True, stable=True)
    same = labels[order][:, None] == labels[order]
    overlap = (mask_iou(masks[order]) * same).triu(diagonal=1)  # row i is better than column j
    worst = overlap.amax(dim=0) if len(order) else scores  # what i itself suffers at the worst
    if kernel == "gaussian":
        decay = torch.exp(sigma * (worst[:, None] ** 2 - overlap**2))
    else:
        decay = (1 - overlap) / (1 - worst[:, None]).clamp(min=1e-6)
    decayed = scores.clone()
    if len(order):
        decayed[order] = scores[order] * decay.amin(dim=0)
    return decayed

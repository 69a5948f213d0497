"""YOLOv5's loss: how wrong the boxes, the objectness and the classes are, each as one number.

It stands between the raw outputs and the gradient.
Source: YOLOv5 (Jocher et al. 2020–2022), releases 1.0 to 7.0, https://github.com/ultralytics/yolov5,
facts only; CIoU (Zheng et al. 2019, arXiv 1911.08287), GIoU (Rezatofighi et al. 2019, arXiv
1902.09630), focal loss (Lin et al. 2017, arXiv 1708.02002).

Predictions that answer for a box learn its place and its class; every prediction learns objectness,
and what is asked of it is not 1 but how well its box overlaps by now. Objectness so comes to mean
"how good is my box".

Departures: where several boxes ask the same prediction, the last one listed sets its objectness on
every device; the releases left it to the order in which the hardware wrote.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from ..boxes import ciou, cxcywh_to_xyxy, giou
from .decode import offset_and_scale, widened
from .hyperparameters import Hyperparameters
from .network import RawOutputs, YOLOv5
from .targets import Assignment, assign

Scalar = Float[Tensor, ""]
FOCAL_ALPHA = 0.25
EPSILON = 1e-7  # keeps the slope of a power below 1 finite


class LossTerms(NamedTuple):
    """The three terms, each multiplied by its gain."""

    box: Scalar
    objectness: Scalar
    classes: Scalar

    @property
    def total(self) -> Scalar:
        """Sum of the three. The releases stepped along this sum times the batch size."""
        return self.box + self.objectness + self.classes


def loss(
    raw: RawOutputs, targets: Tensor, model: YOLOv5, hyperparameters: Hyperparameters
) -> LossTerms:
    """Measure how far raw outputs are from labelled boxes.

    Each term is a mean over predictions, summed over the levels: over those that answer for the
    box and the class term, over all for objectness. A level that nobody answers on adds nothing to
    the first two, and without any object they are zero, with a gradient of zero.

    Parameters
    ----------
    raw
        What ``model`` returned; half precision is widened.
    targets
        (N, 6): image index, class, and cx, cy, w, h as fractions of the image. N may be 0.
    model
        It knows anchors, strides and release. 1.0 and 2.0 measure boxes by GIoU, all later ones
        by CIoU. A single class has no class term.
    hyperparameters
        Taken as they are; call ``scaled`` on them once before a training.

    Raises
    ------
    ValueError
        For targets that break a rule, or outputs of another network.
    """
    h = hyperparameters
    assigned = assign(raw, targets, model, h.anchor_threshold)
    smoothing = h.label_smoothing if float(model.release) >= 5 else 0.0
    box, objectness, classes = [], [], []
    weights = level_weights(model.release, len(raw))
    for (level, half), weight in zip(raw.items(), weights, strict=True):
        values, matched = widened(half), assigned[level]
        chosen = values[matched.image, matched.anchor, matched.row, matched.column]
        overlap = overlaps(chosen[:, :4], matched, model.release)
        box.append(mean(1 - overlap))
        asked = objectness_asked(values[..., 4], matched, overlap)
        found = binary_loss(values[..., 4], asked, h.objectness_positive, h.focal_gamma)
        objectness.append(weight * found)
        if model.num_classes > 1:
            wanted = classes_asked(chosen[:, 5:], matched, smoothing)
            classes.append(binary_loss(chosen[:, 5:], wanted, h.class_positive, h.focal_gamma))
        else:
            classes.append(mean(chosen[:0]))
    return LossTerms(
        h.box * torch.stack(box).sum(),
        h.objectness * torch.stack(objectness).sum(),
        h.classes * torch.stack(classes).sum(),
    )


def level_weights(release: str, levels: int) -> tuple[float, ...]:
    """Balance the levels' objectness, from p3 up: fine maps have more cells, each less telling."""
    if levels == 4:
        return (4.0, 1.0, 0.25, 0.06)
    return {"1.0": (1.0, 1.0, 1.0), "4.0": (4.0, 1.0, 0.3)}.get(release, (4.0, 1.0, 0.4))


def overlaps(values: Float[Tensor, "m 4"], matched: Assignment, release: str) -> Float[Tensor, "m"]:
    """Overlap of what was predicted with what was asked, as the release measured it."""
    offset, scale = offset_and_scale(values)
    predicted = torch.cat([offset, scale * matched.anchors_cells], dim=1)
    measure = giou if release in ("1.0", "2.0") else ciou
    return measure(cxcywh_to_xyxy(predicted), cxcywh_to_xyxy(matched.boxes_cells))


def objectness_asked(
    logits: Float[Tensor, "b a h w"], matched: Assignment, overlap: Float[Tensor, "m"]
) -> Float[Tensor, "b a h w"]:
    """Ask each answering prediction for its own overlap (at least 0), and all others for 0."""
    asked = torch.zeros_like(logits).flatten()
    _, A, H, W = logits.shape
    place = ((matched.image * A + matched.anchor) * H + matched.row) * W + matched.column
    order = torch.arange(len(place), device=place.device)
    last = torch.zeros_like(asked, dtype=order.dtype).scatter_reduce(0, place, order, "amax")
    wins = last[place] == order
    asked[place[wins]] = overlap.detach().clamp(min=0)[wins].to(asked.dtype)
    return asked.view_as(logits)


def classes_asked(
    logits: Float[Tensor, "m k"], matched: Assignment, smoothing: float
) -> Float[Tensor, "m k"]:
    """One-hot classes, with ε/2 taken from the right one and asked of all the others."""
    asked = torch.full_like(logits, smoothing / 2)
    return asked.scatter(1, matched.label[:, None], 1 - smoothing / 2)


def binary_loss(
    logits: Float[Tensor, "*n"], asked: Float[Tensor, "*n"], positive_weight: float, gamma: float
) -> Scalar:
    """Mean binary cross-entropy, as focal loss for γ above 0.

    The focal loss multiplies each element by (1 − p)^γ, with p the probability given to the truth,
    and by α = 0.25 for what is there against 1 − α for what is not.
    """
    weight = logits.new_tensor(positive_weight)
    losses = F.binary_cross_entropy_with_logits(logits, asked, pos_weight=weight, reduction="none")
    if gamma:
        probability = logits.sigmoid()
        right = asked * probability + (1 - asked) * (1 - probability)
        alpha = asked * FOCAL_ALPHA + (1 - asked) * (1 - FOCAL_ALPHA)
        losses = losses * alpha * (1 - right).clamp(min=EPSILON) ** gamma
    return mean(losses)


def mean(values: Float[Tensor, "*n"]) -> Scalar:
    """Mean of all elements; of none it is zero and still has a gradient."""
    return values.sum() / max(values.numel(), 1)

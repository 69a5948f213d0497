"""SOLO's loss: focal loss for the categories, Dice loss for the masks.

It stands after the network, and compares its raw logits with the targets.
Sources: SOLO (arXiv 1912.04488), section 3.3.2, equations 2 to 5; focal loss (Lin et al. 2017,
arXiv 1708.02002), equation 5; Dice (Milletari et al. 2016, arXiv 1606.04797).

Of the thousands of cells only a few have an object, so the focal loss turns easy cells down. A mask
is compared only in the channels whose cell answers, and Dice divides the overlap by the sizes, so
that a small object counts as much as a large one. Both heads learn the same way: the decoupled
one's masks are products of a column's and a row's.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from .head import DecoupledSOLOOutput, SOLOOutput
from .targets import BACKGROUND, LevelTargets

MASK_WEIGHT = 3.0
GAMMA, ALPHA = 2.0, 0.25


class SOLOLoss(NamedTuple):
    """The two terms, weighted; their sum is what is minimised."""

    mask: Float[Tensor, ""]
    category: Float[Tensor, ""]


def loss(
    output: SOLOOutput | DecoupledSOLOOutput, targets: Sequence[Sequence[LevelTargets]]
) -> SOLOLoss:
    """Compare a batch's output with its targets.

    Parameters
    ----------
    output
        Raw logits of B images.
    targets
        ``solo.targets`` of each image.

    Raises
    ------
    ValueError
        If there is not one list of targets an image.
    """
    if len(targets) != len(output.categories[0]):
        raise ValueError(
            f"there must be one list of targets an image, got {len(targets)} for "
            f"{len(output.categories[0])} images"
        )
    dice, number = output.categories[0].new_zeros(()), 0
    for predicted, true in answering_masks(output, targets):
        dice, number = dice + dice_loss(predicted, true).sum(), number + len(true)
    focal = torch.zeros_like(dice)
    for level, scores in enumerate(output.categories):
        rows = scores.movedim(1, -1).flatten(0, 2)  # (B·S·S, K)
        wanted = torch.cat([image[level].categories.flatten() for image in targets])
        focal = focal + focal_loss(rows, wanted).sum()
    return SOLOLoss(MASK_WEIGHT * dice / max(number, 1), focal / (number + 1))


def answering_masks(
    output: SOLOOutput | DecoupledSOLOOutput, targets: Sequence[Sequence[LevelTargets]]
) -> Iterator[tuple[Float[Tensor, "p h w"], Float[Tensor, "p h w"]]]:
    """Yield (predicted probabilities, true masks) of all answering cells, level by level.

    A level without any yields none of both, through which gradients flow all the same.
    """
    for level in range(len(output.categories)):
        parts = [image[level] for image in targets]
        cells = torch.cat([part.cells for part in parts])
        images = torch.cat([torch.full_like(part.cells, b) for b, part in enumerate(parts)])
        yield cell_masks(output, level, images, cells), torch.cat([part.masks for part in parts])


def cell_masks(
    output: SOLOOutput | DecoupledSOLOOutput, level: int, image: int | Tensor, cells: Tensor
) -> Float[Tensor, "p h w"]:
    """Draw the masks of some cells of one level, as probabilities.

    Vanilla: channel i·S + j. Decoupled: column map j times row map i. ``image`` is one number for
    all cells, or one a cell.
    """
    if isinstance(output, SOLOOutput):
        return output.masks[level][image, cells].sigmoid()
    grid = output.masks_x[level].shape[1]
    column = output.masks_x[level][image, cells % grid].sigmoid()
    return column * output.masks_y[level][image, cells // grid].sigmoid()


def dice_loss(
    predicted: Float[Tensor, "p h w"], true: Float[Tensor, "p h w"]
) -> Float[Tensor, "p"]:
    """One minus twice the overlap over the sum of squares; 0 is perfect, 1 shares nothing."""
    overlap = (predicted * true).sum(dim=(1, 2))
    sizes = predicted.square().sum(dim=(1, 2)) + true.square().sum(dim=(1, 2))
    return 1 - 2 * overlap / (sizes + 0.002)  # the authors add 0.001 to each of the two


def focal_loss(
    logits: Float[Tensor, "n k"], classes: Tensor, gamma: float = GAMMA, alpha: float = ALPHA
) -> Float[Tensor, "n k"]:
    """Binary cross-entropy, turned down where the network is already right.

    Parameters
    ----------
    logits
        One score a class.
    classes
        (n,): the class of each row, ``BACKGROUND`` for none.
    gamma
        How strongly easy cells are turned down; 0 leaves the cross-entropy.
    alpha
        Weight of the positive class; 1 − alpha weighs the negative ones.
    """
    true = F.one_hot(classes.clamp(min=0), logits.shape[1]).to(logits.dtype)
    true = true * (classes != BACKGROUND)[:, None]
    surprise = F.binary_cross_entropy_with_logits(logits, true, reduction="none")
    right = torch.where(true == 1, logits, -logits).sigmoid()  # probability of the true answer
    weight = torch.where(true == 1, alpha, 1 - alpha)
    return weight * (1 - right) ** gamma * surprise

"""Targets: what a classifier is asked for when a label is softened, or two pictures are mixed.

They stand between the labels and the loss.
Sources: label smoothing, "Rethinking the Inception Architecture for Computer Vision" (2015, arXiv
1512.00567); mixed targets, "mixup: Beyond Empirical Risk Minimization" (2017, arXiv 1710.09412).

A target of exactly 1 asks a softmax for an infinite logit; a little less than 1 can be reached.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Number = float | int


def smooth_labels(
    labels: ArrayLike, num_classes: int, epsilon: Number = 0.1
) -> NDArray[np.float32]:
    """Targets of a softmax over K classes: 1 − ε + ε/K for the right one, ε/K for each other.

    Returns
    -------
    float32 (N, K); each row adds up to 1.

    Raises
    ------
    ValueError
        For an ε outside [0, 1), or a label that is no class.
    """
    _check_epsilon(epsilon)
    return (_one_hot(labels, num_classes) * (1 - epsilon) + epsilon / num_classes).astype(
        np.float32
    )


def smooth_binary(
    labels: ArrayLike, num_classes: int, epsilon: Number = 0.1
) -> NDArray[np.float32]:
    """Targets of K separate sigmoids: 1 − ε/2 for the right class, ε/2 for each other.

    Returns
    -------
    float32 (N, K).

    Raises
    ------
    ValueError
        For an ε outside [0, 1), or a label that is no class.
    """
    _check_epsilon(epsilon)
    return (_one_hot(labels, num_classes) * (1 - epsilon) + epsilon / 2).astype(np.float32)


def mixed_targets(
    first: ArrayLike, second: ArrayLike, share: ArrayLike, num_classes: int
) -> NDArray[np.float32]:
    """Targets of a classifier for mixed pictures: λ for one label, 1 − λ for the other.

    Parameters
    ----------
    first, second
        (N,) labels of the pictures that were mixed.
    share
        λ, one for all or (N,).

    Returns
    -------
    float32 (N, K); each row adds up to 1.
    """
    weight = np.asarray(share, np.float64).reshape(-1, 1)
    if not ((weight >= 0) & (weight <= 1)).all():
        raise ValueError(f"a share must lie from 0 to 1, got {share!r}; MixUp and CutMix give one")
    one, other = _one_hot(first, num_classes), _one_hot(second, num_classes)
    return (weight * one + (1 - weight) * other).astype(np.float32)


def _one_hot(labels: ArrayLike, num_classes: int) -> NDArray[np.float64]:
    numbers = np.asarray(labels, np.int64).reshape(-1)
    if num_classes < 1 or (len(numbers) and not 0 <= numbers.min() <= numbers.max() < num_classes):
        raise ValueError(
            f"labels must lie from 0 to num_classes - 1, got {numbers.tolist()} and "
            f"num_classes={num_classes}"
        )
    return np.eye(num_classes)[numbers]


def _check_epsilon(epsilon: Number) -> None:
    if not 0 <= epsilon < 1:
        raise ValueError(f"epsilon must lie from 0 to below 1, got {epsilon}; the paper takes 0.1")

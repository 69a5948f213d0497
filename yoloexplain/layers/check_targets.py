"""The gate of the losses: what labelled boxes must look like before anything is matched to them.

It stands between the data and a detector's target assignment. A label that breaks a rule would not
stop the training; it would spoil it quietly. So each rule is stated in the error, with the value
received and the mend.
"""

import torch
from torch import Tensor

SLACK = 1e-4  # a box along the edge may miss 1 by rounding


def check_targets(targets: object, batch_size: int, num_classes: int) -> None:
    """Raise a ``ValueError`` unless ``targets`` holds labelled boxes, or none.

    Parameters
    ----------
    targets
        (N, 6), a box a row: image index, class, and centre x, centre y, width and height as
        fractions of the image. N may be 0.
    batch_size
        How many images there are; the image index counts them from 0.
    num_classes
        K; classes count from 0.
    """
    if not isinstance(targets, Tensor) or targets.ndim != 2 or targets.shape[1] != 6:
        got = tuple(targets.shape) if isinstance(targets, Tensor) else type(targets).__name__
        raise ValueError(
            f"targets must be a tensor (N, 6) of image index, class, cx, cy, w, h; got {got}; "
            "for images without objects pass torch.zeros(0, 6)"
        )
    if not targets.is_floating_point():
        raise ValueError(
            f"targets must hold floating-point numbers, got dtype {targets.dtype}; "
            "convert them with targets.float()"
        )
    rules = _rules(targets, batch_size, num_classes)
    kept = torch.stack([rule[0] for rule in rules])
    if not bool(kept.all()):
        broken, row = (int(place) for place in (~kept).nonzero()[0])
        values = ", ".join(f"{value:g}" for value in targets[row].tolist())
        _, rule, mend = rules[broken]
        raise ValueError(f"{rule}, got ({values}) as target {row}; {mend}")


def _rules(targets: Tensor, batch_size: int, num_classes: int) -> list[tuple[Tensor, str, str]]:
    """List who keeps each rule, what it says, and the mend."""
    image, label, boxes = targets[:, 0], targets[:, 1], targets[:, 2:]
    within = ((boxes >= -SLACK) & (boxes <= 1 + SLACK)).all(dim=1)
    return [
        (
            targets.isfinite().all(dim=1),
            "a target must be finite numbers",
            "look for it in the label files, or for a division by zero in an augmentation",
        ),
        (
            _counts(image, batch_size),
            f"an image index must be a whole number from 0 to {batch_size - 1}",
            "number the images of each batch anew",
        ),
        (
            _counts(label, num_classes),
            f"a class must be a whole number from 0 to {num_classes - 1}",
            "mend the label, or build the network with more num_classes",
        ),
        (
            within,
            "centre and size must be fractions of the image, from 0 to 1",
            "divide x and w by the image's width, y and h by its height",
        ),
        (
            (boxes[:, 2:] > 0).all(dim=1),
            "a box must have a width and a height above 0",
            "leave out what an augmentation has cut away",
        ),
    ]


def _counts(values: Tensor, count: int) -> Tensor:
    """Say which values are whole numbers from 0 to count − 1."""
    return (values >= 0) & (values < count) & (values == values.floor())

"""Matrix NMS step by step: which better mask makes a score decay, and what greedy NMS would do.

It belongs to SOLO's decode. Source: SOLOv2 (Wang et al. 2020, arXiv 2003.10152), section 3.4. The
browser holds the masks and computes overlaps, factors and scores anew with every slider.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from traitlets import Bytes, Float, Int

from ..data import photos
from ..figures.check import check_photo
from ..figures.nms import matrix_nms
from ..figures.picture import Picture
from ..inspection import activations
from ..solo import SOLO
from ..solo.decode import candidates
from ..solo.matrix_nms import KERNELS, mask_iou
from .base import ExplainerWidget, View, choice, slider
from .data import photo_bytes

MOST = 12  # candidates that find room
SHOWN = ("overlaps (IoU)", "factors")
STEEPEST = 5.0


class MatrixNMSView(View):
    """The canvas of ``MatrixNMSSteps``."""

    stem = "matrix_nms_steps"
    photo = Bytes().tag(sync=True)
    masks = Bytes().tag(sync=True)  # eight pixels a byte, best candidate first
    candidate = Int().tag(sync=True)  # counted from 1, as it is shown
    rival = Int().tag(sync=True)  # place of a better one; −1 for the one that decides
    kernel = Int().tag(sync=True)
    sigma = Float().tag(sync=True)
    threshold = Float().tag(sync=True)
    shown = Int().tag(sync=True)


class MatrixNMSSteps(ExplainerWidget):
    """The overlaps of candidates, how each score decays by them, and what removal would leave.

    Parameters
    ----------
    photo
        uint8 (H, W, 3).
    masks
        bool (N, h, w) over the whole photograph, at any size; the best twelve are shown.
    scores
        (N,), before any suppression.
    labels
        (N,) classes; masks of different classes leave one another alone. One class unless given.
    names
        Of the classes.
    kernel, sigma
        Of Matrix NMS.
    threshold
        Overlap above which greedy NMS removes.

    Raises
    ------
    ValueError
        For lists of different lengths, fewer than two masks, or a number out of range.
    """

    def __init__(
        self,
        photo: NDArray[np.uint8],
        masks: ArrayLike,
        scores: ArrayLike,
        labels: ArrayLike | None = None,
        *,
        names: Sequence[str] = (),
        kernel: str = "gaussian",
        sigma: float = 2.0,
        threshold: float = 0.5,
    ) -> None:
        pixels = check_photo(photo)
        self.masks, self.scores, self.labels = best_first(masks, scores, labels)
        check_numbers(kernel, sigma, threshold)
        count = len(self.scores)
        called = [str(names[k]) if k < len(names) else f"class {k}" for k in self.labels.tolist()]
        view = MatrixNMSView(
            label="Overlaps of candidate masks, and what they leave of each one's score",
            photo=photo_bytes(pixels),
            masks=np.packbits(self.masks).tobytes(),
            candidate=min(2, count),
            rival=-1,
            kernel=KERNELS.index(kernel),
            sigma=float(sigma),
            threshold=float(threshold),
            shown=0,
            table={
                "size": pixels.shape[:2],
                "shape": self.masks.shape,
                "scores": self.scores.tolist(),
                "labels": self.labels.tolist(),
                "names": called,
            },
        )
        controls = [
            slider(view, "candidate", "candidate", 1, count),
            choice(view, "shown", "table shows", SHOWN),
            choice(view, "kernel", "kernel", KERNELS),
            slider(view, "sigma", "σ of the gaussian", 0.1, STEEPEST, 0.1),
            slider(view, "threshold", "greedy NMS removes above", 0, 1, 0.05),
        ]
        super().__init__(view, controls)

    @classmethod
    def from_model(
        cls,
        model: SOLO,
        photo: NDArray[np.uint8],
        *,
        confidence: float = 0.1,
        names: Sequence[str] = (),
        count: int = 10,
    ) -> Self:
        """Take the best candidates of a network before they are suppressed.

        Parameters
        ----------
        model
            A SOLO with either head; it is left as it was.
        photo
            uint8 (H, W, 3), of the size that it is to see.
        confidence
            Lowest class score of a cell.
        names
            Of the classes.
        count
            How many, at most twelve.
        """
        image = photos.to_tensor(check_photo(photo))
        output = activations(model, image, layers=["head"]).output
        found = candidates(output, 0, model.head.strides, confidence, 0.5)
        if len(found.scores) < 2:
            raise ValueError(
                f"there must be two candidates or more, got {len(found.scores)} above a "
                f"confidence of {confidence}; lower it, or take another photograph"
            )
        masks = (found.masks > 0.5).numpy()[:count]
        scores, labels = found.scores.numpy()[:count], found.labels.numpy()[:count]
        return cls(photo, masks, scores, labels, names=names)

    def facts(self) -> str:
        """Count candidates and classes."""
        classes = len(set(self.labels.tolist()))
        return (
            f"{len(self.scores)} candidates of {classes} {'class' if classes == 1 else 'classes'}, "
            f"{KERNELS[self.view.kernel]} kernel, σ {self.view.sigma:.2f}"
        )

    def picture(self) -> Picture:
        """Draw the overlaps, and the scores before and after the gaussian's decay."""
        same = self.labels[:, None] == self.labels
        overlaps = mask_iou(torch.from_numpy(self.masks)).numpy() * same
        return matrix_nms(overlaps, self.scores, sigma=self.view.sigma)


def best_first(
    masks: ArrayLike, scores: ArrayLike, labels: ArrayLike | None
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.int64]]:
    """Check that lists belong together, sort them by falling score, and keep the best ``MOST``."""
    drawn, sure = np.asarray(masks), np.asarray(scores, dtype=np.float64)
    kinds = np.zeros(len(drawn), np.int64) if labels is None else np.asarray(labels, np.int64)
    if drawn.ndim != 3 or sure.shape != (len(drawn),) or kinds.shape != (len(drawn),):
        raise ValueError(
            "masks must have shape (N, h, w), with one score and one label each, got "
            f"{drawn.shape}, {sure.shape} and {kinds.shape}"
        )
    if len(drawn) < 2:
        raise ValueError(f"there must be two masks or more, got {len(drawn)}; one has no rival")
    if not ((sure >= 0) & (sure <= 1)).all():
        raise ValueError(f"scores must lie in 0 to 1, got {sure.tolist()}; take the sigmoid first")
    order = np.argsort(-sure, kind="stable")[:MOST]
    return drawn[order].astype(bool), sure[order], kinds[order]


def check_numbers(kernel: str, sigma: float, threshold: float) -> None:
    """Raise a ``ValueError`` for what the controls do not offer."""
    if kernel not in KERNELS:
        raise ValueError(f"kernel must be one of {', '.join(KERNELS)}; got {kernel!r}")
    if not 0 < sigma <= STEEPEST:
        raise ValueError(f"sigma must lie above 0 and up to {STEEPEST:g}, got {sigma}; take 2")
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold must lie in 0 to 1, got {threshold}; take 0.5")

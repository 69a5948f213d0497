"""Suppression in pictures: greedy removal against Matrix NMS, which lets scores decay.

Source: SOLOv2 (Wang et al. 2020, arXiv 2003.10152), section 3.3, whose Matrix NMS SOLO's published
code uses too; the Gaussian is exp(-σ·IoU²) with σ = 2.

A prediction decays by its overlap with better ones, unless those were themselves likely to be
suppressed. All of it is one matrix: no loop over predictions.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .check import Array, Number, check_lengths, check_map
from .drawing import headline, panel
from .picture import Picture
from .style import INK, PAPER, SMALL, colour, style, tint


@style()
def matrix_nms_decay(sigma: Number = 2.0, threshold: Number = 0.5) -> Picture:
    """Draw what is left of a score, by its overlap with a better prediction.

    Parameters
    ----------
    sigma
        Of the Gaussian exp(-σ·IoU²).
    threshold
        IoU above which greedy NMS removes.
    """
    if sigma <= 0 or not 0 < threshold < 1:
        raise ValueError(
            f"sigma must be positive and threshold lie between 0 and 1, got {sigma} and {threshold}"
        )
    iou = np.linspace(0, 1, 201)
    picture = Picture(10, 4.6)
    headline(
        picture,
        "Removal or decay: what is left of a score",
        f"Greedy NMS cuts at an IoU of {threshold:g}. Matrix NMS lets the score fall.",
    )
    axes = panel(picture, 0.95, 0.7, 8.6, 3.15)
    greedy: dict[str, Any] = {
        "color": colour("removed"),
        "label": f"greedy NMS, threshold {threshold:g}",
    }
    axes.plot([0, threshold, threshold, 1], [1, 1, 0, 0], **greedy)
    axes.plot(iou, decay(iou, sigma), color=colour("conv"), label=f"Gaussian, exp(−{sigma:g}·IoU²)")
    linear: dict[str, Any] = {"color": colour("activation"), "linestyle": "--"}
    axes.plot(iou, 1 - iou, label="linear, 1 − IoU", **linear)
    axes.set(xlim=(0, 1), ylim=(-0.04, 1.08), xlabel="IoU with a better prediction")
    axes.set_ylabel("factor on the score")
    axes.grid(True)
    axes.legend(loc="upper right")
    half = float(np.sqrt(np.log(2) / sigma))
    picture.alt = (
        f"Three falling curves over IoU: greedy NMS drops from 1 to 0 at {threshold:g}; the "
        f"Gaussian with sigma {sigma:g} halves a score at an IoU of {half:.2f}; the linear "
        "one falls straight."
    )
    return picture


def decay(iou: Array, sigma: Number) -> Array:
    """Gaussian factor exp(-σ·IoU²)."""
    return np.exp(-sigma * iou**2)


def matrix_nms_scores(iou: Array, scores: Array, sigma: Number = 2.0) -> Array:
    """Let each score decay by its overlap with better ones; takes predictions best first.

    Factor of j: the least, over better i, of f(IoU of i and j) / f(most overlap of i with a better
    one), with f the Gaussian.
    """
    above = np.triu(iou, 1)
    compensation = decay(above.max(axis=0), sigma)[:, None]
    factors = np.where(
        np.triu(np.ones_like(iou), 1) > 0, decay(above, sigma) / compensation, np.inf
    )
    return scores * np.minimum(factors.min(axis=0), 1.0)


@style()
def matrix_nms(iou: ArrayLike, scores: ArrayLike, *, sigma: Number = 2.0) -> Picture:
    """Draw Matrix NMS on your predictions: the IoU matrix, and the scores before and after.

    Parameters
    ----------
    iou
        (N, N) symmetric, predictions in order of falling score, at most 12.
    scores
        (N,), falling.
    sigma
        Of the Gaussian.
    """
    matrix, before = check_map(iou, "iou"), np.asarray(scores, dtype=float)
    check_lengths(rows=matrix.shape[0], columns=matrix.shape[1], scores=len(before))
    if len(before) > 12 or (np.diff(before) > 0).any():
        raise ValueError(
            f"scores must fall and be at most 12, got {before.tolist()}; sort them and the matrix"
        )
    after = matrix_nms_scores(matrix, before, sigma)
    count = len(before)
    digits = 2 if count <= 8 else 1
    picture = Picture(10, 4.8)
    headline(
        picture,
        "Matrix NMS: every score decays by its overlap with better ones, all at once",
        "Only the upper triangle counts: rows are the better predictions.",
    )
    left = panel(picture, 0.75, 0.65, 3.3, 3.3)
    upper = np.where(np.triu(np.ones_like(matrix), 1) > 0, matrix, np.nan)
    left.imshow(upper, cmap="Blues", vmin=0, vmax=1.3)
    for i in range(count):
        for j in range(i + 1, count):
            text: dict[str, Any] = {"ha": "center", "va": "center", "size": SMALL}
            shade = PAPER if matrix[i, j] > 0.9 else INK
            left.text(j, i, f"{matrix[i, j]:.{digits}f}", color=shade, **text)
    left.set_xticks(range(count), [str(i + 1) for i in range(count)])
    left.set_yticks(range(count), [str(i + 1) for i in range(count)])
    left.set(xlabel="prediction", ylabel="better one")
    left.tick_params(length=0)
    right = panel(picture, 5.0, 0.65, 4.6, 3.3)
    places = np.arange(count)
    right.bar(places, before, 0.72, color=tint(colour("skip"), 0.6), label="before")
    right.bar(places, after, 0.4, color=colour("conv"), label="after")
    right.set_xticks(places, [str(i + 1) for i in range(count)])
    right.set(xlabel="prediction", ylabel="score", ylim=(0, 1.15 * before.max()))
    right.legend(loc="upper right", ncols=2)
    gone = [str(i + 1) for i in range(count) if after[i] < 0.5 * before[i]]
    picture.alt = (
        f"Matrix of overlaps between {count} predictions, and their scores before and after decay; "
        f"{'less than half is left of ' + ', '.join(gone) if gone else 'all keep at least half'}."
    )
    return picture

"""Precision and recall in pictures: from a ranked list of detections to one number.

It stands at the very end of the way, where a trained detector is judged. Sources: The PASCAL Visual
Object Classes Challenge (Everingham et al. 2010), section 4.2; Microsoft COCO (Lin et al. 2014,
arXiv 1405.0312), whose evaluation reads the curve at 101 recalls.

Sorted by score, each detection is right or wrong. Going down the list, recall can only grow, while
precision rises and falls; the area under its upper envelope is the average precision.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .check import Array, check_positive
from .drawing import MARGIN, bar, headline, panel, paper, write
from .picture import Picture
from .style import INK, MUTED, PAPER, SMALL, colour, style, tint


class Curve(NamedTuple):
    """Recall and precision after each detection of a ranked list, and the envelope."""

    recall: Array
    precision: Array
    envelope: Array

    @property
    def area(self) -> float:
        """Area under the envelope: the average precision of PASCAL VOC since 2010."""
        return float(np.sum(np.diff(self.recall, prepend=0.0) * self.envelope))

    @property
    def average(self) -> float:
        """Mean of the envelope at recalls 0, 0.01, … 1: the average precision of COCO."""
        places = np.searchsorted(self.recall, np.linspace(0, 1, 101) - 1e-9)
        return float(np.append(self.envelope, 0.0)[places].mean())


def precision_recall(correct: ArrayLike, num_truths: int) -> Curve:
    """Walk down a ranked list of detections.

    Parameters
    ----------
    correct
        True or false for each detection, the highest score first. At most ``num_truths`` are true,
        for a box that was found already makes the next claim on it a false one.
    num_truths
        How many objects there are to find.

    Raises
    ------
    ValueError
        If the list is empty, or more are right than there are objects.
    """
    check_positive("num_truths", num_truths)
    right = np.asarray(correct, dtype=bool)
    if right.ndim != 1 or not right.size or right.sum() > num_truths:
        raise ValueError(
            f"correct must be a list of true and false with at most {num_truths} true, got "
            f"{int(right.sum())} true in shape {right.shape}; a second claim on an object is false"
        )
    hits = np.cumsum(right)
    precision = hits / np.arange(1, right.size + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return Curve(hits / num_truths, precision, envelope)


@style()
def precision_recall_curve(
    scores: Sequence[float], correct: Sequence[bool], num_truths: int
) -> Picture:
    """Draw a ranked list of up to 20 detections, and the curve that it gives.

    Parameters
    ----------
    scores
        Of the detections, in any order.
    correct
        Whether each is right.
    num_truths
        How many objects there are to find.
    """
    if not 1 <= len(scores) <= 20 or len(scores) != len(correct):
        raise ValueError(
            f"scores and correct must hold 1 to 20 values each, got {len(scores)} and "
            f"{len(correct)}; pass as many of each"
        )
    order = np.argsort(-np.asarray(scores), kind="stable")
    ranked = np.asarray(correct, dtype=bool)[order]
    curve = precision_recall(ranked, num_truths)
    picture = Picture(10, 5.3)
    headline(
        picture,
        f"Average precision {curve.area:.3f}: the area under the precision's upper envelope",
        f"{len(ranked)} detections, the surest first, {int(ranked.sum())} of them right; "
        f"{num_truths} objects to find.",
    )
    _list(paper(picture), np.asarray(scores)[order], ranked, curve)
    _plot(panel(picture, 4.9, 0.65, 4.8, 3.75), curve, ranked)
    picture.alt = (
        f"A ranked list of {len(ranked)} detections, {int(ranked.sum())} right, and its curve of "
        f"precision over recall; the area under its envelope is {curve.area:.3f}."
    )
    return picture


def _list(axes: Axes, scores: Array, ranked: Array, curve: Curve) -> None:
    """One line a detection: score, right or wrong, precision and recall so far."""
    top = 4.35
    step = min(0.33, 3.75 / len(ranked))
    columns = (0.75, 1.75, 2.75, 3.75)
    for x, name in zip(columns, ("score", "right?", "precision", "recall"), strict=True):
        write(axes, x, top, name, size=SMALL, colour=MUTED)
    for row, (score, right) in enumerate(zip(scores, ranked, strict=True)):
        y = top - 0.3 - row * step
        shade = colour("truth") if right else colour("removed")
        bar(axes, MARGIN, y - 0.46 * step, 4.0, 0.92 * step, tint(shade, 0.85), linewidth=0)
        words = (f"{score:.2f}", "yes" if right else "no")
        numbers = (f"{curve.precision[row]:.2f}", f"{curve.recall[row]:.2f}")
        for x, word in zip(columns, (*words, *numbers), strict=True):
            write(axes, x, y, word, size=min(SMALL + 1, 30 * step))


def _plot(axes: Axes, curve: Curve, ranked: Array) -> None:
    """The points of the list, the envelope over them, and the area under it."""
    steps = np.append(0.0, curve.recall), np.append(curve.envelope[0], curve.envelope)
    axes.fill_between(*steps, step="pre", color=tint(colour("prediction"), 0.8), linewidth=0)
    axes.step(*steps, where="pre", color=colour("prediction"), label="upper envelope")
    axes.plot(curve.recall, curve.precision, color=MUTED, linewidth=1, zorder=3)
    for right, role, name in ((True, "truth", "a right one"), (False, "removed", "a wrong one")):
        chosen = ranked == right
        axes.plot(
            curve.recall[chosen],
            curve.precision[chosen],
            "o",
            color=colour(role),
            markeredgecolor=PAPER,
            markersize=8,
            label=name,
            zorder=4,
        )
    axes.text(0.04, 0.06, f"area {curve.area:.3f}", color=INK, weight="bold")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.05))
    axes.grid(True)
    axes.legend(loc="upper right", frameon=True, facecolor=PAPER, framealpha=1, edgecolor="none")

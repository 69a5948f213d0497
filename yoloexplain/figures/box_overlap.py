"""The IoU family in pictures: what each member looks at when two boxes miss one another.

Sources: GIoU (Rezatofighi et al. 2019, arXiv 1902.09630); DIoU and CIoU (Zheng et al. 2019, arXiv
1911.08287).

IoU sees only the overlap; GIoU also the empty part of the enclosing box; DIoU the distance of the
centres; CIoU the shape as well. All values are computed from the two boxes.
"""

from dataclasses import dataclass
from math import atan, pi
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from .check import Array, Number, check_boxes
from .drawing import MARGIN, headline, panel, paper, write
from .picture import Picture
from .style import INK, MUTED, PAPER, SMALL, colour, style, tint


@dataclass(frozen=True)
class Overlap:
    """The IoU family of two boxes and the lengths behind it, in the boxes' own unit."""

    iou: float
    giou: float
    diou: float
    ciou: float
    intersection: float
    union: float
    enclosing: Array
    distance: float
    diagonal: float
    shape: float


def overlap(first: ArrayLike, second: ArrayLike) -> Overlap:
    """Compute IoU, GIoU, DIoU and CIoU of two boxes (left, top, right, bottom)."""
    a, b = check_boxes(np.stack([np.asarray(first), np.asarray(second)]))
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    intersection = float(np.prod(np.maximum(high - low, 0)))
    union = float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - intersection)
    if union <= 0:
        raise ValueError(f"one of two boxes must have an area, got {a.tolist()} and {b.tolist()}")
    enclosing = np.concatenate([np.minimum(a[:2], b[:2]), np.maximum(a[2:], b[2:])])
    area = float(np.prod(enclosing[2:] - enclosing[:2]))
    distance = float(np.hypot(*((a[:2] + a[2:] - b[:2] - b[2:]) / 2)))
    diagonal = float(np.hypot(*(enclosing[2:] - enclosing[:2])))
    tall = [atan((box[2] - box[0]) / max(box[3] - box[1], 1e-12)) for box in (a, b)]
    shape = 4 / pi**2 * (tall[0] - tall[1]) ** 2
    iou = intersection / union
    diou = iou - distance**2 / diagonal**2
    weight = shape / (1 - iou + shape) if shape else 0.0
    giou = iou - (area - union) / area
    ciou = diou - weight * shape
    return Overlap(iou, giou, diou, ciou, intersection, union, enclosing, distance, diagonal, shape)


@style()
def iou_family(
    prediction: ArrayLike = (60, 40, 130, 190), truth: ArrayLike = (90, 60, 270, 140)
) -> Picture:
    """Draw two boxes four times, each time with what one member of the family looks at.

    Parameters
    ----------
    prediction, truth
        (left, top, right, bottom) in any unit.
    """
    found = overlap(prediction, truth)
    a, b = check_boxes(np.stack([np.asarray(prediction), np.asarray(truth)]))
    left, top, right, bottom = found.enclosing
    wide, high = right - left, bottom - top
    room = 2.2
    scale = min(room / wide, 1.9 / high)
    picture = Picture(10, high * scale + 2.35)
    headline(
        picture,
        "Four ways to compare two boxes",
        "Blue: prediction. Green: truth. Each member adds one more thing to look at.",
    )
    sheet = paper(picture)
    members = (
        ("IoU", found.iou, "overlap / union", f"{found.intersection:,.6g} / {found.union:,.6g}"),
        ("GIoU", found.giou, "− empty part of the frame", _minus(found.iou, found.giou)),
        ("DIoU", found.diou, "− (distance / diagonal)²",
         f"− ({found.distance:.0f} / {found.diagonal:.0f})²"),
        ("CIoU", found.ciou, "− difference in shape", _minus(found.diou, found.ciou)),
    )  # fmt: skip
    for index, (name, value, words, numbers) in enumerate(members):
        x = MARGIN + index * (room + 0.23)
        axes = panel(picture, x + (room - wide * scale) / 2, 1.35, wide * scale, high * scale)
        axes.set(xlim=(left, right), ylim=(bottom, top))
        axes.set_axis_off()
        _member(axes, name, a, b, found)
        middle = x + room / 2
        text = f"{name} {value:.3f}".replace("-", "−")
        write(sheet, middle, 0.95, text, weight="bold", size=12.5)
        write(sheet, middle, 0.62, words, size=SMALL, fit=room)
        write(sheet, middle, 0.36, numbers, size=SMALL, colour=MUTED, fit=room)
    picture.alt = "Two boxes, four times. " + ", ".join(
        f"{name} {value:.3f}" for name, value, _, _ in members
    )
    return picture


def _minus(before: Number, after: Number) -> str:
    return f"− {before - after:.3f}"


def _member(axes: Axes, name: str, a: Array, b: Array, found: Overlap) -> None:
    """Draw the boxes and what this member adds."""
    if name == "GIoU":
        hatch = {"facecolor": PAPER, "edgecolor": colour("removed"), "hatch": "////"}
        _rectangle(axes, found.enclosing, linewidth=0, zorder=1, **hatch)
    for box, role in ((a, "prediction"), (b, "truth")):
        _rectangle(axes, box, facecolor=tint(colour(role), 0.8), linewidth=0, zorder=2)
        edge = {"edgecolor": colour(role), "linewidth": 2.2}
        _rectangle(axes, box, fill=False, zorder=4, clip_on=False, **edge)
    if name == "IoU":
        both = np.concatenate([np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])])
        if (both[2:] > both[:2]).all():
            shade = tint(colour("activation"), 0.2)
            _rectangle(axes, both, facecolor=shade, linewidth=0, zorder=3)
    else:
        dashed = {"edgecolor": MUTED, "linestyle": (0, (4, 3)), "linewidth": 1.2}
        _rectangle(axes, found.enclosing, fill=False, zorder=3, clip_on=False, **dashed)
    if name == "DIoU":
        frame, ends = found.enclosing, np.array([(a[:2] + a[2:]) / 2, (b[:2] + b[2:]) / 2])
        axes.plot(frame[[0, 2]], frame[[1, 3]], color=MUTED, linewidth=1.2, linestyle=":")
        axes.plot(*ends.T, color=colour("removed"), linewidth=2.6, zorder=5)
        axes.plot(*ends.T, "o", color=INK, markersize=5, zorder=6)
    if name == "CIoU":
        for box, role in ((a, "prediction"), (b, "truth")):
            axes.plot(box[[0, 2]], box[[3, 1]], color=colour(role), linewidth=1.6, zorder=5)


def _rectangle(axes: Axes, box: Array, **options: Any) -> None:
    left, top, right, bottom = (float(side) for side in box)
    axes.add_patch(Rectangle((left, top), right - left, bottom - top, **options))

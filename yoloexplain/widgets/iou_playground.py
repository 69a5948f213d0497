"""IoU playground: two boxes to drag, four ways to compare them, and where each would push.

It belongs to training: what a box loss sees. Sources: GIoU, arXiv 1902.09630; DIoU and CIoU, arXiv
1911.08287. The arrows are the slopes of the chosen measure; the trail is plain gradient descent on
one minus it, so that one can watch IoU stand still where the boxes do not touch.
"""

from collections.abc import Sequence
from typing import Any

from traitlets import Float, Int, List

from ..figures.box_overlap import iou_family, overlap
from ..figures.check import check_boxes
from ..figures.picture import Picture
from .base import ExplainerWidget, View, choice, slider

MEASURES = ("IoU", "GIoU", "DIoU", "CIoU")
WORLD = (320, 180)  # width and height of the paper that the boxes lie on
STEPS = 200


class IoUView(View):
    """The canvas of ``IoUPlayground``."""

    stem = "iou_playground"
    prediction = List(Float()).tag(sync=True)
    truth = List(Float()).tag(sync=True)
    measure = Int().tag(sync=True)
    steps = Int().tag(sync=True)


class IoUPlayground(ExplainerWidget):
    """Two boxes to drag: IoU, GIoU, DIoU, CIoU and their gradients as arrows.

    Parameters
    ----------
    prediction, truth
        (left, top, right, bottom) on a paper of 320 × 180.
    measure
        Whose gradient is drawn: one of ``MEASURES``.

    Raises
    ------
    ValueError
        For a box whose corners are swapped, boxes off the paper, or another measure.
    """

    def __init__(
        self,
        prediction: Sequence[float] = (40, 90, 120, 150),
        truth: Sequence[float] = (170, 30, 270, 120),
        measure: str = "CIoU",
    ) -> None:
        boxes = check_boxes([prediction, truth]).tolist()
        if not all(0 <= x <= WORLD[i % 2] for box in boxes for i, x in enumerate(box)):
            raise ValueError(f"boxes must lie within {WORLD[0]} × {WORLD[1]}, got {boxes}")
        if measure not in MEASURES:
            raise ValueError(f"measure must be one of {', '.join(MEASURES)}; got {measure!r}")
        view = IoUView(
            label="Two boxes on paper, a prediction and the truth, and how they compare",
            prediction=boxes[0],
            truth=boxes[1],
            measure=MEASURES.index(measure),
            table={"world": WORLD},
        )
        controls = [
            choice(view, "measure", "gradient of", MEASURES),
            slider(view, "steps", "descent steps", 0, STEPS),
        ]
        super().__init__(view, controls)

    def facts(self) -> str:
        """Name all four values."""
        found = overlap(self.view.prediction, self.view.truth)
        values: dict[str, Any] = {name: getattr(found, name.lower()) for name in MEASURES}
        return ", ".join(f"{name} {value:.3f}" for name, value in values.items())

    def picture(self) -> Picture:
        """Draw the two boxes once a measure."""
        return iou_family(self.view.prediction, self.view.truth)

"""YOLOv1's loss: one object, two predicted boxes to drag, and every term of the paper's sum.

It stands behind the targets, and in front of the gradient. Beside each term of the paper's loss
(Redmon et al. 2015, arXiv 1506.02640, equation 3) stands the same of a notebook's simplification.
The browser computes both by the rules of ``yolov1.loss``; the tests hold them to it.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from traitlets import Bool, Float, Int, List

from ..boxes import iou
from ..figures.check import check_boxes, check_positive
from ..figures.loss_terms import loss_terms
from ..figures.picture import Picture
from ..yolov1.loss import BACKGROUND, COORDINATES, LossTerms, NotebookTerms, loss, notebook_loss
from ..yolov1.targets import Encoded, encode
from .base import ExplainerWidget, View, slider, toggle

NUM_BOXES = 2
LARGEST, MOST_CLASSES = 20, 80


class LossView(View):
    """The canvas of ``YOLOv1Loss``."""

    stem = "yolov1_loss"
    boxes = List(List(Float())).tag(sync=True)
    chosen = Int().tag(sync=True)
    coordinates = Float(COORDINATES).tag(sync=True)
    background = Float(BACKGROUND).tag(sync=True)
    roots = Bool(True).tag(sync=True)
    first = Float(0.6).tag(sync=True)
    second = Float(0.3).tag(sync=True)
    elsewhere = Float(0.1).tag(sync=True)
    score = Float(0.7).tag(sync=True)


class YOLOv1Loss(ExplainerWidget):
    """The paper's loss and the notebook's, term by term, for boxes that people drag.

    The cell with the truth's centre predicts two boxes, each with a confidence, and a score for the
    right class; the other classes share what is left. All other cells say nothing but a confidence,
    the same for each of their boxes.

    Parameters
    ----------
    truth, first, second
        (left, top, right, bottom) of the object and of the two predicted boxes, as shares of the
        image.
    grid
        S, cells along each side.
    num_classes
        K.

    Raises
    ------
    ValueError
        For a box without area or outside of the image, or a count out of range.
    """

    def __init__(
        self,
        truth: Sequence[float] = (0.36, 0.24, 0.66, 0.78),
        first: Sequence[float] = (0.24, 0.33, 0.66, 0.75),
        second: Sequence[float] = (0.42, 0.18, 0.60, 0.60),
        *,
        grid: int = 7,
        num_classes: int = 20,
    ) -> None:
        boxes = check_boxes([first, second, truth])
        inside = (boxes >= 0).all() and (boxes <= 1).all()
        if not inside or (boxes[:, 2:] <= boxes[:, :2]).any():
            raise ValueError(
                "boxes must have an area and lie within the image, from 0 to 1, got "
                f"{boxes.tolist()}; divide pixels by the image's width and height"
            )
        for name, count, most in (
            ("grid", grid, LARGEST),
            ("num_classes", num_classes, MOST_CLASSES),
        ):
            check_positive(name, count)
            if count > most:
                raise ValueError(f"{name} must be at most {most}, got {count}; take fewer")
        self._grid, self._num_classes = grid, num_classes
        view = LossView(
            label="A truth, two predicted boxes on a grid, and the loss term by term",
            boxes=boxes.tolist(),
            table={"grid": grid, "num_classes": num_classes},
        )
        controls = [
            slider(view, "coordinates", "λ_coord", 0, 10, 0.5),
            slider(view, "background", "λ_noobj", 0, 2, 0.05),
            slider(view, "first", "confidence, box 1", 0, 1, 0.01),
            slider(view, "second", "confidence, box 2", 0, 1, 0.01),
            slider(view, "elsewhere", "confidence, other cells", 0, 1, 0.01),
            slider(view, "score", "score of the right class", 0, 1, 0.01),
            toggle(view, "roots", "√w, √h in the paper's loss"),
        ]
        super().__init__(view, controls)

    def encoded(self) -> Encoded:
        """Encode the truth, as class 0, with ``yolov1.targets.encode``."""
        x0, y0, x1, y1 = self.view.boxes[2]
        row = [[0, 0, (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0]]
        targets = torch.tensor(row, dtype=torch.float64)
        return encode(targets, 1, self._grid, NUM_BOXES, self._num_classes)

    def cell(self) -> tuple[int, int]:
        """Find the row and the column of the cell that answers."""
        _, row, column, _ = self.encoded().values[..., 4:5].nonzero()[0].tolist()
        return row, column

    def raw(self, *, roots: bool) -> Tensor:
        """Say what the network would have put out: a grid, with roots of the sides or sides."""
        view, size = self.view, 5 * NUM_BOXES + self._num_classes
        row, column = self.cell()
        raw = torch.zeros(1, self._grid, self._grid, size, dtype=torch.float64)
        raw[..., 4 : 5 * NUM_BOXES : 5] = view.elsewhere
        cell = raw[0, row, column]
        others = max(self._num_classes - 1, 1)
        cell[5 * NUM_BOXES :] = (1 - view.score) / others
        cell[5 * NUM_BOXES] = view.score
        for j, confidence in enumerate((view.first, view.second)):
            x0, y0, x1, y1 = view.boxes[j]
            x, y = (x0 + x1) / 2 * self._grid - column, (y0 + y1) / 2 * self._grid - row
            sides = torch.tensor([x1 - x0, y1 - y0], dtype=torch.float64)
            w, h = (sides.sqrt() if roots else sides).tolist()
            cell[5 * j : 5 * j + 5] = torch.tensor([x, y, w, h, confidence], dtype=torch.float64)
        return raw

    def terms(self) -> tuple[LossTerms, NotebookTerms]:
        """Ask ``yolov1.loss`` for the paper's terms, with roots, and for the notebook's."""
        encoded, view = self.encoded(), self.view
        paper = loss(
            self.raw(roots=True),
            encoded,
            NUM_BOXES,
            coordinates=view.coordinates,
            background=view.background,
        )
        return paper, notebook_loss(self.raw(roots=False), encoded.values)

    def facts(self) -> str:
        """Name both sums, and the cell that answers."""
        paper, notebook = self.terms()
        row, column = self.cell()
        return (
            f"row {row}, column {column} of {self._grid}×{self._grid} answers; the paper's loss "
            f"{float(paper.total):.3f}, the notebook's {float(notebook.total):.3f}"
        )

    def picture(self) -> Picture:
        """Draw the boxes on their grid, and beside them both losses term by term."""
        paper, notebook = self.terms()
        rows = {
            "where and how large": (paper.centre + paper.size, notebook.box),
            "I have something": (paper.objectness, notebook.objectness),
            "I have nothing": (paper.background, notebook.background),
            "what (in the notebook box 2 counts as five classes)": (paper.classes, notebook.rest),
            "sum": (paper.total, notebook.total),
        }
        boxes = torch.tensor(self.view.boxes, dtype=torch.float64)
        return loss_terms(
            boxes.numpy(),
            iou(boxes[:NUM_BOXES], boxes[NUM_BOXES:]).flatten().tolist(),
            self.cell(),
            {name: (float(a), float(b)) for name, (a, b) in rows.items()},
            grid=self._grid,
            title="One prediction, two losses of one name",
            note="One object, and the two boxes that its cell predicts. All bars share one scale.",
        )

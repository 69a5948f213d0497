"""Non-maximum suppression: which box dropped which, on the candidates of a trained network.

It stands after the decode. Source: YOLOv5 (Jocher et al. 2020-2022); greedy NMS as in every
detector since R-CNN. All candidates are in the browser, which suppresses them anew at every move of
a slider, as ``yolov5.non_max_suppression`` does.
"""

from collections.abc import Sequence

import torch
from numpy.typing import ArrayLike
from traitlets import Bool, Bytes, Float, Int

from ..boxes import cxcywh_to_xyxy
from ..figures.check import Number
from ..figures.contact_scenes import scene_sheet
from ..figures.picture import Picture
from ..results import Detections
from ..yolov5.decode import decode
from ..yolov5.decode import non_max_suppression as suppress
from ..yolov5.network import RawOutputs, YOLOv5
from .base import ExplainerWidget, View, slider, toggle
from .data import photo_bytes
from .raw_outputs import ask, framed, trained

LEAST = 0.05  # of the confidence slider: below, there would be thousands
MOST = 1000  # candidates, the best


class NonMaxSuppressionView(View):
    """The canvas of ``NonMaxSuppression``."""

    stem = "non_max_suppression"
    photo = Bytes().tag(sync=True)
    boxes = Bytes().tag(sync=True)
    scores = Bytes().tag(sync=True)
    kinds = Bytes().tag(sync=True)
    cells = Bytes().tag(sync=True)
    confidence = Float(0.25).tag(sync=True)
    iou = Float(0.45).tag(sync=True)
    agnostic = Bool().tag(sync=True)
    chosen = Int(-1).tag(sync=True)


class NonMaxSuppression(ExplainerWidget):
    """Two thresholds on sliders, and for every box that goes the one that dropped it.

    Parameters
    ----------
    model
        A YOLOv5; ``yolov5n-demo`` unless given.
    image
        uint8 (H, W, 3), framed for the network at no more than 320 pixels a side; a scene unless
        given.
    names
        Of the classes; the demo knows its own.
    confidence, iou
        Where the sliders start.
    agnostic
        Whether boxes of different classes suppress one another at first.

    Raises
    ------
    TypeError
        If the model is no YOLOv5.
    ValueError
        For an image that is none, names that do not fit, or a threshold off its slider.
    """

    def __init__(
        self,
        model: YOLOv5 | None = None,
        image: ArrayLike | None = None,
        *,
        names: Sequence[str] = (),
        confidence: Number = 0.25,
        iou: Number = 0.45,
        agnostic: bool = False,
    ) -> None:
        for name, value, low in (("confidence", confidence, LEAST), ("iou", iou, 0.0)):
            if not low <= value <= 1:
                raise ValueError(f"{name} must lie from {low:g} to 1, got {value}; YOLOv5's are "
                                 "0.25 and 0.45")  # fmt: skip
        network, self._names = trained(model, tuple(names))
        self._image = framed(image, network.stride)
        raw = ask(network, self._image)
        self._decoded = decode(raw, network)
        order, scores, kinds = _candidates(self._decoded)
        boxes = cxcywh_to_xyxy(self._decoded[0, order, :4])
        view = NonMaxSuppressionView(
            label="A picture under many boxes of a network, and which of them stay",
            table={
                "image": self._image.shape[:2],
                "names": self._names,
                "levels": list(raw),
                "strides": list(network.head.strides.values()),
            },
            photo=photo_bytes(self._image),
            boxes=boxes.numpy().astype("<f4").tobytes(),
            scores=scores.numpy().astype("<f4").tobytes(),
            kinds=kinds.numpy().astype("<u2").tobytes(),
            cells=_cells(raw)[order].numpy().astype("<u2").tobytes(),
            confidence=float(confidence),
            iou=float(iou),
            agnostic=agnostic,
        )
        controls = [
            slider(view, "confidence", "confidence above", LEAST, 1.0, 0.01),
            slider(view, "iou", "drop above an IoU of", 0.0, 1.0, 0.01),
            toggle(view, "agnostic", "across classes (agnostic)"),
        ]
        for made in controls[:2]:
            made.layout.width = "300px"  # all three in a line
        super().__init__(view, controls)

    def facts(self) -> str:
        """Count the boxes before and after."""
        before, after = (self._kept(iou) for iou in (1.0, self.view.iou))
        height, width = self._image.shape[:2]
        rule = "across classes" if self.view.agnostic else "class by class"
        return (
            f"image of {height}×{width} pixels, {self._decoded.shape[1]:,} boxes; "
            f"{len(before)} surer than {self.view.confidence:.2f}, of which {len(after)} stay at "
            f"an IoU of {self.view.iou:.2f}, {rule}"
        )

    def picture(self) -> Picture:
        """Draw all boxes that are sure enough, and what suppression leaves of them."""
        found = [self._kept(iou) for iou in (1.0, self.view.iou)]
        boxes = [part.boxes_xyxy.numpy() for part in found]
        labels = [part.labels.numpy() for part in found]
        before, after = map(len, found)
        return scene_sheet(
            [self._image] * 2,
            boxes,
            labels,
            names=self._names,
            captions=[f"{before} boxes above {self.view.confidence:.2f}", f"{after} after NMS"],
            columns=2,
            title="All boxes that are sure enough, and what NMS leaves of them",
        )

    def _kept(self, iou: float) -> Detections:
        view = self.view
        options = {"agnostic": view.agnostic, "max_detections": MOST}
        return suppress(self._decoded, view.confidence, iou, **options)[0]


def _candidates(decoded: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Places, scores and classes of all boxes that the sliders can reach, best first."""
    best, kinds = (decoded[0, :, 4:5] * decoded[0, :, 5:]).max(dim=1)
    order = best.argsort(descending=True, stable=True)
    order = order[best[order] > LEAST][:MOST]
    return order, best[order], kinds[order]


def _cells(raw: RawOutputs) -> torch.Tensor:
    """Who speaks for each box (N, 4): level, anchor, row and column, in the decode's order."""
    parts = []
    for level, values in enumerate(raw.values()):
        places = torch.cartesian_prod(*(torch.arange(side) for side in values.shape[1:4]))
        parts.append(torch.nn.functional.pad(places, (1, 0), value=level))
    return torch.cat(parts)

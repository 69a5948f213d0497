"""Training curve: a training that was watched, played again with what it found at each moment.

It stands behind a training, which it does not know: it plays a ``Recording``, as
``training.Live.recording`` gives one. A box is right if it has the right class and an IoU of at
least one half with an object that no surer box has found.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from traitlets import Bool, Bytes, Float, Int

from ..data.record import Scene
from ..data.recording import Recording
from ..figures.contact_scenes import scene_sheet
from ..figures.picture import Picture
from ..results import Detections
from .base import ExplainerWidget, View, slider, toggle
from .data import photo_bytes

SCORES = ("map50", "map50_95")
MOST_SCENES, MOST_BOXES = 6, 100  # boxes of one scene at one moment, the surest
CELL = 16  # pixels: pictures lie so on the sheet that JPEG's blocks never hold two of them
DRAWN = 8  # moments of the still


class TrainingView(View):
    """The canvas of ``TrainingCurve``."""

    stem = "training_curve"
    sheet = Bytes().tag(sync=True)
    moment = Int(1).tag(sync=True)
    confidence = Float(0.25).tag(sync=True)
    truth = Bool(True).tag(sync=True)


class TrainingCurve(ExplainerWidget):
    """The curves of a training, and what it found in a few scenes at each moment.

    Parameters
    ----------
    recording
        From ``training.Live.recording()``, or made by hand; its first six scenes are shown.
    confidence
        How sure a box must be to be drawn, 0.05 to 0.95.
    moment
        Which to begin with, counted from 1; the last one unless given.

    Raises
    ------
    ValueError
        For a recording without moments or scenes, or a number out of range.
    """

    def __init__(
        self, recording: Recording, *, confidence: float = 0.25, moment: int | None = None
    ) -> None:
        self.recording = recording
        count = len(recording.moments)
        if not count or not recording.scenes:
            raise ValueError(
                f"a recording must hold a scene and a moment, got {len(recording.scenes)} scenes "
                f"and {count} moments; pass live.recording() after a training"
            )
        if not 0.05 <= confidence <= 0.95:
            raise ValueError(f"confidence must lie from 0.05 to 0.95, got {confidence}")
        first = count if moment is None else moment
        if not 1 <= first <= count:
            raise ValueError(f"moment must lie from 1 to {count}, got {moment}")
        scenes = recording.scenes[:MOST_SCENES]
        sheet, places = _laid_out(scenes)
        view = TrainingView(
            label="The curves of a training, and what it finds in a few scenes at each moment",
            sheet=photo_bytes(sheet),
            moment=first,
            confidence=float(confidence),
            table=_table(recording, places),
        )
        controls = [
            slider(view, "moment", "moment", 1, count),
            slider(view, "confidence", "boxes surer than", 0.05, 0.95, 0.05),
            toggle(view, "truth", "what is there"),
        ]
        super().__init__(view, controls)

    def facts(self) -> str:
        """Count moments, scenes and objects, and name the steps between which they lie."""
        moments, scenes = self.recording.moments, self.recording.scenes[:MOST_SCENES]
        return (
            f"{len(moments)} moments from step {moments[0].step:,} to {moments[-1].step:,}, "
            f"{len(scenes)} scenes with {sum(map(len, scenes))} objects of "
            f"{len(self.recording.names)} classes"
        )

    def picture(self) -> Picture:
        """Draw the fullest scene at up to eight moments, with what was found by then."""
        moments = self.recording.moments
        chosen = np.unique(np.linspace(0, len(moments) - 1, min(DRAWN, len(moments))).astype(int))
        shown = [moments[i] for i in chosen.tolist()]
        scenes = self.recording.scenes[:MOST_SCENES]
        fullest = max(range(len(scenes)), key=lambda i: len(scenes[i]))
        results = [moment.found[fullest].above(self.view.confidence) for moment in shown]
        return scene_sheet(
            [scenes[fullest].image] * len(shown),
            [result.boxes_xyxy.numpy() for result in results],
            [result.labels.numpy() for result in results],
            [np.zeros((0, 1, 1), np.bool_)] * len(shown),
            names=self.recording.names,
            captions=[
                f"step {moment.step:,}: {len(result)} boxes"
                for moment, result in zip(shown, results, strict=True)
            ],
            columns=4,
            title=f"What was found in one scene, surer than {self.view.confidence:g}",
        )


def _table(recording: Recording, places: list[list[int]]) -> dict[str, Any]:
    """Write everything but the pictures as JSON."""
    scenes = recording.scenes[: len(places)]
    columns = list(dict.fromkeys(name for m in recording.moments for name in m.row))
    kept = [name for name in columns if name in SCORES or name.startswith("loss_")]
    return {
        "names": recording.names,
        "places": places,
        "truths": [
            [
                [*box, label]
                for box, label in zip(scene.boxes_xyxy.tolist(), scene.labels.tolist(), strict=True)
            ]
            for scene in scenes
        ],
        "losses": [name for name in kept if name.startswith("loss_")],
        "scores": [name for name in SCORES if name in kept],
        "moments": [
            {
                "step": moment.step,
                "row": {
                    name: float(moment.row[name])
                    for name in kept
                    if math.isfinite(moment.row.get(name, math.nan))
                },
                "found": [_listed(result) for result in moment.found[: len(places)]],
            }
            for moment in recording.moments
        ],
    }


def _listed(result: Detections) -> list[list[float]]:
    """Rows of box, score and label, best first."""
    order = result.scores.argsort(descending=True, stable=True)[:MOST_BOXES]
    best = result[order]
    rows = zip(
        best.boxes_xyxy.double().tolist(), best.scores.tolist(), best.labels.tolist(), strict=True
    )
    return [[*(round(side, 2) for side in box), round(s, 4), label] for box, s, label in rows]


def _laid_out(scenes: tuple[Scene, ...]) -> tuple[NDArray[np.uint8], list[list[int]]]:
    """Lay the pictures side by side on one sheet."""
    heights, widths = zip(*(scene.size for scene in scenes), strict=True)
    lefts = np.cumsum([0, *(-(-width // CELL) * CELL for width in widths)]).tolist()
    sheet = np.zeros((max(heights), lefts[-1], 3), np.uint8)
    places = []
    for left, scene in zip(lefts, scenes, strict=False):
        height, width = scene.size
        sheet[:height, left : left + width] = scene.image
        places.append([left, 0, width, height])
    return sheet, places

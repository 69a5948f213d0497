"""Plots: how a training went and what came of it, as pictures.

They stand behind a training. Numbers and arrays go to the room of the figures, which knows no
network; it is loaded only when a picture is asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.record import Scene
from ..files import write_whole
from ..results import Detections, Instances
from .accuracy import Accuracy
from .evaluation import Scores

CURVES = 8  # that one picture can tell apart
CONFUSED = 40  # rows that can be read


def draw_all(
    folder: Path,
    *,
    history: Sequence[Mapping[str, float]] = (),
    scores: Scores | Accuracy | None = None,
    samples: Sequence[tuple[Scene, Detections]] = (),
) -> list[Path]:
    """Write every picture that there is something for; return the files."""
    files = []
    for name, picture in pictures(history, scores, samples):
        files.append(folder / f"{name}.png")
        write_whole(files[-1], picture.to_png())
    return files


def pictures(
    history: Sequence[Mapping[str, float]],
    scores: Scores | Accuracy | None,
    samples: Sequence[tuple[Scene, Detections]],
) -> Iterator[tuple[str, Any]]:
    """Draw them, one after the other, each with its name."""
    charts = import_module("yoloexplain.figures.charts")
    if history:
        yield "losses", over_epochs(charts, history, "loss_", "Loss terms, epoch by epoch")
    judged = [row for row in history if "map50" in row or "accuracy" in row]
    if judged:
        title = "Accuracy" if "accuracy" in judged[0] else "Average precision"
        yield "scores", over_epochs(charts, judged, "accuracy map50 map50_95 mask_", title)
    if isinstance(scores, Scores):
        yield "precision_recall", precision_recall(charts, scores)
    if scores is not None and len(scores.names) < CONFUSED:
        yield "confusion", confusion(charts, scores)
    if samples:
        yield "samples", sample_sheet(samples)


def over_epochs(
    charts: Any, history: Sequence[Mapping[str, float]], prefixes: str, title: str
) -> Any:
    """Draw the columns of the table whose names begin so."""
    chosen = [name for name in history[-1] if name.startswith(tuple(prefixes.split()))]
    lines = {name.removeprefix("loss_"): [row[name] for row in history] for name in chosen[:CURVES]}
    return charts.curves([row["epoch"] for row in history], lines, title=title, xlabel="epoch")


def precision_recall(charts: Any, scores: Scores) -> Any:
    """Draw precision over recall at IoU 0.5, of each class or, of more than seven, of the mean."""
    known = ~np.isnan(scores.precision[:, 0])
    named = [name for name, there in zip(scores.names, known, strict=True) if there]
    curves = scores.precision[known]
    lines = dict(zip(named, curves, strict=True)) if len(named) < CURVES else {}
    lines["mean"] = curves.mean(axis=0)
    best = scores.mask_map50 if scores.mask_map50 is not None else scores.map50
    title = f"Precision over recall at IoU 0.5: mAP50 {best:.3f}"
    return charts.curves(scores.recall, lines, title=title, xlabel="recall", ylabel="precision")


def confusion(charts: Any, scores: Scores | Accuracy) -> Any:
    """Draw what was found against what is there, as shares of what is there."""
    totals: NDArray[np.int64] = scores.confusion.sum(axis=0, keepdims=True)
    with np.errstate(invalid="ignore"):
        shares = np.where(totals > 0, scores.confusion / totals, np.nan)
    names = [*scores.names, "background"][: len(shares)]
    note = "Columns: what is there. Rows: what was found. Each column adds up to 1."
    return charts.matrix(shares, names, names, title="What is taken for what", note=note)


def sample_sheet(
    samples: Sequence[tuple[Scene, Detections]], title: str = "What was found in unseen scenes"
) -> Any:
    """Draw scenes side by side with what was found in them."""
    room = import_module("yoloexplain.figures.contact_scenes")
    found = [result for _, result in samples]
    outlines = [result.masks.numpy() if isinstance(result, Instances)
                else np.zeros((0, 1, 1), bool) for result in found]  # fmt: skip
    return room.scene_sheet(
        [scene.image for scene, _ in samples],
        [result.boxes_xyxy.numpy() for result in found],
        [result.labels.numpy() for result in found],
        outlines,
        names=found[0].names,
        columns=4,
        title=title,
    )

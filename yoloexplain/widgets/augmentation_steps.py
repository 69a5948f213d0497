"""Augmentation steps: what a network sees in training, one step after the other, boxes included.

It stands between a data set and the batch. Sources: Mosaic, arXiv 2004.10934; CutMix, arXiv
1905.04899; MixUp, arXiv 1710.09412; DropBlock, arXiv 1810.12890; the amounts of affine and colour
from YOLOv5, https://github.com/ultralytics/yolov5. Everything is computed with ``data.augment`` and
``layers.dropblock`` beforehand; the page only leafs through it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from traitlets import Bool, Bytes, Float, Int, List

from ..catalog import create_model
from ..data import photos
from ..data.record import Masks, Scene
from ..data.scenes import CLASSES, Scenes
from ..figures.check import check_map
from ..figures.contact_scenes import scene_sheet
from ..figures.picture import Picture
from ..inspection import activations
from .augmentation_frames import ON_SCENES, Frame, dropblock
from .base import ExplainerWidget, View, choice, slider, toggle
from .data import photo_bytes

KINDS = (*ON_SCENES, "DropBlock")
MOST_STEPS, MOST_SEEDS = 5, 5
LARGEST = 256  # pixels along a side of a scene, and values along a side of a map
CELL = 16  # pixels: pictures lie so on the sheet that JPEG's blocks never hold two of them
QUALITY = 76
ABOUT = {
    "Mosaic": "Four pictures in one: objects at other places, cut by other borders, in other "
    "company. YOLOv5 does it for every training image.",
    "CutMix": "A rectangle of one picture in another. Made for classifiers, who mix their labels "
    "by area; a detector's boxes say it all. No YOLOv5 has it.",
    "MixUp": "Two pictures through one another. YOLOv5 has it from release 3.0 on, off by default.",
    "random affine": "One matrix moves pixels, masks and boxes; a box is measured again on its "
    "mask. YOLOv5 scales and moves; turning and slanting are off by default.",
    "flip": "The cheapest second picture there is.",
    "HSV": "The same things by other light. Boxes stay.",
    "DropBlock": "Not the picture but a feature map inside the network loses squares. YOLOv4 "
    "trains with it; no YOLOv5 has it.",
}


class AugmentationView(View):
    """The canvas of ``AugmentationSteps``."""

    stem = "augmentation_steps"
    sheet = Bytes().tag(sync=True)
    kind = Int().tag(sync=True)
    step = Int().tag(sync=True)
    throw = Int(1).tag(sync=True)
    masks = Bool(True).tag(sync=True)
    point = List(Float()).tag(sync=True)


class AugmentationSteps(ExplainerWidget):
    """Mosaic, CutMix, MixUp, affine, flip, HSV and DropBlock, applied step by step.

    Parameters
    ----------
    scenes
        Four of one size, at most 256 pixels a side; drawn ones unless given.
    names
        Of the classes; those of the drawn scenes unless given.
    seeds
        One to five, a throw of the dice each.
    feature_map
        (H, W), one channel for DropBlock; one of the trained YOLOv5n unless given.
    augmentation
        Which to begin with: one of ``KINDS``.

    Raises
    ------
    ValueError
        If there are not four equal scenes, a label has no name, or there are no seeds.
    """

    def __init__(
        self,
        scenes: Sequence[Scene] | None = None,
        names: Sequence[str] = CLASSES,
        *,
        seeds: Sequence[int] = (12, 1, 34),
        feature_map: ArrayLike | None = None,
        augmentation: str = "Mosaic",
    ) -> None:
        given = _four_scenes() if scenes is None else list(scenes)
        _check(given, names, seeds, augmentation)
        self.names, self.seeds = tuple(names), tuple(int(seed) for seed in seeds)
        one = check_map(_strongest_map() if feature_map is None else feature_map)
        if max(one.shape) > LARGEST:
            raise ValueError(f"feature_map must have at most {LARGEST} values a side, got shape "
                             f"{one.shape}; cut a part out")  # fmt: skip
        self.frames: dict[str, list[list[Frame]]] = {
            kind: [steps(given, seed) for seed in self.seeds[: 1 if kind == "flip" else None]]
            for kind, steps in ON_SCENES.items()
        }
        self.frames["DropBlock"] = [dropblock(one, seed) for seed in self.seeds]
        sheet, table = _laid_out(self.frames)
        view = AugmentationView(
            label="A training picture after each step of an augmentation, with its boxes",
            sheet=photo_bytes(sheet, QUALITY),
            kind=KINDS.index(augmentation),
            point=[0.4, 0.4],
            table={"kinds": table, "names": self.names, "seeds": self.seeds},
        )
        controls = [
            choice(view, "kind", "augmentation", KINDS),
            slider(view, "step", "step", 0, MOST_STEPS),
            slider(view, "throw", "throw of the dice", 1, len(self.seeds)),
            toggle(view, "masks", "masks"),
        ]
        super().__init__(view, controls)

    def steps(self) -> list[Frame]:
        """Frames of the augmentation and the throw that are chosen."""
        throws = self.frames[KINDS[self.view.kind]]
        return throws[min(self.view.throw, len(throws)) - 1]

    def facts(self) -> str:
        """Name the augmentations with their numbers of steps."""
        listed = ", ".join(f"{kind} {len(throws[0]) - 1}" for kind, throws in self.frames.items())
        return f"steps of {listed}; {len(self.seeds)} throws of the dice"

    def picture(self) -> Picture:
        """Draw all steps of the augmentation and the throw that are chosen."""
        kind, frames = KINDS[self.view.kind], self.steps()
        shown = [frame.scene for frame in frames]
        boxed = any(len(scene) for scene in shown)
        marks: dict[str, Any] = {
            "boxes_xyxy": [scene.boxes_xyxy for scene in shown],
            "labels": [scene.labels for scene in shown],
            "masks": [_masks(scene) for scene in shown],
        }
        return scene_sheet(
            [_with_holes(frame) for frame in frames],
            **(marks if boxed else {}),
            names=self.names,
            captions=[frame.name for frame in frames],
            columns=len(frames),
            title=f"{kind}, step by step",
        )


def _four_scenes() -> list[Scene]:
    drawn = Scenes(40, seed=2, size=160, max_objects=3, object_size=(0.3, 0.6), split="val")
    return [drawn[i] for i in (3, 13, 20, 8)]


def _strongest_map() -> NDArray[Any]:
    """One channel of stage 3 of the trained YOLOv5n, on a drawn scene."""
    scene = Scenes(40, seed=2, size=320, max_objects=3, object_size=(0.3, 0.6), split="val")[13]
    net, image = create_model("yolov5n-demo"), photos.to_tensor(scene.image)
    maps = activations(net, image, ["backbone.stage3"])["backbone.stage3"][0]
    return np.asarray(maps[maps.std(dim=(1, 2)).argmax()])


def _check(
    scenes: Sequence[Scene], names: Sequence[str], seeds: Sequence[int], augmentation: str
) -> None:
    sizes = {scene.size for scene in scenes}
    if len(scenes) != 4 or len(sizes) != 1 or max(next(iter(sizes))) > LARGEST:
        raise ValueError(
            f"scenes must be four of one size, at most {LARGEST} a side, got {len(scenes)} of "
            f"{sorted(sizes)}; make them alike with augment.letterboxed(scene, 192)[0]"
        )
    labels = [int(label) for scene in scenes for label in scene.labels]
    if labels and not 0 <= min(labels) <= max(labels) < len(names):
        raise ValueError(f"labels must have a name each, got {max(labels)} and {len(names)} names")
    if not 1 <= len(seeds) <= MOST_SEEDS:
        raise ValueError(f"seeds must be 1 to {MOST_SEEDS}, got {len(seeds)}; pass (0, 1, 2)")
    if augmentation not in KINDS:
        raise ValueError(f"augmentation must be one of {', '.join(KINDS)}; got {augmentation!r}")


def _laid_out(
    frames: dict[str, list[list[Frame]]],
) -> tuple[NDArray[np.uint8], list[dict[str, Any]]]:
    """Lay every different picture once on one sheet, and say what lies where."""
    places: dict[int, list[int]] = {}
    images: list[NDArray[np.uint8]] = []
    left = top = tall = 0
    for image in (f.scene.image for throws in frames.values() for one in throws for f in one):
        if id(image) in places:
            continue
        height, width = (-(-side // CELL) * CELL for side in image.shape[:2])
        if left and left + width > 8 * LARGEST:
            left, top, tall = 0, top + tall, 0
        places[id(image)] = [left, top, image.shape[1], image.shape[0]]
        images.append(image)
        left, tall = left + width, max(tall, height)
    sheet = np.zeros((top + tall, 8 * LARGEST, 3), np.uint8)
    for image in images:
        x, y, width, height = places[id(image)]
        sheet[y : y + height, x : x + width] = image
    table = [
        {
            "name": kind,
            "about": ABOUT[kind],
            "throws": [[_row(f, places[id(f.scene.image)]) for f in one] for one in throws],
        }
        for kind, throws in frames.items()
    ]
    return sheet[:, : max(x + width for x, _, width, _ in places.values())], table


def _row(frame: Frame, place: list[int]) -> dict[str, Any]:
    """One step as JSON."""
    scene = frame.scene
    return {
        "name": frame.name,
        "said": frame.said,
        "at": place,
        "matrix": [round(float(value), 6) for value in frame.matrix.ravel()],
        "hidden": frame.hidden,
        "marked": frame.marked,
        "boxes": np.round(scene.boxes_xyxy.astype(float), 1).tolist(),
        "labels": scene.labels.tolist(),
        "outlines": [_outlines(mask) for mask in _masks(scene)],
    }


def _masks(scene: Scene) -> Masks:
    return np.zeros((0, *scene.size), np.bool_) if scene.masks is None else scene.masks


def _outlines(mask: NDArray[np.bool_]) -> list[list[float]]:
    """Polygons x, y, x, y … around a mask, to half a pixel."""
    from skimage.measure import approximate_polygon, find_contours

    found = []
    for rows_columns in find_contours(np.pad(mask, 1).astype(float), 0.5):
        points = approximate_polygon(rows_columns, 0.8) - 0.5  # the frame, and a pixel's middle
        found.append(np.round(points[:, ::-1], 1).ravel().tolist())
    return found


def _with_holes(frame: Frame) -> NDArray[np.uint8]:
    """Paint the picture of a step, grey where it is still empty, with white marks."""
    image = frame.scene.image.copy()
    for left, top, right, bottom in frame.hidden:
        image[top:bottom, left:right] = 114
    for left, top, right, bottom in frame.marked:
        inner = image[top + 1 : bottom - 1, left + 1 : right - 1].copy()
        image[top:bottom, left:right] = 255
        image[top + 1 : bottom - 1, left + 1 : right - 1] = inner
    return image

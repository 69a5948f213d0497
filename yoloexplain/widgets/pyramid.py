"""Pyramid: YOLOv5's neck as levels, with links to switch off, and what the network then says.

It belongs to the necks. The drawing is FPN (arXiv 1612.03144) and PAN (arXiv 1803.01534) as
YOLOv5 joins them: a way down, a way up, and links across. What a switched-off link means here:
zeros arrive in place of its map, in a network that was trained with the link. So it is seen what
*this* network relies on, not what one trained without the link would have learned instead.
"""

from collections.abc import Sequence
from typing import Any

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from traitlets import Bool, Bytes, Int

from ..boxes import iou
from ..catalog import create_model
from ..data import photos
from ..data.scenes import CLASSES, Scene, Scenes
from ..figures.check import check_photo
from ..figures.contact_scenes import scene_sheet
from ..figures.maps import strongest
from ..figures.picture import Picture
from ..inspection import answering
from ..yolov5.network import YOLOv5
from .base import ExplainerWidget, View, choice, toggle
from .data import colour_bytes, map_bytes, photo_bytes
from .neck_links import EVERY, GROUPS, LINKS, OWN, Outcome, every_combination

LEVELS = ("p3", "p4", "p5")
SHOWN = ("objectness", "mean |value|", "one channel")
AT_MOST = 40  # boxes of a combination
LONGEST = 416  # pixels of a photograph's side


class PyramidView(View):
    """The canvas of ``Pyramid``."""

    stem = "pyramid"
    photo = Bytes().tag(sync=True)
    colours = Bytes().tag(sync=True)
    maps = Bytes().tag(sync=True)
    switched = Int(EVERY - 1).tag(sync=True)
    pick = Int().tag(sync=True)
    shown = Int().tag(sync=True)
    top_down = Bool(True).tag(sync=True)
    bottom_up = Bool(True).tag(sync=True)
    lateral = Bool(True).tag(sync=True)


class Pyramid(ExplainerWidget):
    """FPN and PAN with links to switch on and off: maps and boxes of a trained network change.

    Parameters
    ----------
    model
        A YOLOv5 of three levels with weights; ``yolov5n-demo`` unless given.
    scene
        A scene, of which it is known what there is to find, or a photograph: uint8 (H, W, 3),
        sides multiples of 32.
    confidence
        Lowest score of a box that is drawn.
    names
        Of the network's classes.

    Raises
    ------
    TypeError
        If the model is no YOLOv5.
    ValueError
        For a photo of another form or size, or a confidence outside 0 to 1.
    """

    def __init__(
        self,
        model: nn.Module | None = None,
        scene: Scene | ArrayLike | None = None,
        *,
        confidence: float = 0.4,
        names: Sequence[str] = CLASSES,
    ) -> None:
        network = _checked(create_model("yolov5n-demo") if model is None else model)
        given = Scenes(12, seed=2, size=192, split="val")[11] if scene is None else scene
        self._scene = given if isinstance(given, Scene) else None
        self._photo = check_photo(given.image if isinstance(given, Scene) else given)
        height, width = self._photo.shape[:2]
        if max(height, width) > LONGEST or height % 32 or width % 32:
            raise ValueError(
                f"photo must have sides that are multiples of 32, at most {LONGEST}, got "
                f"{height}×{width}; pass photos.letterbox(photo, 256).image"
            )
        if not 0 < confidence < 1:
            raise ValueError(f"confidence must lie between 0 and 1, got {confidence}; pass 0.4")
        self._names = tuple(names)
        image = photos.to_tensor(self._photo)
        self._outcome = every_combination(network, image, confidence)
        data, table = _maps(self._outcome, self._scene)
        view = PyramidView(
            label="A neck of three levels, its maps, and the boxes that a network finds with it",
            photo=photo_bytes(self._photo),
            colours=colour_bytes(),
            maps=data,
            table=table
            | {
                "image": [height, width],
                "links": [list(link) for link in LINKS],
                "groups": GROUPS,
                "names": self._names,
                "found": [_boxes(self._outcome, k, self._scene) for k in range(EVERY)],
                "things": None if self._scene is None else len(self._scene.labels),
            },
        )
        controls = [
            toggle(view, "top_down", "top-down"),
            toggle(view, "bottom_up", "bottom-up"),
            toggle(view, "lateral", "lateral"),
            choice(view, "shown", "maps show", SHOWN),
        ]
        super().__init__(view, controls)

    def facts(self) -> str:
        """Name the levels, and how many combinations are held."""
        height, width = self._photo.shape[:2]
        cells = ", ".join(
            f"{level} {maps.shape[2]}×{maps.shape[3]}"
            for level, maps in self._outcome.maps.items()
            if level in LEVELS
        )
        known = "" if self._scene is None else f" with {len(self._scene.labels)} things"
        return (
            f"photo of {height}×{width} pixels{known}; {cells}; "
            f"{len(LINKS)} links, {EVERY} combinations"
        )

    def picture(self) -> Picture:
        """Draw what is found with all links, and without one kind of them."""
        switched = {"all links": EVERY - 1}
        switched |= {f"without {name}": _without(name) for name in GROUPS}
        found = {name: self._outcome.found[k] for name, k in switched.items()}
        return scene_sheet(
            [self._photo] * len(found),
            [one.boxes_xyxy.numpy() for one in found.values()],
            [one.labels.numpy() for one in found.values()],
            names=self._names,
            captions=[f"{name}: {len(one)} boxes" for name, one in found.items()],
            columns=2,
            title="What the network finds, with all links and without one kind of them",
        )


def _checked(model: object) -> YOLOv5:
    """Return a YOLOv5 of three levels."""
    if not isinstance(model, YOLOv5):
        raise TypeError(
            f"model must be a YOLOv5, whose neck is known here, got {type(model).__name__}; "
            "pass create_model('yolov5n-demo')"
        )
    if len(model.head.strides) != len(LEVELS):
        raise ValueError(
            f"model must have the three levels p3 to p5, got {', '.join(model.head.strides)}; "
            "pass one without a 6 in its name"
        )
    if next(model.parameters()).is_meta:
        raise ValueError(
            "model must have weights, got one on the meta device; "
            "build it without torch.device('meta')"
        )
    return model


def _without(group: str) -> int:
    """All links but those of a group."""
    return sum(1 << i for i, (_, kind) in enumerate(LINKS) if kind != group)


def _maps(outcome: Outcome, scene: Scene | None) -> tuple[bytes, dict[str, Any]]:
    """All maps as bytes, and where in them each begins; a level keeps one scale throughout."""
    channels = {name: _channel(outcome.maps[name], scene) for name in LEVELS}
    pieces: dict[str, Tensor] = {}
    for name, maps in outcome.maps.items():
        pieces[f"{name} 1"] = maps.abs().mean(dim=1)
        if name in LEVELS:
            pieces[f"{name} 0"] = outcome.objectness[name]
            pieces[f"{name} 2"] = maps[:, channels[name]]
    data, told = b"", {}
    for name, piece in pieces.items():
        low, high = (0.0, 1.0) if name.endswith("0") else (float(piece.min()), float(piece.max()))
        coded = map_bytes(piece.numpy(), low=low, high=high)
        told[name] = {"start": len(data), "side": coded.shape[1:], "low": low, "high": high}
        data += coded.data
    return data, {"maps": told, "channels": channels, "own": OWN}


def _channel(maps: Tensor, scene: Scene | None) -> int:
    """The channel worth looking at when all links are on, the last combination."""
    whole = maps[-1]
    if scene is None or scene.masks is None or not scene.masks.any():
        return strongest(whole.numpy(), 1)[0]
    return answering(whole, torch.from_numpy(scene.masks.any(0)).float(), 1)[0]


def _boxes(outcome: Outcome, combination: int, scene: Scene | None) -> list[list[int]]:
    """Boxes as whole numbers: corners, score in per cent, class, level, and the thing that it fits.

    A box fits the thing of its class whose box it shares more than half with; −1 fits nothing.
    """
    found = outcome.found[combination]
    fits = torch.full((len(found),), -1)
    if scene is not None and len(found) and len(scene.labels):
        share = iou(torch.from_numpy(scene.boxes_xyxy)[:, None], found.boxes_xyxy)
        same = torch.from_numpy(scene.labels)[:, None] == found.labels
        best = (share * same).max(dim=0)
        fits = torch.where(best.values > 0.5, best.indices, -1)
    rows = zip(
        found.boxes_xyxy.round().int().tolist(),
        (100 * found.scores).round().int().tolist(),
        found.labels.tolist(),
        outcome.levels[combination],
        fits.tolist(),
        strict=True,
    )
    return [[*box, *rest] for box, *rest in rows][:AT_MOST]

"""Links of YOLOv5's neck: its maps and boxes for every way of switching them on and off.

It stands behind ``Pyramid``. In this neck two maps meet at four places, each time in a
concatenation. Eight maps enter these meetings: the eight links. To switch one off is to put zeros
in its place, for real: the whole neck runs once for each of the 256 combinations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..boxes import cxcywh_to_xyxy
from ..results import Detections
from ..yolov5 import decode, non_max_suppression
from ..yolov5.network import YOLOv5

# In the order in which they enter the concatenations; link i is bit i of a combination.
LINKS = (
    ("t5 → t4", "top-down"),
    ("c4 → t4", "lateral"),
    ("t4 → p3", "top-down"),
    ("c3 → p3", "lateral"),
    ("p3 → p4", "bottom-up"),
    ("t4 → p4", "lateral"),
    ("p4 → p5", "bottom-up"),
    ("t5 → p5", "lateral"),
)
GROUPS = ("top-down", "bottom-up", "lateral")
EVERY = 2 ** len(LINKS)
# A map depends on the links before it only: so many combinations of its own has each.
OWN = {"t4": 4, "p3": 16, "p4": 64, "p5": 256}
TOGETHER = 32  # combinations that go through side by side


@dataclass(frozen=True)
class Outcome:
    """What comes of every combination.

    Attributes
    ----------
    maps
        "c3" … "c5", "t5" (one each); "t4", "p3", "p4", "p5": (combinations, C, H, W), as many as
        ``OWN`` says.
    objectness
        "p3" … "p5" → (combinations, H, W), of the surest anchor.
    found
        Boxes of each of the 256 combinations.
    levels
        Which level said each of these boxes: 0 for p3.
    """

    maps: dict[str, Tensor]
    objectness: dict[str, Tensor]
    found: list[Detections]
    levels: list[list[int]]


def switches(combination: int) -> list[bool]:
    """Say of each link whether it is on."""
    return [bool(combination >> i & 1) for i in range(len(LINKS))]


def every_combination(model: YOLOv5, image: Float[Tensor, "1 c h w"], confidence: float) -> Outcome:
    """Run the neck and the head of a network with every combination of its links."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        with torch.no_grad():
            features = model.backbone(image)
            parts = [
                _some(model, features, range(start, start + TOGETHER), confidence)
                for start in range(0, EVERY, TOGETHER)
            ]
            lateral = model.neck["lateral5"](features["c5"])
    finally:
        for module, training in modes:
            module.training = training
    maps = {name: torch.cat([part[0][name] for part in parts])[:n] for name, n in OWN.items()}
    objectness = {
        name: torch.cat([part[1][name] for part in parts])[: OWN[name]] for name in parts[0][1]
    }
    found = [one for part in parts for one in part[2]]
    levels = [one for part in parts for one in part[3]]
    return Outcome({**features, "t5": lateral} | maps, objectness, found, levels)


def _some(
    model: YOLOv5, features: dict[str, Tensor], combinations: Sequence[int], confidence: float
) -> tuple[dict[str, Tensor], dict[str, Tensor], list[Detections], list[list[int]]]:
    """Do the same for a few combinations, side by side in one batch."""
    on = torch.tensor([switches(c) for c in combinations], dtype=torch.float32)
    heard: dict[str, Tensor] = {}
    meeting = 0

    def switch(_module: nn.Module, inputs: tuple[list[Tensor]]) -> tuple[list[Tensor]]:
        nonlocal meeting
        (maps,) = inputs
        kept = [x * on[:, 2 * meeting + i, None, None, None] for i, x in enumerate(maps)]
        meeting += 1
        return (kept,)

    def note(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
        heard["t4"] = output

    handles = [
        model.neck["concat"].register_forward_pre_hook(switch),
        model.neck["top_down4"].register_forward_hook(note),
    ]
    try:
        copies = len(combinations)
        pyramid = model.neck({n: x.expand(copies, -1, -1, -1) for n, x in features.items()})
    finally:
        for handle in handles:
            handle.remove()
    raw = model.head(pyramid)
    decoded = decode(raw, model)
    found = non_max_suppression(decoded, confidence=confidence)
    objectness = {name: values[..., 4].sigmoid().amax(1) for name, values in raw.items()}
    ends = torch.tensor([values[0, ..., 0].numel() for values in raw.values()]).cumsum(0)
    levels = [_level_of(one, all_, ends) for one, all_ in zip(found, decoded, strict=True)]
    return heard | pyramid, objectness, found, levels


def _level_of(found: Detections, decoded: Tensor, ends: Tensor) -> list[int]:
    """Find the level of each box again, by its place among all boxes."""
    corners = cxcywh_to_xyxy(decoded[:, :4])
    places = [int((corners - box).abs().sum(1).argmin()) for box in found.boxes_xyxy]
    return [int((place >= ends).sum()) for place in places]

"""Version lens: the releases of a detector one after the other, with what each of them changed.

It belongs to the whole detector. Sources: YOLOv5 (Jocher et al. 2020–2022), releases 1.0 to 7.0,
https://github.com/ultralytics/yolov5. Nothing is looked up: maps, table and differences are read
off the networks, which are built without memory for their weights.
"""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from traitlets import Int

from ..catalog import create_model
from ..figures.architecture import Block, architecture_map
from ..figures.picture import Picture
from ..inspection.meta import check_model
from ..yolov5.releases import RELEASES
from .base import ExplainerWidget, View, slider
from .versions import COLUMNS, Version, changes, version

PARTS = ("backbone", "neck", "head")


class VersionView(View):
    """The canvas of ``VersionLens``."""

    stem = "version_lens"
    release = Int(0).tag(sync=True)
    selected = Int(0).tag(sync=True)


class VersionLens(ExplainerWidget):
    """A slider over releases: the map of each, what it changed, its weights and its work.

    Parameters
    ----------
    models
        Name → network, oldest first; every release of YOLOv5s unless given. Blocks are compared by
        the names of their modules.
    image_size
        Side of the image in pixels.

    Raises
    ------
    TypeError
        If one of them is no module.
    ValueError
        If there are fewer than two, or one makes something other than maps.
    """

    def __init__(
        self, models: Mapping[str, nn.Module] | None = None, *, image_size: int = 640
    ) -> None:
        networks = _releases() if models is None else dict(models)
        if len(networks) < 2:
            raise ValueError(f"models must hold two versions or more, got {len(networks)}")
        self._name = "YOLOv5s" if models is None else type(next(iter(networks.values()))).__name__
        self._versions = [_read(name, model, image_size) for name, model in networks.items()]
        told = [_told(None, self._versions[0])]
        told += [_told(before, after) for before, after in pairwise(self._versions)]
        view = VersionView(
            label=f"{self._name} in {len(told)} releases: its map, and what changed in it",
            table={
                "name": self._name,
                "image": image_size,
                "columns": list(COLUMNS),
                "versions": told,
                "hint": _HINTS if models is None else {},
            },
        )
        control = slider(view, "release", "release", 0, len(told) - 1)
        control.readout = False  # its number is none of a release; the view names it
        super().__init__(view, [control])

    def facts(self) -> str:
        """Name the releases with their parameters."""
        listed = ", ".join(f"{one.name} {one.params:,}" for one in self._versions)
        return f"{self._name}, parameters by release: {listed}"

    def picture(self) -> Picture:
        """Draw the map of the release that is shown."""
        one = self._versions[self.view.release]
        drawn = [_drawn(one, number, self.view.table["image"]) for number in range(len(one.blocks))]
        return architecture_map(drawn, title=f"{self._name}, release {one.name}")


# What no map shows: the start of the class biases, log(0.6 / (K − margin)).
_HINTS = {
    name: f"The class biases start from log(0.6 / (K − {plan.class_margin:g}))."
    for before, name in pairwise(RELEASES)
    if (plan := RELEASES[name]).class_margin != RELEASES[before].class_margin
}


def _releases() -> dict[str, nn.Module]:
    with torch.device("meta"):
        return {name: create_model("yolov5s", release=name) for name in RELEASES}


def _read(name: str, model: nn.Module, image_size: int) -> Version:
    check_model(model)
    try:
        return version(name, model, image_size)
    except IndexError as error:
        raise ValueError(
            f"every block must make a map, and one of {name!r} makes something else; "
            "explore(model, image) maps any network"
        ) from error


def _told(before: Version | None, after: Version) -> dict[str, Any]:
    """Write a version for the view, with what is new in it."""
    new = {} if before is None else changes(before, after)
    old = () if before is None else tuple(block.path for block in before.blocks)
    left = set(old) - {block.path for block in after.blocks}
    blocks = [
        {
            "path": block.path,
            "label": block.kind,
            "count": block.repeats,
            "shape": list(block.shape),
            "reads": list(block.reads),
            "build": new.get(block.path, ([], []))[0],
            "settings": new.get(block.path, ([], []))[1],
        }
        for block in after.blocks
    ]
    counts = Counter(words for pair in new.values() for part in pair for words in part)
    first = {words: path for path, pair in new.items() for part in pair for words in part}
    return {
        "name": after.name,
        "blocks": blocks,
        "row": after.row(),
        "params": after.params,
        "work": after.mult_adds,
        "summary": [
            f"{words} in {count} blocks" if count > 1 else _of(first[words], words)
            for words, count in counts.items()
        ],
        "changed": len(new),
        "gone": sorted(left),
    }


def _of(path: str, words: str) -> str:
    """Say what is new in one block: "backbone.pool: SPP → SPPF", "backbone.pool reads …"."""
    return f"{path} {words}" if words.startswith("reads") else f"{path}: {words}"


def _drawn(one: Version, number: int, image_size: int) -> Block:
    block = one.blocks[number]
    return Block(
        str(number),
        block.kind,
        max(1, image_size // block.shape[1]),
        block.shape,
        tuple(map(str, block.reads)),
        part if (part := block.path.split(".")[0]) in PARTS else "",
        block.repeats,
        block.params,
    )

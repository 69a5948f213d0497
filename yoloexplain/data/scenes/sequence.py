"""Sequence: many scenes in a row, drawn when they are asked for or prepared ahead.

It stands between one scene and a training. A scene is known by seed, split and number alone, so any
process may draw any of them, in any order, and they are the same.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any, SupportsIndex, overload

import numpy as np

from ..record import Scene
from .compose import CLASSES, OBJECT_SIZE, SIZE, Recipe, compose


def scene(
    index: int,
    *,
    seed: int = 0,
    size: int = SIZE,
    split: str = "train",
    classes: Sequence[str] | None = None,
    min_objects: int = 1,
    max_objects: int = 8,
    object_size: tuple[float, float] = OBJECT_SIZE,
) -> Scene:
    """Draw one scene; the same numbers give the same scene on any machine.

    Parameters
    ----------
    index
        Number of the scene, from 0.
    seed, size, split, classes, min_objects, max_objects, object_size
        As in ``Recipe``; all classes unless some are named.

    Raises
    ------
    ValueError
        For a value out of range, or a photograph that cannot be read.
    """
    chosen = CLASSES if classes is None else tuple(classes)
    recipe = Recipe(seed, size, split, chosen, min_objects, max_objects, object_size)
    return compose(recipe, index)


class Scenes(Sequence[Scene]):
    """A data set of ``length`` scenes, each drawn when it is asked for.

    Parameters
    ----------
    length
        How many.
    options
        Those of ``Recipe``: seed, size, split, classes and so on.

    Raises
    ------
    ValueError
        For a value out of range.
    """

    def __init__(self, length: int, **options: Any) -> None:
        if isinstance(length, bool) or not isinstance(length, int) or length < 1:
            raise ValueError(f"length must be an integer of at least 1, got {length!r}")
        known = [field.name for field in fields(Recipe)]
        strange = sorted(set(options) - set(known))
        if strange:
            raise ValueError(f"scenes know the options {', '.join(known)}; got {strange[0]!r}")
        if options.get("classes") is None:
            options.pop("classes", None)
        else:
            options["classes"] = tuple(options["classes"])
        self.length = length
        self.recipe = Recipe(**options)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the labels."""
        return self.recipe.classes

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, index: SupportsIndex) -> Scene: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Scene]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Scene | Sequence[Scene]:
        if isinstance(index, slice):
            return [self[i] for i in range(self.length)[index]]
        return compose(self.recipe, range(self.length)[index])

    def __repr__(self) -> str:
        return f"Scenes({self.length}, {self.recipe})"

    def fingerprint(self) -> str:
        """Hash of what these scenes depend on: recipe, number, and the source that draws them."""
        digest = hashlib.sha256(repr(self).encode())
        for file in sorted(Path(__file__).parent.glob("*.py")):
            digest.update(file.read_bytes())
        return digest.hexdigest()


def contact_sheet(
    scenes: Sequence[Scene],
    *,
    columns: int = 6,
    outlines: bool = True,
    title: str = "",
    names: Sequence[str] | None = None,
) -> Any:
    """Draw scenes side by side as a ``Picture``, with boxes and masks outlined.

    Parameters
    ----------
    scenes
        At least one; of a ``Scenes`` as many as it has.
    columns
        Scenes in a row.
    outlines
        Whether to draw boxes and masks.
    title
        Headline.
    names
        Of the classes; those of the data set, or all eight, unless given.
    """
    room = import_module("yoloexplain.figures.contact_scenes")  # matplotlib, only when asked for
    known = getattr(scenes, "names", CLASSES) if names is None else names
    shown = [scenes[i] for i in range(len(scenes))]
    return room.scene_sheet(
        [s.image for s in shown],
        [s.boxes_xyxy for s in shown] if outlines else None,
        [s.labels for s in shown],
        [np.zeros((0, *s.size), bool) if s.masks is None else s.masks for s in shown],
        names=tuple(known),
        columns=columns,
        title=title,
    )

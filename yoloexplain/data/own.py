"""Own data: a user's pictures as a sequence of scenes, whatever format they were written in.

It stands between the readers of the two formats and everything that takes scenes. What is known of
every picture is read and checked once; the pixels are read anew each time they are asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import SupportsIndex, overload

import numpy as np

from .outlines import Outline
from .pictures import read_image, read_size
from .problems import BadDataError, Problem
from .record import Scene

SLACK = 1.0  # pixels by which a box may overshoot the image; labels are rounded


@dataclass(frozen=True, eq=False)
class Labelled:
    """One object as it was labelled.

    Attributes
    ----------
    label
        Class from 0.
    box_xyxy
        In pixels, within the image.
    outline
        Its shape, where it is known.
    """

    label: int
    box_xyxy: tuple[float, float, float, float]
    outline: Outline | None = None


@dataclass(frozen=True, eq=False)
class Item:
    """One picture and what is labelled in it.

    Attributes
    ----------
    file
        Of the image.
    size
        (height, width), upright.
    objects
        None in a picture of background.
    """

    file: Path
    size: tuple[int, int]
    objects: tuple[Labelled, ...] = ()


@dataclass(frozen=True, eq=False)
class OwnData(Sequence[Scene]):
    """A user's data set.

    Attributes
    ----------
    items
        In order of the files.
    names
        Of the classes.
    has_masks
        Whether every object has an outline; else the scenes know boxes only.
    skipped
        What was wrong and left out.
    notes
        What was left out by rule, in words.
    category_ids
        The number that each class has in its COCO file; empty for other formats.
    """

    items: tuple[Item, ...]
    names: tuple[str, ...]
    has_masks: bool
    skipped: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    category_ids: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Scene: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Scene]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Scene | Sequence[Scene]:
        """Read a picture and put its scene together; an outline without a pixel is left out."""
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        item = self.items[index]
        image = _read(item)
        labels = [thing.label for thing in item.objects]
        if not self.has_masks:
            return Scene.from_boxes(image, [thing.box_xyxy for thing in item.objects], labels)
        masks = np.zeros((len(labels), *item.size), np.bool_)
        for k, thing in enumerate(item.objects):
            if thing.outline is not None:
                masks[k] = thing.outline.mask(item.size)
        return Scene.from_masks(image, masks, labels)

    def summary(self) -> str:
        """Say in a line what there is, and what was left out."""
        objects = sum(len(item.objects) for item in self.items)
        empty = sum(not item.objects for item in self.items)
        kind = "masks" if self.has_masks else "boxes"
        words = [f"{len(self)} images ({empty} without objects), {objects} objects with {kind}"]
        words += [f"{len(self.skipped)} bad entries left out"] if self.skipped else []
        return "; ".join([*words, *self.notes])


def _read(item: Item) -> np.ndarray:
    try:
        image = read_image(item.file)
    except ValueError as error:
        raise ValueError(f"{item.file}: {error}") from error
    if image.shape[:2] != item.size:
        raise ValueError(
            f"{item.file}: an image must stay as it was when the data were read, got "
            f"{image.shape[0]}x{image.shape[1]} instead of {item.size[0]}x{item.size[1]} pixels; "
            "read the data again"
        )
    return image


def checked_size(file: Path, decode: bool, problems: list[Problem]) -> tuple[int, int] | None:
    """Size of an image, or None and a problem more."""
    try:
        if not decode:
            return read_size(file)
        height, width = read_image(file).shape[:2]
    except ValueError as error:
        problems.append(Problem(file, str(error)))
        return None
    return height, width


def checked_box(
    box_xyxy: Sequence[float], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Hold a box to the rules, and cut what overshoots the image by rounding.

    Raises
    ------
    ValueError
        For a number that is not finite, no area, or a box that leaves the image.
    """
    if not np.isfinite(box_xyxy).all():
        raise ValueError("a box must be made of finite numbers, got nan or inf")
    left, top, right, bottom = (float(value) for value in box_xyxy)
    height, width = size
    if right <= left or bottom <= top:
        raise ValueError(
            "a box must have a width and a height above 0, got "
            f"{right - left:g} and {bottom - top:g} pixels"
        )
    if min(left, top) < -SLACK or right > width + SLACK or bottom > height + SLACK:
        raise ValueError(
            f"a box must lie inside the image of {width} x {height} pixels, got from "
            f"({left:g}, {top:g}) to ({right:g}, {bottom:g})"
        )
    cut = max(left, 0.0), max(top, 0.0), min(right, float(width)), min(bottom, float(height))
    if cut[2] <= cut[0] or cut[3] <= cut[1]:
        raise ValueError(
            f"a box must lie inside the image of {width} x {height} pixels, got from "
            f"({left:g}, {top:g}) to ({right:g}, {bottom:g})"
        )
    return cut


def finish(
    items: Sequence[Item],
    names: Sequence[str],
    problems: Sequence[Problem],
    *,
    where: Path,
    skip_bad: bool,
    notes: Sequence[str] = (),
    category_ids: Sequence[int] = (),
) -> OwnData:
    """Hand on the data, unless something is wrong that may not be left out.

    Raises
    ------
    BadDataError
        If there are problems that are not to be skipped, or nothing is left.
    """
    found = tuple(problems)
    if found and not skip_bad:
        raise BadDataError(found)
    if not items:
        raise BadDataError([*found, Problem(where, "a data set must have images, found none")])
    objects = [thing for item in items for thing in item.objects]
    outlined = bool(objects) and all(thing.outline is not None for thing in objects)
    return OwnData(tuple(items), tuple(names), outlined, found, tuple(notes), tuple(category_ids))

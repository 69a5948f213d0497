"""Folders: a user's own data in YOLO's layout, described by a data YAML.

It stands where ``scenes`` stands otherwise: before augmentation and training.
Source: the layout that YOLOv5 made common (Jocher et al. 2020–2022),
https://github.com/ultralytics/yolov5, facts only.

A YAML file names the classes and where the images lie. Beside each folder ``images`` lies a folder
``labels`` with a text file for each image, and in it a row for each object: ``class cx cy w h`` in
shares of the image's sides, or ``class x1 y1 x2 y2 x3 y3 …``, the points of its outline. An image
without a text file, or with an empty one, is background.

Departures: everything is checked before anything is used, and named by file and line. Nothing is
written into the user's folders, no cache either.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .data_yaml import describe
from .outlines import Outline
from .own import Item, Labelled, OwnData, checked_box, checked_size, finish
from .pictures import SUFFIXES
from .problems import Problem


def load(
    data: str | Path, split: str = "train", *, skip_bad: bool = False, decode: bool = True
) -> OwnData:
    """Read and check one part of a data set.

    Parameters
    ----------
    data
        The data YAML.
    split
        ``"train"``, ``"val"`` or ``"test"``.
    skip_bad
        Go on without the rows and images that are wrong; ``skipped`` then lists them.
    decode
        Read every image to its end, which alone finds those that are cut short; without it only
        their heads are read, and a damaged one is found when it is asked for.

    Raises
    ------
    ValueError
        If the YAML breaks a rule, or nothing is left; and, unless they are skipped, a
        ``BadDataError`` with everything that is wrong.
    """
    description = describe(data)
    if split not in description.splits:
        known = ", ".join(description.splits) or "none"
        raise ValueError(
            f"{description.file}: split must be one that it names ({known}), got {split!r}"
        )
    problems: list[Problem] = []
    images = _listed(description.splits[split], problems)
    items = []
    owners: dict[Path, Path] = {}
    for image in images:
        labels = label_file(image)
        if owners.setdefault(labels, image) != image:
            what = f"two images must not share a label file, this and {owners[labels].name} do"
            problems.append(Problem(image, what))
            continue
        size = checked_size(image, decode, problems)
        if size is not None:
            objects = read_labels(labels, size, len(description.names), problems)
            items.append(Item(image, size, tuple(objects)))
    return finish(
        items, description.names, problems, where=description.splits[split][0], skip_bad=skip_bad
    )


def _listed(entries: Sequence[Path], problems: list[Problem]) -> list[Path]:
    """Images of folders and lists, each once."""
    images: dict[Path, None] = {}
    for entry in entries:
        if entry.is_dir():
            found = sorted(file for file in entry.rglob("*") if _is_image(file))
            for file in found:
                if file in images:
                    problems.append(Problem(file, "an image must be listed once, got it again"))
                images[file] = None
            problems += _orphans(entry, found)
        elif entry.is_file() and entry.suffix.lower() == ".txt":
            _read_list(entry, images, problems)
        else:
            what = "there must be a folder of images or a .txt list here, found neither"
            problems.append(Problem(entry, what))
    return list(images)


def _is_image(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()


def _orphans(folder: Path, images: Sequence[Path]) -> list[Problem]:
    """Label files of a folder that have lost their image."""
    labels = label_file(folder / "any.txt").parent
    if labels == folder or not labels.is_dir():
        return []
    known = {label_file(image) for image in images}
    lost = sorted(f for f in labels.rglob("*.txt") if f not in known and f.name != "classes.txt")
    what = "a label file must have an image, found none of its name"
    return [Problem(file, what) for file in lost if not file.name.startswith(".")]


def _read_list(file: Path, images: dict[Path, None], problems: list[Problem]) -> None:
    """Add the images that a text file lists, one a line, relative to the file's folder."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(file, f"a list must be a readable text file, got: {error}"))
        return
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        image = file.parent / Path(line.strip()).expanduser()
        if not image.is_file():
            problems.append(Problem(file, f"there must be an image {image}, found none", number))
        elif image in images:
            problems.append(
                Problem(file, f"an image must be listed once, got {image} again", number)
            )
        else:
            images[image] = None


def label_file(image: Path) -> Path:
    """Where an image's labels lie: the last folder ``images`` of its path becomes ``labels``."""
    parts = list(image.parts)
    for k in range(len(parts) - 2, -1, -1):
        if parts[k] == "images":
            parts[k] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def read_labels(
    file: Path, size: tuple[int, int], num_classes: int, problems: list[Problem]
) -> list[Labelled]:
    """Read the rows of a label file; those that are wrong become problems."""
    if not file.is_file():
        return []
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(file, f"labels must be a readable text file, got: {error}"))
        return []
    objects: list[Labelled] = []
    seen: dict[tuple[float, ...], int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            values = _numbers(line)
            thing = _row(values, size, num_classes)
            first = seen.setdefault(tuple(values), number)
            if first != number:
                raise ValueError(f"a row must stand once, got the one of line {first} again")
        except ValueError as error:
            problems.append(Problem(file, str(error), number))
        else:
            objects.append(thing)
    return objects


def _numbers(line: str) -> list[float]:
    try:
        values = [float(word) for word in line.split()]
    except ValueError as error:
        raise ValueError(f"a row must be numbers, got {line.strip()[:60]!r}") from error
    if not all(math.isfinite(value) for value in values):
        raise ValueError(f"a row must be finite numbers, got {line.strip()[:60]!r}")
    if len(values) != 5 and (len(values) < 7 or len(values) % 2 == 0):
        raise ValueError(
            "a row must be a class and 4 numbers, or a class and the points of an outline, at "
            f"least 3; got {len(values)} numbers"
        )
    return values


def _row(values: Sequence[float], size: tuple[int, int], num_classes: int) -> Labelled:
    """A row's object, from shares of the sides to pixels."""
    label = values[0]
    if label != int(label) or not 0 <= label < num_classes:
        raise ValueError(
            f"a class must be an integer from 0 to {num_classes - 1}, got {label:g}; the YAML "
            f"names {num_classes}"
        )
    height, width = size
    if len(values) == 5:
        cx, cy, w, h = values[1:]
        box = (
            (cx - w / 2) * width,
            (cy - h / 2) * height,
            (cx + w / 2) * width,
            (cy + h / 2) * height,
        )
        return Labelled(int(label), checked_box(box, size))
    points = np.array(values[1:]).reshape(-1, 2) * [width, height]
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    box = checked_box((left, top, right, bottom), size)
    inside = np.clip(points, 0, [width, height])
    return Labelled(int(label), box, Outline((inside,)))

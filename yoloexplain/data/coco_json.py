"""COCO JSON: a user's own data in COCO's layout, one file for all images, with boxes or masks.

It stands where ``scenes`` stands otherwise: before augmentation and training.
Source: COCO's annotation format (Lin et al. 2014, Microsoft COCO, arXiv 1405.0312).

Departures: everything is checked before anything is used. Where every object has an outline, boxes
are measured on the masks; the file's own are checked, but not used. Crowds (``iscrowd``) are
regions, not objects, and are left out with a note.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .outlines import floats, outline_of, whole
from .own import Item, Labelled, OwnData, checked_box, checked_size, finish
from .problems import Problem, short


def load(
    annotations: str | Path,
    images: str | Path,
    *,
    skip_bad: bool = False,
    decode: bool = True,
) -> OwnData:
    """Read and check an annotation file and the images that it names.

    Parameters
    ----------
    annotations
        The JSON file.
    images
        Folder that the file names are relative to.
    skip_bad
        Go on without the entries that are wrong; ``skipped`` then lists them.
    decode
        Read every image to its end, which alone finds those that are cut short.

    Raises
    ------
    ValueError
        If the file is no annotation file, or nothing is left; and, unless they are skipped, a
        ``BadDataError`` with everything that is wrong.
    """
    file, folder = Path(annotations), Path(images)
    parts = _parsed(file)
    problems: list[Problem] = []
    categories = _categories(file, parts["categories"])
    found = _images(file, folder, parts["images"], decode, problems)
    named = {repr(e["id"]) for e in parts["images"] if isinstance(e, dict) and "id" in e}
    objects, crowds = _objects(file, parts["annotations"], found, named, categories, problems)
    items = [Item(item.file, item.size, tuple(objects[number])) for number, item in found.items()]
    return finish(
        items, [name for _, name in categories], problems, where=file, skip_bad=skip_bad,
        notes=[f"{crowds} crowds left out"] if crowds else [],
        category_ids=[number for number, _ in categories],
    )  # fmt: skip


def _parsed(file: Path) -> dict[str, list[Any]]:
    try:
        values = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ValueError(
            f"{file}: there must be a JSON file here, got: {error.strerror}"
        ) from error
    except json.JSONDecodeError as error:
        raise ValueError(f"{file}:{error.lineno}: this must be JSON, got: {error.msg}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{file}: this must be JSON, got: {error}") from error
    keys = ("images", "annotations", "categories")
    if not isinstance(values, dict) or not all(isinstance(values.get(key), list) for key in keys):
        raise ValueError(f"{file}: annotations must hold the lists {', '.join(keys)}")
    return values


def _categories(file: Path, entries: Sequence[Any]) -> list[tuple[int, str]]:
    """Number and name of each class, by rising number."""
    found = []
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict) or not whole(entry.get("id")) or "name" not in entry:
            raise ValueError(
                f"{file}: categories[{place}] must have an id and a name, got {entry!r}"
            )
        found.append((int(entry["id"]), str(entry["name"])))
    if not found:
        raise ValueError(f"{file}: there must be categories, found none")
    for which in (0, 1):
        twice = [value for value, n in Counter(pair[which] for pair in found).items() if n > 1]
        if twice:
            raise ValueError(f"{file}: each category must stand once, got {twice[0]!r} twice")
    return sorted(found)


def _images(
    file: Path, folder: Path, entries: Sequence[Any], decode: bool, problems: list[Problem]
) -> dict[Any, Item]:
    """The images that can be read, by their numbers."""
    found: dict[Any, Item] = {}
    names: set[str] = set()
    for place, entry in enumerate(entries):
        try:
            number, name = _image_entry(entry)
            if number in found or name in names:
                raise ValueError(f"an image must stand once, got {name} (id {number!r}) again")
            size = checked_size(folder / name, decode, problems)
            if size is None:
                continue
            stated = entry.get("height", size[0]), entry.get("width", size[1])
            if stated != size:
                raise ValueError(
                    f"{name} must have the size that the file states, {stated[0]}x{stated[1]}, "
                    f"got {size[0]}x{size[1]} (held upright)"
                )
            names.add(name)
            found[number] = Item(folder / name, size)
        except ValueError as error:
            problems.append(Problem(file, str(error), f"images[{place}]"))
    return found


def _image_entry(entry: Any) -> tuple[int | str, str]:
    number = entry.get("id") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not (whole(number) or isinstance(number, str)):
        raise ValueError(f"an image must have an id, got {short(entry)}")
    name = entry.get("file_name")
    if not isinstance(name, str) or not name:
        raise ValueError(f"an image must have a file_name, got {short(entry)}")
    return number, name  # type: ignore[return-value]


def _objects(
    file: Path, entries: Sequence[Any], found: Mapping[Any, Item], named: set[str],
    categories: Sequence[tuple[int, str]], problems: list[Problem],
) -> tuple[dict[Any, list[Labelled]], int]:  # fmt: skip
    """The objects of each image that could be read, and the number of crowds."""
    objects: dict[Any, list[Labelled]] = {number: [] for number in found}
    crowds = 0
    seen: set[str] = set()
    for place, entry in enumerate(entries):
        try:
            number = _image_of(entry, named)
            again = json.dumps({k: v for k, v in entry.items() if k != "id"}, sort_keys=True)
            if again in seen:
                raise ValueError("an annotation must stand once, got an earlier one again")
            seen.add(again)
            crowd = bool(entry.get("iscrowd", 0))
            crowds += crowd
            if number in found and not crowd:
                objects[number].append(_object(entry, found[number].size, categories))
        except ValueError as error:
            problems.append(Problem(file, str(error), f"annotations[{place}]"))
    return objects, crowds


def _image_of(entry: Any, known: set[str]) -> Any:
    if not isinstance(entry, dict) or "image_id" not in entry:
        raise ValueError(f"an annotation must have an image_id, got {short(entry)}")
    number = entry["image_id"]
    if not isinstance(number, int | str) or repr(number) not in known:
        raise ValueError(f"image_id must be the id of an image of this file, got {number!r}")
    return number


def _object(
    entry: Mapping[str, Any], size: tuple[int, int], categories: Sequence[tuple[int, str]]
) -> Labelled:
    numbers = [number for number, _ in categories]
    if not whole(entry.get("category_id")) or entry["category_id"] not in numbers:
        raise ValueError(
            f"category_id must be one of the {len(numbers)} categories, got "
            f"{entry.get('category_id')!r}"
        )
    label = numbers.index(entry["category_id"])
    outline = outline_of(entry.get("segmentation"), size)
    if outline is not None and entry.get("bbox") is None:
        return Labelled(label, checked_box(outline.box_xyxy(size), size), outline)
    box = floats(entry.get("bbox"))
    if box is None or len(box) != 4:
        raise ValueError(
            f"bbox must be four numbers, x, y, width and height; got {short(entry.get('bbox'))}"
        )
    x, y, width, height = box
    return Labelled(label, checked_box((x, y, x + width, y + height), size), outline)

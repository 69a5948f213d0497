"""Data YAML: the page on which a user says where the images lie and what the classes are called.

It stands before ``folders``, which reads what it points to.
Source: the keys as YOLOv5 reads them (Jocher et al. 2020–2022),
https://github.com/ultralytics/yolov5, facts only.

Departures: relative paths start at the YAML's own folder, wherever a command is run. Keys that are
not listed here are left alone; ``download`` above all, which YOLOv5 would run.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Description:
    """What a data YAML says.

    Attributes
    ----------
    file
        The YAML itself.
    names
        Of the classes, in order.
    splits
        For each of train, val and test that it names, folders or lists of images.
    """

    file: Path
    names: tuple[str, ...]
    splits: dict[str, tuple[Path, ...]]


def describe(data: str | Path) -> Description:
    """Read a data YAML: ``path``, ``train``, ``val``, ``test``, ``names`` and ``nc``.

    Raises
    ------
    ValueError
        If it is missing, no YAML, or says things that do not fit together.
    """
    file = Path(data)
    values = _parsed(file)
    root = values.get("path") or "."
    if not isinstance(root, str):
        raise ValueError(f"{file}: path must be the name of a folder, got {root!r}")
    base = file.parent / Path(root).expanduser()
    splits = {}
    for split in SPLITS:
        entry = values.get(split)
        if entry:
            entries = entry if isinstance(entry, list) else [entry]
            if not all(isinstance(part, str) for part in entries):
                raise ValueError(
                    f"{file}: {split} must be a path or a list of paths, got {entry!r}"
                )
            splits[split] = tuple(base / Path(part).expanduser() for part in entries)
    if not splits:
        raise ValueError(f"{file}: a data YAML must name train, val or test, got none of them")
    return Description(file, _names(file, values), splits)


def _parsed(file: Path) -> dict[str, Any]:
    try:
        import yaml
    except ImportError as error:  # pragma: no cover - a declared dependency
        raise ValueError("a data YAML needs PyYAML; install it with pip install pyyaml") from error
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ValueError(
            f"{file}: there must be a data YAML here, got: {error.strerror}"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        words = " ".join(str(error).split())
        raise ValueError(f"{file}: a data YAML must be YAML, got: {words}") from error
    if not isinstance(values, dict):
        raise ValueError(f"{file}: a data YAML must hold keys such as train and names, got none")
    return values


def _names(file: Path, values: dict[str, Any]) -> tuple[str, ...]:
    """Names of the classes: a list, or a dict from numbers that leave none out."""
    names = values.get("names")
    count = values.get("nc")
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise ValueError(f"{file}: nc must be a positive integer, got {count!r}")
    if names is None and count is not None:
        names = [str(number) for number in range(count)]
    if isinstance(names, dict):
        if set(names) != set(range(len(names))):
            raise ValueError(
                f"{file}: names must be numbered 0 to {len(names) - 1} without a gap, got "
                f"{', '.join(str(key) for key in names)}"
            )
        names = [names[number] for number in range(len(names))]
    if not isinstance(names, list) or not names or any(isinstance(n, list | dict) for n in names):
        raise ValueError(f"{file}: names must be a list or a dict of class names, got {names!r}")
    if count is not None and count != len(names):
        raise ValueError(f"{file}: nc must be the number of names, got nc {count} and {len(names)}")
    words = tuple(str(name) for name in names)
    twice = sorted({name for name in words if words.count(name) > 1})
    if twice:
        raise ValueError(f"{file}: each class must have a name of its own, got {twice[0]!r} twice")
    return words

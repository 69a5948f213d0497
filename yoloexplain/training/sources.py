"""Sources: the data that a command names.

They stand at the very beginning of a training: ``scenes`` are drawn, everything else is a file of
the user's, which is read and never changed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..data import coco_json, folders
from ..data.own import OwnData
from ..data.record import Scene
from ..data.scenes import Scenes, prepare
from ..layers.check import check_choice
from .batches import Framed

SPLITS = ("train", "val", "test")
DRAWN = {"train": 4000, "val": 500, "test": 500}
THINGS = {"min_objects": 1, "max_objects": 1, "object_size": (0.4, 0.95)}  # to be classified
SEEDS = {"train": 0, "val": 1, "test": 2}  # added to the seed that is given


def open_data(
    data: str,
    split: str,
    image_size: int,
    *,
    images: Path | None = None,
    skip_bad: bool = False,
    cache: Path | None = None,
    count: int | None = None,
    seed: int = 0,
) -> tuple[Sequence[Scene], tuple[str, ...], str]:
    """Open one part of a data set.

    Parameters
    ----------
    data
        ``"scenes"``, ``"things"`` (drawn too, but one large thing a picture, for a classifier), a
        data YAML, or a COCO annotation file in JSON.
    split
        ``"train"``, ``"val"`` or ``"test"``; an annotation file is one part itself.
    image_size
        Side of the pictures, in pixels.
    images
        Folder of the annotation file's images; its own folder unless given.
    skip_bad
        Go on without entries that are wrong.
    cache
        Folder in which drawn scenes are kept for the next time; with one, a user's pictures are
        kept in memory, framed.
    count, seed
        Of drawn scenes.

    Returns
    -------
    The scenes, the names of the classes, and a line that says what there is.

    Raises
    ------
    ValueError
        For data that break a rule.
    """
    check_choice("split", split, SPLITS)
    if data in ("scenes", "things"):
        return drawn(data, split, image_size, cache, count or DRAWN[split], seed)
    own = read_own(data, split, images, skip_bad)
    line = f"{split}: {own.summary()}"
    framed = Framed(own, image_size)
    kept = framed if cache is None else prepare(framed, workers=1)
    return kept, own.names, line


def drawn(
    data: str, split: str, image_size: int, cache: Path | None, count: int, seed: int
) -> tuple[Sequence[Scene], tuple[str, ...], str]:
    """Draw scenes; those of validation and test lie on photographs that no training sees."""
    part = "train" if split == "train" else "val"
    content: dict[str, Any] = THINGS if data == "things" else {}
    scenes = Scenes(count, seed=seed + SEEDS[split], size=image_size, split=part, **content)
    file = None
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
        file = cache / f"{data}-{split}-{image_size}-{count}-{seed}.npz"
    line = f"{split}: {count} drawn {data} of {image_size} pixels"
    return prepare(scenes, file=file), scenes.names, line


def read_own(data: str, split: str, images: Path | None, skip_bad: bool) -> OwnData:
    """Read a user's data by the kind of file that describes it."""
    file = Path(data)
    if file.suffix.lower() == ".json":
        return coco_json.load(file, images or file.parent, skip_bad=skip_bad)
    if file.suffix.lower() in (".yaml", ".yml"):
        return folders.load(file, split, skip_bad=skip_bad)
    raise ValueError(
        "data must be scenes, things, a data YAML (.yaml) or COCO annotations (.json), got "
        f"{data!r}; pass for example --data scenes"
    )

"""Compose: things laid upon a background, one after another, until there is a scene.

It is the last step before the picture: a background, then for each thing its shadow and itself, and
at the end a little grain, as from a sensor.

Idea: a later thing covers earlier ones, truly, so a mask is what can still be seen. Of every thing
at least 45 % stays visible, in the picture and in front of others; where that would fail, the thing
is moved, then shrunk, then the scene begun again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ..record import Scene
from .backgrounds import PHOTOS, background
from .lively_things import THINGS
from .patch import Patch
from .shapes import Field, turn

CLASSES = tuple(THINGS)
SIZE = 160  # pixels, the side for which all lengths here are meant
OBJECT_SIZE = (12 / SIZE, 88 / SIZE)  # smallest and largest thing, as shares of the side
VISIBLE = 0.45  # at least so much of every thing can be seen
MOVES, BEGINNINGS = 12, 50
SHADOW = 0.42


@dataclass(frozen=True)
class Recipe:
    """What a scene may look like.

    Attributes
    ----------
    seed
        Of the whole set, at least 0.
    size
        Side of the square picture, in pixels.
    split
        ``"train"`` or ``"val"``: their random numbers and their photographs differ.
    classes
        Which things, from ``CLASSES``; a label is a place in this list.
    min_objects, max_objects
        How many of them in a scene, each number equally often.
    object_size
        Longer side of the smallest and the largest as shares of the picture's; every octave
        between is equally likely.

    Raises
    ------
    ValueError
        For a value out of range.
    """

    seed: int = 0
    size: int = SIZE
    split: str = "train"
    classes: tuple[str, ...] = CLASSES
    min_objects: int = 1
    max_objects: int = 8
    object_size: tuple[float, float] = OBJECT_SIZE

    def __post_init__(self) -> None:
        _check_whole("seed", self.seed, 0)
        _check_whole("size", self.size, 32)
        _check_whole("min_objects", self.min_objects, 0)
        _check_whole("max_objects", self.max_objects, 0)
        if not self.min_objects <= self.max_objects <= 40:
            raise ValueError(
                "a scene needs min_objects <= max_objects <= 40, got "
                f"{self.min_objects} and {self.max_objects}; the default is 1 and 8"
            )
        if self.split not in PHOTOS:
            raise ValueError(f"split must be one of {', '.join(PHOTOS)}; got {self.split!r}")
        strange = [name for name in self.classes if name not in THINGS]
        if strange or not self.classes or len(set(self.classes)) != len(self.classes):
            raise ValueError(
                f"classes must be some of {', '.join(CLASSES)}, each once; got "
                f"{', '.join(map(str, self.classes)) or 'none'}"
            )
        low, high = self.object_size
        if not 0.02 <= low <= high <= 1:
            raise ValueError(
                "object_size must be two shares of the picture's side, smaller first, from 0.02 "
                f"to 1; got {low} and {high}; the default is 0.075 and 0.55"
            )

    def generator(self, index: int) -> Generator:
        """Give the random numbers of one scene, which depend on seed, split and index alone."""
        _check_whole("index", index, 0)
        return Generator(PCG64(SeedSequence((self.seed, list(PHOTOS).index(self.split), index))))

    def photographic(self, index: int) -> bool:
        """Whether a scene lies on a photograph; it need not be drawn to know."""
        return background(self.generator(index), 32, self.split)[1] in PHOTOS[self.split]


def compose(recipe: Recipe, index: int) -> Scene:
    """Draw one scene.

    Raises
    ------
    ValueError
        If so many things of such a size find no room, or a photograph cannot be read.
    """
    random = recipe.generator(index)
    ground = background(random, recipe.size, recipe.split)[0]
    count = int(random.integers(recipe.min_objects, recipe.max_objects + 1))
    for _ in range(BEGINNINGS):
        canvas = Canvas.on(ground, random)
        labels = [int(random.integers(len(recipe.classes))) for _ in range(count)]
        if all(_add(canvas, recipe, label, random) for label in labels):
            return canvas.scene(labels, random)
    raise ValueError(
        f"{count} things of at least {recipe.object_size[0]:g} of the side found no room with "
        f"{VISIBLE:.0%} visible; pass fewer objects or a smaller object_size"
    )


def _add(canvas: "Canvas", recipe: Recipe, label: int, random: Generator) -> bool:
    """Paint one thing and find a place for it; say whether there was one."""
    thing = THINGS[recipe.classes[label]]
    low, high = recipe.object_size
    share = low * (high / low) ** random.random()
    degrees = random.uniform(-thing.degrees, thing.degrees)
    mirrored = random.random() < 0.5 and thing.mirrored
    for _ in range(3):
        radius = round(share * recipe.size / 2, 4)
        offset = random.uniform(-0.5, 0.5), random.uniform(-0.5, 0.5)
        patch = Patch.blank(
            radius, degrees, mirrored=mirrored, light_degrees=canvas.light_degrees, offset=offset
        )
        thing.paint(patch, random)
        for _ in range(MOVES):
            edge = 0.3 * share  # so at most a fifth of its width lies outside
            place = random.uniform(edge, 1 - edge), random.uniform(edge, 1 - edge)
            if canvas.lay(patch, place, radius):
                return True
        share = max(0.6 * share, low)
    return False


@dataclass(eq=False)
class Canvas:
    """A scene while it is being painted.

    Attributes
    ----------
    picture
        float32 (3, size, size), 0 to 1.
    owner
        uint8 (size, size): number of the thing that is seen at a pixel, from 1; 0 is background.
    wholes, seen
        Pixels of each thing, were it alone and whole, and those that can be seen.
    light_degrees
        Where the light comes from.
    """

    picture: NDArray[np.float32]
    owner: NDArray[np.uint8]
    wholes: list[int]
    seen: list[int]
    light_degrees: float

    @classmethod
    def on(cls, ground: NDArray[np.float32], random: Generator) -> "Canvas":
        """Begin upon a background, which stays as it is."""
        owner = np.zeros(ground.shape[1:], np.uint8)
        return cls(ground.copy(), owner, [], [], float(random.uniform(-140, -40)))

    def lay(self, patch: Patch, place: tuple[float, float], radius: float) -> bool:
        """Lay a sheet with its middle at ``place``, if enough of everything stays visible.

        ``place`` is in shares of the sides, x before y.
        """
        size, half = len(self.owner), patch.x.shape[0] // 2
        left, top = (int(share * size) - half for share in place)
        rows, inner_rows = _overlap(top, 2 * half, size)
        columns, inner_columns = _overlap(left, 2 * half, size)
        layers = patch.layers[:, inner_rows, inner_columns]
        mask = layers[3] >= 0.5
        whole, own = int((patch.layers[3] >= 0.5).sum()), int(mask.sum())
        owner = self.owner[rows, columns]
        hidden = np.bincount(owner[mask], minlength=len(self.wholes) + 1)[1:].tolist()
        left_over = [seen - lost for seen, lost in zip(self.seen, hidden, strict=True)] + [own]
        wholes = [*self.wholes, whole]
        if any(s < max(VISIBLE * w, 1) for s, w in zip(left_over, wholes, strict=True)):
            return False
        self.wholes, self.seen = wholes, left_over
        self._shadow(patch.layers[3], left, top, radius)
        area = self.picture[:, rows, columns]
        area += layers[:3] - layers[3] * area
        owner[mask] = len(wholes)
        return True

    def _shadow(self, outline: Field, left: int, top: int, radius: float) -> None:
        """Darken what lies behind: the thing's outline, blurred, moved away from the light."""
        blur = ImageFilter.BoxBlur(max(0.1 * radius, 0.5))
        pad = int(0.2 * radius) + 2
        hard = Image.fromarray(np.pad(np.rint(outline * 255).astype(np.uint8), pad))
        soft = np.asarray(hard.filter(blur).filter(blur), np.float32)
        c, s = turn(self.light_degrees)
        reach, size = 0.22 * radius, len(self.owner)
        rows, inner_rows = _overlap(top - pad - round(reach * s), len(soft), size)
        columns, inner_columns = _overlap(left - pad - round(reach * c), len(soft), size)
        self.picture[:, rows, columns] *= 1 - soft[inner_rows, inner_columns] * (SHADOW / 255)

    def scene(self, labels: list[int], random: Generator) -> Scene:
        """Add grain and read off masks and boxes."""
        grain = random.integers(-4, 5, self.picture.shape[1:], np.int8)
        values = np.rint(self.picture * np.float32(255)) + grain
        image = np.ascontiguousarray(np.clip(values, 0, 255).astype(np.uint8).transpose(1, 2, 0))
        numbers = np.arange(1, len(self.wholes) + 1, dtype=np.uint8)
        return Scene.from_masks(image, self.owner == numbers[:, None, None], labels)


def _overlap(start: int, length: int, size: int) -> tuple[slice, slice]:
    """Where a strip that begins at ``start`` lies upon 0 to ``size``, and which part of it does."""
    first, last = max(start, 0), max(min(start + length, size), 0)
    return slice(first, last), slice(first - start, last - start)


def _check_whole(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}")

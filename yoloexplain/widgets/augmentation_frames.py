"""Frames: every augmentation taken apart into steps, each a picture with its objects.

They stand before the widget that shows them. What chance decides is drawn once a seed; a later step
of a seed knows the same numbers as an earlier one, so that each step adds one thing.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib
import numpy as np
import torch
from numpy.typing import NDArray

from ..data import augment
from ..data.augment.pasting import Rectangle, without
from ..data.record import Image, Scene, masks_known
from ..layers.dropblock import DropBlock2d

Matrix = NDArray[np.float64]
CORNERS = ("upper left", "upper right", "lower left", "lower right")
DEGREES, SCALE, SHEAR = 20, 0.5, 10  # of the affine steps; YOLOv5 itself turns and slants by 0
SHARE, BLOCK = 0.25, 7  # dropped of a map, and side of the squares
ENLARGED = 4  # pixels a value of a map
DROPPED = (0.80, 0.47, 0.65)  # purple, as in the house style


@dataclass(frozen=True, eq=False)
class Frame:
    """One step.

    Attributes
    ----------
    name
        What was done, in two words.
    said
        What chance decided, in a sentence.
    scene
        The picture after it, with the objects that are there.
    matrix
        From a point of the first frame to its place in this one.
    hidden
        Rectangles that are still empty.
    marked
        Rectangles to look at.
    """

    name: str
    said: str
    scene: Scene
    matrix: Matrix = field(default_factory=lambda: np.eye(3))
    hidden: tuple[Rectangle, ...] = ()
    marked: tuple[Rectangle, ...] = ()


def mosaic(scenes: Sequence[Scene], seed: int) -> list[Frame]:
    """A point, four tiles, and the cut back to one picture's size."""
    random = np.random.default_rng(seed)
    made = augment.mosaic(scenes, random)
    x, y = made.centre
    height, width = made.scene.size
    whole = ((0, 0, width, height),)
    said = f"A grey canvas of twice the sides, and a point drawn at random: ({x}, {y})."
    tiles = tuple(tile.target_xyxy for tile in made.tiles)
    frames = [Frame("a point", said, made.scene.pick([]), hidden=whole, marked=tiles)]
    middles = (made.scene.boxes_xyxy[:, :2] + made.scene.boxes_xyxy[:, 2:]) / 2
    for count, corner in enumerate(CORNERS, start=1):
        here = [any(_holds(part, middle) for part in tiles[:count]) for middle in middles]
        said = f"Picture {count} is laid with a corner at ({x}, {y}); what stands out is cut off."
        scene = made.scene.pick(np.array(here, np.bool_))
        frames.append(Frame(corner, said, scene, hidden=tiles[count:]))
    size = scenes[0].size
    cut = augment.random_affine(made.scene, random, size=size)
    stay = f"{len(cut.scene)} of {len(made.scene)} objects stay"
    said = f"Scaled by {_factor(cut.matrix):.2f}, moved, and cut to {size[1]}×{size[0]}: {stay}."
    return [*frames, Frame("cut to size", said, cut.scene, cut.matrix)]


def cutmix(scenes: Sequence[Scene], seed: int) -> list[Frame]:
    """Two pictures, a hole, and what is pasted into it."""
    first, second = scenes[:2]
    keep = augment.KEEP
    made = augment.cutmix(first, second, np.random.default_rng(seed), keep=keep)
    part = made.rectangle_xyxy
    wide, high = part[2] - part[0], part[3] - part[1]
    left = without(first, part, keep, masks_known([first, second]))
    lost = f"{len(left)} of its {len(first)} objects stay"
    return [
        Frame("first picture", "A picture and what is in it.", first),
        Frame("second picture", f"A rectangle of {wide}×{high} is drawn.", second, marked=(part,)),
        Frame("cut out", f"From the first picture it is cut: {lost}.", left, hidden=(part,)),
        Frame("pasted", f"λ = {made.share:.2f} of the first is left.", made.scene, marked=(part,)),
    ]


def mixup(scenes: Sequence[Scene], seed: int) -> list[Frame]:
    """Two pictures, and one through the other."""
    first, second = scenes[:2]
    made = augment.mixup(first, second, np.random.default_rng(seed))
    said = f"{made.share:.2f} of the first and {1 - made.share:.2f} of the second; all boxes stay."
    return [
        Frame("first picture", "A picture and what is in it.", first),
        Frame("second picture", "Another one of the same size.", second),
        Frame("mixed", said, made.scene),
    ]


def affine(scenes: Sequence[Scene], seed: int) -> list[Frame]:
    """Turned, then scaled, then slanted, then moved: one matrix in the end."""
    amounts: dict[str, float] = {"degrees": DEGREES, "scale": SCALE, "shear": SHEAR}
    amounts["translate"] = 0.1
    found = []
    for count in range(1, 5):
        given: dict[str, Any] = {
            name: value if i < count else 0 for i, (name, value) in enumerate(amounts.items())
        }
        found.append(augment.random_affine(scenes[0], np.random.default_rng(seed), **given))
    turned, scaled, slanted, moved = (one.matrix for one in found)
    angle = math.degrees(math.atan2(turned[1, 0], turned[0, 0]))
    slant = slanted[:2, :2] @ np.linalg.inv(scaled[:2, :2])
    across, down = (math.degrees(math.atan(value)) for value in (slant[0, 1], slant[1, 0]))
    x, y = moved[:2, 2] - slanted[:2, 2]
    said = (
        ("turned", f"By {_signed(angle, 0)}°, about the middle."),
        ("scaled", f"By {_factor(scaled):.2f}."),
        ("slanted", f"By {_signed(across, 0)}° along x and {_signed(down, 0)}° along y."),
        ("moved", f"Pixels across: {_signed(x, 0)}; down: {_signed(y, 0)}."),
    )
    frames = [Frame("as drawn", "A picture and what is in it.", scenes[0])]
    for (name, words), one in zip(said, found, strict=True):
        frames.append(Frame(name, words, one.scene, one.matrix))
    return frames


def flip(scenes: Sequence[Scene], seed: int) -> list[Frame]:
    """Mirrored across, then down too; chance only says whether, so the seed changes nothing."""
    height, width = scenes[0].size
    across, down = np.diag([-1.0, 1, 1]), np.diag([1.0, -1, 1])
    across[0, 2], down[1, 2] = width, height
    mirrored = augment.flip_horizontal(scenes[0])
    words = "Left and right are swapped; YOLOv5 does so half of the time."
    never = "And top and bottom; YOLOv5's settings have it, and leave it off."
    return [
        Frame("as drawn", "A picture and what is in it.", scenes[0]),
        Frame("left to right", words, mirrored, across),
        Frame("upside down", never, augment.flip_vertical(mirrored), down @ across),
    ]


def hsv(scenes: Sequence[Scene], seed: int) -> list[Frame]:
    """Hue, then saturation, then value, with twice YOLOv5's hue so that one sees it."""
    amounts = {"hue": 0.03, "saturation": 0.7, "value": 0.4}
    frames = [Frame("as drawn", "A picture and what is in it.", scenes[0])]
    for count, name in enumerate(amounts, start=1):
        given: dict[str, Any] = {
            key: value if i < count else 0 for i, (key, value) in enumerate(amounts.items())
        }
        one = augment.hsv_jitter(scenes[0], np.random.default_rng(seed), **given)
        said = (
            f"Turned by {_signed(360 * one.turn, 0)}° on the colour wheel.",
            f"Times {one.saturation:.2f}: {'paler' if one.saturation < 1 else 'stronger'}.",
            f"Times {one.value:.2f}: {'darker' if one.value < 1 else 'brighter'}.",
        )
        frames.append(Frame(name, said[count - 1], one.scene))
    return frames


def dropblock(values: NDArray[np.floating[Any]], seed: int) -> list[Frame]:
    """A map, single values dropped, squares dropped, and the rest scaled up."""
    block = DropBlock2d(SHARE, BLOCK).train()
    one = torch.tensor(np.asarray(values, np.float32))[None, None]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        keep = block.keep_mask(one)
        torch.manual_seed(seed)
        done = block(one)
        singles = torch.rand_like(one) < keep.mean()
    low, most = float(one.min()), float(done.max())
    dropped = 1 - float(keep.mean())
    factor = keep.numel() / float(keep.sum().clamp(min=1))
    asked = f"Asked for {100 * SHARE:.0f} %, with squares of {BLOCK}×{BLOCK}"
    steps = (
        ("the map", "One channel of a network that has learned.", one, torch.ones_like(one)),
        ("dropout", "As much, value by value: the eye fills it in.", one, singles.float()),
        ("squares out", f"{asked}: {100 * dropped:.0f} % is gone.", one, keep),
        ("scaled up", f"What is left, times {factor:.2f}: the mean stays.", done, keep),
    )
    return [
        Frame(name, said, _drawn(shown[0, 0].numpy(), mask[0, 0].numpy() > 0, low, most))
        for name, said, shown, mask in steps
    ]


Steps = Callable[[Sequence[Scene], int], list[Frame]]
ON_SCENES: dict[str, Steps] = {
    "Mosaic": mosaic,
    "CutMix": cutmix,
    "MixUp": mixup,
    "random affine": affine,
    "flip": flip,
    "HSV": hsv,
}


def _drawn(values: NDArray[Any], kept: NDArray[np.bool_], low: float, most: float) -> Scene:
    """Write a map as a picture without objects."""
    share = (values - low) / ((most - low) or 1)
    colours = matplotlib.colormaps["viridis"](share)[..., :3]
    colours[~kept] = DROPPED
    image: Image = np.rint(255 * colours).astype(np.uint8)
    large = image.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)
    return Scene.from_boxes(large, np.zeros((0, 4)), [])


def _holds(part: Rectangle, middle: NDArray[Any]) -> bool:
    return bool(part[0] <= middle[0] <= part[2] and part[1] <= middle[1] <= part[3])


def _factor(matrix: Matrix) -> float:
    return math.sqrt(abs(float(np.linalg.det(matrix[:2, :2]))))


def _signed(value: float, digits: int) -> str:
    """Write a number with a real minus sign."""
    return f"{value:.{digits}f}".replace("-", "−") if round(value, digits) else f"{0:.{digits}f}"

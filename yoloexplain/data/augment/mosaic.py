"""Mosaic: four scenes around a random point, so that one picture shows four.

It stands between the scenes and the batch.
Source: "YOLOv4: Optimal Speed and Accuracy of Object Detection" (2020, arXiv 2004.10934).

Things appear out of their surroundings, four times as many, and BatchNorm sees four pictures in
each. The usual next step shrinks and cuts it to half its sides: ``random_affine`` with ``size``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from ..record import Scene, masks_known
from .geometry import GREY
from .keep import KEEP, Keep
from .pasting import Tile, part_of, placed, together


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Four scenes around a centre.

    Attributes
    ----------
    scene
        The mosaic.
    centre
        (x, y) of the point where the four meet.
    tiles
        Upper left, upper right, lower left, lower right.
    """

    scene: Scene
    centre: tuple[int, int]
    tiles: tuple[Tile, ...]


def mosaic(
    scenes: Sequence[Scene],
    random: Generator,
    *,
    size: tuple[int, int] | None = None,
    keep: Keep = KEEP,
    fill: int = GREY,
) -> Mosaic:
    """Lay four scenes around a random point, each with the corner towards it.

    Parameters
    ----------
    scenes
        Four: upper left, upper right, lower left, lower right.
    size
        (height, width) of the mosaic; twice the first scene's unless given. What a scene lacks
        stays grey, and what it has too much is cut off at the far sides.
    keep
        Which of the cut objects stay.
    fill
        That grey.

    Raises
    ------
    ValueError
        If there are not four scenes.
    """
    if len(scenes) != 4:
        raise ValueError(f"a mosaic takes four scenes, got {len(scenes)}")
    height, width = size or (2 * scenes[0].size[0], 2 * scenes[0].size[1])
    x = int(random.integers(width // 4, width - width // 4 + 1))
    y = int(random.integers(height // 4, height - height // 4 + 1))
    tiles = tuple(_tile(k, scene.size, (x, y), (height, width)) for k, scene in enumerate(scenes))
    image = np.full((height, width, 3), fill, np.uint8)
    for scene, tile in zip(scenes, tiles, strict=True):
        image[part_of(tile.target_xyxy)] = scene.image[part_of(tile.source_xyxy)]
    known = masks_known(scenes)
    parts = [
        placed(scene, tile, (height, width), keep, known)
        for scene, tile in zip(scenes, tiles, strict=True)
    ]
    return Mosaic(together(image, parts, known), (x, y), tiles)


def _tile(
    number: int, source: tuple[int, int], centre: tuple[int, int], size: tuple[int, int]
) -> Tile:
    """Where the number-th scene of a mosaic goes."""
    spans = []
    for length, middle, whole, after in (
        (source[1], centre[0], size[1], number % 2 == 1),
        (source[0], centre[1], size[0], number >= 2),
    ):
        if after:
            shown = min(length, whole - middle)
            spans.append((0, shown, middle, middle + shown))
        else:
            shown = min(length, middle)
            spans.append((length - shown, length, middle - shown, middle))
    (x0, x1, u0, u1), (y0, y1, v0, v1) = spans
    return Tile((x0, y0, x1, y1), (u0, v0, u1, v1))

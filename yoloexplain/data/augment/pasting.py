"""Pasting: what remains of a scene's objects when a rectangle of it is taken, or taken away.

It stands below Mosaic and CutMix, which are nothing but rectangles moved from picture to picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..record import Masks, Scene, boxes_around, pixels_of
from .keep import Keep, area, share_left

Rectangle = tuple[int, int, int, int]  # left, top, right, bottom in whole pixels


@dataclass(frozen=True)
class Tile:
    """One scene's part of a mosaic.

    Attributes
    ----------
    source_xyxy, target_xyxy
        Which part of the scene, and where it went: equally large rectangles in whole pixels.
    """

    source_xyxy: Rectangle
    target_xyxy: Rectangle


def part_of(rectangle: Rectangle) -> tuple[slice, slice]:
    """Rows and columns of a rectangle."""
    left, top, right, bottom = rectangle
    return slice(top, bottom), slice(left, right)


def placed(scene: Scene, tile: Tile, size: tuple[int, int], keep: Keep, known: bool) -> Scene:
    """The objects of one tile in the new picture's pixels, upon an empty picture."""
    empty = np.broadcast_to(np.uint8(0), (*size, 3))
    step = np.tile(np.subtract(tile.target_xyxy[:2], tile.source_xyxy[:2]), 2)
    if known and scene.masks is not None:
        window = np.ascontiguousarray(scene.masks[:, *part_of(tile.source_xyxy)])
        index, boxes = _still_seen(scene, window, keep, origin=tile.source_xyxy[:2])
        masks = np.zeros((len(index), *size), np.bool_)
        masks[:, *part_of(tile.target_xyxy)] = window[index]
        return Scene(empty, (boxes + step).astype(np.float32), scene.labels[index], masks)
    left, top, right, bottom = tile.source_xyxy
    cut = np.clip(scene.boxes_xyxy, [left, top, left, top], [right, bottom, right, bottom])
    moved = Scene.from_boxes(empty, cut + step, scene.labels)
    shares = share_left(cut, scene.boxes_xyxy)
    return moved.pick(keep.test(scene.boxes_xyxy, moved.boxes_xyxy, shares))


def _still_seen(
    scene: Scene, left: Masks, keep: Keep, origin: tuple[int, int] = (0, 0)
) -> tuple[NDArray[np.signedinteger[Any]], NDArray[np.floating[Any]]]:
    """Which objects are worth keeping by what is left of their masks, and their boxes now."""
    assert scene.masks is not None
    counts = pixels_of(left)
    seen = np.flatnonzero(counts)
    boxes = boxes_around(left[seen]) + np.tile(np.array(origin, np.float64), 2)
    shares = counts[seen] / pixels_of(scene.masks[seen])
    stays = keep.test(scene.boxes_xyxy[seen], boxes, shares)
    return seen[stays], boxes[stays]


def together(image: NDArray[np.uint8], parts: Sequence[Scene], known: bool) -> Scene:
    """One scene of the objects of several, all in the same pixels."""
    boxes = np.concatenate([part.boxes_xyxy for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    if not known:
        return Scene(image, boxes, labels)
    empty = np.zeros((0, *image.shape[:2]), np.bool_)
    masks = [empty if part.masks is None else part.masks for part in parts]
    return Scene(image, boxes, labels, np.concatenate(masks))


def without(scene: Scene, rectangle: Rectangle, keep: Keep, known: bool) -> Scene:
    """What is left of a scene's objects beside a rectangle."""
    if known and scene.masks is not None:
        masks = scene.masks.copy()
        masks[:, *part_of(rectangle)] = False
        index, tight = _still_seen(scene, masks, keep)
        labels = scene.labels[index]
        return Scene(scene.image, tight.astype(np.float32), labels, masks[index])
    left, top, right, bottom = rectangle
    boxes = scene.boxes_xyxy.astype(np.float64)
    hidden = np.clip(boxes, [left, top, left, top], [right, bottom, right, bottom])
    whole = area(boxes)
    shares = 1 - area(hidden) / np.maximum(whole, 1e-12)
    shrunk = np.array([_shrink(box, rectangle) for box in boxes]).reshape(-1, 4)
    cut = Scene.from_boxes(scene.image, shrunk, scene.labels)
    return cut.pick(keep.test(boxes, cut.boxes_xyxy, shares))


def _shrink(box: NDArray[np.float64], rectangle: Rectangle) -> NDArray[np.float64]:
    """Tight box around what a rectangle leaves of a box: smaller only where a whole side goes."""
    x0, y0, x1, y1 = box.tolist()
    left, top, right, bottom = rectangle
    if top <= y0 and y1 <= bottom:  # the rectangle is as high as the box
        x0 = max(x0, min(right, x1)) if left <= x0 else x0
        x1 = min(x1, max(left, x0)) if right >= x1 else x1
    elif left <= x0 and x1 <= right:
        y0 = max(y0, min(bottom, y1)) if top <= y0 else y0
        y1 = min(y1, max(top, y0)) if bottom >= y1 else y1
    return np.array([x0, y0, x1, y1])

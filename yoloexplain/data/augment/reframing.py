"""Reframing: pictures mirrored, or scaled into a network's frame, with everything in them.

It stands between a data set and the batch; the letterbox also between a user's photograph and a
network that is asked.
"""

import numpy as np
from PIL import Image

from ..letterbox import Letterboxed, letterbox
from ..record import Scene
from .geometry import carried
from .keep import KEEP, Keep


def flip_horizontal(scene: Scene) -> Scene:
    """Swap left and right; done twice, it is undone."""
    width, boxes = np.float32(scene.size[1]), scene.boxes_xyxy.copy()
    boxes[:, [0, 2]] = width - boxes[:, [2, 0]]
    masks = None if scene.masks is None else scene.masks[:, :, ::-1].copy()
    return Scene(scene.image[:, ::-1].copy(), boxes, scene.labels, masks)


def flip_vertical(scene: Scene) -> Scene:
    """Swap top and bottom; done twice, it is undone."""
    height, boxes = np.float32(scene.size[0]), scene.boxes_xyxy.copy()
    boxes[:, [1, 3]] = height - boxes[:, [3, 1]]
    masks = None if scene.masks is None else scene.masks[:, ::-1].copy()
    return Scene(scene.image[::-1].copy(), boxes, scene.labels, masks)


def letterboxed(
    scene: Scene, size: int | tuple[int, int], *, stride: int = 1, keep: Keep = KEEP
) -> tuple[Scene, Letterboxed]:
    """Scale and frame a scene until it fits a network, and remember the way back.

    Masks are scaled like the picture and decided again, at one half; one that vanishes takes its
    object with it.
    """
    framed = letterbox(scene.image, size, stride=stride)
    height, width = framed.image.shape[:2]
    if scene.masks is None:
        boxes = np.clip(framed.apply(scene.boxes_xyxy), 0, [width, height, width, height])
        moved = Scene.from_boxes(framed.image, boxes, scene.labels)
        stays = keep.test(scene.boxes_xyxy, moved.boxes_xyxy, np.ones(len(scene)))
        return moved.pick(stays), framed
    masks = np.zeros((len(scene), height, width), np.bool_)
    (left, top), (rows, columns) = framed.padding, framed.resized_size
    for k, mask in enumerate(scene.masks):
        shape = Image.fromarray(mask.astype(np.uint8) * 255)
        soft = shape.resize((columns, rows), Image.Resampling.BILINEAR)
        masks[k, top : top + rows, left : left + columns] = np.asarray(soft) >= 128
    return carried(scene, framed.image, masks, np.ones(len(scene)), np.eye(3), keep).scene, framed

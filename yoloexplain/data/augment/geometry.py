"""Geometry: pictures moved, turned and stretched, and everything that is in them too.

It stands between a scene and the batch.
Source: the affine augmentation and its parameters as in YOLOv5 (Jocher et al. 2020–2022), releases
1.0 to 7.0, https://github.com/ultralytics/yolov5, facts only.

A change of geometry is one 3×3 matrix, which takes a point of the old picture to its place in the
new one. Pixels, masks and corners all go through the same matrix.

Departures: where there is a mask, the box is measured on the moved mask. From corners alone, a box
that is turned grows, since it must hold all four; that is why masks are worth having.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from ..record import Masks, Scene
from .keep import KEEP, Keep, share_left
from .matrices import Matrix, affine_matrix, follow, move

Mask = NDArray[np.bool_]  # (H, W)
Box = NDArray[np.floating[Any]]  # (4,)
Number = float | int
LIMITS = {"degrees": 180, "translate": 1, "scale": 0.99, "shear": 80, "perspective": 0.001}
GREY = 114  # of what lies outside the picture, as in letterboxing


@dataclass(frozen=True, eq=False)
class Warped:
    """A scene moved by a matrix, and how to follow a point of it.

    Attributes
    ----------
    scene
        The new picture with the objects that stayed.
    matrix
        (3, 3), from a point (x, y, 1) of the old picture to its place in the new one.
    kept
        Numbers of the old scene's objects that stayed.
    """

    scene: Scene
    matrix: Matrix
    kept: NDArray[np.int64]

    def points(self, places: ArrayLike) -> NDArray[np.float64]:
        """Where points (N, 2) of the old picture lie in the new one."""
        return follow(self.matrix, places)


def random_affine(
    scene: Scene,
    random: Generator,
    *,
    degrees: Number = 0,
    translate: Number = 0.1,
    scale: Number = 0.5,
    shear: Number = 0,
    perspective: Number = 0,
    size: tuple[int, int] | None = None,
    keep: Keep = KEEP,
    fill: int = GREY,
) -> Warped:
    """Turn, stretch, slant and move a scene about its middle by random amounts.

    Parameters
    ----------
    degrees, shear
        Largest turn, and largest slant along either axis, to both sides.
    translate
        Largest step, as a share of the new picture's sides.
    scale
        Stretched by a factor from 1 − scale to 1 + scale.
    perspective
        Largest slope away from the eye, a fraction a pixel; 0.001 is much, and the most.
    size
        (height, width) of the new picture, by default that of the old one. The middle of the one
        comes to lie on the middle of the other, so a mosaic can be cut to half its sides.
    keep
        Which objects stay.
    fill
        Grey of what lies outside.

    Raises
    ------
    ValueError
        For an amount out of range.
    """
    _check_amounts(
        degrees=degrees, translate=translate, scale=scale, shear=shear, perspective=perspective
    )
    target = scene.size if size is None else size
    bend = random.uniform(-perspective, perspective, 2)
    turned = random.uniform(-degrees, degrees)
    factor = random.uniform(1 - scale, 1 + scale)
    slant = random.uniform(-shear, shear, 2)
    step = random.uniform(-translate, translate, 2)
    matrix = affine_matrix(
        scene.size, target, degrees=turned, scale=factor, shear=tuple(slant.tolist()),
        translate=tuple(step.tolist()), perspective=tuple(bend.tolist()),
    )  # fmt: skip
    return warp(scene, matrix, target, keep=keep, fill=fill)


def _check_amounts(**amounts: Number) -> None:
    for name, amount in amounts.items():
        if not 0 <= amount <= LIMITS[name]:
            raise ValueError(f"{name} must lie from 0 to {LIMITS[name]}, got {amount}")


def warp(
    scene: Scene,
    matrix: Matrix,
    size: tuple[int, int],
    *,
    keep: Keep = KEEP,
    fill: int = GREY,
) -> Warped:
    """Take a scene through a matrix: pixels between pixels are mixed, masks stay yes or no.

    Raises
    ------
    ValueError
        If the matrix cannot be undone, or a corner comes to lie behind the eye.
    """
    height, width = scene.size
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]])
    if abs(np.linalg.det(matrix)) < 1e-9 or (corners @ matrix[2] < 0.05).any():
        raise ValueError(
            "a warp's matrix must have an inverse and leave the whole picture before the eye, got "
            f"{matrix.round(6).tolist()}; take a smaller perspective"
        )
    inverse: Matrix = np.linalg.inv(matrix).astype(np.float64)
    picture = Image.fromarray(scene.image)
    image = np.array(_transform(picture, inverse, size, Image.Resampling.BILINEAR, (fill,) * 3))
    whole = _boxes_around_corners(scene.boxes_xyxy, matrix)
    if scene.masks is None:
        cut = np.clip(whole, 0, [size[1], size[0], size[1], size[0]])
        moved = Scene.from_boxes(image, cut, scene.labels)
        stays = keep.test(scene.boxes_xyxy, moved.boxes_xyxy, share_left(cut, whole))
        return Warped(moved.pick(stays), matrix, np.flatnonzero(stays))
    masks = np.zeros((len(scene), *size), np.bool_)
    shares = np.ones(len(scene))
    for k, mask in enumerate(scene.masks):
        shares[k] = _warp_mask(mask, masks[k], whole[k], scene.boxes_xyxy[k], matrix, inverse)
    return carried(scene, image, masks, shares, matrix, keep)


def _warp_mask(
    mask: Mask, moved: Mask, whole: Box, box: Box, matrix: Matrix, inverse: Matrix
) -> float:
    """Fill in a moved mask, and say which share of the old one's pixels still lies inside.

    Only the part of the picture is looked at where the corners of the mask's box come to lie.
    """
    height, width = moved.shape
    left, top = (max(math.floor(value) - 1, 0) for value in whole[:2])
    right = min(math.ceil(whole[2]) + 1, width)
    bottom = min(math.ceil(whole[3]) + 1, height)
    if left >= right or top >= bottom:
        return 0.0
    x0, y0, x1, y1 = math.floor(box[0]), math.floor(box[1]), math.ceil(box[2]), math.ceil(box[3])
    window = mask[y0:y1, x0:x1]
    part = move(-x0, -y0) @ inverse @ move(left, top)
    shape = Image.fromarray(np.ascontiguousarray(window).view(np.uint8))
    nearest = Image.Resampling.NEAREST
    moved[top:bottom, left:right] = _transform(
        shape, part, (bottom - top, right - left), nearest, 0
    )
    if whole[0] >= 0 and whole[1] >= 0 and whole[2] <= width and whole[3] <= height:
        return 1.0
    rows, columns = np.nonzero(window)
    x, y = follow(matrix, np.stack([columns + x0, rows + y0], axis=1) + 0.5).T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return float(inside.mean()) if len(inside) else 0.0


def carried(
    scene: Scene, image: NDArray[np.uint8], masks: Masks, shares: ArrayLike, matrix: Matrix,
    keep: Keep,
) -> Warped:  # fmt: skip
    """Keep the objects whose moved masks pass."""
    seen = np.flatnonzero(np.any(masks, axis=(1, 2)))
    moved = Scene.from_masks(image, masks[seen], scene.labels[seen])
    stays = keep.test(scene.boxes_xyxy[seen], moved.boxes_xyxy, np.asarray(shares)[seen])
    return Warped(moved.pick(stays), matrix, seen[stays])


def _transform(
    picture: Image.Image,
    inverse: Matrix,
    size: tuple[int, int],
    how: Image.Resampling,
    fill: object,
) -> Image.Image:
    flat = inverse / inverse[2, 2]
    if abs(flat[2, :2]).max() < 1e-12:
        data, method = tuple(flat[:2].ravel()), Image.Transform.AFFINE
    else:
        data, method = tuple(flat.ravel()[:8]), Image.Transform.PERSPECTIVE
    return picture.transform(size[::-1], method, data, how, fillcolor=fill)  # type: ignore[arg-type]


def _boxes_around_corners(boxes_xyxy: NDArray[np.float32], matrix: Matrix) -> NDArray[np.float64]:
    """Boxes around the four moved corners of each, wherever they come to lie."""
    corners = boxes_xyxy[:, [0, 1, 2, 1, 2, 3, 0, 3]]
    moved = follow(matrix, corners).reshape(-1, 4, 2)
    return np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)

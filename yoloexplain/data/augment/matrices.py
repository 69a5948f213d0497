"""Matrices: 3×3 numbers that say where every point of a picture goes.

They stand under the affine augmentation: a matrix is composed once, and pixels, masks and corners
all go through it.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]  # (3, 3), old pixels → new pixels
Number = float | int


def affine_matrix(
    old_size: tuple[int, int],
    new_size: tuple[int, int],
    *,
    degrees: Number = 0,
    scale: Number = 1,
    shear: tuple[Number, Number] = (0, 0),
    translate: tuple[Number, Number] = (0, 0),
    perspective: tuple[Number, Number] = (0, 0),
) -> Matrix:
    """Compose the matrix: middle to origin, perspective, turn and stretch, slant, and back again.

    Parameters
    ----------
    old_size, new_size
        (height, width).
    degrees
        Clockwise as seen.
    scale
        Factor of the size.
    shear
        Slant in degrees along x and along y.
    translate
        Step along x and y, as shares of the new width and height.
    perspective
        Slope along x and y, a fraction a pixel.
    """
    (height, width), (new_height, new_width) = old_size, new_size
    angle = math.radians(degrees)
    c, s = scale * math.cos(angle), scale * math.sin(angle)
    slant_x, slant_y = (math.tan(math.radians(value)) for value in shear)
    middle = move(-width / 2, -height / 2)
    bent = np.array([[1, 0, 0], [0, 1, 0], [*perspective, 1]])
    turned = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    slanted = np.array([[1, slant_x, 0], [slant_y, 1, 0], [0, 0, 1]])
    back = move((0.5 + translate[0]) * new_width, (0.5 + translate[1]) * new_height)
    return back @ slanted @ turned @ bent @ middle


def move(x: Number, y: Number) -> Matrix:
    """Matrix of a step."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def follow(matrix: Matrix, places: ArrayLike) -> NDArray[np.float64]:
    """Where a matrix takes points (N, 2)."""
    points = np.asarray(places, np.float64).reshape(-1, 2)
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return moved[:, :2] / moved[:, 2:]

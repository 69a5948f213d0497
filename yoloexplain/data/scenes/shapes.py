"""Shapes: how far a pixel lies from an outline, the arithmetic under every drawn thing.

It stands before the first pixel of a scene.
Idea: a signed distance is negative inside a shape and positive outside; the smaller of two joins
them, the larger intersects them, and its last half pixel on either side makes a smooth edge. That
needs no drawing library and no supersampling, and comes out the same on every machine: only +, −,
×, ÷, √ and comparisons ever touch a pixel, which IEEE 754 fixes to the bit.

Coordinates are a thing's own: x to the right, y downwards, the thing within −1 to 1.
"""

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]  # float32, one value a pixel: a coordinate, a distance, a share
Number = float | int
Point = tuple[Number, Number]


def turn(degrees: Number) -> tuple[float, float]:
    """Cosine and sine, rounded so that the last bit of a machine's own sine does not count."""
    angle = math.radians(degrees)
    return round(math.cos(angle), 9), round(math.sin(angle), 9)


def circle(x: Field, y: Field, radius: Number) -> Field:
    """Distance from a circle around the origin."""
    return np.sqrt(x * x + y * y) - radius


def ellipse(x: Field, y: Field, wide: Number, high: Number) -> Field:
    """Distance from an ellipse with these half axes, true near the outline."""
    u, v = x / wide, y / high
    squared = u * u + v * v
    steepness = np.sqrt((u / wide) * (u / wide) + (v / high) * (v / high))
    return 0.5 * (squared - 1) / np.maximum(steepness, 1e-3)


def box(x: Field, y: Field, wide: Number, high: Number, rounding: Number = 0.0) -> Field:
    """Distance from a rectangle with these half sides and rounded corners."""
    across, down = np.abs(x) - (wide - rounding), np.abs(y) - (high - rounding)
    outside = np.sqrt(np.maximum(across, 0) ** 2 + np.maximum(down, 0) ** 2)
    return outside + np.minimum(np.maximum(across, down), 0) - rounding


def segment(x: Field, y: Field, start: Point, end: Point, radius: Number) -> Field:
    """Distance from a thick line with round ends."""
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    from_x, from_y = x - start[0], y - start[1]
    share = (from_x * along_x + from_y * along_y) / (along_x * along_x + along_y * along_y)
    share = np.minimum(np.maximum(share, 0), 1)
    return circle(from_x - share * along_x, from_y - share * along_y, radius)


def convex(x: Field, y: Field, points: Sequence[Point], rounding: Number = 0.0) -> Field:
    """Distance from a convex polygon, clockwise as seen, with corners softened by ``rounding``."""
    sides = []
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        length = math.sqrt((x1 - x0) ** 2 + (y1 - y0) ** 2)
        across, down = (y1 - y0) / length, (x0 - x1) / length
        sides.append(x * across + y * down - (x0 * across + y0 * down))
    return reduce(lambda a, b: both(a, b, rounding), sides)


def regular(corners: int, radius: Number, first: Number = 0.0) -> list[Point]:
    """Corners of a regular polygon, clockwise as seen from ``first`` degrees off the x axis."""
    turns = [turn(first + 360 * k / corners) for k in range(corners)]
    return [(radius * c, radius * s) for c, s in turns]


def both(a: Field, b: Field, rounding: Number = 0.0) -> Field:
    """Inside both shapes; where their outlines meet, the corner may be softened."""
    if not rounding:
        return np.maximum(a, b)
    near = np.maximum(rounding - np.abs(a - b), 0)
    return np.maximum(a, b) + near * near * (0.25 / rounding)


def ripple(values: Field) -> Field:
    """Distance of each value from the nearest half, so up and down between 0 and 0.5."""
    return np.abs(values - np.floor(values) - 0.5)


def either(*shapes: Field) -> Field:
    """Inside any of the shapes."""
    return reduce(np.minimum, shapes)


def star(
    x: Field, y: Field, radius: Number, inner: Number, rounding: Number
) -> tuple[Field, Field]:
    """Distance from a five-pointed star, one point up, and which facet a pixel belongs to.

    The facet is the direction that it faces, as a share of the way across: (2, H, W).
    """
    along, across = np.full_like(x, -9), np.zeros_like(x)
    facing = np.zeros((2, *x.shape), np.float32)
    for k in range(5):
        c, s = turn(72 * k - 90)
        u, v = x * c + y * s, y * c - x * s
        nearest = u > along
        along, across = np.where(nearest, u, along), np.where(nearest, v, across)
        side = np.where(v > 0, np.float32(1), np.float32(-1))
        facing = np.where(nearest, np.stack([-s * side, c * side]), facing)
    tip, (c, s) = radius - rounding, turn(36)
    edge_x, edge_y = inner * c - tip, inner * s
    u, v = along - tip, np.abs(across)
    share = np.clip((u * edge_x + v * edge_y) / (edge_x**2 + edge_y**2), 0, 1)
    away = circle(u - share * edge_x, v - share * edge_y, 0)
    inside = u * edge_y - v * edge_x < 0
    return np.where(inside, -away, away) - rounding, facing

"""Patch: the small sheet on which one thing is painted before it is laid into a scene.

It stands between the shapes and the things.
Idea: four layers, red, green, blue and how much is covered, all multiplied by the last. A shape
either adds to what is covered (``paint``) or only colours what is there already (``dye``). The
sheet is turned, not the thing: every pixel knows its own place in the thing's coordinates, so an
edge is as sharp at any angle, and the light keeps coming from the same side of the scene.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .shapes import Field, Number, turn

Colour = Sequence[float] | NDArray[np.float32]  # red, green, blue from 0 to 1
WHITE, INK = (0.98, 0.97, 0.94), (0.13, 0.11, 0.14)
HEIGHT_OF_LIGHT = 0.62  # of 1: how far it comes from above the sheet, not along it
REACH = 1.15  # everything is drawn within a circle of this radius
WHEEL = (
    (0.85, 0.18, 0.2), (0.95, 0.45, 0.18), (0.98, 0.74, 0.2), (0.67, 0.77, 0.25),
    (0.25, 0.62, 0.36), (0.1, 0.6, 0.58), (0.27, 0.65, 0.9), (0.18, 0.37, 0.78),
    (0.45, 0.32, 0.72), (0.83, 0.33, 0.62),
)  # fmt: skip


def hue(value: Number, pale: Number = 0.0, dark: Number = 0.0) -> tuple[float, ...]:
    """Colour from a painter's wheel, round from 0 to 1, with some white and some ink in it."""
    place = value % 1 * len(WHEEL)
    low = int(place) % len(WHEEL)
    pure = mix(WHEEL[low], WHEEL[(low + 1) % len(WHEEL)], place - int(place))
    return mix(mix(pure, WHITE, pale), INK, dark)


def mix(a: Colour, b: Colour, share: Number) -> tuple[float, ...]:
    """Colour between two."""
    return tuple(float(p + (q - p) * share) for p, q in zip(a, b, strict=True))


@dataclass(frozen=True, eq=False)
class Patch:
    """A sheet of pixels in a thing's own coordinates.

    Attributes
    ----------
    x, y
        (h, w), place of each pixel's centre in the thing's coordinates, y downwards.
    pixel
        Side of a pixel in those coordinates.
    layers
        float32 (4, h, w): red, green, blue, each times the fourth, coverage.
    light
        Where the light comes from in the thing's coordinates, length 1 with its height.
    window
        Rows and columns of the sheet that this is a part of.
    """

    x: Field
    y: Field
    pixel: float
    layers: Field
    light: tuple[float, float, float]
    window: tuple[slice, slice] = (slice(None), slice(None))

    @classmethod
    def blank(
        cls,
        radius: Number,
        degrees: Number,
        *,
        mirrored: bool = False,
        light_degrees: Number = -125,
        offset: tuple[Number, Number] = (0.0, 0.0),
    ) -> "Patch":
        """Lay an empty sheet under a thing whose unit is ``radius`` pixels.

        Parameters
        ----------
        radius
            Pixels from the thing's middle to 1.
        degrees
            Turn of the thing, clockwise as seen.
        mirrored
            Whether left and right are swapped before it is turned.
        light_degrees
            Where in the scene the light comes from, −90 from straight above.
        offset
            Of the thing's middle from the middle of the sheet, in pixels, at most half of one.
        """
        c, s = turn(degrees)
        reach = math.ceil(radius * min(abs(c) + abs(s), REACH) + 1)
        steps = np.arange(-reach, reach, dtype=np.float32) + np.float32(0.5)
        across, down = (steps - offset[0]) / radius, (steps - offset[1]) / radius
        across, down = across.astype(np.float32)[None], down.astype(np.float32)[:, None]
        side = -1 if mirrored else 1
        x, y = side * (across * c + down * s), down * c - across * s
        low = math.sqrt(1 - HEIGHT_OF_LIGHT**2)
        u, v = turn(light_degrees)
        light = (side * (u * c + v * s) * low, (v * c - u * s) * low, HEIGHT_OF_LIGHT)
        layers = np.zeros((4, *x.shape), np.float32)
        return cls(x, y, 1 / float(radius), layers, light)

    def cover(self, distance: Field) -> Field:
        """Share of each pixel that lies inside a shape."""
        return np.clip(0.5 - distance * (1 / self.pixel), 0, 1)

    def paint(self, colour: Colour, distance: Field) -> None:
        """Lay an opaque shape upon the sheet."""
        self.layers[...] += self.cover(distance) * (_column((*colour, 1.0)) - self.layers)

    def dye(self, colour: Colour, share: Field | Number) -> None:
        """Colour what is covered already, each pixel by its share."""
        self.layers[:3] += share * (_column(colour) * self.layers[3] - self.layers[:3])

    def mark(self, colour: Colour, distance: Field, strength: Number = 1.0) -> None:
        """Colour what is covered already within a shape."""
        self.dye(colour, self.cover(distance) * strength)

    def shade(self, brightness: Field) -> None:
        """Multiply the colours, 1 leaves them."""
        self.layers[:3] *= brightness

    def lit(self, normal_x: Field, normal_y: Field, normal_z: Field | Number) -> Field:
        """How much a surface with these normals faces the light, at least 0."""
        u, v, w = self.light
        return np.maximum(normal_x * u + normal_y * v + normal_z * w, 0)

    def shade_flat(self, depth: Number = 0.3) -> None:
        """Shade the sheet as if it leant a little: brighter towards the light."""
        u, v, _ = self.light
        self.shade(1 + depth * (self.x * u + self.y * v))

    def rim(self, distance: Field, width: Number = 0.1, depth: Number = 0.45) -> None:
        """Darken a shape towards its outline, so that it stands off what lies behind."""
        self.shade(1 - depth * np.clip(1 + distance / width, 0, 1) * self.cover(distance))

    def around(self, x: Number, y: Number, radius: Number) -> "Patch":
        """Look at the part of the sheet around (x, y), which becomes its origin; no copy."""
        u, v = float(x - self.x[0, 0]), float(y - self.y[0, 0])
        window = []
        for other, size in ((np.s_[-1, 0], self.x.shape[0]), (np.s_[0, -1], self.x.shape[1])):
            # The sheet is only turned, so a step along an axis is one pixel long.
            along_x = float(self.x[other] - self.x[0, 0]) / (size - 1) / self.pixel
            along_y = float(self.y[other] - self.y[0, 0]) / (size - 1) / self.pixel
            middle = (u * along_x + v * along_y) / self.pixel
            reach = radius * (abs(along_x) + abs(along_y)) / self.pixel + 1
            first = min(max(math.floor(middle - reach), 0), size)
            window.append(slice(first, max(min(math.ceil(middle + reach) + 1, size), first)))
        part = window[0], window[1]
        layers = self.layers[:, part[0], part[1]]
        return replace(self, x=self.x[part] - x, y=self.y[part] - y, layers=layers, window=part)

    def face(self, x: Number, y: Number, size: Number) -> None:
        """Give it two eyes and a smile."""
        part = self.around(x, y, 1.9 * size)
        for side in (-1, 1):
            u, v = part.x - side * size, part.y
            away = np.sqrt(u * u * 1.7 + v * v) - 0.5 * size
            part.mark(INK, away)
            glint = np.sqrt((u + 0.12 * size) ** 2 + (v + 0.2 * size) ** 2) - 0.16 * size
            part.mark(WHITE, glint)
        u, v = part.x, part.y - 0.3 * size
        ring = np.abs(np.sqrt(u * u + v * v) - 0.62 * size) - 0.12 * size
        part.mark(INK, np.maximum(ring, 0.2 * size - v))


def _column(colour: Colour) -> NDArray[np.float32]:
    return np.asarray(colour, np.float32)[:, None, None]

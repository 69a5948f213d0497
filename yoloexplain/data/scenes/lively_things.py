"""Lively things: a mushroom, a fish, a boat and a car, painted from random numbers.

They stand on the sheet that ``patch`` lays out, as the round things do, and complete the list.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from .patch import INK, WHITE, Colour, Patch, hue, mix
from .round_things import ball, doughnut, sign, starry
from .shapes import Field, Point, both, box, circle, convex, either, ellipse, ripple

_DOTS = ((-0.52, -0.2), (0.02, -0.52), (0.5, -0.26), (-0.1, -0.06), (0.74, 0.0), (-0.8, 0.02))
CREAM, GLASS, STEEL = (0.97, 0.91, 0.78), (0.66, 0.84, 0.93), (0.72, 0.74, 0.78)


def mushroom(patch: Patch, random: Generator) -> None:
    """A toadstool: cap with pale dots, gills under it, a stem, and sometimes a face."""
    x, y = patch.x, patch.y
    cap_colour = hue(
        random.choice([0.0, 0.0, 0.03, 0.1, 0.66, 0.8, 0.9]), 0, random.uniform(0, 0.1)
    )
    high, wide = random.uniform(0.85, 1.0), random.uniform(0.24, 0.32)
    bulge = wide + 0.12 * np.clip(y - 0.1, 0, 1)
    stem = both(np.abs(x) - bulge, np.abs(y - 0.42) - 0.54, 0.3)
    patch.paint(CREAM, stem)
    patch.shade(1 - 0.35 * np.clip(0.35 - y, 0, 0.35) / 0.35)
    patch.shade(1 + 0.35 * x * patch.light[0] / 0.8)
    if random.random() < 0.5:
        patch.face(0, 0.5, 0.13)
    gills = ellipse(x, y - 0.06, 0.93, 0.2)
    patch.paint(mix(CREAM, (0.5, 0.35, 0.25), 0.45), gills)
    patch.mark((0.5, 0.36, 0.27), np.maximum(gills, 0.28 - ripple(x * 5.5)), 0.5)
    cap = both(ellipse(x, y - 0.08, 0.97, high), y - 0.04 - 0.1 * (1 - x * x), 0.12)
    patch.paint(cap_colour, cap)
    for place in _DOTS:
        u, v = place[0] + random.uniform(-0.08, 0.08), place[1] + random.uniform(-0.06, 0.06)
        part = patch.around(u, v, 0.18)
        dot = ellipse(part.x, part.y, random.uniform(0.1, 0.17), random.uniform(0.08, 0.13))
        part.mark(WHITE, np.maximum(dot, cap[part.window]), 0.95)
    up = np.clip((y - 0.08) / high, -1, 0)
    depth = np.sqrt(np.maximum(1 - x * x - up * up, 0))
    glow = patch.lit(x, up, depth)
    patch.shade(np.where(cap < 0, 0.66 + 0.45 * glow, 1))
    patch.dye(WHITE, np.where(cap < 0, np.clip((glow - 0.92) * 5, 0, 0.35), 0))
    patch.rim(cap, 0.06, 0.3)


def fish(patch: Patch, random: Generator) -> None:
    """A fish that looks to the left: fins, scales or stripes, and a round eye."""
    x, y = patch.x, patch.y
    base = random.random()
    colour = hue(base, random.uniform(0, 0.25))
    second = hue(base + random.choice([0.1, -0.1, 0.45]), random.uniform(0, 0.15))
    high, kind = random.uniform(0.42, 0.58), int(random.integers(3))
    fork = convex(x, y, [(0.38, -0.05), (0.97, -0.5), (0.78, 0.0), (0.5, 0.12)], 0.1)
    other = convex(x, y, [(0.5, -0.12), (0.78, 0.0), (0.97, 0.5), (0.38, 0.05)], 0.1)
    back = convex(x, y + high, [(-0.42, 0.2), (-0.12, -0.26), (0.34, -0.12), (0.3, 0.25)], 0.1)
    belly = convex(x, y - high, [(-0.05, -0.18), (0.28, -0.16), (0.2, 0.16), (0.06, 0.12)], 0.1)
    fins = either(fork, other, back, belly)
    patch.paint(second, fins)
    rays = 0.36 - ripple(x * 4 + np.abs(y) * 5)
    patch.mark(mix(second, INK, 0.5), np.maximum(fins, rays), 0.5)
    body = ellipse(x + 0.22, y, 0.76, high)
    patch.paint(colour, body)
    _FISH[kind](patch, second, x, y, body)
    patch.mark(mix(colour, WHITE, 0.65), both(body, 0.42 * high - y + 0.12 * x), 0.75)
    patch.mark(mix(colour, INK, 0.5), np.abs(circle(x + 1.0, y, 0.56)) - 0.025, 0.7)
    patch.paint(mix(second, WHITE, 0.15), ellipse(x - 0.02 - 0.4 * y, y - 0.1, 0.17, 0.1))
    patch.shade_flat(0.3)
    patch.rim(body, 0.07, 0.3)
    eye = patch.around(-0.62, -0.12, 0.16)
    eye.mark(WHITE, circle(eye.x, eye.y, 0.15))
    eye.mark(INK, circle(eye.x + 0.03, eye.y - 0.01, 0.09))
    eye.mark(WHITE, circle(eye.x + 0.06, eye.y + 0.03, 0.035))
    mouth = patch.around(-0.92, 0.06, 0.16)
    smile = np.abs(circle(mouth.x, mouth.y, 0.13)) - 0.025
    mouth.mark(INK, np.maximum(smile, 0.04 - mouth.y), 0.8)


def _striped(patch: Patch, second: Colour, x: Field, y: Field, body: Field) -> None:
    bands = ripple(x * 2.1 + 0.15 * y * y)
    patch.mark(second, np.maximum((0.26 - bands) * 0.47, np.maximum(body, -0.42 - x)), 0.9)


def _scaled(patch: Patch, second: Colour, x: Field, y: Field, body: Field) -> None:
    """Rows of arcs, every other row shifted by half a scale."""
    row = np.floor(y * 6)
    u, v = ripple(x * 6 + 0.5 * row), y * 6 - row
    arcs = np.abs(np.sqrt(u * u + (1 - v) * (1 - v) * 0.8) - 0.5) * 0.17 - 0.018
    patch.mark(mix(second, INK, 0.25), np.maximum(arcs, np.maximum(body, -0.4 - x)), 0.55)


def _two_toned(patch: Patch, second: Colour, x: Field, y: Field, body: Field) -> None:
    patch.mark(second, np.maximum(body, y + 0.12 + 0.25 * x * x), 0.85)


_FISH = (_striped, _scaled, _two_toned)


def boat(patch: Patch, random: Generator) -> None:
    """A sailing boat or a little steamer, its hull planked and striped."""
    x, y = patch.x, patch.y
    colour = hue(random.random(), random.uniform(0, 0.15), random.uniform(0, 0.15))
    second = hue(random.random(), 0.1)
    (_sails if random.random() < 0.6 else _steamer)(patch, second, colour)
    points = [(-0.97, 0.36), (0.97, 0.36), (0.62, 0.93), (-0.7, 0.93)]
    hull = both(convex(x, y, points, 0.16), 0.36 + 0.1 * x * x * x - y - 0.06 * np.abs(x))
    patch.paint(colour, hull)
    patch.mark(INK, np.maximum(hull, (0.42 - ripple(y * 6.5)) * 0.15), 0.28)
    patch.mark(WHITE, np.maximum(hull, np.abs(y - 0.47) - 0.045))
    patch.mark(mix(colour, INK, 0.6), np.maximum(hull, 0.8 - y), 0.8)
    patch.shade(np.where(hull < 0, 1.08 - 0.4 * np.clip(y - 0.36, 0, 0.6), 1))
    patch.rim(hull, 0.05, 0.3)


def _sails(patch: Patch, second: Colour, colour: Colour) -> None:
    x, y = patch.x, patch.y
    patch.paint((0.45, 0.3, 0.18), box(x + 0.02, y + 0.22, 0.045, 0.74, 0.02))
    main = convex(x - 0.1 * (1 - y * y), y, [(0.0, -0.9), (0.72, 0.26), (0.0, 0.26)], 0.08)
    jib = convex(x + 0.05, y, [(-0.08, -0.7), (-0.08, 0.26), (-0.68, 0.26)], 0.08)
    patch.paint(WHITE, main)
    patch.mark(second, np.maximum(main, np.abs(y + 0.12) - 0.13), 0.9)
    patch.paint(mix(WHITE, second, 0.12), jib)
    patch.shade(0.82 + 0.26 * np.clip(0.9 - np.abs(x - 0.2), 0, 1))
    patch.rim(either(main, jib), 0.05, 0.25)
    patch.paint(colour, convex(x, y, [(-0.02, -0.98), (0.3, -0.88), (-0.02, -0.78)]))


def _steamer(patch: Patch, second: Colour, colour: Colour) -> None:
    x, y = patch.x, patch.y
    funnel = convex(x, y, [(0.12, -0.86), (0.44, -0.86), (0.4, -0.2), (0.12, -0.2)])
    patch.paint(second, funnel)
    patch.mark(INK, np.maximum(funnel, y + 0.7))
    patch.mark(WHITE, np.maximum(funnel, np.abs(y + 0.52) - 0.07))
    patch.paint(WHITE, box(x + 0.06, y - 0.14, 0.52, 0.36, 0.05))
    patch.paint(mix(second, WHITE, 0.7), box(x + 0.2, y + 0.36, 0.28, 0.16, 0.05))
    patch.paint(mix(colour, INK, 0.3), box(x + 0.06, y + 0.21, 0.6, 0.04, 0.03))
    patch.mark(GLASS, box(x + 0.2, y + 0.4, 0.19, 0.07, 0.03))
    patch.shade_flat(0.2)
    for place in (-0.42, -0.12, 0.18):
        part = patch.around(place, 0.06, 0.12)
        part.mark(INK, circle(part.x, part.y, 0.105), 0.8)
        part.mark(GLASS, circle(part.x, part.y, 0.07))


def car(patch: Patch, random: Generator) -> None:
    """A car from the side, driving to the left: saloon, beetle or van."""
    x, y = patch.x, patch.y - 0.06
    colour = hue(random.random(), random.uniform(0, 0.25), random.uniform(0, 0.1))
    cabin, glass = _CARS[int(random.integers(3))](x, y)
    lower = box(x, y - 0.2, 0.97, 0.29, 0.17)
    body = either(lower, cabin)
    patch.paint(colour, body)
    patch.shade(np.clip(1.1 - 0.35 * (y + 0.1), 0.6, 1.2))
    patch.mark(mix(colour, WHITE, 0.7), np.abs(y - 0.04) - 0.022, 0.7)
    patch.mark(mix(colour, INK, 0.6), np.maximum(lower, 0.38 - y), 0.7)
    patch.rim(body, 0.05, 0.35)
    pillar = np.abs(x - 0.04) - 0.035
    patch.mark(mix(GLASS, INK, 0.12), np.maximum(glass, -pillar))
    gleam = ripple((x + 0.6 * y) * 1.4) - 0.1
    patch.mark(WHITE, np.maximum(np.maximum(glass, -pillar), gleam), 0.55)
    handle, front, rear = (patch.around(u, 0.19, 0.12) for u in (0.16, -0.9, 0.93))
    handle.mark(INK, box(handle.x, handle.y, 0.06, 0.018), 0.7)
    front.mark((1.0, 0.93, 0.6), ellipse(front.x, front.y, 0.07, 0.08))
    rear.mark((0.85, 0.15, 0.12), box(rear.x, rear.y, 0.05, 0.07, 0.02))
    for place in (-0.52, 0.52):
        _wheel(patch.around(place, 0.54, 0.31))


def _wheel(patch: Patch) -> None:
    x, y = patch.x, patch.y
    patch.mark(INK, circle(x, y + 0.02, 0.3), 0.7)
    patch.paint((0.15, 0.15, 0.17), circle(x, y, 0.255))
    patch.paint(STEEL, circle(x, y, 0.14))
    patch.mark((0.42, 0.44, 0.48), either(box(x, y, 0.12, 0.025), box(x, y, 0.025, 0.12)))
    patch.mark(WHITE, circle(x, y, 0.045))


def _saloon(x: Field, y: Field) -> tuple[Field, Field]:
    cabin: list[Point] = [(-0.3, -0.46), (0.4, -0.46), (0.74, 0.08), (-0.66, 0.08)]
    glass: list[Point] = [(-0.26, -0.36), (0.35, -0.36), (0.57, -0.02), (-0.5, -0.02)]
    return convex(x, y, cabin, 0.2), convex(x, y, glass, 0.06)


def _beetle(x: Field, y: Field) -> tuple[Field, Field]:
    cabin = both(ellipse(x - 0.04, y - 0.1, 0.76, 0.66), y - 0.2)
    return cabin, both(ellipse(x - 0.04, y - 0.04, 0.58, 0.45), y + 0.0, 0.05)


def _van(x: Field, y: Field) -> tuple[Field, Field]:
    cabin: list[Point] = [(-0.62, -0.52), (0.95, -0.52), (0.96, 0.2), (-0.92, 0.2)]
    glass: list[Point] = [(-0.55, -0.4), (0.82, -0.4), (0.84, -0.04), (-0.73, -0.04)]
    return convex(x, y, cabin, 0.2), convex(x, y, glass, 0.06)


_CARS = (_saloon, _beetle, _van)


class Thing(NamedTuple):
    """How to paint a thing, its largest turn to either side, and whether a mirror may swap it.

    What has a top and a bottom stays the right way up, and no letter is written backwards.
    """

    paint: Callable[[Patch, Generator], None]
    degrees: int = 180
    mirrored: bool = True


THINGS = {
    "ball": Thing(ball),
    "doughnut": Thing(doughnut),
    "star": Thing(starry, 36),
    "sign": Thing(sign, 20, mirrored=False),
    "mushroom": Thing(mushroom, 35),
    "fish": Thing(fish, 50),
    "boat": Thing(boat, 18),
    "car": Thing(car, 22),
}

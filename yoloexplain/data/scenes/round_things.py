"""Round things: a ball, a doughnut, a star and a sign, painted from random numbers.

They stand on the sheet that ``patch`` lays out. Each function takes the sheet and a generator,
draws random numbers in the same order at every size, and keeps within −1 to 1.
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from .patch import INK, WHITE, Colour, Patch, hue, mix
from .shapes import Field, both, box, circle, convex, regular, segment, star, turn

DOUGH = (0.88, 0.63, 0.34)
_ICINGS = (
    (0.96, 0.52, 0.68), (0.36, 0.2, 0.13), (0.98, 0.94, 0.84), (0.55, 0.85, 0.72),
    (0.98, 0.86, 0.45), (0.73, 0.62, 0.88), (0.5, 0.76, 0.93), (0.62, 0.36, 0.2),
)  # fmt: skip


def ball(patch: Patch, random: Generator) -> None:
    """A beach ball, a ball with a band, or a ball with seams; its axis points anywhere."""
    colour = hue(random.random(), random.uniform(0, 0.2))
    second = WHITE if random.random() < 0.6 else hue(random.random(), 0.15)
    kind, lean, spin = random.integers(3), random.uniform(15, 60), random.uniform(0, 360)
    x, y = patch.x * (1 / 0.97), patch.y * (1 / 0.97)
    z = np.sqrt(np.maximum(1 - x * x - y * y, 0))
    outline = circle(patch.x, patch.y, 0.97)
    patch.paint(colour, outline)
    (c, s), (lean_c, lean_s) = turn(spin), turn(lean)
    across, along = x * c + y * s, y * c - x * s
    pole, side = z * lean_c + along * lean_s, along * lean_c - z * lean_s
    _BALLS[int(kind)](patch, second, across, side, pole)
    facing = patch.lit(x, y, z)
    patch.shade(0.5 + 0.62 * facing)
    patch.dye(WHITE, np.clip((facing - 0.9) * 8, 0, 0.75))
    patch.rim(outline, 0.09, 0.35)


def _beach(patch: Patch, second: Colour, across: Field, side: Field, pole: Field) -> None:
    """Six panels that meet at the pole under a small cap."""
    sign = np.ones_like(across)
    for k in range(3):
        c, s = turn(60 * k)
        sign = sign * np.clip((across * c + side * s) / patch.pixel, -1, 1)
    patch.dye(second, 0.5 + 0.5 * sign)
    patch.mark(WHITE, 0.965 - np.abs(pole), 1.0)


def _banded(patch: Patch, second: Colour, across: Field, side: Field, pole: Field) -> None:
    """A band round the middle, with a thin line on either side."""
    patch.mark(second, np.abs(side) - 0.3)
    patch.mark(INK, np.abs(np.abs(side) - 0.3) - 0.035, 0.8)


def _seamed(patch: Patch, second: Colour, across: Field, side: Field, pole: Field) -> None:
    """Two straight seams and two bent ones, as on a basketball."""
    bent = np.abs(np.abs(across) - 0.42 - 0.5 * side * side)
    seams = np.minimum(np.minimum(np.abs(across), np.abs(side)), bent)
    patch.mark(INK, seams - 0.045, 0.85)


_BALLS = (_beach, _banded, _seamed)


def doughnut(patch: Patch, random: Generator) -> None:
    """A ring with icing, whose edge runs in waves, and sprinkles. Its hole is a hole."""
    icing = mix(_ICINGS[int(random.integers(len(_ICINGS)))], WHITE, random.uniform(0, 0.15))
    waves, height = int(random.integers(5, 9)), random.uniform(0.03, 0.06)
    hole, away = random.uniform(0.32, 0.4), circle(patch.x, patch.y, 0)
    middle, half = (0.97 + hole) / 2, (0.97 - hole) / 2
    ring = np.abs(away - middle) - half
    patch.paint(DOUGH, ring)
    safe = 1 / np.maximum(away, 1e-3)
    c, s = patch.x * safe, patch.y * safe
    wave = _multiple_angle(c, s, waves, *turn(random.uniform(0, 360)))
    patch.mark(mix(icing, INK, 0.35), ring + 0.055 - height * wave)
    patch.mark(icing, ring + 0.085 - height * wave)
    across = np.clip((away - middle) / half, -1, 1)
    facing = patch.lit(across * c, across * s, np.sqrt(1 - across * across))
    patch.shade(0.58 + 0.52 * facing)
    patch.dye(WHITE, np.clip((facing - 0.9) * 5, 0, 0.45))
    _sprinkles(patch, random, middle, 0.6 * half)


def _multiple_angle(c: Field, s: Field, times: int, c0: float, s0: float) -> Field:
    """Cosine of so many times an angle, from its cosine and sine, by turning again and again."""
    u, v = np.full_like(c, c0), np.full_like(c, s0)
    for _ in range(times):
        u, v = u * c - v * s, u * s + v * c
    return u


def _sprinkles(patch: Patch, random: Generator, middle: float, spread: float) -> None:
    count = int(random.integers(0, 3)) and int(random.integers(10, 17))
    for k in range(count):
        c, s = turn(360 * k / count + random.uniform(-9, 9))
        away = middle + random.uniform(-spread, spread)
        part = patch.around(away * c, away * s, 0.14)
        u, v = turn(random.uniform(0, 180))
        ends = (0.06 * u, 0.06 * v), (-0.06 * u, -0.06 * v)
        part.mark(hue(random.random(), 0.1), segment(part.x, part.y, *ends, 0.04))


def starry(patch: Patch, random: Generator) -> None:
    """A five-pointed star: folded from ten facets, or soft with a face."""
    golden = random.random() < 0.4
    colour = hue(0.2 if golden else random.random(), random.uniform(0.0, 0.2))
    soft = random.random() < 0.5
    plump = random.uniform(0.5, 0.56) if soft else random.uniform(0.4, 0.46)
    outline, facing = star(patch.x, patch.y - 0.03, 0.99, plump, 0.13 if soft else 0.03)
    patch.paint(colour, outline)
    if soft:
        swelling = np.clip(-outline * 2.2, 0, 1)
        patch.shade(0.8 + 0.25 * swelling)
        patch.shade_flat(0.18)
        for side in (-0.34, 0.34):
            patch.mark((0.95, 0.45, 0.45), circle(patch.x - side, patch.y - 0.16, 0.1), 0.6)
        patch.face(0, 0.02, 0.19)
    else:
        patch.shade(0.66 + 0.5 * patch.lit(0.75 * facing[0], 0.75 * facing[1], 0.66))
    patch.rim(outline, 0.08, 0.35)


def sign(patch: Patch, random: Generator) -> None:
    """A road sign on a post: stop, warning, way or parking, in its colours."""
    x, y = patch.x, patch.y + 0.34
    post = box(x, y - 0.72, 0.085, 0.6, 0.03)
    patch.paint((0.62, 0.64, 0.67), post)
    patch.mark((0.36, 0.38, 0.42), box(x - 0.05, y - 0.7, 0.05, 0.7), 0.7)
    name = int(random.integers(4))
    shape = _BOARDS[name](x, y)
    outer, inner = _BOARD_COLOURS[name]
    patch.paint(outer, shape)
    patch.mark(inner, shape + (0.17 if name == 1 else 0.07))
    if name != 1:
        patch.mark(outer, shape + 0.12)
    _GLYPHS[name](patch, x, y)
    patch.shade(np.where(y < 0.66, 1 + 0.16 * (x * patch.light[0] + y * patch.light[1]), 1))
    patch.rim(shape, 0.05, 0.3)


def _octagon(x: Field, y: Field) -> Field:
    return convex(x, y, regular(8, 0.64, 22.5))


def _triangle(x: Field, y: Field) -> Field:
    return convex(x, y - 0.12, regular(3, 0.84, -90), 0.16)


def _diamond(x: Field, y: Field) -> Field:
    return convex(x, y, regular(4, 0.68), 0.14)


def _square(x: Field, y: Field) -> Field:
    return box(x, y, 0.54, 0.54, 0.1)


def _bar(patch: Patch, x: Field, y: Field) -> None:
    patch.mark(WHITE, box(x, y, 0.36, 0.1))


def _exclamation(patch: Patch, x: Field, y: Field) -> None:
    patch.mark(INK, segment(x, y, (0, -0.22), (0, 0.1), 0.075))
    patch.mark(INK, circle(x, y - 0.31, 0.085))


def _arrow(patch: Patch, x: Field, y: Field) -> None:
    patch.mark(INK, box(x + 0.08, y, 0.24, 0.07))
    patch.mark(INK, convex(x, y, [(0.1, -0.24), (0.4, 0.0), (0.1, 0.24)]))


def _letter_p(patch: Patch, x: Field, y: Field) -> None:
    patch.mark(WHITE, box(x + 0.16, y, 0.075, 0.35))
    bowl = np.abs(box(x - 0.03, y + 0.14, 0.2, 0.14, 0.13)) - 0.07
    patch.mark(WHITE, both(bowl, -0.2 - x))


_BOARDS: tuple[Callable[[Field, Field], Field], ...] = (_octagon, _triangle, _diamond, _square)
_GLYPHS = (_bar, _exclamation, _arrow, _letter_p)
_BOARD_COLOURS = (
    ((0.8, 0.12, 0.14), WHITE),
    ((0.82, 0.13, 0.15), WHITE),
    ((0.98, 0.78, 0.16), INK),
    ((0.12, 0.36, 0.72), WHITE),
)

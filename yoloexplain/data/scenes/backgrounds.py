"""Backgrounds: what lies behind the things, painted or cut from a photograph.

They are the first layer of a scene. Six in ten are painted: clouds, stripes, tiles, pebbles, a
gradient or a landscape; four in ten are cut from the photographs of ``photos``, of which some are
kept for validation, so that a network is also asked about pictures that it has never seen.

Idea: a painted background is a few random numbers on a coarse grid, made smooth. Their number does
not depend on the size, so the same scene can be painted small or large.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from PIL import Image

from .. import photos
from .patch import INK, WHITE, Colour, hue, mix
from .shapes import Field, ripple, turn

PHOTOS = {"train": ("astronaut", "camera", "chelsea", "coins"), "val": ("coffee", "rocket")}
PHOTOGRAPHIC = 0.4  # share of the backgrounds
Picture = Field  # (3, size, size), 0 to 1


def background(random: Generator, size: int, split: str) -> tuple[Picture, str]:
    """Make a background, and say which: a name of ``PAINTED`` or of a photograph.

    Raises
    ------
    ValueError
        If a photograph cannot be read. No other takes its place: the same seed would then give
        other scenes.
    """
    if random.random() < PHOTOGRAPHIC:
        name = PHOTOS[split][int(random.integers(len(PHOTOS[split])))]
        return photographic(random, size, name), name
    name = list(PAINTED)[int(random.integers(len(PAINTED)))]
    return PAINTED[name](random, size), name


def photographic(random: Generator, size: int, name: str) -> Picture:
    """Cut a square from a photograph, perhaps mirrored, a little brighter or darker."""
    photo = _photo(name)
    side = random.uniform(0.35, 1.0) * min(photo.size)
    left, top = (random.uniform(0, whole - side) for whole in photo.size)
    mirrored, brightness = random.random() < 0.5, random.uniform(0.8, 1.15)
    cut = photo.resize(
        (size, size), Image.Resampling.BILINEAR, (left, top, left + side, top + side)
    )
    pixels = np.asarray(cut, np.float32).transpose(2, 0, 1)[:, :, :: -1 if mirrored else 1]
    return np.minimum(pixels * np.float32(brightness / 255), 1)


@lru_cache(maxsize=8)
def _photo(name: str) -> Image.Image:
    try:
        return Image.fromarray(photos.load(name))
    except OSError as error:
        raise ValueError(
            f"scenes need the photograph {name!r}, which cannot be read ({error}); install "
            "scikit-image again, which brings it"
        ) from error


def noise(random: Generator, size: int, cells: int, rows: int = 0) -> Field:
    """Smooth random values from 0 to 1, about ``cells`` bumps across, in all rows or a few."""
    coarse = random.integers(0, 256, (cells + 4, cells + 4), np.uint8)
    inner = (2, 2, cells + 2, cells + 2)  # the resampling is at its edge no longer smooth
    if rows:
        inner = (2, 2, cells + 2, 3)
    smooth = Image.fromarray(coarse).resize((size, rows or size), Image.Resampling.BICUBIC, inner)
    return np.asarray(smooth, np.float32) * np.float32(1 / 255)


def rough(random: Generator, size: int, cells: int, octaves: int = 3) -> Field:
    """Add up noise, each time twice as fine and half as strong: from 0 to 1."""
    total = np.zeros((size, size), np.float32)
    for k in range(octaves):
        total += noise(random, size, cells << k) * np.float32(0.5 ** (k + 1))
    return total * np.float32(1 / (1 - 0.5**octaves))


def blend(a: Colour | Picture, b: Colour | Picture, share: Field) -> Picture:
    """Mix two colours or pictures, each pixel by its share of the second."""
    parts = [np.asarray(value, np.float32) for value in (a, b)]
    first, second = (part if part.ndim == 3 else part[:, None, None] for part in parts)
    return first + np.clip(share, 0, 1) * (second - first)


def grid(size: int, degrees: float = 0.0) -> tuple[Field, Field]:
    """Coordinates of the pixels from −0.5 to 0.5, turned."""
    steps = ((np.arange(size) + 0.5) / size - 0.5).astype(np.float32)
    c, s = (np.float32(value) for value in turn(degrees))
    across, down = steps[None], steps[:, None]
    return across * c + down * s, down * c - across * s


def clouds(random: Generator, size: int) -> Picture:
    """A sky that pales towards the horizon, with clouds in it."""
    base = hue(random.uniform(0.5, 0.8), random.uniform(0.1, 0.45), random.uniform(0, 0.15))
    _, y = grid(size)
    sky = blend(base, mix(base, WHITE, 0.55), y + 0.5)
    thick = rough(random, size, int(random.integers(2, 5)), 4)
    return blend(sky, (0.97, 0.97, 0.98), (thick - 0.5) * random.uniform(3, 6))


def stripes(random: Generator, size: int) -> Picture:
    """Two or three colours in turn, straight or a little wavy, like a fabric."""
    base = random.random()
    colours = [hue(base + random.uniform(-0.15, 0.15), random.uniform(0.2, 0.75)) for _ in range(3)]
    x, _ = grid(size, random.uniform(0, 180))
    count, wavy = random.uniform(3, 9), random.uniform(0, 0.08)
    place = (x + wavy * noise(random, size, 4)) * count + random.random()
    edge = size / count / 2
    first = blend(colours[0], colours[1], (ripple(place) - 0.25) * edge * 2 + 0.5)
    second = blend(first, colours[2], (ripple(place * 2 + 0.25) - 0.36) * edge * 0.8)
    return second * (0.93 + 0.14 * noise(random, size, 40))


def tiles(random: Generator, size: int) -> Picture:
    """Glazed tiles of uneven colour with joints between them, or wooden boards."""
    colour = hue(random.random(), random.uniform(0.15, 0.6), random.uniform(0, 0.25))
    joint = mix(colour, random.choice([INK, WHITE]), 0.55)
    x, y = grid(size, random.choice([0, 0, 45, random.uniform(0, 90)]))
    count, long = random.uniform(3, 7), int(random.choice([1, 1, 2, 3]))
    row = np.floor(y * count)
    u = x * count / long + (0.5 * row if long > 1 else 0)
    tone = random.uniform(-0.13, 0.13, (32, 32)).astype(np.float32)
    own = tone[row.astype(np.int64) % 32, np.floor(u).astype(np.int64) % 32]
    glaze = 1 + own + 0.12 * (rough(random, size, 6) - 0.5)
    inside = np.minimum((0.5 - ripple(u)) * long, 0.5 - ripple(y * count))
    pixels = inside * size / count
    shaded = np.asarray(colour, np.float32)[:, None, None] * glaze
    return blend(joint, shaded, pixels / max(size / 100, 1) - 0.4)


def pebbles(random: Generator, size: int) -> Picture:
    """Rounded stones, each of its own tone, over dark ground."""
    colour = hue(random.random(), random.uniform(0.4, 0.75), random.uniform(0.1, 0.35))
    count = int(random.integers(5, 12))
    jitter = random.random((2, 256)).astype(np.float32)
    tone = random.uniform(0.72, 1.12, 256).astype(np.float32)
    x, y = ((axis + 0.5) * count + 1 for axis in grid(size))
    home = np.floor(y).astype(np.int64) * 16 + np.floor(x).astype(np.int64)  # of 16×16 cells
    u, v = np.floor(x) - x, np.floor(y) - y
    nearest, second = np.full((size, size), 9, np.float32), np.full((size, size), 9, np.float32)
    stone = np.zeros((size, size), np.int64)
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            cell = home + (16 * i + j)
            across, down = jitter[0].take(cell) + (u + j), jitter[1].take(cell) + (v + i)
            away = across * across + down * down
            stone = np.where(away < nearest, cell, stone)
            second = np.minimum(second, np.maximum(away, nearest))
            nearest = np.minimum(nearest, away)
    gap = np.sqrt(second) - np.sqrt(nearest)
    domed = tone.take(stone) * (1.12 - 0.45 * nearest)
    stones = np.asarray(colour, np.float32)[:, None, None] * domed
    return blend(mix(colour, INK, 0.75), stones, gap * 6 - 0.3)


def gradient(random: Generator, size: int) -> Picture:
    """Three colours that run into one another, with a glow."""
    base = random.random()
    spread = random.uniform(-0.3, 0.3)
    first, second, third = (
        hue(base + spread * k, random.uniform(0.2, 0.7), random.uniform(0, 0.2)) for k in range(3)
    )
    x, y = grid(size, random.uniform(0, 360))
    u, v = x - random.uniform(-0.4, 0.4), y - random.uniform(-0.4, 0.4)
    glow = 1 - np.sqrt(u * u + v * v) * random.uniform(1.2, 2.2)
    return blend(blend(first, second, x + 0.5), third, glow * 0.8)


def landscape(random: Generator, size: int) -> Picture:
    """Hills behind hills under a sky, paler with distance."""
    season = random.uniform(0.15, 0.5)
    sky = hue(random.uniform(0.6, 0.72), random.uniform(0.35, 0.6))
    _, y = grid(size)
    picture = blend(sky, random.choice([WHITE, hue(0.1, 0.6)]), (y + 0.5) * 1.4)
    thick = rough(random, size, 3)
    picture = blend(picture, WHITE, (thick - 0.55) * 3)
    detail = rough(random, size, 12)
    horizon = random.uniform(-0.25, 0.05)
    for k in range(3):
        near = hue(season + random.uniform(-0.05, 0.05), 0.45 - 0.15 * k, 0.1 + 0.1 * k)
        ridge = noise(random, size, 3 + 2 * k, rows=1)
        below = y - (horizon + 0.2 * k + 0.22 * (ridge - 0.5))
        hill = np.asarray(near, np.float32)[:, None, None] * (0.82 + 0.36 * detail)
        picture = blend(picture, hill * (1 - 0.25 * np.clip(below, 0, 1)), below * size)
    return picture


PAINTED: dict[str, Callable[[Generator, int], Picture]] = {
    "clouds": clouds,
    "stripes": stripes,
    "tiles": tiles,
    "pebbles": pebbles,
    "gradient": gradient,
    "landscape": landscape,
}

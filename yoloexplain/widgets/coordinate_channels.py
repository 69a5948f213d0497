"""Coordinate channels: can a network tell two identical objects apart? Drag one and see.

It belongs to SOLO's mask branch. Source: An Intriguing Failing of Convolutional Neural Networks
and the CoordConv Solution (Liu et al. 2018, arXiv 1807.03247). Two convolutions answer as SOLO does
on a grid of 2×2: channel i·2 + j is to draw what lies in row i and column j. One set of weights is
chosen by hand, so that it can be read; the other one is random. The browser convolves anew at every
step.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from traitlets import Bool, Bytes, Int

from ..data import photos
from ..figures.named_maps import named_maps
from ..figures.picture import Picture
from ..layers.coord import append_coordinates
from .base import ExplainerWidget, View, choice, toggle
from .data import colour_bytes

SIZE = (48, 96)  # height and width of the scene in pixels
SIDE = 17  # of the default object
MARGIN = 2  # to the border, whose zeros would betray a place
PAPER = 0.1  # brightness around the objects
WEIGHTS = ("set by hand", "random")


class CoordinateView(View):
    """The canvas of ``CoordinateChannels``."""

    stem = "coordinate_channels"
    colours = Bytes().tag(sync=True)
    ax = Int().tag(sync=True)
    ay = Int().tag(sync=True)
    bx = Int().tag(sync=True)
    by = Int().tag(sync=True)
    use_x = Bool().tag(sync=True)
    use_y = Bool().tag(sync=True)
    weights = Int().tag(sync=True)


class CoordinateChannels(ExplainerWidget):
    """Two identical objects, and four channels that should draw one of them each.

    Parameters
    ----------
    patch
        The object, (h, w) brightness from 0 to 1, at most 22 by 46; a coin unless given.
    first, second
        (left, top) of the two, in pixels of a scene of 48×96.
    weights
        One of ``WEIGHTS``, which is shown first.

    Raises
    ------
    ValueError
        For a patch that is no map from 0 to 1 or too large, a place nearer than two pixels to the
        border, or other weights.
    """

    def __init__(
        self,
        patch: ArrayLike | None = None,
        *,
        first: tuple[int, int] = (14, 2),
        second: tuple[int, int] = (62, 29),
        weights: str = "set by hand",
    ) -> None:
        self.patch = check_patch(coin() if patch is None else patch)
        for place in (first, second):
            check_place(place, self.patch.shape)
        if weights not in WEIGHTS:
            raise ValueError(f"weights must be one of {', '.join(WEIGHTS)}; got {weights!r}")
        self.sets = [by_hand(), at_random()]
        view = CoordinateView(
            label="Two identical objects, and what a network answers without and with coordinates",
            colours=colour_bytes(),
            ax=first[0],
            ay=first[1],
            bx=second[0],
            by=second[1],
            use_x=True,
            use_y=True,
            weights=WEIGHTS.index(weights),
            table={
                "size": SIZE,
                "margin": MARGIN,
                "paper": PAPER,
                "patch": np.round(self.patch, 4).tolist(),
                "sets": [listed(one) for one in self.sets],
            },
        )
        controls = [
            toggle(view, "use_x", "x channel"),
            toggle(view, "use_y", "y channel"),
            choice(view, "weights", "weights", WEIGHTS),
        ]
        super().__init__(view, controls)

    def scene(self) -> Tensor:
        """Paint the two objects, the second over the first: (1, 1, H, W)."""
        paper = torch.full((1, 1, *SIZE), PAPER, dtype=torch.float64)
        view, (height, width) = self.view, self.patch.shape
        drawn = torch.from_numpy(np.round(self.patch, 4))
        for left, top in ((view.ax, view.ay), (view.bx, view.by)):
            paper[..., top : top + height, left : left + width] = drawn
        return paper

    def axes(self) -> str:
        """Which coordinates are read: "xy", "x", "y" or none."""
        return "x" * self.view.use_x + "y" * self.view.use_y

    def facts(self) -> str:
        """Say where the two lie and what is read."""
        view = self.view
        return (
            f"the same object at ({view.ax}, {view.ay}) and ({view.bx}, {view.by}) of "
            f"{SIZE[1]} × {SIZE[0]} pixels, 4 channels, weights {WEIGHTS[view.weights]}, "
            f"coordinates read: {' and '.join(self.axes()) or 'none'}"
        )

    def picture(self) -> Picture:
        """Draw the scene, and one channel without and with the coordinates."""
        scene, weights = self.scene(), self.sets[self.view.weights]
        maps = {
            "the scene": scene[0, 0],
            "channel 0, no coordinates": answers(scene, weights)[0, 0],
        }
        maps["channel 0, with x and y"] = answers(scene, weights, "xy")[0, 0]
        drawn = {name: values.numpy() for name, values in maps.items()}
        return named_maps(drawn, title="Two identical objects, without and with coordinates")


Weights = tuple[Tensor, Tensor, Tensor, Tensor]  # (5, 3, 3, 3), (5,), (4, 5, 1, 1), (4,)


def answers(scene: Tensor, weights: Weights, axes: str = "") -> Tensor:
    """Two convolutions, ReLU between, sigmoid behind: (1, 1, H, W) → (1, 4, H, W)."""
    first, first_bias, second, second_bias = weights
    read = [0, *(1 + "xy".index(axis) for axis in axes)]
    x = append_coordinates(scene, axes) if axes else scene
    hidden = F.conv2d(x, first[:, read], first_bias, padding=1).relu()
    return F.conv2d(hidden, second, second_bias).sigmoid()


def by_hand() -> Weights:
    """Weights that can be read: how bright is it here, and is this the wrong side?"""
    first, second = torch.zeros(5, 3, 3, 3), torch.zeros(4, 5, 1, 1)
    first[0, 0] = 1 / 9  # mean brightness of nine pixels
    for unit, (axis, sign) in enumerate([(1, 1), (1, -1), (2, 1), (2, -1)], start=1):
        first[unit, axis, 1, 1] = sign  # right, left, lower, upper half: 0 in the other one
    second[:, 0] = 16.0
    for channel in range(4):
        row, column = divmod(channel, 2)
        second[channel, 1 + column] = second[channel, 3 + row] = -60.0
    return first.double(), torch.zeros(5).double(), second.double(), torch.full((4,), -6.0).double()


def at_random() -> Weights:
    """Weights of nobody's choosing, rounded so that every machine holds the same."""
    random = np.random.default_rng(3)
    shapes = ((5, 3, 3, 3), (5,), (4, 5, 1, 1), (4,))
    drawn = [np.round(random.normal(size=shape), 3) for shape in shapes]
    first, first_bias, second, second_bias = (torch.from_numpy(values) for values in drawn)
    return first, first_bias, second, second_bias


def listed(weights: Weights) -> dict[str, Any]:
    """Weights as JSON."""
    first, first_bias, second, second_bias = (one.tolist() for one in weights)
    return {
        "first": {"weights": first, "biases": first_bias},
        "second": {"weights": second, "biases": second_bias},
    }


def coin() -> NDArray[np.float64]:
    """Cut out the largest coin of the photograph, bright on the scene's paper."""
    grey = photos.grayscale(photos.load("coins"))[:, :, 0]
    masks = photos.coin_masks()
    mask = masks[int(masks.sum(axis=(1, 2)).argmax())]
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    place = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    small = [
        np.array(Image.fromarray(part).resize((SIDE, SIDE), Image.Resampling.BOX), float) / 255
        for part in (grey[place], mask[place].astype(np.uint8) * 255)
    ]
    bright = 0.55 + 0.45 * (small[0] - small[0].min()) / np.ptp(small[0])
    return np.asarray(np.where(small[1] > 0.5, bright, PAPER))


def check_patch(patch: ArrayLike) -> NDArray[np.float64]:
    """Give an object as brightness (h, w)."""
    found = np.asarray(patch, dtype=np.float64)
    most = SIZE[0] // 2 - MARGIN, SIZE[1] // 2 - MARGIN
    fits = found.ndim == 2 and found.size and all(np.array(found.shape) <= most)
    if not fits or not ((found >= 0) & (found <= 1)).all():
        raise ValueError(
            f"a patch must be a map (h, w) from 0 to 1 of at most {most[0]} by {most[1]}, got "
            f"shape {found.shape}; divide bytes by 255, and shrink it"
        )
    return found


def check_place(place: tuple[int, int], shape: tuple[int, ...]) -> None:
    """Raise a ``ValueError`` for a corner from which the object would reach the border."""
    far = SIZE[1] - MARGIN - shape[1], SIZE[0] - MARGIN - shape[0]
    if not all(MARGIN <= at <= end for at, end in zip(place, far, strict=True)):
        raise ValueError(
            f"a place (left, top) must lie in {MARGIN} to {far[0]} and {MARGIN} to {far[1]}, "
            f"got {place}; the border would tell the objects apart"
        )

"""Dice loss: move, grow and blur a predicted mask, and see what it is compared by.

It belongs to SOLO's loss. Sources: SOLO (arXiv 1912.04488), section 3.3.2; Dice (Milletari et al.
2016, arXiv 1606.04797); focal loss (Lin et al. 2017, arXiv 1708.02002). Beside the Dice loss, which
judges the mask as a whole, stands what each pixel would cost were it judged by itself: the focal
loss, which SOLO uses for its categories.
"""

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from traitlets import Bytes, Float, Int

from ..data import photos
from ..figures.named_maps import named_maps
from ..figures.picture import Picture
from ..solo.loss import ALPHA, GAMMA, dice_loss
from .base import ExplainerWidget, View, slider
from .data import colour_bytes

LARGEST = (64, 96)  # height and width of the paper
FARTHEST = 31  # distances to the outline are held up to that many pixels
STEPS = 4  # of a pixel


class DiceView(View):
    """The canvas of ``DiceLoss``."""

    stem = "dice_loss"
    colours = Bytes().tag(sync=True)
    distances = Bytes().tag(sync=True)  # signed, quarters of a pixel
    dx = Int().tag(sync=True)
    dy = Int().tag(sync=True)
    grow = Float().tag(sync=True)
    soft = Float().tag(sync=True)
    gamma = Float().tag(sync=True)


class DiceLoss(ExplainerWidget):
    """A true mask and a prediction to drag: what they share, and what that costs.

    Parameters
    ----------
    mask
        bool (H, W), shrunk to fit on a paper of 64×96; a coin unless given.
    shift
        (right, down) in pixels of the paper, by which the prediction is off at first.

    Raises
    ------
    ValueError
        For no mask, or one that is empty or full.
    """

    def __init__(self, mask: ArrayLike | None = None, *, shift: tuple[int, int] = (6, 3)) -> None:
        self.mask = check_mask(coin() if mask is None else mask)
        far = self.mask.shape[1] - 1, self.mask.shape[0] - 1
        if abs(shift[0]) > far[0] or abs(shift[1]) > far[1]:
            raise ValueError(f"shift must lie within {far[0]} and {far[1]} pixels, got {shift}")
        self.distances = signed_distances(self.mask)
        view = DiceView(
            label="A true mask and a predicted one, and the Dice loss between them",
            colours=colour_bytes(),
            distances=np.rint(self.distances * STEPS).astype(np.int8).tobytes(),
            dx=int(shift[0]),
            dy=int(shift[1]),
            grow=0.0,
            soft=0.5,
            gamma=GAMMA,
            table={"size": self.mask.shape, "steps": STEPS, "alpha": ALPHA},
        )
        controls = [
            slider(view, "grow", "grow by pixels", -8, 8, 0.5),
            slider(view, "soft", "blur in pixels", 0.25, 6, 0.25),
            slider(view, "gamma", "γ of the focal loss", 0, 5, 0.5),
        ]
        super().__init__(view, controls)

    def guess(self) -> NDArray[np.float64]:
        """Predict (H, W): the true mask moved, grown and blurred."""
        view, (height, width) = self.view, self.mask.shape
        y, x = np.arange(height)[:, None] - view.dy, np.arange(width) - view.dx
        near_y, near_x = y.clip(0, height - 1), x.clip(0, width - 1)
        beyond = np.hypot(y - near_y, x - near_x)
        inside = self.distances[near_y, near_x] - beyond + view.grow
        return np.asarray(1 / (1 + np.exp(-inside / view.soft)))

    def facts(self) -> str:
        """Say how large the mask is, and what was done to it."""
        view, (height, width) = self.view, self.mask.shape
        return (
            f"a mask of {int(self.mask.sum())} pixels on {width} × {height}, the prediction off by "
            f"({view.dx}, {view.dy}), grown by {view.grow:.1f}, blurred over {view.soft:.2f}"
        )

    def picture(self) -> Picture:
        """Draw both masks and their product."""
        guess, true = self.guess(), self.mask.astype(float)
        maps = {"true mask q": true, "prediction p": guess, "p · q": guess * true}
        shared, *sizes = (float(one.sum()) for one in (guess * true, guess**2, true**2))
        (loss,) = dice_loss(*torch.from_numpy(np.stack([guess, true])[:, None])).tolist()
        return named_maps(
            maps,
            title=f"Dice loss {loss:.2f}",
            note=f"1 − 2 · {shared:,.0f} / ({sizes[0]:,.0f} + {sizes[1]:,.0f}): "
            "what the two masks share, twice, over the sizes of both.",
        )


def check_mask(mask: ArrayLike) -> NDArray[np.bool_]:
    """Give a mask (H, W) no larger than the paper, neither empty nor full."""
    found = np.asarray(mask)
    if found.ndim != 2 or not found.size:
        raise ValueError(f"a mask must have two axes (H, W), got shape {found.shape}; take one")
    part = max(1.0, found.shape[0] / LARGEST[0], found.shape[1] / LARGEST[1])
    if part > 1:
        size = max(2, round(found.shape[1] / part)), max(2, round(found.shape[0] / part))
        image = Image.fromarray(found.astype(bool).astype(np.uint8) * 255)
        found = np.array(image.resize(size, Image.Resampling.BOX)) > 127
    found = found.astype(bool)
    if not found.any() or found.all():
        raise ValueError("a mask must have pixels inside and outside, got only one kind")
    return found


def signed_distances(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Pixels from each pixel's middle to the outline, positive inside, in quarters."""
    places = np.indices(mask.shape).reshape(2, -1).T
    inside = mask.ravel()
    found = np.empty(len(places))
    for kind in (True, False):
        others = places[inside != kind]
        for part in np.array_split(np.flatnonzero(inside == kind), 32):  # little memory each
            apart = places[part][:, None] - others
            nearest = np.sqrt((apart**2).sum(axis=2).min(axis=1)) - 0.5
            found[part] = nearest if kind else -nearest
    rounded = np.rint(found.clip(-FARTHEST, FARTHEST) * STEPS) / STEPS
    return rounded.reshape(mask.shape)


def coin() -> NDArray[np.bool_]:
    """Take the largest coin of the photograph, shrunk, in the middle of a paper."""
    masks = photos.coin_masks()
    mask = masks[int(masks.sum(axis=(1, 2)).argmax())]
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    cut = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    small = Image.fromarray(cut.astype(np.uint8) * 255).resize((28, 28), Image.Resampling.BOX)
    paper = np.zeros(LARGEST, bool)
    paper[18:46, 34:62] = np.array(small) > 127
    return paper

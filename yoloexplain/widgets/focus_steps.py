"""Focus, step by step: four quarters lift out of a picture, stack up, and meet one convolution.

It is YOLOv5's first layer up to release 5.0 (Jocher et al. 2020-2022), and the 6×6 convolution
with stride 2 that took its place. The kernels are those of the trained network, folded into a Focus
by the same rule by which pixels are folded; the package's two layers then run on the picture.
"""

from copy import deepcopy

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn
from traitlets import Bytes, Int

from ..catalog import create_model
from ..data import photos
from ..figures.check import check_photo
from ..figures.picture import Picture
from ..figures.yolov5_head import focus as focus_figure
from ..layers import Focus
from ..layers.conv import Conv
from ..layers.focus import focus_as_convolution, space_to_depth
from .base import ExplainerWidget, View, slider

STEPS = 7
LEAST, MOST = 6, 24  # pixels a side
ROWS, COLUMNS = 12, 16  # of the picture unless one is given
CLOSE = 1e-5


class FocusView(View):
    """The canvas of ``FocusSteps``."""

    stem = "focus_steps"
    pixels = Bytes().tag(sync=True)
    weights = Bytes().tag(sync=True)
    step = Int().tag(sync=True)
    kernel = Int().tag(sync=True)
    row = Int().tag(sync=True)
    column = Int().tag(sync=True)


class FocusSteps(ExplainerWidget):
    """Space to depth in seven steps, up to the convolution that does the same.

    Parameters
    ----------
    image
        uint8 (H, W, 3), both sides even, 6 to 24 pixels; a cat's eye unless given.
    focus
        A Focus for 3 channels with a 3×3 kernel; the trained network's stem, folded, unless given.
    step
        Where the slider starts, 0 to 7.

    Raises
    ------
    TypeError
        If ``focus`` is none.
    ValueError
        For an image, a Focus or a step that does not fit.
    """

    def __init__(
        self, image: ArrayLike | None = None, focus: Focus | None = None, step: int = 0
    ) -> None:
        self._image = _eye() if image is None else check_photo(image)
        height, width = self._image.shape[:2]
        if height % 2 or width % 2 or not LEAST <= min(height, width) <= max(height, width) <= MOST:
            raise ValueError(
                f"both sides must be even and from {LEAST} to {MOST} pixels, to be seen one by "
                f"one; got {height}×{width}; cut out a piece, such as image[:12, :16]"
            )
        if step not in range(STEPS + 1):
            raise ValueError(f"step must be a whole number from 0 to {STEPS}, got {step!r}")
        self._focus = deepcopy(_checked(focus) if focus is not None else _folded_stem()).eval()
        self._difference = _difference(self._focus, self._image)
        weight = self._focus.conv.conv.weight.detach()
        view = FocusView(
            label="A small picture, its four quarters, and the convolution on them",
            table={
                "image": [height, width],
                "weights": list(weight.shape),
                "difference": self._words(),
            },
            pixels=self._image.tobytes(),
            weights=weight.numpy().astype("<f4").tobytes(),
            step=step,
            row=height // 4 * 2 + 1,
            column=width // 4 * 2,
        )
        controls = [slider(view, "step", "step", 0, STEPS)]
        if len(weight) > 1:
            controls.append(slider(view, "kernel", "kernel", 0, len(weight) - 1))
        super().__init__(view, controls)

    def _words(self) -> str:
        close = self._difference < CLOSE
        return f"below {CLOSE:.0e}".replace("e-0", "e-") if close else f"{self._difference:.0e}"

    def facts(self) -> str:
        """Name shapes and the largest difference."""
        height, width = self._image.shape[:2]
        count = len(self._focus.conv.conv.weight)
        return (
            f"picture of 3×{height}×{width} folded to 12×{height // 2}×{width // 2}; {count} "
            f"kernels of 12×3×3, or of 3×6×6 with stride 2; largest difference {self._words()}"
        )

    def picture(self) -> Picture:
        """Draw numbered pixels and the quarters that they go to."""
        return focus_figure(4, 6)


def _eye() -> NDArray[np.uint8]:
    """A cat's eye in a few pixels."""
    cut = photos.load("chelsea")[80:152, 123:219]
    return photos.letterbox(cut, (ROWS, COLUMNS), stride=1).image


def _checked(focus: object) -> Focus:
    """Return the Focus, or raise unless it takes colours and has a 3×3 kernel."""
    if not isinstance(focus, Focus):
        hint = "create_model('yolov5s', release='5.0').backbone['stem'] is one"
        raise TypeError(f"focus must be a Focus, got {type(focus).__name__}; {hint}")
    shape = tuple(focus.conv.conv.weight.shape[1:])
    if shape != (12, 3, 3):
        raise ValueError(
            f"focus must take 3 channels with a kernel of 3×3, so that its weights are "
            f"(K, 12, 3, 3), got (K, {', '.join(map(str, shape))})"
        )
    return focus


def _folded_stem() -> Focus:
    """Stem of the trained network as a Focus: a kernel is folded by the rule for pixels."""
    stem = create_model("yolov5n-demo").get_submodule("backbone.stem")
    assert isinstance(stem, Conv)
    focus = Focus(3, stem.conv.out_channels)
    focus.conv.conv.weight = nn.Parameter(space_to_depth(stem.conv.weight.detach()))
    focus.conv.bn, focus.conv.act = stem.bn, stem.act
    return focus


def _difference(focus: Focus, image: NDArray[np.uint8]) -> float:
    """Largest difference between a Focus and the one convolution, each a whole layer."""
    weight = focus_as_convolution(focus.conv.conv.weight.detach())
    single = Conv(3, len(weight), 6, stride=2, padding=2).eval()
    single.conv.weight = nn.Parameter(weight)
    single.bn, single.act = focus.conv.bn, focus.conv.act
    x = photos.to_tensor(image)
    with torch.no_grad():
        return float((focus(x) - single(x)).abs().max())

"""Assignment in pictures: which anchors, and which cells, are asked to answer for a box.

It stands between a labelled photograph and the loss.
Source: the rules of YOLOv5 (Jocher et al. 2020–2022), https://github.com/ultralytics/yolov5; facts
only, the code is ours.

An anchor answers for a box if neither side is too much longer than the other's; then the cell of
the centre answers, and with it the nearest cell across and the nearest up or down. Every anchor and
every cell on the picture follows from the box by the two functions below.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from .check import Array, check_boxes, check_photo
from .drawing import MARGIN, headline, panel
from .overlay import frame_box, lay_photo, rule
from .picture import Picture
from .style import BODY, MUTED, SMALL, colour, style

Cell = tuple[int, int]
Anchors = Mapping[str, Sequence[tuple[int, int]]]


def matching_anchors(
    size: ArrayLike, anchors: ArrayLike, threshold: float = 4.0
) -> NDArray[np.bool_]:
    """Say which anchors (A, 2) are alike enough to a box of ``size`` (width, height), in pixels.

    Alike means that no side is ``threshold`` times the other's, whichever is the longer: the
    decoding can stretch an anchor to four times its side and no further.
    """
    ratio = np.asarray(size, dtype=float) / np.asarray(anchors, dtype=float)
    return np.maximum(ratio, 1 / ratio).max(axis=-1) < threshold


def answering_cells(centre: ArrayLike, stride: int, grid: tuple[int, int]) -> list[Cell]:
    """Name the cells (row, column) that answer for a box around ``centre`` (x, y), in pixels.

    The first is the cell of the centre; the others are its nearest neighbours across and up or
    down, as far as the grid of (rows, columns) has them.
    """
    x, y = np.asarray(centre, dtype=float) / stride
    rows, columns = grid
    row, column = int(y), int(x)
    found = [(row, column)]
    if x % 1 < 0.5 and x > 1:
        found.append((row, column - 1))
    if x % 1 > 0.5 and x < columns - 1:
        found.append((row, column + 1))
    if y % 1 < 0.5 and y > 1:
        found.append((row - 1, column))
    if y % 1 > 0.5 and y < rows - 1:
        found.append((row + 1, column))
    return found


def answering_predictions(
    boxes_xyxy: ArrayLike, anchors: Anchors, image_size: tuple[int, int], threshold: float = 4.0
) -> set[tuple[str, int, int, int]]:
    """Collect the predictions (level, anchor, row, column) that answer for any of the boxes.

    Parameters
    ----------
    boxes_xyxy
        (N, 4) in pixels of an image of ``image_size`` (height, width).
    anchors
        Level → (width, height) of its anchors in pixels; the digit is the stride's power of two.
    image_size, threshold
        As the network sees the image, and as for ``matching_anchors``.
    """
    boxes = check_boxes(boxes_xyxy)
    centres, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    asked = set()
    for level, shapes in anchors.items():
        stride = 2 ** int(level[1:])
        grid = image_size[0] // stride, image_size[1] // stride
        for centre, size in zip(centres, sizes, strict=True):
            matches = np.flatnonzero(matching_anchors(size, shapes, threshold))
            cells = answering_cells(centre, stride, grid)
            asked |= {(level, int(anchor), *cell) for anchor in matches for cell in cells}
    return asked


@style()
def answering(
    photo: ArrayLike,
    box_xyxy: Sequence[float],
    anchors: Anchors,
    *,
    label: str = "",
    threshold: float = 4.0,
    margin: float = 1.2,
) -> Picture:
    """Draw who answers for one box on each level: anchors that match, and cells.

    Parameters
    ----------
    photo
        uint8 (H, W, 3) as the network takes it, both sides multiples of its largest stride.
    box_xyxy
        Left, top, right, bottom in pixels of that photo.
    anchors
        Level → (width, height) of its anchors in pixels; the digit is the stride's power of two.
    label
        Name of the thing in the box.
    threshold
        How much longer a side may be than the anchor's, or the anchor's than it.
    margin
        How much to show on each side of the box, in longer sides of it, if there is so much.
    """
    image, box = check_photo(photo), check_boxes([box_xyxy])[0]
    centre, size = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
    side = (10 - 2 * MARGIN - 0.2 * (len(anchors) - 1)) / len(anchors)
    left, top, right, bottom = _view(image.shape[:2], centre, (0.5 + margin) * size.max())
    picture = Picture(10, side + 1.55)
    said, answers = [], 0
    for index, (level, shapes) in enumerate(anchors.items()):
        axes = panel(picture, MARGIN + index * (side + 0.2), 0.25, side, side)
        count, words = _level(axes, image, box, level, matching_anchors(size, shapes, threshold))
        _anchors(axes, centre, shapes, matching_anchors(size, shapes, threshold), colour(level))
        axes.set(xlim=(left, right), ylim=(bottom, top))
        answers += count
        said.append(f"{level.upper()}: {words}")
    what = f"the {label}" if label else "the box"
    headline(
        picture,
        f"{answers} predictions are asked to answer for {what}, {size[0]:.0f}×{size[1]:.0f} pixels",
        "Filled: cells that answer. Solid: anchors that match. Dashed: anchors that do not "
        f"(a side {threshold:g} times too long or too short).",
    )
    shown = f"A photograph under the grids of {len(anchors)} levels with one box framed. "
    picture.alt = shown + "; ".join(said) + "."
    return picture


def _view(image_size: tuple[int, ...], centre: Array, reach: float) -> Array:
    """Choose a square around the centre that shows as little beyond the photo as it can."""
    sides = np.array(image_size[::-1])
    reach = min(reach, sides.max() / 2)
    middle = np.where(sides > 2 * reach, centre.clip(reach, sides - reach), sides / 2)
    return np.concatenate([middle - reach, middle + reach])


def _level(
    axes: Axes, image: Array, box: Array, level: str, matches: NDArray[np.bool_]
) -> tuple[int, str]:
    """Draw photo, grid, the cells that answer, and the box; count the answers, in words too."""
    height, width = image.shape[:2]
    stride, shade = 2 ** int(level[1:]), colour(level)
    rows, columns = height // stride, width // stride
    cells = answering_cells((box[:2] + box[2:]) / 2, stride, (rows, columns))
    lay_photo(axes, image)
    rule(axes, (height, width), rows, columns, width=0.4 if stride < 16 else 0.7, alpha=0.55)
    for place, (row, column) in enumerate(cells if matches.any() else []):
        spot = (column * stride, row * stride)
        strength = 0.95 if place == 0 else 0.6
        axes.add_patch(Rectangle(spot, stride, stride, facecolor=shade, alpha=strength, zorder=3))
    frame_box(axes, box, colour("ink"), width=1.6)
    count = int(matches.sum()) * len(cells)
    words = f"{matches.sum()} of {len(matches)} anchors × {len(cells)} cells = {count}"
    title = f"{level.upper()}, stride {stride}\n{words}"
    axes.set_title(title, size=SMALL + 0.5, loc="left", pad=5)
    return count, words


def _anchors(
    axes: Axes,
    centre: Array,
    shapes: Sequence[tuple[int, int]],
    matches: NDArray[np.bool_],
    shade: str,
) -> None:
    """Anchors around the centre of the box, with their sizes below."""
    for shape, match in zip(shapes, matches, strict=True):
        half = np.array(shape) / 2
        around = np.concatenate([centre - half, centre + half])
        frame_box(axes, around, shade if match else MUTED, width=1.3, dashed=not match)
    listed = "   ".join(
        f"{w}×{h} {'✓' if match else '✗'}" for (w, h), match in zip(shapes, matches, strict=True)
    )
    axes.text(0.02, 0.03, listed, transform=axes.transAxes, size=BODY - 2, zorder=7, bbox=_PLATE)


_PLATE = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2}

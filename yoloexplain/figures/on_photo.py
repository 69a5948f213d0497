"""Pictures upon a photograph: the frame around it, boxes found in it, and what one cell sees of it.

Boxes are (left, top, right, bottom) in the photograph's pixels.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from ..data.letterbox import Letterboxed
from .check import Array, Number, check_boxes, check_lengths, check_map, check_photo
from .drawing import MARGIN, arrow, headline, panel, paper, write
from .overlay import frame_box, lay_photo
from .picture import Picture
from .style import INK, MUTED, PAPER, SMALL, colour, sequence, style, tint


@style()
def photo_with_boxes(
    photo: ArrayLike,
    boxes_xyxy: ArrayLike,
    labels: Sequence[str] | None = None,
    scores: Sequence[Number] | None = None,
    *,
    title: str = "",
) -> Picture:
    """Draw boxes on a photograph, one colour a label, with scores where there are any.

    Parameters
    ----------
    photo
        uint8 (H, W, 3).
    boxes_xyxy
        (N, 4) in the photo's pixels; none is allowed.
    labels, scores
        A name and a confidence for each box.
    title
        What was found by whom.
    """
    picture_of, boxes = check_photo(photo), check_boxes(boxes_xyxy)
    names = [""] * len(boxes) if labels is None else [str(label) for label in labels]
    check_lengths(boxes=len(boxes), labels=len(names))
    tags = list(names)
    if scores is not None:
        check_lengths(boxes=len(boxes), scores=len(scores))
        tags = [f"{name} {score:.2f}".strip() for name, score in zip(names, scores, strict=True)]
    height, width = picture_of.shape[:2]
    scale = min(7.5 / width, 5.5 / height)
    extra = 0.75 if title else 0.3
    picture = Picture(width * scale + 0.5, height * scale + extra)
    if title:
        headline(picture, title)
    axes = panel(picture, MARGIN, 0.15, width * scale, height * scale)
    lay_photo(axes, picture_of)
    kinds = sorted(set(names))
    shades = dict(zip(kinds, sequence(max(len(kinds), 3)), strict=False))
    # Large boxes first, so that small ones and their names stay on top.
    for index in np.argsort(-np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), kind="stable"):
        frame_box(axes, boxes[index], shades[names[index]], tags[index])
    found = ", ".join(f"{names.count(kind)} {kind}".strip() for kind in kinds)
    picture.alt = f"Photograph of {height}×{width} pixels with {len(boxes)} boxes" + (
        f": {found}." if found else "."
    )
    return picture


@style()
def receptive_field_on_photo(
    photo: ArrayLike,
    box: Sequence[Number],
    gradient: ArrayLike | None = None,
    *,
    point: tuple[Number, Number] | None = None,
    title: str = "What one cell sees",
) -> Picture:
    """Draw a cell's theoretical field as a frame, and its measured gradient as light.

    Parameters
    ----------
    photo
        uint8 (H, W, 3), what the network saw.
    box
        (left, top, right, bottom) of the field; it may reach past the photo, into the padding.
    gradient
        (H, W) of the input's gradient; its size is drawn, its sign is not.
    point
        (x, y) of the cell's centre; the middle of the box unless given.
    title
        Which cell of which level.
    """
    picture_of, (frame,) = check_photo(photo), check_boxes([box])
    height, width = picture_of.shape[:2]
    shown, lit = picture_of, None
    if gradient is not None:
        light = np.abs(check_map(gradient, "gradient"))
        if light.shape != (height, width):
            raise ValueError(
                f"gradient must have the photo's size {(height, width)}, got {light.shape}"
            )
        lit = float((light > 0).mean())
        shown = _lit(picture_of, light)
    left, top = np.minimum(frame[:2], 0)
    right, bottom = max(frame[2], width), max(frame[3], height)
    scale = min(7.5 / (right - left), 5.2 / (bottom - top))
    wide, high = (right - left) * scale, (bottom - top) * scale
    picture = Picture(max(wide + 0.5, 6.0), high + 1.15)
    size = f"{frame[2] - frame[0]:g} × {frame[3] - frame[1]:g} pixels"
    note = f"Field of {size}, of an image of {width} × {height}."
    headline(picture, title, note + (" Light: the gradient." if lit is not None else ""))
    start = (picture.get_size_inches()[0] - wide) / 2
    axes = panel(picture, float(start), 0.2, wide, high)
    axes.imshow(shown, extent=(0, width, height, 0), aspect="auto")
    axes.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[])
    axes.set_facecolor(tint(MUTED, 0.85))
    for spine in axes.spines.values():
        spine.set_visible(False)
    frame_box(axes, frame, colour("activation"))
    x, y = ((frame[:2] + frame[2:]) / 2) if point is None else point
    axes.plot(x, y, "o", color=PAPER, markeredgecolor=INK, markersize=7, zorder=6)
    outside = (
        " It reaches past the image." if right > width or bottom > height or left + top else ""
    )
    share = f" The gradient is not zero on {100 * lit:.0f} % of the pixels." if lit else ""
    picture.alt = f"{title}: photograph with a field of {size} framed.{outside}{share}"
    return picture


def _lit(photo: Array, light: Array) -> Array:
    """Darken a photograph except where the light falls."""
    # The square root lifts the faint rim, which would not be seen beside the bright middle.
    strength = np.sqrt(light / light.max())[:, :, None] if light.max() > 0 else light[:, :, None]
    grey = photo.mean(axis=2, keepdims=True) / 255
    dark = 0.25 + 0.35 * grey
    warm = np.array(to_rgb(colour("activation")))
    mixed = (1 - strength) * dark + strength * (0.35 * grey + 0.65 * warm)
    return np.round(np.broadcast_to(mixed, photo.shape) * 255).astype(np.uint8)


@style()
def letterbox_steps(photo: ArrayLike, framed: Letterboxed) -> Picture:
    """Draw a photograph before and after it was letterboxed, with every size written out.

    Parameters
    ----------
    photo
        uint8 (H, W, 3), as it was.
    framed
        What ``letterbox`` made of it.
    """
    before, after = check_photo(photo), check_photo(framed.image)
    if before.shape[:2] != framed.original_size:
        raise ValueError(
            f"framed must come from this photo of {before.shape[:2]}, got one of "
            f"{framed.original_size}; pass letterbox(photo, size)"
        )
    sizes = [before.shape[:2], after.shape[:2]]
    scale = min(4.0 / max(size[1] for size in sizes), 3.9 / max(size[0] for size in sizes))
    highest = max(size[0] for size in sizes) * scale
    picture = Picture(10, highest + 1.75)
    (height, width), (left, top) = framed.resized_size, framed.padding
    headline(
        picture,
        f"Letterbox: times {framed.scale:.3f}, then padded with grey",
        "Nothing is stretched. Boxes go there and back with the same two numbers.",
    )
    sheet = paper(picture)
    for x, image, words in (
        (MARGIN, before, f"photo: {before.shape[0]} × {before.shape[1]}"),
        (5.55, after, f"network input: {after.shape[0]} × {after.shape[1]}"),
    ):
        high, wide = image.shape[0] * scale, image.shape[1] * scale
        low = 0.8 + (highest - high) / 2
        lay_photo(panel(picture, x, low, wide, high), image)
        write(sheet, x, 0.52, words, weight="bold", ha="left")
    note = f"{height} × {width} inside, {left} pixels left and {top} above"
    write(sheet, 5.55, 0.26, note, size=SMALL, colour=MUTED, ha="left", fit=4.2)
    middle = 0.8 + highest / 2
    arrow(sheet, (MARGIN + before.shape[1] * scale + 0.2, middle), (5.35, middle))
    inner = panel(picture, 5.55, 0.8 + (highest - after.shape[0] * scale) / 2,
                  after.shape[1] * scale, after.shape[0] * scale)  # fmt: skip
    inner.set(xlim=(0, after.shape[1]), ylim=(after.shape[0], 0))
    inner.set_axis_off()
    dashed: dict[str, Any] = {
        "fill": False,
        "edgecolor": colour("activation"),
        "linestyle": (0, (4, 3)),
    }
    inner.add_patch(Rectangle((left, top), width, height, linewidth=2, clip_on=False, **dashed))
    picture.alt = (
        f"A photograph of {before.shape[0]}×{before.shape[1]} pixels, scaled by {framed.scale:.3f} "
        f"to {height}×{width} and framed in grey to {after.shape[0]}×{after.shape[1]}."
    )
    return picture

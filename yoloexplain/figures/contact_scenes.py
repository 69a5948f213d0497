"""Contact sheet of scenes: what a data set looks like, side by side, with what is known of it.

It stands at the beginning of every training: a look at the data before the first step. A class has
the same colour in every scene; the mask's outline is drawn full, the box thin.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from .check import Array, check_boxes, check_lengths, check_photo, check_positive
from .drawing import MARGIN, headline, panel, paper, write
from .overlay import lay_scene
from .picture import Picture
from .style import PAPER, SERIES, SMALL, style

PAGE, GAP, LEGEND, CAPTION = 10.0, 0.08, 0.34, 0.24  # inches
SHADES = SERIES[:7]  # the eighth is black, which vanishes in shadows
EIGHTH = "#FFFFFF"


@style()
def scene_sheet(
    images: Sequence[ArrayLike],
    boxes_xyxy: Sequence[ArrayLike] | None = None,
    labels: Sequence[ArrayLike] | None = None,
    masks: Sequence[ArrayLike] | None = None,
    *,
    names: Sequence[str] = (),
    captions: Sequence[str] = (),
    columns: int = 6,
    title: str = "",
) -> Picture:
    """Draw scenes in rows, with boxes and the outlines of masks where they are given.

    Parameters
    ----------
    images
        uint8 (H, W, 3) each, of one shape or of several.
    boxes_xyxy, labels, masks
        One array a scene: (N, 4) in pixels, (N,), and bool (N, H, W) or (0, H, W) where there are
        none. Without boxes only the pictures are drawn.
    names
        Of the classes, for the legend.
    captions
        What to write above each scene, if anything.
    columns
        Scenes in a row.
    title
        Headline.

    Raises
    ------
    ValueError
        If there is no scene, or the lists do not belong together.
    """
    shown = [check_photo(image) for image in images]
    if not shown:
        raise ValueError("a contact sheet needs at least one scene, got none; pass a few")
    check_positive("columns", columns)
    if captions:
        check_lengths(scenes=len(shown), captions=len(captions))
    marks = _marks(len(shown), boxes_xyxy, labels, masks)
    found = sorted({label for _, numbers, _ in marks for label in numbers.tolist()})
    rows = -(-len(shown) // columns)
    side = (PAGE - 2 * MARGIN - GAP * (columns - 1)) / columns
    below = LEGEND if found and names else 0.0
    step = side + GAP + (CAPTION if captions else 0.0)
    top = (0.6 if title else MARGIN) + step - side - GAP
    height = top + (rows - 1) * step + side + MARGIN + below
    picture = Picture(PAGE, height)
    if title:
        headline(picture, title)
    for k, image in enumerate(shown):
        x = MARGIN + k % columns * (side + GAP)
        y = height - top - k // columns * step - side
        scale = side / max(image.shape[:2])
        wide, high = image.shape[1] * scale, image.shape[0] * scale
        axes = panel(picture, x + (side - wide) / 2, y + (side - high) / 2, wide, high)
        lay_scene(axes, image, scale)
        if marks:
            _outline(axes, *marks[k], line=min(0.5 * side, 1.4))
        if captions:
            write(paper(picture), x, y + side + 0.14, captions[k], ha="left", fit=side)
    if below:
        _legend(picture, [(names[label], _shade(label)) for label in found])
    count = sum(len(numbers) for _, numbers, _ in marks)
    kinds = ", ".join(names[label] for label in found) if names else ""
    marked = f" with {count} objects outlined" if marks else ""
    listed = f": {kinds}" if kinds else ""
    told = f" ({'; '.join(captions)})" if captions else ""
    picture.alt = f"{title or 'Contact sheet'}: {len(shown)} scenes{told}{marked}{listed}."
    return picture


Mark = tuple[Array, Array, Array]


def _marks(
    count: int,
    boxes_xyxy: Sequence[ArrayLike] | None,
    labels: Sequence[ArrayLike] | None,
    masks: Sequence[ArrayLike] | None,
) -> list[Mark]:
    """Bring boxes, labels and masks of each scene together."""
    if boxes_xyxy is None:
        return []
    boxes = [check_boxes(part) for part in boxes_xyxy]
    kinds = [np.zeros(len(part), int) for part in boxes] if labels is None else labels
    outlines = [np.zeros((0, 1, 1), bool) for _ in boxes] if masks is None else masks
    check_lengths(scenes=count, boxes=len(boxes), labels=len(kinds), masks=len(outlines))
    marks = []
    for part, kind, outline in zip(boxes, kinds, outlines, strict=True):
        check_lengths(boxes=len(part), labels=len(np.asarray(kind)))
        marks.append((part, np.asarray(kind), np.asarray(outline, dtype=bool)))
    return marks


def _shade(label: int) -> str:
    return (*SHADES, EIGHTH)[label % (len(SHADES) + 1)]


def _outline(axes: Axes, boxes: Array, labels: Array, masks: Array, *, line: float) -> None:
    """Frame each object thinly and rule the outline of its mask, on a darker line to be seen."""
    for (left, top, right, bottom), label in zip(boxes, labels, strict=True):
        frame = Rectangle((left, top), right - left, bottom - top, fill=False, zorder=3,
                          edgecolor=_shade(int(label)), linewidth=line)  # fmt: skip
        axes.add_patch(frame)
    (low, high), (south, north) = axes.get_xlim(), axes.get_ylim()
    for mask, label in zip(masks, labels, strict=False):
        if not mask.any():
            continue
        padded = np.pad(mask.astype(float), 1)  # so that the outline closes at the edge
        across, down = np.arange(-0.5, mask.shape[1] + 1), np.arange(-0.5, mask.shape[0] + 1)
        for shade, width in ((_under(int(label)), 1.8), (_shade(int(label)), 1.0)):
            axes.contour(across, down, padded, levels=[0.5], colors=[shade], linewidths=width,
                         zorder=4)  # fmt: skip
    axes.set(xlim=(low, high), ylim=(south, north))


def _under(label: int) -> str:
    return "#000000" if _shade(label) == EIGHTH else PAPER


def _legend(picture: Picture, entries: Sequence[tuple[str, str]]) -> None:
    """Name the colours along the lower edge."""
    sheet = paper(picture)
    step = (PAGE - 2 * MARGIN) / max(len(entries), 8)
    for k, (name, shade) in enumerate(entries):
        x = MARGIN + k * step
        sheet.add_patch(
            Rectangle((x, MARGIN - 0.02), 0.14, 0.14, facecolor=shade, edgecolor="#5B636E")
        )
        write(sheet, x + 0.2, MARGIN + 0.05, name, size=SMALL, ha="left", fit=step - 0.25)

"""YOLOv1's loss in pictures: a truth and two predicted boxes on the grid, and two losses beside it.

Source: You Only Look Once (Redmon et al. 2015, arXiv 1506.02640), equation 3. The terms are given;
nothing here knows a loss. All bars share one scale, so that a term can be compared with any other.
"""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from .check import Array, Number, check_boxes, check_positive
from .drawing import MARGIN, bar, headline, panel, paper, write
from .overlay import frame_box
from .picture import Picture
from .style import BLUE, FAINT, GREEN, MUTED, ORANGE, PURPLE, SKY, SMALL, style, tint

SIDE, ROW, THICK = 4.0, 0.72, 0.17  # inches


@style()
def loss_terms(
    boxes: ArrayLike,
    overlaps: Sequence[Number],
    cell: tuple[int, int],
    terms: Mapping[str, tuple[Number, Number]],
    *,
    grid: int = 7,
    names: tuple[str, str] = ("the paper", "the notebook"),
    title: str,
    note: str = "",
) -> Picture:
    """Draw two predicted boxes and a truth on the grid, and every term of two losses.

    Parameters
    ----------
    boxes
        (3, 4), left, top, right, bottom as shares of the image: box 1, box 2 and the truth.
    overlaps
        IoU of either box with the truth; the better one is responsible.
    cell
        (row, column) that answers.
    terms
        Name → its value in the first loss and in the second, none negative.
    grid
        S, cells along each side.
    names
        Of the two losses.
    title, note
        Headline, and a quieter line below it.

    Raises
    ------
    ValueError
        If there are not three boxes and two overlaps, or there is no term, or one is negative.
    """
    three = check_boxes(boxes)
    check_positive("grid", grid)
    if len(three) != 3 or len(overlaps) != 2:
        raise ValueError(f"pass 3 boxes and 2 overlaps, got {len(three)} and {len(overlaps)}")
    values = [value for pair in terms.values() for value in pair]
    if not values or min(values) < 0:
        raise ValueError(f"terms must hold numbers of at least 0, got {dict(terms)}")
    picture = Picture(10, SIDE + 0.85 + MARGIN)
    headline(picture, title, note)
    mine = int(overlaps[1] > overlaps[0])
    _boxes(panel(picture, MARGIN, MARGIN, SIDE, SIDE), three, mine, cell, grid)
    sheet, left = paper(picture), MARGIN + SIDE + 0.5
    top = MARGIN + SIDE - 0.12
    said = " and ".join(f"box {j + 1} {overlap:.2f}" for j, overlap in enumerate(overlaps))
    words = f"IoU with the truth: {said}; box {mine + 1} is responsible."
    write(sheet, left, top, words, size=SMALL, colour=MUTED, ha="left", fit=9.75 - left)
    _bars(sheet, left, top - 0.42, terms, names)
    listed = "; ".join(f"{name} {a:.3f} and {b:.3f}" for name, (a, b) in terms.items())
    picture.alt = (
        f"{title}. Cell in row {cell[0]}, column {cell[1]} of {grid}×{grid} answers. {words} "
        f"{names[0]} and {names[1]}: {listed}."
    )
    return picture


def _boxes(axes: Axes, boxes: Array, mine: int, cell: tuple[int, int], grid: int) -> None:
    """Rule the grid, light up the answering cell, and frame the boxes; the idle one is dashed."""
    axes.set(xlim=(0, 1), ylim=(1, 0))
    axes.set_axis_off()
    row, column = cell
    place = (column / grid, row / grid), 1 / grid, 1 / grid
    axes.add_patch(Rectangle(*place, facecolor=tint(GREEN, 0.6), edgecolor="none", zorder=1))
    for line in range(grid + 1):
        for draw in (axes.axhline, axes.axvline):
            draw(line / grid, color=FAINT, linewidth=1, zorder=2, clip_on=False)
    labels, shades = ["box 1", "box 2", "truth"], [BLUE, SKY, GREEN]
    labels[mine] += ", responsible"
    for i in (2, 1 - mine, mine):
        frame_box(axes, boxes[i], shades[i], labels[i], dashed=i == 1 - mine)
        (x0, y0, x1, y1) = boxes[i]
        middle = (x0 + x1) / 2, (y0 + y1) / 2
        axes.plot(*middle, "o", color=shades[i], markeredgecolor="white", markersize=7, zorder=5)


def _bars(
    axes: Axes,
    left: Number,
    top: Number,
    terms: Mapping[str, tuple[Number, Number]],
    names: tuple[str, str],
) -> None:
    """Two bars a term, all on one scale, each with its number behind it."""
    shades = (PURPLE, ORANGE)
    x = left
    for name, shade in zip(names, shades, strict=True):
        bar(axes, x, top - 0.07, 0.14, 0.14, shade)
        write(axes, x + 0.22, top, name, size=SMALL, weight="bold", ha="left")
        x += 1.6
    room = 9.75 - left - 0.6
    most = max(max(pair) for pair in terms.values()) or 1.0
    step = min(ROW, (top - 0.2 - MARGIN) / len(terms))
    for index, (name, pair) in enumerate(terms.items()):
        y = top - 0.38 - index * step
        write(axes, left, y, name, size=SMALL, ha="left", fit=9.75 - left)
        for which, (value, shade) in enumerate(zip(pair, shades, strict=True)):
            low = y - 0.12 - (which + 1) * THICK
            wide = float(value) / most * room
            bar(axes, left, low, max(wide, 0.015), THICK, shade, linewidth=0)
            write(axes, left + wide + 0.08, low + THICK / 2, f"{value:.3f}", size=SMALL, ha="left")

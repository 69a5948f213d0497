"""Three assignments: one box, and who answers for it in three detectors, side by side.

It stands between a labelled photograph and the losses. Which cells answer is computed elsewhere, by
each detector's own rule, and handed over as plain numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from .check import Array, check_boxes, check_photo
from .drawing import MARGIN, headline, panel
from .overlay import frame_box, lay_scene, rule
from .picture import Picture
from .style import PAPER, SMALL, colour, style

GAP = 0.2  # inches between the pictures
RULED = 40  # more cells along a side than this, and lines would hide the picture


@dataclass(frozen=True)
class Answers:
    """Who answers on one level.

    Attributes
    ----------
    grid
        (rows, columns) that the level lays over the photograph.
    cells
        (row, column) of each cell that answers; none if the level is silent.
    role
        Its colour's role in the house style, such as ``"p3"``.
    """

    grid: tuple[int, int]
    cells: Sequence[tuple[int, int]]
    role: str


@style()
def three_assignments(
    photo: ArrayLike,
    box_xyxy: Sequence[float],
    detectors: Mapping[str, Sequence[Answers]],
    *,
    title: str,
    note: str = "",
) -> Picture:
    """Draw the photograph once a detector, with the cells that answer for the box on every level.

    Parameters
    ----------
    photo
        uint8 (H, W, 3).
    box_xyxy
        Left, top, right, bottom in pixels of that photo.
    detectors
        Words above the picture → its levels, from fine to coarse.
    title, note
        Headline, and a quieter line below it.

    Raises
    ------
    ValueError
        If there are no detectors, or more than four.
    """
    image, box = check_photo(photo), check_boxes([box_xyxy])[0]
    if not 1 <= len(detectors) <= 4:
        raise ValueError(f"detectors must be 1 to 4, got {len(detectors)}; draw some apart")
    height, width = image.shape[:2]
    wide = (10 - 2 * MARGIN - GAP * (len(detectors) - 1)) / len(detectors)
    high = wide * height / width
    picture = Picture(10, high + (1.25 if note else 0.98))
    headline(picture, title, note)
    for index, (words, levels) in enumerate(detectors.items()):
        axes = panel(picture, MARGIN + index * (wide + GAP), 0.2, wide, high)
        lay_scene(axes, image, wide / width, colours=64)  # the cells keep their plain colours
        _cells(axes, image, levels)
        frame_box(axes, box, colour("ink"), width=1.6)
        axes.set_title(words, size=SMALL + 0.5, loc="left", pad=5)
    listed = "; ".join(detectors)
    picture.alt = f"{title}: a photograph with one box framed, once a detector. {listed}."
    return picture


def _cells(axes: Axes, image: Array, levels: Sequence[Answers]) -> None:
    """Rule the coarsest grid that answers, and fill cells from coarse to fine."""
    height, width = image.shape[:2]
    answering = [level for level in reversed(levels) if level.cells]
    for level in answering[:1]:
        if max(level.grid) <= RULED:
            rule(axes, (height, width), *level.grid, width=0.5, alpha=0.55)
    for level in answering:
        rows, columns = level.grid
        sides = width / columns, height / rows
        look = {"facecolor": colour(level.role), "edgecolor": PAPER, "alpha": 0.65, "zorder": 3}
        for row, column in level.cells:
            axes.add_patch(Rectangle((column * sides[0], row * sides[1]), *sides, **look))

"""Contact sheet: several pictures on one page, each with its title.

It serves a page that leads to others; the small pictures are the large ones, drawn again.
"""

from collections.abc import Mapping
from io import BytesIO

import numpy as np
from PIL import Image

from .drawing import MARGIN, headline, panel, write
from .picture import Picture
from .style import BODY, FAINT, style

CELL_WIDTH, CELL_HEIGHT, TITLE = 2.9, 2.0, 0.34


@style()
def contact_sheet(
    pictures: Mapping[str, Picture], title: str, note: str = "", *, columns: int = 4
) -> Picture:
    """Lay out pictures in rows, each under its name.

    Parameters
    ----------
    pictures
        Name → picture, in reading order.
    title, note
        Headline of the page, and a quieter line below it.
    columns
        Pictures in a row.

    Raises
    ------
    ValueError
        If there is no picture.
    """
    if not pictures:
        raise ValueError("a contact sheet needs at least one picture, got none; pass a few")
    rows = -(-len(pictures) // columns)
    top = 0.85 if note else 0.6
    width = 2 * MARGIN + columns * CELL_WIDTH
    height = top + rows * (CELL_HEIGHT + TITLE) + MARGIN
    sheet = Picture(width, height, alt=f"{title}: " + "; ".join(pictures) + ".")
    headline(sheet, title, note)
    for i, (name, picture) in enumerate(pictures.items()):
        x = MARGIN + i % columns * CELL_WIDTH
        y = height - top - (i // columns + 1) * (CELL_HEIGHT + TITLE)
        place(sheet, picture, name, x, y)
    return sheet


def place(sheet: Picture, picture: Picture, name: str, x: float, y: float) -> None:
    """Draw one small picture with its name, in a cell whose lower left corner is (x, y) inches."""
    axes = panel(sheet, x, y, CELL_WIDTH - 0.2, CELL_HEIGHT)
    with Image.open(BytesIO(picture.to_png(dpi=110))) as image:
        axes.imshow(np.asarray(image.convert("RGB")), interpolation="lanczos")
    axes.set(xticks=[], yticks=[], anchor="NW")  # close below its name, whatever its height
    for spine in axes.spines.values():
        spine.set(visible=True, color=FAINT)
    above = panel(sheet, x, y + CELL_HEIGHT, CELL_WIDTH - 0.2, TITLE)
    above.set(xlim=(0, CELL_WIDTH - 0.2), ylim=(0, TITLE))
    above.set_axis_off()
    write(above, 0, TITLE / 2, name, size=BODY, weight="bold", ha="left", fit=CELL_WIDTH - 0.2)

"""Named maps in a row: the same map after different treatments, side by side.

It serves comparisons of a few single maps, such as a feature map before and after some of it was
dropped. A value that is not a number counts as taken out, and is drawn in pink.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from .check import check_map
from .drawing import MARGIN, headline, panel, paper, text_width, write
from .maps import draw_map, value_range
from .picture import Picture
from .style import BODY, MUTED, SMALL, style


@style()
def named_maps(maps: Mapping[str, ArrayLike], *, title: str, note: str = "") -> Picture:
    """Draw two to five single maps under their names, on one scale.

    Parameters
    ----------
    maps
        Name → (H, W), all of one size; NaN where a value was taken out.
    title, note
        Headline, and a quieter line below it.

    Raises
    ------
    ValueError
        If there are not two to five maps, or their sizes differ.
    """
    values = {name: check_map(one) for name, one in maps.items()}
    sizes = {one.shape for one in values.values()}
    if not 2 <= len(values) <= 5 or len(sizes) > 1:
        raise ValueError(
            f"maps must be 2 to 5 of one size, got {len(values)} of sizes {sorted(sizes)}; "
            "draw maps of different layers with compare_maps"
        )
    height, width = sizes.pop()
    wide = min((9.5 - 0.3 * (len(values) - 1)) / len(values), 3.2)
    high = wide * height / width
    across = 2 * MARGIN + len(values) * (wide + 0.3) - 0.3
    picture = Picture(across, high + (1.55 if note else 1.3))
    headline(picture, title, note)
    sheet = paper(picture)
    limits = value_range(np.stack(list(values.values())))
    widest = max(text_width(name, BODY, "bold") for name in values)
    size = min(BODY, BODY * 0.6 * wide / widest)  # the same for all names
    said = []
    for index, (name, one) in enumerate(values.items()):
        x = MARGIN + index * (wide + 0.3)
        draw_map(panel(picture, x, 0.25, wide, high), one, limits)
        gone = np.isnan(one).mean()
        write(sheet, x, high + 0.42, name, size=size, weight="bold", ha="left")
        words = f"{100 * gone:.0f} % taken out" if gone else f"{height} × {width}"
        note_style = {"size": SMALL, "colour": MUTED, "ha": "right", "fit": 0.34 * wide}
        write(sheet, x + wide, high + 0.42, words, **note_style)
        said.append(f"{name}: {words}")
    picture.alt = f"{title}: " + "; ".join(said) + "."
    return picture

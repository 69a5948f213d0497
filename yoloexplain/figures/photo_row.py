"""Photographs in a row: what became of a picture before a network saw it.

It stands at the beginning of the way from image to picture, beside letterboxing: augmentations make
new training images out of old ones, and only a look tells whether they did what was meant.
"""

from collections.abc import Mapping

from numpy.typing import ArrayLike

from .check import check_photo
from .drawing import MARGIN, headline, panel, paper, write
from .overlay import lay_photo
from .picture import Picture
from .style import MUTED, SMALL, style


@style()
def photo_row(photos: Mapping[str, ArrayLike], *, title: str, note: str = "") -> Picture:
    """Draw one to five photographs under their names, equally wide.

    Parameters
    ----------
    photos
        Name → uint8 (H, W, 3).
    title, note
        Headline, and a quieter line below it.

    Raises
    ------
    ValueError
        If there are not one to five photographs.
    """
    images = {name: check_photo(photo) for name, photo in photos.items()}
    if not 1 <= len(images) <= 5:
        raise ValueError(f"photos must hold 1 to 5, got {len(images)}; draw some apart")
    gap = 0.2
    wide = min((9.5 - gap * (len(images) - 1)) / len(images), 4.5)
    high = max(wide * image.shape[0] / image.shape[1] for image in images.values())
    picture = Picture(10, high + (1.6 if note else 1.3))
    headline(picture, title, note)
    sheet = paper(picture)
    for index, (name, image) in enumerate(images.items()):
        x, (height, width) = MARGIN + index * (wide + gap), image.shape[:2]
        tall = wide * height / width
        lay_photo(panel(picture, x, 0.25 + high - tall, wide, tall), image)
        write(sheet, x, high + 0.45, name, weight="bold", ha="left", fit=0.6 * wide)
        size = f"{height} × {width} pixels"
        note_style = {"size": SMALL, "colour": MUTED, "ha": "right", "fit": 0.36 * wide}
        write(sheet, x + wide, high + 0.45, size, **note_style)
    listed = ", ".join(f"{name} ({i.shape[0]}×{i.shape[1]})" for name, i in images.items())
    picture.alt = f"{title}: {listed}."
    return picture

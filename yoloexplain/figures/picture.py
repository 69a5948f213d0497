"""Picture: a matplotlib figure that can say in words what it shows.

Every function of this room returns one. As the last expression of a cell it shows itself as a
small PNG and carries its alternative text: in the output's metadata (``image/png: alt``, which
nbconvert and Sphinx put on the page) and as its plain text (which a terminal, a diff and a test
read). It never touches pyplot, so it needs no display and leaves no figure open.

JupyterLab 4.6 itself puts no ``alt`` on images: its renderer reads width, height and background
only. The text is in the notebook all the same, next to the image.
"""

import base64
import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from .check import Number
from .style import style

SCREEN_DPI = 110
EXACT = 48  # the most frequent colours, which are kept exactly
PHOTOGRAPHIC = 5000  # more colours than this, and there is a photograph in the picture
PHOTO_DPI = 86  # of photographs and maps inside an SVG
_EMBEDDED = re.compile(rb"(data:image/png;base64,)([A-Za-z0-9+/=\s]+)")


class Picture(Figure):
    """A figure of ``width`` x ``height`` inches with its alternative text in ``alt``."""

    alt: str

    def __init__(self, width: Number, height: Number, *, alt: str = "", **options: Any) -> None:
        super().__init__(figsize=(width, height), dpi=SCREEN_DPI, **options)
        self.alt = alt

    def to_png(self, dpi: Number = SCREEN_DPI) -> bytes:
        """Draw as a PNG of at most 256 colours, small enough for a committed notebook."""
        return png_bytes(self, dpi)

    def to_svg(self) -> bytes:
        """Draw as an SVG, the same bytes every time, with ``alt`` as its title."""
        return svg_bytes(self, self.alt)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return show(self)._repr_mimebundle_(**options)

    def __repr__(self) -> str:
        return f"Picture({self.alt!r})"


@dataclass(frozen=True)
class Shown:
    """Any figure together with its alternative text, ready for a notebook."""

    figure: Figure
    alt: str

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        png = base64.b64encode(png_bytes(self.figure)).decode("ascii")
        data = {"image/png": png, "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt}}


def show(figure: Figure, alt: str | None = None) -> Shown:
    """Show any matplotlib figure the way pictures are shown: small, and with words beside it.

    Parameters
    ----------
    figure
        A ``Picture``, or a figure of your own.
    alt
        What it shows, in a sentence; a ``Picture`` brings its own.

    Raises
    ------
    ValueError
        If it is no figure, or nobody has said what it shows.
    """
    if not isinstance(figure, Figure):
        raise ValueError(
            f"show takes a matplotlib Figure, got {type(figure).__name__}; "
            "pass what a function of yoloexplain.figures returned"
        )
    words = alt if alt is not None else getattr(figure, "alt", "")
    if not words.strip():
        raise ValueError(
            "a figure must say what it shows, got no alternative text; "
            'pass for example alt="two curves that cross at zero"'
        )
    return Shown(figure, words)


def png_bytes(figure: Figure, dpi: Number = SCREEN_DPI) -> bytes:
    """Draw any figure as a PNG with a palette of at most 256 colours."""
    drawn = BytesIO()
    with style():
        figure.savefig(drawn, format="png", dpi=dpi)
    return _with_palette(drawn.getvalue())


def svg_bytes(figure: Figure, title: str = "") -> bytes:
    """Draw any figure as an SVG without date, and with photographs as palette PNGs."""
    drawn = BytesIO()
    metadata = {"Date": None, "Creator": "yoloexplain", "Title": title or None}
    with style():
        figure.savefig(drawn, format="svg", dpi=PHOTO_DPI, metadata=metadata)
    return _EMBEDDED.sub(_shrink, drawn.getvalue())


def few_colours(photo: NDArray[np.uint8], colours: int = 160) -> NDArray[np.uint8]:
    """Reduce a photograph to a palette, dithered in its own pixels.

    Enlarged with its pixels kept, it then adds hardly a byte to a picture: later, the whole
    picture would be dithered in the screen's pixels, which are many more.
    """
    image = Image.fromarray(photo)
    palette = image.quantize(colours, method=Image.Quantize.MAXCOVERAGE, kmeans=2)
    dithered = image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    return np.asarray(dithered.convert("RGB"))


def _shrink(match: re.Match[bytes]) -> bytes:
    return match[1] + base64.b64encode(_with_palette(base64.b64decode(match[2])))


def _with_palette(png: bytes) -> bytes:
    """Encode a PNG again with at most 256 colours; one that lets paper through stays as it is.

    Paper, ink and flat fills keep their exact colour, and the rest shares what is left of the
    palette: dithered where there are so many colours that a photograph must be among them.
    """
    with Image.open(BytesIO(png)) as image:
        if image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255):
            return png
        colours = image.convert("RGB")
    flat = np.asarray(colours).reshape(-1, 3).astype(np.uint32)
    packed = flat[:, 0] << 16 | flat[:, 1] << 8 | flat[:, 2]
    found, inverse, counts = np.unique(packed, return_inverse=True, return_counts=True)
    exact = np.argsort(-counts, kind="stable")[: 256 if len(found) <= 256 else EXACT]
    palette = _palette(found, exact, flat[~np.isin(inverse, exact)].astype(np.uint8))
    dither = Image.Dither.FLOYDSTEINBERG if len(found) > PHOTOGRAPHIC else Image.Dither.NONE
    # Pillow looks colours up on a coarse grid: right for the rest, not for those kept exactly.
    index = np.array(colours.quantize(palette=palette, dither=dither)).ravel()
    place = np.full(len(found), -1)
    place[exact] = np.arange(len(exact))
    index = np.where(place[inverse] >= 0, place[inverse], index).astype(np.uint8)
    small, output = Image.fromarray(index.reshape(colours.size[::-1])), BytesIO()
    small.putpalette(palette.getpalette() or [])
    small.save(output, format="png", optimize=True)
    return output.getvalue()


def _palette(
    found: NDArray[np.uint32], exact: NDArray[np.int64], rest: NDArray[np.uint8]
) -> Image.Image:
    """Make a palette image of the exact colours and of as many others as fit."""
    chosen = [(int(found[i]) >> shift) & 255 for i in exact for shift in (16, 8, 0)]
    if len(rest):
        left = 256 - len(exact)
        shared = Image.fromarray(rest[None]).quantize(left, method=Image.Quantize.MEDIANCUT)
        chosen += (shared.getpalette() or [])[: 3 * left]
    palette = Image.new("P", (1, 1))
    palette.putpalette(chosen + chosen[:3] * (256 - len(chosen) // 3))
    return palette

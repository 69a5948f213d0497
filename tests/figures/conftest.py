"""Where the words of a picture stand, and what the drawings have in common."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from yoloexplain.data import photos
from yoloexplain.figures.style import style


def find_words(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every text that is drawn, with the rectangle it takes on the page, in pixels."""
    with style():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        renderer = canvas.get_renderer()

        def walk(artist: Artist) -> Iterator[Text]:
            if not artist.get_visible():
                return
            if isinstance(artist, Text):
                yield artist
            if isinstance(artist, Axis):  # its own children hold ticks outside the limits too
                yield artist.label
                for tick in artist._update_ticks():
                    yield from walk(tick)
                return
            hidden = isinstance(artist, Axes) and not artist.axison
            for child in artist.get_children():
                if not (hidden and isinstance(child, Axis)):
                    yield from walk(child)

        return [
            (text.get_text(), text.get_window_extent(renderer))
            for text in walk(figure)
            if text.get_text().strip()
        ]


def check_legible(picture: Figure) -> None:
    """Fail unless every word is on the page and none covers another."""
    written, page = find_words(picture), picture.bbox
    assert written
    for text, place in written:
        assert page.x0 - 1 <= place.x0 <= place.x1 <= page.x1 + 1, text
        assert page.y0 - 1 <= place.y0 <= place.y1 <= page.y1 + 1, text
    for index, (text, place) in enumerate(written):
        for other, there in written[:index]:
            wide = min(place.x1, there.x1) - max(place.x0, there.x0)
            high = min(place.y1, there.y1) - max(place.y0, there.y0)
            assert wide <= 1.5 or high <= 2, f"{text!r} covers {other!r}"


@pytest.fixture
def legible() -> Callable[[Figure], None]:
    return check_legible


@pytest.fixture(scope="session")
def photo() -> np.ndarray:
    return photos.load("coffee")


@pytest.fixture
def maps() -> np.ndarray:
    """Eight maps of 6×10 cells whose spread over space grows with the channel's number."""
    pattern = np.random.default_rng(0).standard_normal((6, 10))
    return np.stack([100 - 10 * k + k * pattern for k in range(8)])

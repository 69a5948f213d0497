"""Pictures: small in a notebook, the same bytes every time, and never without words."""

import base64
import subprocess
import sys
from io import BytesIO

import matplotlib
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.figure import Figure
from PIL import Image

from yoloexplain import figures
from yoloexplain.figures.picture import Picture, Shown
from yoloexplain.figures.style import ROLES, colour, sequence, style, tint


def decoded(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png))


def test_a_notebook_gets_a_png_with_alternative_text_and_the_same_text_as_words() -> None:
    picture = figures.pan()
    data, metadata = DisplayFormatter().format(picture)
    assert set(data) == {"image/png", "text/plain"}
    assert data["text/plain"] == picture.alt
    assert metadata == {"image/png": {"alt": picture.alt}}
    image = decoded(base64.b64decode(data["image/png"]))
    assert image.size == (1100, int(110 * picture.get_size_inches()[1]))


def test_a_picture_is_a_figure_that_is_named_by_what_it_shows() -> None:
    picture = figures.fpn()
    assert isinstance(picture, Figure)
    assert repr(picture) == f"Picture({picture.alt!r})"


def test_a_drawing_becomes_a_palette_png_and_loses_no_flat_colour() -> None:
    image = decoded(figures.pan().to_png())
    assert image.mode == "P"
    colours = {colour for _, colour in image.convert("RGB").getcolors()}
    assert len(colours) <= 256
    assert (255, 255, 255) in colours
    green = tuple(int(ROLES["concat"][i : i + 2], 16) for i in (1, 3, 5))
    assert green in colours


def test_a_photograph_stays_recognisable_and_the_paper_stays_white(photo: np.ndarray) -> None:
    picture = figures.photo_with_boxes(photo, [[173, 18, 402, 309]], ["cup"])
    png = picture.to_png()
    image = np.asarray(decoded(png).convert("RGB"), dtype=float)
    assert (image[:3] == 255).all()
    exact = BytesIO()
    with style():
        picture.savefig(exact, format="png", dpi=110)
    full = np.asarray(decoded(exact.getvalue()).convert("RGB"), dtype=float)
    assert np.abs(image - full).mean() < 6
    assert len(png) < 0.5 * len(exact.getvalue())


def test_svg_is_the_same_twice_dated_never_and_titled_by_the_words() -> None:
    first, second = figures.dense_block().to_svg(), figures.dense_block().to_svg()
    assert first == second
    assert b"dc:date" not in first
    assert f"<title>{figures.dense_block().alt}</title>".encode() in first
    assert b"<text" not in first  # letters are paths, so every reader sees the same


def test_photographs_inside_an_svg_have_a_palette(photo: np.ndarray) -> None:
    svg = figures.photo_with_boxes(photo, []).to_svg()
    _, _, rest = svg.partition(b"data:image/png;base64,")
    inside = decoded(base64.b64decode(rest.split(b'"')[0]))
    assert inside.mode == "P"
    assert len(svg) < 250_000


def test_show_gives_words_to_a_figure_of_ones_own() -> None:
    own = Figure()
    own.subplots().plot([0, 1])
    shown = figures.show(own, alt="a rising line")
    assert isinstance(shown, Shown)
    data, metadata = shown._repr_mimebundle_()
    assert data["text/plain"] == "a rising line"
    assert metadata["image/png"]["alt"] == "a rising line"
    assert figures.show(figures.pan()).alt == figures.pan().alt


def test_show_refuses_a_figure_without_words() -> None:
    for silent in (Figure(), Picture(2, 2)):
        with pytest.raises(ValueError, match="must say what it shows"):
            figures.show(silent)


def test_drawing_leaves_the_readers_settings_alone() -> None:
    before = dict(matplotlib.rcParams)
    figures.curves([0, 1], {"line": [0, 1]}, title="A line")
    assert dict(matplotlib.rcParams) == before


def test_figures_need_neither_pyplot_nor_torch_nor_a_display() -> None:
    code = (
        "import sys; from yoloexplain import figures; figures.pan().to_png()\n"
        "assert 'matplotlib.pyplot' not in sys.modules; assert 'torch' not in sys.modules"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={})
    assert run.returncode == 0, run.stderr


# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
BLINDNESS = {
    "protan": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deutan": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritan": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def lab(shade: str, blindness: list[list[float]]) -> np.ndarray:
    """CIE Lab of a colour as seen with a kind of colour blindness."""
    from skimage.color import rgb2lab

    rgb = np.array([int(shade[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    seen = np.clip(np.array(blindness) @ linear, 0, 1)
    display = np.where(seen > 0.0031308, 1.055 * seen ** (1 / 2.4) - 0.055, 12.92 * seen)
    return rgb2lab(display[None, None])[0, 0]


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize(
    "roles",
    [
        ["p2", "p3", "p4", "p5", "p6"],
        ["backbone", "neck", "head"],
        ["trained", "untrained"],
        ["truth", "prediction"],
        ["conv", "concat", "pool", "activation", "removed"],
    ],
)
def test_colours_that_stand_side_by_side_stay_apart_for_colour_blind_eyes(
    roles: list[str], kind: str
) -> None:
    seen = [lab(colour(role), BLINDNESS[kind]) for role in roles]
    for i, one in enumerate(seen):
        for j in range(i):
            assert np.linalg.norm(one - seen[j]) > 15, (roles[i], roles[j])


@pytest.mark.parametrize("count", [1, 8, 9, 25])
def test_a_sequence_has_as_many_different_colours_as_asked_for(count: int) -> None:
    assert len(set(sequence(count))) == count


def test_a_tint_goes_from_the_colour_to_paper() -> None:
    assert tint("#0072b2", 0) == "#0072b2"
    assert tint("#0072b2", 1) == "#ffffff"


def test_an_unknown_role_is_answered_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"must be one of conv, norm.*got 'convolution'"):
        colour("convolution")

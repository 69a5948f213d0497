"""Strips of layers: widths that are shares, and words that give the same shares."""

import pytest
from matplotlib.patches import Rectangle

from yoloexplain.figures.layer_shares import HIGH, WIDE, layer_shares

TYPES = ["Conv2d", "Conv2d", "Linear"]


def widths(picture: object) -> list[float]:
    """Widths of the strips' pieces, in the order in which they were drawn."""
    (axes,) = picture.axes  # type: ignore[attr-defined]
    pieces = [p for p in axes.patches if isinstance(p, Rectangle) and p.get_height() == HIGH]
    return [piece.get_width() for piece in pieces]


def test_every_layer_is_as_wide_as_its_share() -> None:
    picture = layer_shares(
        TYPES, {"parameters": [1, 2, 7], "multiply-adds": [60, 30, 10]}, "Shares"
    )
    expected = [share * WIDE for share in (0.1, 0.2, 0.7, 0.6, 0.3, 0.1)]
    assert widths(picture) == pytest.approx(expected)


def test_the_words_give_the_shares_by_type_and_the_totals() -> None:
    picture = layer_shares(TYPES, {"parameters": [100, 200, 700]}, "Shares")
    assert "3 layers" in picture.alt
    assert "1,000 parameters: convolutions 30.0 %, linear layers 70.0 %." in picture.alt
    (axes,) = picture.axes
    drawn = {text.get_text() for text in axes.texts}
    assert {"convolutions: 30.0 %", "linear layers: 70.0 %", "70 %", "20 %", "10 %"} <= drawn


def test_a_layer_of_no_amount_takes_no_room() -> None:
    assert widths(layer_shares(TYPES, {"work": [0, 5, 5]}, "Shares")) == pytest.approx(
        [0, WIDE / 2, WIDE / 2]
    )


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ({"parameters": [1, 2]}, "3 layers, 2 parameters"),
        ({"parameters": [1, -2, 3]}, "smallest of -2"),
        ({"parameters": [0, 0, 0]}, "sum of 0"),
        ({}, "3 layers and 0 measures"),
    ],
)
def test_amounts_that_are_no_shares_are_refused(amounts: dict[str, list[int]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        layer_shares(TYPES, amounts, "Shares")

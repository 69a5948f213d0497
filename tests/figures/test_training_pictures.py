"""The pictures of training: their words stand apart, and wrong input is refused in words."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from yoloexplain.figures.assignment import answering
from yoloexplain.figures.descent import descent
from yoloexplain.figures.loss_flow import loss_flow
from yoloexplain.figures.named_maps import named_maps
from yoloexplain.figures.photo_row import photo_row
from yoloexplain.figures.picture import Picture
from yoloexplain.figures.precision import precision_recall_curve

Legible = Callable[[Figure], None]

ANCHORS = {"p3": ((10, 13), (33, 23)), "p4": ((30, 61), (59, 119)), "p5": ((116, 90),)}
PATH = [(-4.0, 1.0), (-3.0, -0.5), (-2.0, 0.2)]
GREY = np.full((40, 70, 3), 90, np.uint8)
HOLES = np.where(np.arange(24).reshape(4, 6) % 5 == 0, np.nan, 1.0 * np.arange(24).reshape(4, 6))

DRAWINGS: dict[str, Callable[[], Picture]] = {
    "answering": lambda: answering(np.tile(GREY, (4, 3, 1)), (60, 40, 110, 95), ANCHORS),
    "descent": lambda: descent((1, 50), {"SGD": PATH, "Adam": PATH[:2]}),
    "loss_flow": loss_flow,
    "named_maps": lambda: named_maps({"whole": HOLES, "dropped": HOLES}, title="Maps", note="Two."),
    "photo_row": lambda: photo_row(
        {name: GREY for name in ("one", "two", "a rather long name", "four", "five")}, title="Row"
    ),
    "precision": lambda: precision_recall_curve([0.9, 0.5, 0.1], [True, False, True], 3),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_word_covers_another_or_leaves_the_page(name: str, legible: Legible) -> None:
    legible(DRAWINGS[name]())


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_picture_is_the_same_twice_and_says_what_it_shows(name: str) -> None:
    first, second = DRAWINGS[name](), DRAWINGS[name]()
    assert first.to_png() == second.to_png()
    assert any(character.isdigit() for character in first.alt)
    assert 30 < len(first.alt) < 500


def test_a_descent_says_how_far_from_the_bottom_each_path_ends() -> None:
    picture = descent((1, 50), {"SGD": PATH, "Adam": PATH[:2]})
    assert "SGD ends 2.010 from the bottom after 2 steps" in picture.alt
    assert "Adam ends 3.041 from the bottom after 1 steps" in picture.alt


def test_a_path_that_ran_away_is_refused() -> None:
    with pytest.raises(ValueError, match="lower the learning rate"):
        descent((1, 50), {"SGD": [(1.0, 1.0), (np.inf, 0.0)]})
    with pytest.raises(ValueError, match="two positive numbers"):
        descent((1, -50), {"SGD": PATH})


def test_the_loss_flow_gives_the_share_that_answers() -> None:
    picture = loss_flow(predictions=2_000, answers=10, values=25)
    words = [text.get_text() for text in picture.axes[0].texts]
    assert any("0.5 %" in text for text in words)
    assert any("1,990" in text for text in words)
    assert "2,000 × 25" in words
    with pytest.raises(ValueError, match="at most 20"):
        loss_flow(predictions=20, answers=21)


def test_named_maps_say_what_was_taken_out() -> None:
    picture = named_maps({"whole": np.nan_to_num(HOLES), "dropped": HOLES}, title="Maps")
    assert picture.alt == "Maps: whole: 4 × 6; dropped: 21 % taken out."
    with pytest.raises(ValueError, match="of one size"):
        named_maps({"a": HOLES, "b": HOLES[:2]}, title="Maps")


def test_a_row_takes_one_to_five_photographs() -> None:
    assert photo_row({"cup": GREY}, title="Row").alt == "Row: cup (40×70)."
    with pytest.raises(ValueError, match="got 0"):
        photo_row({}, title="Row")

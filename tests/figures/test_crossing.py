"""Crossings: found where they are, between points and on them, and marked there."""

import numpy as np
import pytest

from yoloexplain.figures.crossing import crossing, crossings

X = np.arange(1.0, 9.0)


def test_a_crossing_between_two_points_is_found() -> None:
    assert crossings(X, 3 * X + 2, X + 7.4) == pytest.approx([2.7])


def test_a_crossing_on_a_point_is_found_once() -> None:
    assert crossings(X, 2 * X, X + 4) == [4.0]


def test_curves_that_change_places_twice_cross_twice() -> None:
    assert crossings(X, (X - 4.5) ** 2, np.full(8, 4.0)) == pytest.approx([2.5, 6.5], abs=0.1)


def test_parallel_curves_do_not_cross() -> None:
    picture = crossing(X, {"low": X, "high": X + 1}, "Never", labels=("images", "MB"))
    assert "nowhere" in picture.alt


def test_the_crossing_is_marked_and_told() -> None:
    lines = {"steep": 3 * X + 2, "flat": X + 7.4}
    picture = crossing(X, lines, "Once", labels=("images", "MB"))
    assert "over images: steep and flat. They change places at: 2.7." in picture.alt
    (axes,) = picture.axes
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    assert [tuple(np.ravel(mark.get_xydata())) for mark in marks] == [pytest.approx((2.7, 10.1))]
    assert "2.7" in {text.get_text() for text in axes.texts}


def test_a_whole_place_is_told_without_a_point() -> None:
    picture = crossing(X, {"steep": 2 * X, "flat": X + 4}, "Once", labels=("images", "MB"))
    assert "They change places at: 4. " in picture.alt
    assert "4" in {text.get_text() for text in picture.axes[0].texts}


@pytest.mark.parametrize(
    ("x", "names", "words"),
    [
        (X, ("a",), "two curves, got 1"),
        (X[::-1], ("a", "b"), "a list that grows"),
        (X[:5], ("a", "b"), r"got \(8,\) for 5"),
    ],
)
def test_curves_that_cannot_cross_are_refused(
    x: np.ndarray, names: tuple[str, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        crossing(x, dict.fromkeys(names, X), "No")

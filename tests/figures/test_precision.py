"""Average precision: against a plain loop, and by its properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yoloexplain.figures.precision import precision_recall, precision_recall_curve

LISTS = st.lists(st.booleans(), min_size=1, max_size=25)


def slowly(correct: list[bool], truths: int) -> float:
    """Area under the envelope, one right detection after the other."""
    points, hits = [], 0
    for place, right in enumerate(correct, start=1):
        hits += right
        points.append((hits / truths, hits / place))
    area, before = 0.0, 0.0
    for index, (recall, _) in enumerate(points):
        area += (recall - before) * max(precision for _, precision in points[index:])
        before = recall
    return area


@given(correct=LISTS, missed=st.integers(0, 4))
def test_the_area_is_that_of_a_plain_loop(correct: list[bool], missed: int) -> None:
    truths = max(sum(correct) + missed, 1)
    curve = precision_recall(correct, truths)
    assert curve.area == pytest.approx(slowly(correct, truths))
    assert curve.area == pytest.approx(curve.average, abs=0.02)
    assert (np.diff(curve.envelope) <= 0).all()


@given(correct=LISTS)
def test_a_false_alarm_at_the_end_costs_nothing(correct: list[bool]) -> None:
    truths = sum(correct) + 1
    longer = precision_recall([*correct, False], truths)
    assert longer.area == pytest.approx(precision_recall(correct, truths).area)


@given(correct=LISTS)
def test_no_order_beats_right_ones_first(correct: list[bool]) -> None:
    truths = sum(correct) + 1
    best = precision_recall(sorted(correct, reverse=True), truths)
    assert best.area == pytest.approx(sum(correct) / truths)
    assert precision_recall(correct, truths).area <= best.area + 1e-12


def test_everything_found_and_nothing_else_is_one() -> None:
    curve = precision_recall([True, True, True], 3)
    assert (curve.area, curve.average) == (1.0, 1.0)


def test_more_hits_than_objects_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 1 true, got 2 true"):
        precision_recall([True, True], 1)


def test_the_picture_sorts_by_score_before_it_counts() -> None:
    shuffled = precision_recall_curve([0.2, 0.9, 0.5], [False, True, True], 3)
    assert shuffled.texts[0].get_text().startswith("Average precision 0.667")
    with pytest.raises(ValueError, match="as many of each"):
        precision_recall_curve([0.2], [True, False], 3)

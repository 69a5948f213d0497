"""One photograph under three detectors' cells says who answers."""

import numpy as np
import pytest

from yoloexplain.figures.three_assignments import Answers, three_assignments

PHOTO = np.full((64, 96, 3), 200, np.uint8)
DETECTORS = {
    "one cell": [Answers((7, 7), [(2, 3)], "prediction")],
    "two levels": [Answers((8, 12), [(3, 3), (3, 4)], "p3"), Answers((4, 6), [(1, 1)], "p4")],
    "nobody": [Answers((2, 3), [], "p5")],
}


def test_each_cell_that_answers_is_painted_in_its_place() -> None:
    picture = three_assignments(PHOTO, (20, 20, 50, 40), DETECTORS, title="Who answers")
    painted = [
        [patch.get_bbox().bounds for patch in axes.patches if patch.get_fill()]
        for axes in picture.axes
        if axes.get_images()
    ]
    assert painted[0] == [pytest.approx((3 * 96 / 7, 2 * 64 / 7, 96 / 7, 64 / 7))]
    assert painted[1] == [(16, 16, 16, 16), (24, 24, 8, 8), (32, 24, 8, 8)]  # coarse ones first
    assert painted[2] == []
    assert picture.alt.endswith("once a detector. one cell; two levels; nobody.")


def test_five_detectors_are_too_many() -> None:
    five = {str(k): DETECTORS["nobody"] for k in range(5)}
    with pytest.raises(ValueError, match="1 to 4, got 5"):
        three_assignments(PHOTO, (20, 20, 50, 40), five, title="Who answers")

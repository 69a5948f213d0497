"""A recorded training is leafed through and played, with the recorded numbers."""

import pytest
from samples.training_curve import ROWS, recording

from yoloexplain.widgets import TrainingCurve

pytestmark = pytest.mark.browser

# found of three objects, and wrong boxes, above 0.25
COUNTS = ((0, "1 wrong box"), (1, "2 wrong boxes"), (3, "0 wrong boxes"))


def words(moment: int) -> list[str]:
    row = ROWS[moment]
    found, wrong = COUNTS[moment]
    return [
        f"Moment {moment + 1} of 3, after {100 * (moment + 1)} steps: mAP50 {row['map50']:.2f}",
        f"losses: box {row['loss_box']:.2f}, classes {row['loss_classes']:.2f}",
        f"Above 0.25: {found} of 3 objects found, {wrong}.",
    ]


def test_slider_keys_and_mouse_leaf_through_the_moments(static) -> None:
    shown = static(TrainingCurve(recording(), moment=1))
    assert all(part in shown.status() for part in words(0))
    shown.press("ArrowRight")
    assert all(part in shown.status() for part in words(1))
    shown.slide("moment", 1)
    assert all(part in shown.status() for part in words(2))
    shown.drag((0.2, 0.2), (0.05 + 0.42 / 3, 0.2))  # along the curve, back to the first
    assert all(part in shown.status() for part in words(0))
    assert shown.complaints == []


def test_doubtful_boxes_come_and_go_with_the_confidence(static) -> None:
    shown = static(TrainingCurve(recording()))
    shown.slide("boxes surer than", 10)
    assert "Above 0.75: 2 of 3 objects found, 0 wrong boxes." in shown.status()
    shown.slide("boxes surer than", 3)
    assert "Above 0.90: 0 of 3 objects found" in shown.status()
    assert shown.complaints == []


def test_it_plays_to_the_end_and_stands_still_where_motion_is_unwanted(static) -> None:
    shown = static(TrainingCurve(recording(), moment=1))
    shown.press("Enter")
    shown.page.wait_for_function(
        "document.querySelector('.yx-status').textContent.startsWith('Moment 3 of 3')"
    )
    assert all(part in shown.status() for part in words(2))

    calm = static(TrainingCurve(recording(), moment=1), reduced_motion="reduce")
    calm.press("Enter")
    assert calm.status().startswith("Moment 2 of 3")
    assert shown.complaints == calm.complaints == []


def test_the_truth_is_drawn_until_it_is_unticked(static) -> None:
    shown = static(TrainingCurve(recording(), moment=1), width=700)
    box = shown.canvas().bounding_box()
    # The first scene, 64 pixels, begins right of the curves; nothing is found in it by then.
    left = round(0.47 * box["width"]) + 22
    side = min((box["width"] - left - 8) / 2, 240)
    edge = ((left + 8 * side / 64) / box["width"], (20 * side / 64) / box["height"])
    assert max(shown.pixel(*edge)) > 200
    shown.page.get_by_label("what is there").uncheck()
    assert max(shown.pixel(*edge)) < 110
    assert shown.complaints == []

"""Two losses term by term: bars on one scale, the idle box dashed, and nonsense refused."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from yoloexplain.figures.loss_terms import THICK, loss_terms

BOXES = [[0.2, 0.2, 0.6, 0.6], [0.4, 0.4, 0.8, 0.8], [0.4, 0.4, 0.7, 0.8]]
TERMS = {"where": (1.0, 0.5), "what": (0.0, 2.0)}


def test_all_bars_share_one_scale_and_say_their_numbers() -> None:
    picture = loss_terms(BOXES, [0.2, 0.7], (4, 3), TERMS, title="Two")
    sheet = picture.axes[1]
    bars = [p for p in sheet.patches if isinstance(p, Rectangle) and p.get_height() == THICK]
    wide = np.array([bar.get_width() for bar in bars])
    np.testing.assert_allclose(wide[[0, 1, 3]] / wide[3], [0.5, 0.25, 1])
    said = {text.get_text() for text in sheet.texts}
    assert {"1.000", "0.500", "0.000", "2.000", "where", "what"} <= said
    assert "what 0.000 and 2.000" in picture.alt


def test_the_better_box_is_responsible_and_the_other_dashed() -> None:
    for overlaps, mine in (([0.2, 0.7], 1), ([0.7, 0.2], 0), ([0.5, 0.5], 0)):
        picture = loss_terms(BOXES, overlaps, (4, 3), TERMS, title="Two")
        axes = picture.axes[0]
        assert f"box {mine + 1}, responsible" in {text.get_text() for text in axes.texts}
        assert f"box {mine + 1} is responsible" in picture.alt
        frames = [p for p in axes.patches if isinstance(p, Rectangle) and not p.get_fill()]
        (idle,) = [frame for frame in frames if frame.get_linestyle() not in ("solid", "-")]
        assert idle.get_xy() == pytest.approx(BOXES[1 - mine][:2])


@pytest.mark.parametrize(
    ("boxes", "overlaps", "terms", "words"),
    [
        (BOXES[:2], [0.1, 0.2], TERMS, "3 boxes and 2 overlaps, got 2 and 2"),
        (BOXES, [0.1], TERMS, "got 3 and 1"),
        (BOXES, [0.1, 0.2], {}, "numbers of at least 0"),
        (BOXES, [0.1, 0.2], {"a": (1, -1)}, "numbers of at least 0"),
    ],
)
def test_what_is_no_pair_of_losses_is_refused(boxes, overlaps, terms, words) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=words):
        loss_terms(boxes, overlaps, (0, 0), terms, title="Two")

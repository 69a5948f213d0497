"""Who answers is the same in both languages, and as each detector's own targets have it."""

import numpy as np
import pytest
import torch

from yoloexplain import create_model
from yoloexplain.widgets import Assignment
from yoloexplain.widgets.assignment import LEVELS, SOLOS, STRIDES
from yoloexplain.yolov5 import targets as yolov5
from yoloexplain.yolov5.releases import ANCHORS

SIZE = (224, 320)  # height and width differ: a swap would show
LISTED = [{"stride": STRIDES[k], "anchors": shapes} for k, shapes in ANCHORS.items()]


def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (*SIZE, 3), np.uint8)


def boxes(count: int) -> list[list[int]]:
    """Boxes of every size in whole pixels, some of them upon borders and edges of the picture."""
    random = np.random.default_rng(3)
    found = []
    for number in range(count):
        w, h = np.exp(random.uniform(np.log(4), np.log([320, 224]))).astype(int)
        x, y = random.integers(0, [321 - w, 225 - h])
        if number % 3 == 0:  # the centre upon a border of P3's cells, and maybe of the others'
            w, h = 2 * max(w // 2, 2), 2 * max(h // 2, 2)
            x = min(max(8 * ((x + w // 2) // 8) - w // 2, 0), 320 - w)
            y = min(max(8 * ((y + h // 2) // 8) - h // 2, 0), 224 - h)
        found.append([int(x), int(y), int(x + w), int(y + h)])
    return [*found, [0, 0, 320, 224], [316, 220, 320, 224], [0, 0, 4, 4]]


def row(box: list[int]) -> torch.Tensor:
    x0, y0, x1, y1 = box
    shares = (x0 + x1) / 2 / SIZE[1], (y0 + y1) / 2 / SIZE[0]
    return torch.tensor(
        [[0, 0, *shares, (x1 - x0) / SIZE[1], (y1 - y0) / SIZE[0]]], dtype=torch.float64
    )


@pytest.mark.parametrize(("release", "counted"), [("7.0", True), ("2.0", False)])
@pytest.mark.parametrize("threshold", [2.0, 4.0])
def test_yolov5_asks_the_same_predictions_in_both_languages(
    release, counted, threshold, javascript
) -> None:
    model = create_model("yolov5s", release=release, num_classes=1)
    raw = {k: torch.zeros(1, 3, SIZE[0] // s, SIZE[1] // s, 6) for k, s in STRIDES.items()}
    cases = boxes(60)
    calls = [("yolov5Answers", [box, SIZE, LISTED, threshold, counted]) for box in cases]
    for box, found in zip(cases, javascript("assignment", calls), strict=True):
        expected = yolov5.assign(raw, row(box), model, threshold)
        for level, answer in zip(expected.values(), found, strict=True):
            pairs = [
                (k, *cell) for cell in answer["cells"] for k, yes in enumerate(answer["answers"])
                if yes
            ]  # fmt: skip
            asked = zip(*(part.tolist() for part in level[1:4]), strict=True)
            assert sorted(pairs) == sorted(asked), box


def test_yolov3_asks_one_prediction_in_both_languages(javascript) -> None:
    model = create_model("yolov5n", num_classes=1)
    raw = {k: torch.zeros(1, 3, SIZE[0] // s, SIZE[1] // s, 6) for k, s in STRIDES.items()}
    cases = boxes(60)
    calls = [("yolov3Answers", [box, SIZE, LISTED]) for box in cases]
    for box, found in zip(cases, javascript("assignment", calls), strict=True):
        expected = yolov5.assign_yolov3(raw, row(box), model)
        asked = [(level.anchor.tolist(), level.row.tolist()) for level in expected.values()]
        said = [
            ([k for k, yes in enumerate(one["answers"]) if yes], [i for i, _ in one["cells"]])
            for one in found
        ]
        assert said == asked, box


@pytest.mark.parametrize("grid", [1, 7, 13])
def test_yolov1_asks_the_same_cell_in_both_languages(grid, javascript) -> None:
    widget = Assignment(photo(), [0, 0, 8, 8], grid=grid)
    cases = boxes(60)
    calls = [("yolov1Cell", [box, SIZE, grid]) for box in cases]
    for box, found in zip(cases, javascript("assignment", calls), strict=True):
        widget.view.box = box
        assert tuple(found) == widget.yolov1()


@pytest.mark.parametrize("network", [0, 1])
@pytest.mark.parametrize("sigma", [0.2, 0.75])
def test_solo_asks_the_same_cells_in_both_languages(network, sigma, javascript) -> None:
    widget = Assignment(photo(), [0, 0, 8, 8], sigma=sigma)
    widget.view.network = network
    side, grids, ranges = list(SOLOS.values())[network]
    cases = boxes(30)
    given = {"side": side, "grids": grids, "ranges": ranges}
    calls = [("soloAnswers", [box, SIZE, given, sigma]) for box in cases]
    answered = 0
    for box, found in zip(cases, javascript("assignment", calls), strict=True):
        widget.view.box = box
        for level, answer in zip(LEVELS, found["levels"], strict=False):
            assert [tuple(cell) for cell in answer["cells"]] == widget.solo()[level], box
            answered += len(answer["cells"])
    assert answered > 50


def test_its_own_yolov5_is_the_detectors(javascript) -> None:
    widget = Assignment(photo(), [0, 0, 8, 8])
    for box in boxes(20):
        widget.view.box = box
        found = javascript("assignment", [("yolov5Answers", [box, SIZE, LISTED, 4.0, True])])[0]
        for (anchors, cells), answer in zip(widget.yolov5().values(), found, strict=True):
            assert anchors == [k for k, yes in enumerate(answer["answers"]) if yes]
            assert [list(cell) for cell in cells] == answer["cells"]


def test_it_counts_who_answers_and_draws_it() -> None:
    words = repr(Assignment())
    assert words.startswith("Assignment: the cat's eye, 52×44 pixels; YOLOv1 asks row 2, column 2")
    assert "YOLOv5 asks 18 predictions (P3 6, P4 9, P5 3)" in words
    assert words.endswith("SOLO asks cells: P3 4, P4 4")
    assert "YOLOv5: 18 predictions" in Assignment().picture().alt


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"photo": np.zeros((100, 320, 3), np.uint8), "box_xyxy": [0, 0, 9, 9]}, "100×320"),
        ({"box_xyxy": [0, 0, 9, 9]}, "needs its photo"),
        ({"photo": np.zeros((64, 64, 3), np.uint8)}, "box_xyxy must be given"),
        ({"photo": np.zeros((64, 64, 3), np.uint8), "box_xyxy": [60, 0, 70, 9]}, "within 64×64"),
        ({"photo": np.zeros((64, 64, 3), np.uint8), "box_xyxy": [0, 0, 2, 9]}, "at least 4"),
        ({"threshold": 9}, "threshold must lie from 1.1 to 8"),
        ({"sigma": 0}, "sigma must lie"),
        ({"grid": 0}, "grid must be an integer"),
    ],
)
def test_bad_input_is_named(options, words) -> None:
    with pytest.raises(ValueError, match=words):
        Assignment(**options)

"""What stays in the browser is what ``yolov5.non_max_suppression`` keeps."""

import numpy as np
import pytest
import torch

from yoloexplain import create_model
from yoloexplain.boxes import iou
from yoloexplain.data import photos
from yoloexplain.widgets import NonMaxSuppression
from yoloexplain.widgets.raw_outputs import demo_scene
from yoloexplain.yolov5.decode import decode, non_max_suppression

RULES = [(0.25, 0.45), (0.6, 0.0), (0.05, 0.8), (0.3, 1.0), (0.999, 0.5)]


def handed(widget: NonMaxSuppression) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Boxes, scores and classes as the browser gets them."""
    view = widget.view
    boxes = torch.from_numpy(np.frombuffer(view.boxes, "<f4").reshape(-1, 4).copy())
    scores = torch.from_numpy(np.frombuffer(view.scores, "<f4").copy())
    return boxes, scores, torch.from_numpy(np.frombuffer(view.kinds, "<u2").astype(int))


@pytest.fixture(scope="module")
def decoded() -> torch.Tensor:
    model = create_model("yolov5n-demo")
    with torch.no_grad():
        return decode(model(photos.to_tensor(demo_scene())), model)


@pytest.mark.parametrize("agnostic", [False, True])
@pytest.mark.parametrize(("confidence", "threshold"), RULES)
def test_both_languages_keep_the_same_of_a_scene(
    confidence, threshold, agnostic, decoded, javascript
) -> None:
    boxes, scores, kinds = handed(NonMaxSuppression())
    given = [boxes.tolist(), scores.tolist(), kinds.tolist(), confidence, threshold, agnostic]
    found = javascript("yolov5", [("suppress", given)])[0]
    options = {"agnostic": agnostic, "max_detections": 1000}
    kept = non_max_suppression(decoded, confidence, threshold, **options)[0]
    torch.testing.assert_close(boxes[found["kept"]], kept.boxes_xyxy)
    torch.testing.assert_close(scores[found["kept"]], kept.scores)
    assert kinds[found["kept"]].tolist() == kept.labels.tolist()
    before = non_max_suppression(decoded, confidence, 1.0, **options)[0]
    assert found["count"] == len(before)


@pytest.mark.parametrize("agnostic", [False, True])
def test_both_languages_keep_the_same_of_random_boxes(agnostic, javascript) -> None:
    for _ in range(5):
        centre, size = torch.rand(1, 80, 2) * 60, torch.rand(1, 80, 2) * 40 + 1
        random = torch.cat([centre, size, torch.rand(1, 80, 4)], dim=2).double()
        kept = non_max_suppression(random, 0.1, 0.4, agnostic=agnostic)[0]
        best, kinds = (random[0, :, 4:5] * random[0, :, 5:]).max(dim=1)
        order = best.argsort(descending=True)
        corners = torch.cat([centre - size / 2, centre + size / 2], dim=2)[0, order].double()
        given = [corners.tolist(), best[order].tolist(), kinds[order].tolist(), 0.1, 0.4, agnostic]
        found = javascript("yolov5", [("suppress", given)])[0]
        torch.testing.assert_close(corners[found["kept"]], kept.boxes_xyxy)
        for i, owner in enumerate(found["by"]):
            if owner >= 0:
                assert owner in found["kept"]
                assert owner < i
                assert iou(corners[i], corners[owner]) > 0.4
                assert agnostic or kinds[order][i] == kinds[order][owner]


def test_each_candidate_knows_the_cell_that_speaks_for_it(decoded) -> None:
    widget = NonMaxSuppression()
    boxes, _, _ = handed(widget)
    cells = np.frombuffer(widget.view.cells, "<u2").reshape(-1, 4)
    for (level, anchor, row, column), box in zip(cells.tolist(), boxes, strict=True):
        start, side = [(0, 32), (3072, 16), (3840, 8)][level]
        cx, cy, w, h = decoded[0, start + (anchor * side + row) * side + column, :4]
        expected = torch.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
        torch.testing.assert_close(box, expected)


def test_it_counts_before_and_after_and_draws_both(decoded) -> None:
    widget = NonMaxSuppression(confidence=0.3, agnostic=True)
    before = len(non_max_suppression(decoded, 0.3, 1.0)[0])
    assert repr(widget) == (
        f"NonMaxSuppression: image of 256×256 pixels, 4,032 boxes; {before} surer than 0.30, of "
        "which 6 stay at an IoU of 0.45, across classes"
    )
    assert f"{before} boxes above 0.30; 6 after NMS" in widget.picture().alt


def test_a_picture_of_nothing_has_no_boxes() -> None:
    widget = NonMaxSuppression(image=np.full((64, 96, 3), 128, np.uint8), confidence=1.0)
    assert "0 surer than 1.00, of which 0 stay" in repr(widget)
    assert "2 scenes" in widget.picture().alt


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"confidence": 0.01}, ValueError, "confidence must lie from 0.05 to 1, got 0.01"),
        ({"iou": 1.5}, ValueError, "iou must lie from 0 to 1, got 1.5"),
        ({"model": "yolov5n-demo"}, TypeError, "must be a YOLOv5, got str"),
    ],
)
def test_what_it_cannot_take_is_named(options, error, words) -> None:
    with pytest.raises(error, match=words):
        NonMaxSuppression(**options)

"""The playground's numbers are the package's own, in both languages."""

import pytest
import torch

from yoloexplain import boxes
from yoloexplain.widgets import IoUPlayground

MEASURES = ("iou", "giou", "diou", "ciou")


def pairs(count: int) -> torch.Tensor:
    """(N, 2, 4): boxes of every relation, whole numbers left out so that no sides meet."""
    corners = torch.rand(count, 2, 2, 2, dtype=torch.float64) * 100
    corners[::4, 1] += 60  # some far apart
    low, high = corners.min(dim=2).values, corners.max(dim=2).values
    return torch.cat([low, high + 1], dim=-1)


@pytest.mark.parametrize("name", MEASURES)
def test_both_languages_compare_boxes_alike(name, javascript) -> None:
    cases = pairs(200)
    expected = getattr(boxes, name)(cases[:, 0], cases[:, 1])
    found = javascript("boxes", [(name, pair) for pair in cases.tolist()])
    torch.testing.assert_close(torch.tensor(found, dtype=torch.float64), expected)


@pytest.mark.parametrize("name", MEASURES)
def test_the_arrows_are_the_gradients(name, javascript) -> None:
    cases = pairs(100)
    first = cases[:, 0].clone().requires_grad_()
    getattr(boxes, name)(first, cases[:, 1]).sum().backward()
    calls = [("slopes", [MEASURES.index(name), a, b]) for a, b in cases.tolist()]
    found = torch.tensor(javascript("boxes", calls), dtype=torch.float64)
    torch.testing.assert_close(found, first.grad, atol=1e-7, rtol=1e-5)


def test_nms_drops_the_same_boxes_in_both_languages(javascript) -> None:
    cases = pairs(60)[:, 0]
    scores, labels = torch.rand(60, dtype=torch.float64), torch.randint(3, (60,))
    for threshold in (0.1, 0.45, 0.8):
        for given in (None, labels):
            listed = None if given is None else given.tolist()
            call = ("greedyNMS", [cases.tolist(), scores.tolist(), threshold, listed])
            found = javascript("boxes", [call])[0]
            assert found["kept"] == boxes.nms(cases, scores, threshold, given).tolist()
            assert all((found["by"][i] < 0) == (i in found["kept"]) for i in range(60))


def test_it_says_its_four_values_and_draws_them() -> None:
    widget = IoUPlayground((0, 0, 100, 100), (50, 0, 150, 100))
    assert repr(widget) == "IoUPlayground: IoU 0.333, GIoU 0.333, DIoU 0.256, CIoU 0.256"
    assert "IoU 0.333" in widget.picture().alt


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prediction": (50, 0, 10, 10)}, "left <= right"),
        ({"truth": (0, 0, 400, 10)}, "within 320 × 180"),
        ({"measure": "EIoU"}, "'EIoU'"),
    ],
)
def test_bad_boxes_are_named(options, words) -> None:
    with pytest.raises(ValueError, match=words):
        IoUPlayground(**options)

"""Sliders suppress anew, and mouse and keys find out who dropped whom, as the package has it."""

import numpy as np
import pytest
import torch

from yoloexplain.boxes import iou, nms
from yoloexplain.widgets import NonMaxSuppression

pytestmark = pytest.mark.browser


def candidates(widget: NonMaxSuppression) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    view = widget.view
    boxes = torch.from_numpy(np.frombuffer(view.boxes, "<f4").reshape(-1, 4).copy())
    scores = torch.from_numpy(np.frombuffer(view.scores, "<f4").copy())
    return boxes, scores, torch.from_numpy(np.frombuffer(view.kinds, "<u2").astype(int))


def test_sliders_and_box_to_tick_suppress_anew(static) -> None:
    widget = NonMaxSuppression()
    boxes, scores, kinds = candidates(widget)

    def told(confidence: float, threshold: float, agnostic: bool) -> str:
        sure = scores > confidence
        labels = None if agnostic else kinds[sure]
        kept = nms(boxes[sure], scores[sure], threshold, labels)
        rule = "across classes" if agnostic else "class by class"
        return (
            f"{int(sure.sum())} boxes above {confidence:.2f}, {len(kept)} stay at an IoU of "
            f"{threshold:.2f} ({rule})"
        )

    shown = static(widget)
    assert shown.status().startswith(told(0.25, 0.45, False))
    shown.slide("confidence above", 10)
    assert shown.status().startswith(told(0.35, 0.45, False))
    shown.slide("drop above an IoU of", -40)
    assert shown.status().startswith(told(0.35, 0.05, False))
    shown.page.get_by_label("across classes (agnostic)").check()
    assert shown.status().startswith(told(0.35, 0.05, True))
    assert told(0.35, 0.05, True).split(" (")[0] != told(0.35, 0.05, False).split(" (")[0]
    assert shown.complaints == []


def test_keys_follow_a_box_to_the_one_that_dropped_it(static) -> None:
    widget = NonMaxSuppression()
    boxes, scores, kinds = candidates(widget)
    names = widget.view.table["names"]
    kept = nms(boxes, scores, 0.45, kinds).tolist()
    named = [f"{names[k]} {s:.2f}" for k, s in zip(kinds.tolist(), scores.tolist(), strict=True)]
    one = next(i for i in range(len(boxes)) if i not in kept)
    owner = next(
        k for k in kept if kinds[k] == kinds[one] and iou(boxes[k], boxes[one]) > 0.45 and k < one
    )

    shown = static(widget)
    shown.press(*["ArrowRight"] * (one + 1))
    assert shown.status().startswith(f"Box {one + 1} of ")
    shared = iou(boxes[one], boxes[owner]).item()
    expected = f"is dropped by box {owner + 1}, {named[owner]}: their IoU is {shared:.2f}, above"
    assert expected in shown.status()

    shown.press("Enter")
    assert f"Box {owner + 1} of" in shown.status()
    assert "stays and drops" in shown.status()
    shown.press("ArrowDown")
    following = next(k for k in kept if k > owner)
    assert f"Box {following + 1} of" in shown.status()
    shown.press(" ")
    assert "boxes above" in shown.status()
    assert shown.complaints == []


def test_the_mouse_finds_a_box_by_the_cell_that_speaks(static) -> None:
    widget = NonMaxSuppression()
    levels = np.frombuffer(widget.view.cells, "<u2").reshape(-1, 4).tolist()
    level, anchor, row, column = levels[0]
    stride = widget.view.table["strides"][level]
    x, y = (column + 0.5 + 0.26 * (anchor - 1)) * stride, (row + 0.5) * stride

    shown = static(widget)
    canvas = shown.canvas().bounding_box()
    scale = min(0.48 * canvas["width"], 470) / 256
    page = shown.page
    page.mouse.move(canvas["x"] + x * scale, canvas["y"] + y * scale)
    assert shown.status().startswith("Box 1 of ")
    name = f"p{level + 3}, row {row}, column {column}, anchor {anchor + 1}"
    assert f"({name}), stays and drops" in shown.status()

    page.mouse.move(canvas["x"] + canvas["width"] - 1, canvas["y"] + canvas["height"] - 2)
    assert "boxes above" in shown.status()
    spot = (x * scale / canvas["width"], y * scale / canvas["height"])
    shown.drag(spot, spot)  # a click keeps it
    page.mouse.move(canvas["x"], canvas["y"] - 5)
    assert shown.status().startswith("Box 1 of ")
    assert shown.complaints == []

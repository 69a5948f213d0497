"""Both losses are the package's own, in both languages, term by term."""

import pytest
import torch

from yoloexplain.widgets import YOLOv1Loss
from yoloexplain.yolov1.loss import loss, notebook_loss, responsible
from yoloexplain.yolov1.targets import encode, split_cells

TERMS = ("centre", "size", "objectness", "background", "classes")


def case(rows: int, columns: int, num_boxes: int, num_classes: int, objects: int):
    """A random grid of raw values, and the targets of one image."""
    targets = torch.rand(objects, 6, dtype=torch.float64)
    targets[:, 0], targets[:, 1] = 0, torch.randint(num_classes, (objects,))
    targets[:, 4:] = targets[:, 4:] * 0.5 + 0.05
    encoded = encode(targets, 1, (rows, columns), num_boxes, num_classes)
    raw = torch.rand(*encoded.values.shape, dtype=torch.float64) * 1.2
    raw[..., : rows // 2, :, 2 : 5 * num_boxes : 5] *= 0.05  # some that overlap nothing
    return raw, encoded


CASES = [(7, 7, 2, 20, 4), (3, 5, 3, 2, 9), (1, 1, 1, 1, 1), (6, 4, 2, 3, 0)]


@pytest.mark.parametrize("shape", CASES)
def test_both_languages_measure_the_papers_loss_alike(shape, javascript) -> None:
    rows, columns, num_boxes, num_classes, _ = shape
    for lambdas in ([5.0, 0.5], [1.5, 2.0], [0.0, 0.0]):
        raw, encoded = case(*shape)
        expected = loss(raw, encoded, num_boxes, coordinates=lambdas[0], background=lambdas[1])
        flat = [raw.flatten().tolist(), encoded.values.flatten().tolist()]
        call = ("paperLoss", [*flat, [rows, columns], num_boxes, num_classes, lambdas])
        found = javascript("yolov1", [call])[0]
        values = torch.tensor([found[term] for term in TERMS], dtype=torch.float64)
        torch.testing.assert_close(values, torch.stack(list(expected)), atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("shape", CASES)
def test_both_languages_measure_the_notebooks_loss_alike(shape, javascript) -> None:
    _, _, num_boxes, _, _ = shape
    raw, encoded = case(*shape)
    expected = notebook_loss(raw, encoded.values)
    flat = [raw.flatten().tolist(), encoded.values.flatten().tolist()]
    call = ("notebookLoss", [*flat, raw.shape[-1], num_boxes])
    found = javascript("yolov1", [call])[0]
    assert found["centre"] + found["size"] == pytest.approx(float(expected.box))
    assert found["objectness"] == pytest.approx(float(expected.objectness))
    assert found["background"] == pytest.approx(float(expected.background))
    assert found["second"] + found["classes"] == pytest.approx(float(expected.rest))


def test_without_roots_sides_are_compared_as_they_are(javascript) -> None:
    raw, encoded = case(5, 4, 2, 3, 6)
    rooted = raw.clone()
    for k in (2, 3, 7, 8):
        rooted[..., k] = raw[..., k].sqrt()  # the same boxes, said by their roots
    predicted, true = split_cells(rooted, 2, 3), split_cells(encoded.values, 2, 3)
    mine, _ = responsible(predicted, true)
    sides = split_cells(raw, 2, 3).boxes[..., 2:]
    size = 5 * (sides - true.boxes[..., 2:]).square()[mine].sum()
    expected = loss(rooted, encoded, 2)
    flat = [raw.flatten().tolist(), encoded.values.flatten().tolist()]
    call = ("paperLoss", [*flat, [5, 4], 2, 3, [5, 0.5], False])
    found = javascript("yolov1", [call])[0]
    assert found["size"] == pytest.approx(float(size))
    for term in ("centre", "objectness", "background", "classes"):
        assert found[term] == pytest.approx(float(getattr(expected, term)))


def test_both_languages_choose_the_same_box(javascript) -> None:
    raw, encoded = case(6, 6, 3, 2, 12)
    mine, overlap = responsible(split_cells(raw, 3, 2), split_cells(encoded.values, 3, 2))
    flat = [raw.flatten().tolist(), encoded.values.flatten().tolist()]
    places = mine.any(dim=-1)[0].nonzero().tolist()
    calls = [
        ("responsibleBox", [*flat, (row * 6 + column) * 17, row, column, [6, 6], 3])
        for row, column in places
    ]
    for found, (row, column) in zip(javascript("yolov1", calls), places, strict=True):
        assert found["index"] == int(mine[0, row, column].int().argmax())
        assert found["overlaps"] == pytest.approx(overlap[0, row, column].tolist(), abs=1e-6)


def test_it_says_both_sums_and_draws_them() -> None:
    widget = YOLOv1Loss()
    paper, notebook = widget.terms()
    assert repr(widget) == (
        "YOLOv1Loss: row 3, column 3 of 7×7 answers; the paper's loss "
        f"{float(paper.total):.3f}, the notebook's {float(notebook.total):.3f}"
    )
    alt = widget.picture().alt
    assert "One prediction, two losses" in alt
    assert "IoU with the truth: box 1 0.59 and box 2 0.37; box 1 is responsible" in alt
    assert f"sum {float(paper.total):.3f} and {float(notebook.total):.3f}" in alt


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"truth": (0, 0, 1.2, 1)}, "lie within the image"),
        ({"first": (0.2, 0.2, 0.2, 1)}, "must have an area"),
        ({"second": (0.5, 0, 0.2, 1)}, "left <= right"),
        ({"grid": 21}, "grid must be at most 20, got 21"),
        ({"num_classes": 0}, "num_classes must be an integer of at least 1"),
    ],
)
def test_bad_input_is_named(options, words) -> None:
    with pytest.raises(ValueError, match=words):
        YOLOv1Loss(**options)

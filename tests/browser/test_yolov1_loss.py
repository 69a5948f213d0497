"""The losses answer to mouse, keys and controls, with the package's own numbers."""

import pytest

from yoloexplain.widgets import YOLOv1Loss

pytestmark = pytest.mark.browser

TRUTH, FIRST, SECOND = (0.36, 0.24, 0.66, 0.78), (0.24, 0.33, 0.66, 0.75), (0.42, 0.18, 0.6, 0.6)


def words(widget: YOLOv1Loss) -> tuple[str, str]:
    """What the status line must say: the paper's sum and the notebook's."""
    paper, notebook = widget.terms()
    names = ("where", "how large", "something", "nothing", "what")
    terms = " + ".join(f"{n} {float(v):.3f}" for n, v in zip(names, paper, strict=True))
    names = ("box", "something", "nothing", "rest")
    simple = " + ".join(f"{n} {float(v):.3f}" for n, v in zip(names, notebook, strict=True))
    return (
        f"Paper: {terms} = {float(paper.total):.3f}.",
        f"Notebook: {simple} = {float(notebook.total):.3f}.",
    )


def moved(box: tuple[float, ...], dx: float, dy: float) -> tuple[float, ...]:
    return box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy


def test_keys_move_the_boxes_and_change_who_is_responsible(static) -> None:
    shown = static(YOLOv1Loss(TRUTH, FIRST, SECOND))
    for part in words(YOLOv1Loss(TRUTH, FIRST, SECOND)):
        assert part in shown.status()
    assert "Box 1 is responsible" in shown.status()
    shown.press(*["ArrowLeft"] * 10)
    first = moved(FIRST, -0.1, 0)
    for part in words(YOLOv1Loss(TRUTH, first, SECOND)):
        assert part in shown.status()
    shown.press("Enter", "Shift+ArrowDown", "Shift+ArrowDown")
    second = (*SECOND[:3], SECOND[3] + 0.02)
    assert "box 2 in hand. Box 2 is responsible" in shown.status()
    for part in words(YOLOv1Loss(TRUTH, first, second)):
        assert part in shown.status()
    assert shown.complaints == []


def test_sliders_weigh_the_terms(static) -> None:
    widget = YOLOv1Loss(TRUTH, FIRST, SECOND)
    shown = static(widget)
    shown.slide("confidence, box 1", -10)
    shown.slide("confidence, box 2", 5)
    shown.slide("confidence, other cells", 7)
    shown.slide("score of the right class", -20)
    view = widget.view
    view.first, view.second, view.elsewhere, view.score = 0.5, 0.35, 0.17, 0.5
    for part in words(widget):
        assert part in shown.status()
    shown.slide("λ_coord", -6)
    shown.slide("λ_noobj", 4)
    view.coordinates, view.background = 2.0, 0.7
    assert words(widget)[0] in shown.status()
    assert shown.complaints == []


def test_roots_can_be_left_out(static) -> None:
    shown = static(YOLOv1Loss(TRUTH, FIRST, SECOND))
    with_roots = 5 * sum((a**0.5 - b**0.5) ** 2 for a, b in ((0.42, 0.3), (0.42, 0.54)))
    assert f"how large {with_roots:.3f}" in shown.status()
    shown.page.get_by_label("√w, √h").click()
    without = 5 * sum((a - b) ** 2 for a, b in ((0.42, 0.3), (0.42, 0.54)))
    assert f"how large {without:.3f}" in shown.status()


def test_the_mouse_drags_the_truth_into_another_cell(static) -> None:
    shown = static(YOLOv1Loss(TRUTH, FIRST, SECOND))
    box = shown.canvas().bounding_box()
    side = round(0.46 * box["width"])

    def place(x: float, y: float) -> tuple[float, float]:
        return (6 + x * side) / box["width"], (6 + y * side) / box["height"]

    centre = place(0.63, 0.765)  # only the truth lies here
    cell = place(5.5 / 7, 3.2 / 7)
    assert shown.pixel(*cell) == (0, 0, 0)
    shown.drag(centre, (centre[0] + 0.3 * side / box["width"], centre[1]))
    assert shown.status().startswith("Cell (row 3, column 5), truth in hand.")
    assert shown.pixel(*cell) != (0, 0, 0)
    truth = moved(TRUTH, 0.3, 0)
    part = words(YOLOv1Loss(truth, FIRST, SECOND))[1].split(" + ")[1]
    assert part in shown.status()
    assert shown.complaints == []

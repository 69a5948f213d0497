"""Chapter 5's exercises: the right answers pass, and typical wrong ones are told why."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from yoloexplain.catalog import create_model
from yoloexplain.exercises import ch05
from yoloexplain.exercises.ch05_matches import CENTRE, SIDE, SIGN, by_hand, who_answers
from yoloexplain.exercises.ch05_ranking import average_precision, lists
from yoloexplain.exercises.room import examine
from yoloexplain.figures.assignment import answering_predictions
from yoloexplain.figures.precision import precision_recall
from yoloexplain.inspection.source import show_source
from yoloexplain.yolov5.releases import ANCHORS
from yoloexplain.yolov5.targets import assign_yolov3

Tensor = torch.Tensor
Box = tuple[float, float, float, float]

# --- ch05.ciou: pair by pair, with plain numbers --------------------------------------------------


class Pair:
    """CIoU of two boxes, right if nothing is changed."""

    def __init__(self, a: Box, b: Box) -> None:
        self.a, self.b = a, b
        (self.aw, self.ah), (self.bw, self.bh) = self.size(a), self.size(b)

    def size(self, box: Box) -> tuple[float, float]:
        return box[2] - box[0], box[3] - box[1]

    def side(self, low: int, high: int) -> float:
        return max(0.0, min(self.a[high], self.b[high]) - max(self.a[low], self.b[low]))

    def shared(self) -> float:
        return self.side(0, 2) * self.side(1, 3)

    def joint(self) -> float:
        return self.aw * self.ah + self.bw * self.bh - self.shared()

    def rho(self) -> float:
        x = (self.a[0] + self.a[2]) / 2 - (self.b[0] + self.b[2]) / 2
        y = (self.a[1] + self.a[3]) / 2 - (self.b[1] + self.b[3]) / 2
        return x * x + y * y

    def around(self) -> tuple[float, float]:
        x = max(self.a[2], self.b[2]) - min(self.a[0], self.b[0])
        y = max(self.a[3], self.b[3]) - min(self.a[1], self.b[1])
        return x, y

    def c(self) -> float:
        x, y = self.around()
        return x * x + y * y

    def v(self) -> float:
        return 4 / math.pi**2 * (math.atan(self.aw / self.ah) - math.atan(self.bw / self.bh)) ** 2

    def alpha(self, iou: float, v: float) -> float:
        return v / (1 - iou + v + 1e-9)

    def value(self) -> float:
        iou, v = self.shared() / self.joint(), self.v()
        return iou - self.rho() / self.c() - self.alpha(iou, v) * v


def each(pair: type[Pair]) -> Callable[[Tensor, Tensor], Tensor]:
    """An answer that goes through the boxes in a loop."""

    def answer(a: Tensor, b: Tensor) -> Tensor:
        return torch.tensor(
            [pair(x, y).value() for x, y in zip(a.tolist(), b.tolist(), strict=True)]
        )

    return answer


class WithRoots(Pair):
    def rho(self) -> float:
        return math.sqrt(super().rho())

    def c(self) -> float:
        return math.hypot(*self.around())


class SumsOfCorners(Pair):
    def rho(self) -> float:
        x, y = (self.a[i] + self.a[i + 2] - self.b[i] - self.b[i + 2] for i in (0, 1))
        return x * x + y * y


class AreaAround(Pair):
    def c(self) -> float:
        x, y = self.around()
        return x * y


class NoClamp(Pair):
    def side(self, low: int, high: int) -> float:
        return min(self.a[high], self.b[high]) - max(self.a[low], self.b[low])


class UnionTooLarge(Pair):
    def joint(self) -> float:
        return self.aw * self.ah + self.bw * self.bh


class NoAngles(Pair):
    def v(self) -> float:
        return 4 / math.pi**2 * (self.aw / self.ah - self.bw / self.bh) ** 2


class NoShape(Pair):
    def v(self) -> float:
        return 0.0


class NoAlpha(Pair):
    def alpha(self, iou: float, v: float) -> float:
        return 1.0


class Added(Pair):
    def value(self) -> float:
        iou, v = self.shared() / self.joint(), self.v()
        return iou + self.rho() / self.c() + self.alpha(iou, v) * v


class Loss(Pair):
    def value(self) -> float:
        return 1 - super().value()


class CentreAndSize(Pair):
    def __init__(self, a: Box, b: Box) -> None:
        super().__init__(self.corners(a), self.corners(b))

    def corners(self, box: Box) -> Box:
        x, y, w, h = box
        return x - w / 2, y - h / 2, x + w / 2, y + h / 2


class HeightOverWidth(Pair):
    """Right: both angles change to what is missing to a right angle."""

    def v(self) -> float:
        return 4 / math.pi**2 * (math.atan(self.ah / self.aw) - math.atan(self.bh / self.bw)) ** 2


def nothing_below_the_line(a: Tensor, b: Tensor) -> Tensor:
    aw, ah = a[:, 2] - a[:, 0], a[:, 3] - a[:, 1]
    bw, bh = b[:, 2] - b[:, 0], b[:, 3] - b[:, 1]
    across = (torch.min(a[:, 2], b[:, 2]) - torch.max(a[:, 0], b[:, 0])).clamp(0)
    down = (torch.min(a[:, 3], b[:, 3]) - torch.max(a[:, 1], b[:, 1])).clamp(0)
    iou = across * down / (aw * ah + bw * bh - across * down)
    x = (a[:, 0] + a[:, 2] - b[:, 0] - b[:, 2]) / 2
    y = (a[:, 1] + a[:, 3] - b[:, 1] - b[:, 3]) / 2
    c_w = torch.max(a[:, 2], b[:, 2]) - torch.min(a[:, 0], b[:, 0])
    c_h = torch.max(a[:, 3], b[:, 3]) - torch.min(a[:, 1], b[:, 1])
    v = 4 / torch.pi**2 * (torch.atan(aw / ah) - torch.atan(bw / bh)) ** 2
    return iou - (x**2 + y**2) / (c_w**2 + c_h**2) - v / (1 - iou + v) * v


def both_at_once(a: Tensor, b: Tensor) -> Tensor:
    return torch.stack([each(Pair)(a, b), each(Pair)(b, a)], dim=1)


def in_place(a: Tensor, b: Tensor) -> Tensor:
    answer = each(Pair)(a, b)
    a[:, 2:] -= a[:, :2]
    return answer


def as_words(a: Tensor, b: Tensor) -> str:
    return f"{len(a)} values"


def wrong_axis(a: Tensor, b: Tensor) -> Tensor:
    return a[:, 4] - b[:, 4]


@pytest.mark.parametrize("answer", [ch05.ciou, each(Pair), each(HeightOverWidth)])
def test_a_ciou_that_is_right_passes(answer: Callable[..., Any]) -> None:
    assert examine("ch05.ciou", answer).passed


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (each(WithRoots), "distance not squared"),
        (each(SumsOfCorners), "centres not halved"),
        (each(AreaAround), "area for diagonal"),
        (each(NoClamp), "sides below zero"),
        (each(UnionTooLarge), "shared area twice"),
        (each(NoAngles), "arctan left out"),
        (each(NoShape), "shape left out"),
        (each(NoAlpha), "weight left out"),
        (each(Added), "penalties added"),
        (each(Loss), "loss instead"),
        (nothing_below_the_line, "zero over zero"),
        (each(CentreAndSize), "corners as sizes"),
        (both_at_once, "other shape"),
        (in_place, "changes its input"),
        (as_words, "not numbers"),
        (wrong_axis, "stops with IndexError"),
        (lambda a: each(Pair)(a, a), "stops with TypeError"),
        (lambda a, b: None, "returns nothing"),
        (Pair, "not a function"),
    ],
)
def test_a_ciou_that_is_wrong_is_told_why(answer: Any, fault: str) -> None:
    assert examine("ch05.ciou", answer).fault == fault


# --- ch05.label_smoothing ------------------------------------------------------------------------


def mixed_with_one_half(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
    """Right: a mean of the hard answer and of one half."""
    hard = torch.eye(num_classes)[labels]
    return (1 - epsilon) * hard + epsilon * 0.5


def in_lists(labels: Tensor, num_classes: int, epsilon: float) -> list[list[float]]:
    rows = [[epsilon / 2] * num_classes for _ in labels]
    for row, label in zip(rows, labels.tolist(), strict=True):
        row[label] = 1 - epsilon / 2
    return rows


def as_for_softmax(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
    return (1 - epsilon) * torch.eye(num_classes)[labels] + epsilon / num_classes


def handed_out(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
    targets = torch.full((len(labels), num_classes), epsilon / (num_classes - 1))
    targets.scatter_(1, labels[:, None], 1 - epsilon)
    return targets


def without_halves(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
    hard = torch.eye(num_classes)[labels]
    return hard * (1 - epsilon) + (1 - hard) * epsilon


def only_the_truth(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
    return torch.eye(num_classes)[labels] * (1 - epsilon / 2)


def only_the_others(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
    return torch.eye(num_classes)[labels].clamp(min=epsilon / 2)


def added(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
    return torch.eye(num_classes)[labels] + epsilon / 2


def hard(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
    return torch.nn.functional.one_hot(labels, num_classes)


def written_into_integers(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
    targets = torch.nn.functional.one_hot(labels, num_classes)
    there = targets == 1
    targets[there], targets[~there] = 1 - epsilon / 2, epsilon / 2
    return targets


def classes_from_labels(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
    return mixed_with_one_half(labels, int(labels.max()) + 1, epsilon)


def one_column_a_box(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
    return mixed_with_one_half(labels, num_classes, epsilon).T


def integers_times_a_fraction(labels: Tensor, num_classes: int, epsilon: float) -> Tensor:
    targets = torch.nn.functional.one_hot(labels, num_classes)
    targets *= 1 - epsilon
    return targets


@pytest.mark.parametrize("answer", [ch05.smoothed, mixed_with_one_half, in_lists])
def test_a_smoothing_that_is_right_passes(answer: Callable[..., Any]) -> None:
    assert examine("ch05.label_smoothing", answer).passed


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (as_for_softmax, "shared by all classes"),
        (handed_out, "shared by the others"),
        (without_halves, "whole ε taken"),
        (only_the_truth, "others left at zero"),
        (only_the_others, "truth left at one"),
        (added, "more than certain"),
        (hard, "not smoothed"),
        (written_into_integers, "whole numbers"),
        (classes_from_labels, "classes counted"),
        (one_column_a_box, "axes swapped"),
        (integers_times_a_fraction, "stops with RuntimeError"),
        (lambda labels: hard(labels, 5, 0.1), "stops with TypeError"),
        (0.95, "not a function"),
    ],
)
def test_a_smoothing_that_is_wrong_is_told_why(answer: Any, fault: str) -> None:
    assert examine("ch05.label_smoothing", answer).fault == fault


# --- ch05.matches --------------------------------------------------------------------------------

RIGHT = by_hand()


def test_the_figures_are_those_of_the_network_and_of_the_picture() -> None:
    left, top = (c - s / 2 for c, s in zip(CENTRE, SIGN, strict=True))
    box = [left, top, left + SIGN[0], top + SIGN[1]]
    asked = answering_predictions([box], ANCHORS, (SIDE, SIDE))
    assert who_answers()["predictions in all"] == len(asked)
    for level in ("P5", "P4", "P3"):
        anchors = {anchor for name, anchor, _, _ in asked if name == level.lower()}
        assert who_answers()[level] == [int(number in anchors) for number in range(3)]
    cells = {who_answers()[f"{name} on P4"] for name in ("own cell", "across", "up or down")}
    assert {cell[2:] for cell in asked if cell[0] == "p4"} == cells


def test_yolov3_would_ask_no_anchor_of_p5() -> None:
    model = create_model("yolov5n", num_classes=2)
    sides = {name: SIDE // stride for name, stride in model.head.strides.items()}
    raw = {name: torch.zeros(1, 3, side, side, 7) for name, side in sides.items()}
    target = torch.tensor([[0.0, 0.0, *CENTRE, *SIGN]])
    target[:, 2:] /= SIDE
    found = assign_yolov3(raw, target, model)
    assert [len(found[level].anchor) for level in ("p3", "p4", "p5")] == [0, 1, 0]


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        RIGHT | {"P5": (True, False, False), "P4": np.array([1, 1, 0]), "own cell on P4": [0, 18]},
    ],
)
def test_matches_that_are_right_pass(answer: dict[str, Any]) -> None:
    assert examine("ch05.matches", answer).passed


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"P5": [1, 1, 0]}, "one side is enough"),
        ({"P5": [1, 1, 1], "P4": [1, 1, 1]}, "only the box measured"),
        ({"P3": [1, 1, 1]}, "only the anchor measured"),
        ({"P4": [1, 1, 1]}, "areas compared"),
        ({"P5": [0, 0, 0], "P4": [0, 1, 0], "P3": [0, 0, 0]}, "best anchor only"),
        ({"P4": [0, 1, 0]}, "one anchor a level"),
        ({"own cell on P4": (18, 0), "across on P4": (17, 0)}, "column first"),
        ({"own cell on P4": (1, 18)}, "number rounded"),
        ({"own cell on P4": (1, 19)}, "counted from one"),
        ({"own cell on P4": (15, 295)}, "pixels for cells"),
        ({"across on P4": (0, 19)}, "farther neighbour"),
        ({"up or down on P4": (-1, 18)}, "farther neighbour"),
        ({"predictions in all": 12}, "a cell outside"),
        ({"predictions in all": 4}, "own cell only"),
        ({"predictions in all": 20}, "all neighbours"),
        ({"predictions in all": 9}, "other figures"),
        ({"P3": "the last"}, "other figures"),
    ],
)
def test_matches_that_are_wrong_are_told_why(changed: dict[str, Any], fault: str) -> None:
    assert examine("ch05.matches", RIGHT | changed).fault == fault


def test_matches_that_are_no_dictionary_or_not_whole_are_told_so() -> None:
    assert examine("ch05.matches", list(RIGHT.values())).fault == "not a dictionary"
    assert examine("ch05.matches", {"P5": [1, 0, 0]}).fault == "a figure is missing"


# --- ch05.average_precision ----------------------------------------------------------------------

Scores, Correct = list[float], list[bool]


def in_order(scores: Scores, correct: Correct) -> list[bool]:
    places = sorted(range(len(scores)), key=lambda place: -scores[place])
    return [correct[place] for place in places]


def points(ranked: list[bool], num_truths: int) -> list[tuple[float, float]]:
    """Recall and precision after each detection."""
    found, made = 0, []
    for listed, right in enumerate(ranked, 1):
        found += right
        made.append((found / num_truths, found / listed))
    return made


def area(curve: list[tuple[float, float]]) -> float:
    """Area under a curve of steps."""
    total, before = 0.0, 0.0
    for recall, precision in curve:
        total += (recall - before) * precision
        before = recall
    return total


def filled(curve: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(recall, max(p for _, p in curve[i:])) for i, (recall, _) in enumerate(curve)]


def by_area(scores: Scores, correct: Correct, num_truths: int) -> float:
    return area(filled(points(in_order(scores, correct), num_truths)))


def as_it_comes(scores: Scores, correct: Correct, num_truths: int) -> float:
    return area(filled(points(correct, num_truths)))


def upwards(scores: Scores, correct: Correct, num_truths: int) -> float:
    return area(filled(points(in_order(scores, correct)[::-1], num_truths)))


def sawing(scores: Scores, correct: Correct, num_truths: int) -> float:
    return area(points(in_order(scores, correct), num_truths))


def best_so_far(scores: Scores, correct: Correct, num_truths: int) -> float:
    curve = points(in_order(scores, correct), num_truths)
    return area([(r, max(p for _, p in curve[: i + 1])) for i, (r, _) in enumerate(curve)])


def found_only(scores: Scores, correct: Correct, num_truths: int) -> float:
    if not any(correct):
        return 0.0
    return area(filled(points(in_order(scores, correct), sum(correct))))


def mean_height(scores: Scores, correct: Correct, num_truths: int) -> float:
    curve = filled(points(in_order(scores, correct), num_truths))
    return sum(precision for _, precision in curve) / len(curve) if curve else 0.0


def share_right(scores: Scores, correct: Correct, num_truths: int) -> float:
    return sum(correct) / len(correct) if correct else 0.0


def as_coco(scores: Scores, correct: Correct, num_truths: int) -> float:
    curve = points(in_order(scores, correct), num_truths)
    read = [max((p for r, p in curve if r >= at / 100 - 1e-9), default=0.0) for at in range(101)]
    return sum(read) / 101


def not_for_empty_lists(scores: Scores, correct: Correct, num_truths: int) -> float:
    best = max(scores)
    return by_area(scores, correct, num_truths) + 0 * best


def sorts_what_it_gets(scores: Scores, correct: Correct, num_truths: int) -> float:
    correct[:] = in_order(scores, correct)
    return area(filled(points(correct, num_truths)))


@pytest.mark.parametrize("answer", [average_precision, by_area])
def test_an_average_precision_that_is_right_passes(answer: Callable[..., Any]) -> None:
    assert examine("ch05.average_precision", answer).passed


def test_the_average_precision_is_the_area_that_the_chapter_draws() -> None:
    for scores, correct, num_truths in lists()[:3]:
        drawn = precision_recall(in_order(list(scores), list(correct)), num_truths).area
        assert average_precision(scores, correct, num_truths) == pytest.approx(drawn)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (as_it_comes, "not sorted"),
        (upwards, "least sure first"),
        (sawing, "no envelope"),
        (best_so_far, "envelope from the left"),
        (found_only, "misses forgotten"),
        (mean_height, "every place counted"),
        (share_right, "precision of the whole list"),
        (as_coco, "read at 101 recalls"),
        (not_for_empty_lists, "stops with ValueError"),
        (sorts_what_it_gets, "changes its input"),
        (lambda *given: points(in_order(*given[:2]), given[2]), "other shape"),
        (lambda *given: "about 0.66", "not numbers"),
        (0.66, "not a function"),
    ],
)
def test_an_average_precision_that_is_wrong_is_told_why(answer: Any, fault: str) -> None:
    assert examine("ch05.average_precision", answer).fault == fault


# --- all of them ---------------------------------------------------------------------------------


each_exercise = pytest.mark.parametrize("exercise", ch05.EXERCISES, ids=lambda e: e.name)


@each_exercise
def test_a_solution_makes_sense_alone(exercise: Any) -> None:
    names: dict[str, Any] = {"torch": torch}
    exec(str(show_source(exercise.solution, without_docstring=True)), names)
    answer = names[exercise.solution.__name__]
    assert examine(exercise.name, answer() if exercise.name == "ch05.matches" else answer).passed


@each_exercise
def test_every_exercise_has_hints_and_mistakes_with_a_sentence(exercise: Any) -> None:
    assert len(set(exercise.hints)) == 3
    assert len(exercise.task.mistakes) >= 5
    for mistake in exercise.task.mistakes:
        assert 2 <= len(mistake.fault.split()) <= 5
        assert mistake.why.endswith(".")

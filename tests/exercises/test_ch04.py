"""Chapter 4's exercises: the right answers pass, and typical wrong ones are told why."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from yoloexplain import create_model, yolov5
from yoloexplain.boxes import iou
from yoloexplain.exercises import ch04_boxes
from yoloexplain.exercises.ch04 import EXERCISES, MyFocus, by_hand
from yoloexplain.exercises.room import examine
from yoloexplain.layers import Conv

Answer = dict[str, Any]

# --- ch04.predictions ----------------------------------------------------------------------------

RIGHT = {
    "s at 320×320": 6300,
    "s at 416×608": 15561,
    "s6 at 640×640": 25500,
    "numbers a box": 13,
    "channels a level": 39,
}
SMALL, WIDE, FOUR, NUMBERS, CHANNELS = RIGHT

WRONG_COUNTS: list[tuple[Answer, str]] = [
    ({SMALL: 25200, WIDE: 25200, FOUR: 25200}, "always the same"),
    ({FOUR: 25200}, "fourth level left out"),
    ({SMALL: 2100, WIDE: 5187, FOUR: 8500}, "anchors left out"),
    ({SMALL: 12600}, "halved like the sides"),
    ({SMALL: 4800, WIDE: 11856, FOUR: 19200}, "one level only"),
    ({WIDE: 22743}, "longer side squared"),
    ({WIDE: 10647}, "shorter side squared"),
    ({FOUR: 102000}, "finer fourth level"),
    ({SMALL: 50400}, "classes counted in"),
    ({SMALL: 81900}, "numbers counted in"),
    ({NUMBERS: 12, CHANNELS: 36}, "objectness left out"),
    ({NUMBERS: 85, CHANNELS: 255}, "COCO's classes"),
    ({CHANNELS: 23}, "classes shared"),
    ({CHANNELS: 13}, "one anchor only"),
    ({NUMBERS: 39}, "all anchors together"),
    ({NUMBERS: 14}, "other figures"),
]


@pytest.mark.parametrize("answer", [RIGHT, by_hand(), {k: float(v) for k, v in RIGHT.items()}])
def test_counts_that_are_right_pass(answer: Answer) -> None:
    assert examine("ch04.predictions", answer).passed


@pytest.mark.parametrize(("changed", "fault"), WRONG_COUNTS)
def test_counts_that_are_wrong_are_told_why(changed: Answer, fault: str) -> None:
    assert examine("ch04.predictions", RIGHT | changed).fault == fault


def test_a_count_that_is_missing_or_no_number_is_told() -> None:
    less = {name: RIGHT[name] for name in (SMALL, WIDE)}
    assert examine("ch04.predictions", less).fault == "a figure is missing"
    assert examine("ch04.predictions", list(RIGHT.values())).fault == "not a dictionary"
    assert examine("ch04.predictions", RIGHT | {SMALL: "many"}).fault == "other figures"


# --- ch04.decode: in plain numbers, as with a pocket calculator ----------------------------------


def s(t: Any) -> float:
    return 1 / (1 + math.exp(-float(t)))


def by_calculator(
    raw: Tensor,
    column: int,
    row: int,
    anchor: Tensor,
    stride: int,
    *,
    place: Callable[..., float] = lambda t, c, n: (2 * s(t) - 0.5 + c) * n,
    side: Callable[..., float] = lambda t, a, n: (2 * s(t)) ** 2 * a,
    score: Callable[..., Any] = lambda t: [s(t[4]) * s(k) for k in t[5:]],
    swap: bool = False,
    corners: bool = False,
) -> Answer:
    if swap:
        row, column = column, row
    x, y = place(raw[0], column, stride), place(raw[1], row, stride)
    w, h = side(raw[2], float(anchor[0]), stride), side(raw[3], float(anchor[1]), stride)
    box = [x - w / 2, y - h / 2, x + w / 2, y + h / 2] if corners else [x, y, w, h]
    return {"scores": score(raw), "box_cxcywh": box}


def in_tensors(raw: Tensor, column: int, row: int, anchor: Tensor, stride: int) -> Answer:
    p = torch.sigmoid(raw)
    cell = torch.tensor([column, row], dtype=torch.float64)
    xy, wh = (cell + 2 * p[0:2] - 0.5).mul(stride), p[2:4].mul(2).pow(2).mul(anchor)
    return {"box_cxcywh": torch.hstack([xy, wh]), "scores": p[5:] * p[4]}


def softmax(t: Tensor) -> Tensor:
    return t[4].sigmoid() * torch.softmax(t[5:], dim=0)


Changes = dict[str, Any]
WRONG_BOXES: list[tuple[Changes, str]] = [
    ({"place": lambda t, c, n: (s(t) + c) * n}, "YOLOv3's centre"),
    ({"place": lambda t, c, n: (2 * s(t) + c) * n}, "half left out"),
    ({"place": lambda t, c, n: c * n + 2 * s(t) - 0.5}, "offset not scaled"),
    ({"place": lambda t, c, n: 2 * s(t) - 0.5 + c}, "stride left out"),
    ({"place": lambda t, c, n: n * (2 * s(t) - 0.5)}, "cell left out"),
    ({"place": lambda t, c, n: (2 * float(t) - 0.5 + c) * n}, "sigmoid left out"),
    ({"swap": True}, "row and column swapped"),
    ({"side": lambda t, a, n: a * math.exp(t)}, "YOLOv3's size"),
    ({"side": lambda t, a, n: 2 * s(t) * a}, "square left out"),
    ({"side": lambda t, a, n: 2 * s(t) ** 2 * a}, "squared before doubling"),
    ({"side": lambda t, a, n: (2 * s(t)) ** 2 * a * n}, "anchor taken for cells"),
    ({"side": lambda t, a, n: (2 * s(t)) ** 2 * a / n}, "anchor divided by stride"),
    ({"side": lambda t, a, n: (2 * s(t) - 0.5) ** 2 * a}, "half subtracted"),
    ({"side": lambda t, a, n: (2 * float(t)) ** 2 * a}, "sigmoid left out"),
    ({"score": lambda t: t[5:].sigmoid()}, "objectness left out"),
    ({"score": softmax}, "softmax over classes"),
    ({"score": lambda t: torch.sigmoid(t[4] * t[5:])}, "sigmoid of the product"),
    ({"score": lambda t: t[4] * t[5:]}, "logits for scores"),
    ({"corners": True}, "corners"),
    (
        {"place": lambda t, c, n: (s(t) + c) * n, "side": lambda t, a, n: math.exp(t) * a},
        "YOLOv3's centre",
    ),
    ({"side": lambda t, a, n: math.exp(t) * a, "score": softmax}, "YOLOv3's size"),
]


@pytest.mark.parametrize("answer", [ch04_boxes.decode, by_calculator, in_tensors])
def test_a_decoding_that_is_right_passes(answer: Callable[..., Answer]) -> None:
    assert examine("ch04.decode", answer).passed


@pytest.mark.parametrize(("changes", "fault"), WRONG_BOXES)
def test_a_decoding_that_is_wrong_is_told_why(changes: Changes, fault: str) -> None:
    def answer(raw: Tensor, column: int, row: int, anchor: Tensor, stride: int) -> Answer:
        return by_calculator(raw, column, row, anchor, stride, **changes)

    verdict = examine("ch04.decode", answer)
    assert verdict.fault == fault
    assert verdict.finding is not None
    assert verdict.finding.why


def box_alone(*given: Any) -> Any:
    return by_calculator(*given)["box_cxcywh"]


def in_place(raw: Tensor, *rest: Any) -> Answer:
    raw[:] = raw.sigmoid()
    return in_tensors(torch.logit(raw), *rest)


def crashing(raw: Tensor, column: int, row: int, anchor: Tensor, stride: int) -> Answer:
    return {"box_cxcywh": (2 * raw.sigmoid()[:4] - 0.5 + torch.tensor([column, row])) * stride}


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (box_alone, "other names"),
        (in_place, "changes its input"),
        (crashing, "stops with RuntimeError"),
        (lambda raw, cell: raw, "stops with TypeError"),
        (lambda raw, column, row, anchor, stride: None, "returns nothing"),
        (torch.zeros(4), "not a function"),
    ],
)
def test_a_decoding_that_breaks_is_told_how(answer: Any, fault: str) -> None:
    assert examine("ch04.decode", answer).fault == fault


def test_the_exercise_decodes_as_the_whole_detector_does() -> None:
    torch.manual_seed(0)
    model = create_model("yolov5n", num_classes=3)
    raw = {f"p{level}": torch.randn(1, 3, 64 >> level, 128 >> level, 8) for level in (3, 4, 5)}
    whole, begin = yolov5.decode(raw, model), 3 * 8 * 16
    anchor, place = model.head.anchors[1, 2], begin + 2 * 4 * 8 + 3 * 8 + 5  # p4: anchor, row, col
    mine = ch04_boxes.decoded(raw["p4"][0, 2, 3, 5], 5, 3, anchor, 16)
    box, objectness, classes = whole[0, place].split([4, 1, 3])
    torch.testing.assert_close(mine["box_cxcywh"], box)
    torch.testing.assert_close(mine["scores"], objectness * classes)


# --- ch04.nms: crossing out, as people do on paper -----------------------------------------------


def crossing_out(boxes: Tensor, scores: Tensor, threshold: float) -> list[Tensor]:
    order = torch.sort(scores, descending=True, stable=True).indices
    crossed, kept = torch.zeros(len(boxes), dtype=torch.bool), []
    for i in order:
        if not crossed[i]:
            kept.append(i)
            crossed |= iou(boxes[i], boxes) > threshold
    return kept


def with_lists(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    left, kept = list(range(len(boxes))), []
    while left:
        best = max(left, key=lambda i: float(scores[i]))
        kept.append(best)
        left = [i for i in left if i != best and iou(boxes[i], boxes[best]) <= threshold]
    return torch.tensor(kept)


def all_pairs(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    order = scores.argsort(descending=True).tolist()
    return [
        b
        for n, b in enumerate(order)
        if all(iou(boxes[b], boxes[a]) <= threshold for a in order[:n])
    ]


def upwards(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    rest, kept = scores.argsort(), []
    while len(rest):
        kept.append(int(rest[0]))
        rest = rest[1:][iou(boxes[rest[0]], boxes[rest[1:]]) <= threshold]
    return kept


def as_they_come(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    kept: list[int] = []
    for i in range(len(boxes)):
        if all(iou(boxes[i], boxes[k]) <= threshold for k in kept):
            kept.append(i)
    return kept


def of_sorted(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    boxes = boxes[scores.argsort(descending=True)]
    return as_they_come(boxes, scores, threshold)


def keeps_doubles(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    rest, kept = scores.argsort(descending=True), []
    while len(rest):
        kept.append(int(rest[0]))
        rest = rest[1:][iou(boxes[rest[0]], boxes[rest[1:]]) > threshold]
    return kept


def strict(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    rest, kept = scores.argsort(descending=True), []
    while len(rest):
        kept.append(int(rest[0]))
        rest = rest[1:][iou(boxes[rest[0]], boxes[rest[1:]]) < threshold]
    return kept


def neighbours(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    kept: list[int] = []
    for i in scores.argsort(descending=True).tolist():
        if kept and iou(boxes[i], boxes[kept[-1]]) > threshold:
            continue
        kept.append(i)
    return kept


def once(boxes: Tensor, scores: Tensor, threshold: float) -> Any:
    if len(boxes) == 0:
        return []
    first, *others = scores.argsort(descending=True).tolist()
    return [first, *(i for i in others if iou(boxes[first], boxes[i]) <= threshold)]


def the_boxes(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    return boxes[with_lists(boxes, scores, threshold).long()]


def yes_or_no(boxes: Tensor, scores: Tensor, threshold: float) -> list[bool]:
    kept = with_lists(boxes, scores, threshold).tolist()
    return [i in kept for i in range(len(boxes))]


def with_itself(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    order = scores.argsort(descending=True)
    return order[(iou(boxes[order][:, None], boxes[order]) <= threshold).all(1)]


def itself_only(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    return [i for i in range(len(boxes)) if all(iou(boxes[i], b) <= threshold for b in boxes)]


def in_index_order(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    return sorted(with_lists(boxes, scores, threshold).tolist())


def sorts_in_place(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    answer = with_lists(boxes, scores, threshold)
    scores.copy_(scores.sort(descending=True).values)
    return answer


def no_check_for_nothing(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    assert len(boxes), "there must be a box"
    return with_lists(boxes, scores, threshold).tolist()


def half_a_loop(boxes: Tensor, scores: Tensor, threshold: float) -> Any:
    for _ in scores.argsort(descending=True):
        ...


WRONG_NMS: list[tuple[Callable[..., Any], str]] = [
    (all_pairs, "dropped boxes still drop"),
    (upwards, "worst first"),
    (as_they_come, "not sorted"),
    (of_sorted, "places, not indices"),
    (keeps_doubles, "comparison reversed"),
    (strict, "equal is dropped"),
    (neighbours, "last kept only"),
    (once, "best box only"),
    (the_boxes, "boxes, not indices"),
    (yes_or_no, "mask, not indices"),
    (with_itself, "nothing kept"),
    (itself_only, "nothing kept"),
    (in_index_order, "other order"),
    (sorts_in_place, "changes its input"),
    (no_check_for_nothing, "stops with AssertionError"),
    (half_a_loop, "returns nothing"),
    (lambda boxes, scores: [], "stops with TypeError"),
]


@pytest.mark.parametrize("answer", [ch04_boxes.greedy, crossing_out, with_lists])
def test_a_suppression_that_is_right_passes(answer: Callable[..., Any]) -> None:
    assert examine("ch04.nms", answer).passed


@pytest.mark.parametrize(("answer", "fault"), WRONG_NMS)
def test_a_suppression_that_is_wrong_is_told_why(answer: Callable[..., Any], fault: str) -> None:
    verdict = examine("ch04.nms", answer)
    assert verdict.fault == fault


# --- ch04.focus: with four slices, as everybody writes it ----------------------------------------


class Sliced(nn.Module):
    starts: tuple[tuple[int, int], ...] = ((0, 0), (1, 0), (0, 1), (1, 1))  # row, column

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = self.block(in_channels * 4, out_channels)

    def block(self, c: int, k: int) -> nn.Module:
        return Conv(c, k, kernel_size=3)

    def fold(self, x: Tensor) -> Tensor:
        return torch.cat([x[:, :, row::2, column::2] for row, column in self.starts], 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.fold(x))


class ByUnfolding(Sliced):
    def fold(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        patches = x.view(b, c, h // 2, 2, w // 2, 2).permute(0, 5, 3, 1, 2, 4)
        return patches.reshape(b, 4 * c, h // 2, w // 2)


class Spelt(Sliced):
    def block(self, c: int, k: int) -> nn.Module:
        conv = nn.Conv2d(c, k, 3, padding=1, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(k), nn.LeakyReLU(0.1))


class RowByRow(Sliced):
    starts = ((0, 0), (0, 1), (1, 0), (1, 1))


class Diagonal(Sliced):
    starts = ((0, 0), (1, 1), (1, 0), (0, 1))


class Unshuffle(Sliced):
    def fold(self, x: Tensor) -> Tensor:
        return nn.PixelUnshuffle(2)(x)


class Quadrants(Sliced):
    def fold(self, x: Tensor) -> Tensor:
        h, w = x.shape[2] // 2, x.shape[3] // 2
        rows = (x[:, :, :h, :w], x[:, :, h:, :w], x[:, :, :h, w:], x[:, :, h:, w:])
        return torch.cat(rows, dim=1)


class Viewed(Sliced):
    def fold(self, x: Tensor) -> Tensor:
        return x.view(x.shape[0], -1, x.shape[2] // 2, x.shape[3] // 2)


class Batched(Sliced):
    def fold(self, x: Tensor) -> Tensor:
        return torch.cat([x[:, :, row::2, column::2] for row, column in self.starts])


class TooEarly(Sliced):
    def fold(self, x: Tensor) -> Tensor:
        return torch.cat([x[::2, ::2], x[1::2, ::2], x[::2, 1::2], x[1::2, 1::2]], 1)


class Modern(nn.Module):
    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        self.conv = Conv(c, k, kernel_size=6, stride=2, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Afterwards(Sliced):
    def block(self, c: int, k: int) -> nn.Module:
        return Conv(c // 4, k // 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fold(self.conv(x))


class OneByOne(Sliced):
    def block(self, c: int, k: int) -> nn.Module:
        return Conv(c, k)


class SmallStride(Sliced):
    def block(self, c: int, k: int) -> nn.Module:
        return Conv(c, k, 3, 2)


class Bent(Sliced):
    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(super().forward(x))


class Unfolded(Sliced):
    def fold(self, x: Tensor) -> Tensor:
        return x


WRONG_FOCUS: list[tuple[Any, str]] = [
    (RowByRow, "columns change first"),
    (Diagonal, "other order"),
    (Unshuffle, "quarters within channels"),
    (Quadrants, "cut into four"),
    (Viewed, "reshaped only"),
    (Batched, "folded into the batch"),
    (TooEarly, "first axes sliced"),
    (Modern, "6×6 instead"),
    (Afterwards, "mixed before folding"),
    (OneByOne, "kernel left out"),
    (SmallStride, "other stride"),
    (Unfolded, "stops with RuntimeError"),
    (Sliced(3, 8), "not a class"),
]


@pytest.mark.parametrize("answer", [MyFocus, Sliced, ByUnfolding, Spelt])
def test_a_focus_that_is_right_passes(answer: type[nn.Module]) -> None:
    assert examine("ch04.focus", answer).passed


@pytest.mark.parametrize(("answer", "fault"), WRONG_FOCUS)
def test_a_focus_that_is_wrong_is_told_where_and_why(answer: Any, fault: str) -> None:
    assert examine("ch04.focus", answer).fault == fault


# --- nothing left out ----------------------------------------------------------------------------


def test_every_mistake_that_is_known_is_demanded_here() -> None:
    demanded = [
        {fault for _, fault in WRONG_COUNTS},
        {fault for _, fault in WRONG_BOXES},
        {fault for _, fault in WRONG_NMS},
        {fault for _, fault in WRONG_FOCUS},
    ]
    for exercise, faults in zip(EXERCISES, demanded, strict=True):
        known = {mistake.fault for mistake in exercise.task.mistakes}  # type: ignore[attr-defined]
        assert known <= faults, exercise.name
        assert len(known) >= 5


def test_reasons_are_sentences() -> None:
    for exercise in EXERCISES:
        for mistake in exercise.task.mistakes:  # type: ignore[attr-defined]
            assert mistake.why.endswith("."), mistake.fault
            assert 1 <= len(mistake.fault.split()) <= 4, mistake.fault

"""Chapter 4: count YOLOv5's predictions, decode one, write greedy NMS, write Focus.

It stands beside the path from image to picture, under the exercises of ``notebooks/04_yolov5``.
"""

from collections.abc import Callable
from functools import cache

import torch

from ..boxes import nms
from ..layers import Focus
from .ch04_boxes import (
    NMS_MISTAKES,
    candidates,
    decode,
    decode_mistakes,
    decoded,
    greedy,
    raw_numbers,
)
from .ch04_focus import FOCUS_MISTAKES, MyFocus, maps
from .exercise import Exercise, Mistake
from .functions import FunctionTask
from .layers import LayerTask
from .predictions import PredictionTask

# --- ch04.predictions ----------------------------------------------------------------------------

PICTURES = {  # name of the network, height and width of its input
    "s at 320×320": ("yolov5s", 320, 320),
    "s at 416×608": ("yolov5s", 416, 608),
    "s6 at 640×640": ("yolov5s6", 640, 640),
}
NUMBERS, CHANNELS = "numbers a box", "channels a level"


@cache
def counted() -> dict[str, int]:
    """Count on the networks themselves, without memory for them."""
    from ..catalog import create_model

    found = {}
    with torch.device("meta"):
        for name, (network, height, width) in PICTURES.items():
            raw = create_model(network, num_classes=8).eval()(torch.empty(1, 3, height, width))
            found[name] = sum(level[..., 0].numel() for level in raw.values())
    _, anchors, _, _, values = raw["p3"].shape
    return found | {NUMBERS: values, CHANNELS: anchors * values}


def by_hand() -> dict[str, int]:
    """A solution of ch04.predictions."""
    return {
        "s at 320×320": 3 * (40 * 40 + 20 * 20 + 10 * 10),
        "s at 416×608": 3 * (52 * 76 + 26 * 38 + 13 * 19),
        "s6 at 640×640": 3 * (80 * 80 + 40 * 40 + 20 * 20 + 10 * 10),
        "numbers a box": 4 + 1 + 8,
        "channels a level": 3 * (4 + 1 + 8),
    }


Strides = tuple[int, ...]


def boxes(
    strides: Callable[[Strides], Strides] = lambda strides: strides,
    side: Callable[[int, int], tuple[int, int]] = lambda height, width: (height, width),
    each: float = 3,
) -> dict[str, int]:
    """Count by a rule that may be wrong."""
    found = {}
    for name, (network, height, width) in PICTURES.items():
        steps = (8, 16, 32, 64) if network.endswith("6") else (8, 16, 32)
        high, wide = side(height, width)
        cells = sum((high // s) * (wide // s) for s in strides(steps))
        found[name] = int(each * cells)
    return found


COUNT_MISTAKES = (
    Mistake(
        "always the same",
        dict.fromkeys(list(PICTURES)[:2], 25_200),
        "25,200 belongs to 640×640; the grids follow the image, and a smaller one has fewer cells.",
    ),
    Mistake(
        "fourth level left out",
        {"s6 at 640×640": 25_200},
        "s6 has a fourth level at stride 64, which adds its own cells.",
    ),
    Mistake(
        "anchors left out",
        lambda: boxes(each=1),
        "these are the cells; each of them speaks for three anchors.",
    ),
    Mistake(
        "halved like the sides",
        {"s at 320×320": 12_600},
        "half the side makes a quarter of the cells, for there are fewer rows *and* fewer columns.",
    ),
    Mistake(
        "one level only",
        lambda: boxes(strides=lambda strides: strides[:1]),
        "that is the finest level; the coarser ones speak as well.",
    ),
    Mistake(
        "longer side squared",
        lambda: boxes(side=lambda height, width: (max(height, width),) * 2),
        "the image is not made square: rows follow its height, and columns its width.",
    ),
    Mistake(
        "shorter side squared",
        lambda: boxes(side=lambda height, width: (min(height, width),) * 2),
        "rows follow the height of the image, and columns its width.",
    ),
    Mistake(
        "finer fourth level",
        lambda: boxes(strides=lambda strides: (4, 8, 16, 32)),
        "the fourth level of s6 is coarser than the others, at stride 64, not finer.",
    ),
    Mistake(
        "classes counted in",
        lambda: boxes(each=3 * 8),
        "a box carries the scores of all classes; there are no more boxes for it.",
    ),
    Mistake(
        "numbers counted in",
        lambda: boxes(each=3 * 13),
        "these are the numbers; asked for are the boxes, of which each has 5 + K numbers.",
    ),
    Mistake(
        "objectness left out",
        {NUMBERS: 4 + 8, CHANNELS: 3 * (4 + 8)},
        "besides the box and the classes there is the objectness.",
    ),
    Mistake(
        "COCO's classes",
        {NUMBERS: 85, CHANNELS: 255},
        "85 and 255 belong to the eighty classes of COCO; here there are 8.",
    ),
    Mistake(
        "classes shared",
        {CHANNELS: 3 * 5 + 8},
        "that is YOLOv1's 5B + C; in YOLOv5 each of the three boxes has classes of its own.",
    ),
    Mistake(
        "one anchor only",
        {CHANNELS: 4 + 1 + 8},
        "three boxes a cell lie behind one another in the channels.",
    ),
    Mistake(
        "all anchors together",
        {NUMBERS: 3 * (4 + 1 + 8)},
        "that is what a whole cell says; asked for is one of its three boxes.",
    ),
)

EXERCISES = (
    Exercise(
        "ch04.predictions",
        "Count boxes and channels",
        PredictionTask(counted, COUNT_MISTAKES),
        (
            "A level of stride s has a row for every s pixels of the height and a column for every "
            "s pixels of the width. Each cell speaks for three anchors.",
            "Strides are 8, 16 and 32, in s6 also 64. A box has four numbers, its objectness, and "
            "one number a class; the head's channels hold all boxes of a cell.",
            "3 · (40² + 20² + 10²); 3 · (52·76 + 26·38 + 13·19); 3 · (80² + 40² + 20² + 10²); "
            "4 + 1 + 8; three times as many.",
        ),
        by_hand,
    ),
    Exercise(
        "ch04.decode",
        "Decode a prediction",
        FunctionTask(decoded, raw_numbers, decode_mistakes(), tolerance=1e-4),
        (
            "Every raw number goes through the sigmoid first. Then: which of them counts in cells, "
            "and which in anchors?",
            "The centre is (2σ − 0.5 + cell) · stride, with column for x and row for y. The size "
            "is (2σ)² · anchor. A score is objectness times class.",
            "values = raw.sigmoid(); the centre is (2 * values[:2] - 0.5 + torch.tensor([column, "
            "row])) * stride; torch.cat([centre, size]) joins it with (2 * values[2:4]) ** 2 * "
            "anchor. The scores are values[4] * values[5:].",
        ),
        decode,
    ),
    Exercise(
        "ch04.nms",
        "Write greedy NMS",
        FunctionTask(nms, candidates, NMS_MISTAKES),
        (
            "Play it with paper boxes: take the surest, throw away what overlaps it too much, take "
            "the surest of the rest. Until when?",
            "scores.argsort(descending=True) gives the indices, best first. iou(boxes[best], "
            "boxes[rest]) compares one box with all that are left.",
            "rest = scores.argsort(descending=True). While len(rest) > 0: keep int(rest[0]) as "
            "best, shorten rest to rest[1:], and then to rest[iou(boxes[best], boxes[rest]) <= "
            "threshold].",
        ),
        greedy,
    ),
    Exercise(
        "ch04.focus",
        "Write Focus",
        LayerTask(
            Focus,
            given=((3, 8), (2, 12)),
            inputs=maps,
            mistakes=FOCUS_MISTAKES,
        ),
        (
            "How large is a quarter, and how many channels do four of them have together?",
            "x[..., 0::2, 0::2] holds the upper left pixel of each patch, x[..., 1::2, 0::2] the "
            "one below it. torch.cat([…], dim=1) lays quarters behind one another.",
            "self.conv = Conv(4 * in_channels, out_channels, 3). The quarters start at (row, "
            "column) = (0, 0), (1, 0), (0, 1), (1, 1), in this order.",
        ),
        MyFocus,
    ),
)

"""The loss in one picture: thousands of predictions, a few boxes, and three questions.

It stands between the head's raw values and the optimiser. Source: the loss of YOLOv5 (Jocher et al.
2020–2022, releases 3.0 to 7.0), https://github.com/ultralytics/yolov5; facts only.

Only the predictions that are asked to answer for a box learn where it is and what it is. All of
them learn whether anything is there.
"""

from collections.abc import Mapping

from matplotlib.axes import Axes

from .check import check_positive
from .drawing import arrow, bar, block, node, page, write
from .picture import Picture
from .style import MUTED, SMALL, colour, style, tint

QUESTIONS = {
    "box": ("where?", "1 − CIoU", "with the true box"),
    "class": ("what?", "cross-entropy", "one yes or no a class"),
    "objectness": ("anything?", "cross-entropy", "target: the IoU, or 0"),
}
GAINS = {"box": 0.05, "class": 0.5, "objectness": 1.0}
BALANCE = {"p3": 4.0, "p4": 1.0, "p5": 0.4}


@style()
def loss_flow(
    predictions: int = 25_200,
    answers: int = 18,
    values: int = 85,
    *,
    gains: Mapping[str, float] = GAINS,
    balance: Mapping[str, float] = BALANCE,
) -> Picture:
    """Draw which predictions enter which part of the loss, and with what weight.

    Parameters
    ----------
    predictions, answers
        How many there are, and how many of them answer for a box.
    values
        Numbers that each prediction consists of.
    gains
        Weight of the ``"box"``, ``"class"`` and ``"objectness"`` loss.
    balance
        Weight of each level within the objectness loss.
    """
    check_positive("predictions", predictions)
    check_positive("answers", answers)
    check_positive("values", values, least=6)
    if answers > predictions or set(gains) != set(QUESTIONS):
        raise ValueError(
            f"answers must be at most {predictions:,} and gains name {', '.join(QUESTIONS)}; got "
            f"{answers:,} and {', '.join(gains)}"
        )
    share = 100 * answers / predictions
    picture, axes = page(
        10,
        4.35,
        "The loss asks three questions, two of them to very few predictions",
        f"{answers:,} of {predictions:,} predictions answer for a box: {share:.2g} %. "
        "The others learn one thing only: that nothing is there.",
    )
    _predictions(axes, predictions, answers, values)
    _questions(axes, gains, balance)
    picture.alt = (
        f"{predictions:,} predictions of {values} numbers; {answers:,} that answer enter the box "
        f"loss (×{gains['box']:g}) and the class loss (×{gains['class']:g}); all enter the "
        f"objectness loss (×{gains['objectness']:g}); the three are added."
    )
    return picture


def _predictions(axes: Axes, predictions: int, answers: int, values: int) -> None:
    """One bar for all predictions; those that answer are a sliver on top, not to scale."""
    left, low, high, sliver = 0.5, 0.4, 2.45, 0.3
    bar(axes, left, low, 1.0, high, tint(MUTED, 0.7), linewidth=0)
    bar(axes, left, low + high, 1.0, sliver, colour("truth"), linewidth=0)
    write(axes, left + 0.5, low + high + sliver + 0.16, f"{predictions:,} × {values}", size=SMALL)
    write(axes, left + 1.1, low + high + 0.15, f"{answers:,} answer", ha="left", size=SMALL + 1)
    write(axes, left + 0.5, low - 0.16, "not to scale", size=SMALL, colour=MUTED)
    words = f"{predictions - answers:,}\nbackground"
    write(axes, left + 0.5, low + high / 2, words, size=SMALL, fit=0.92)
    start, turn = (2.55, low + high + 0.15), 2.85
    arrow(axes, start, (3.2, start[1]), shade=colour("truth"))
    for y in (2.0, 1.0):
        arrow(axes, start, (turn, start[1]), (turn, y), (3.2, y), shade=colour("truth"))
    arrow(axes, (1.5, 0.8), (3.2, 0.8), shade=MUTED)


def _questions(axes: Axes, gains: Mapping[str, float], balance: Mapping[str, float]) -> None:
    """Three losses below one another, each with its gain, and their sum."""
    for (name, (question, loss, note)), y in zip(QUESTIONS.items(), (3.0, 2.0, 0.9), strict=True):
        shade = colour("conv") if name != "objectness" else colour("activation")
        block(axes, 4.0, y, 1.6, 0.62, f"{name}\n{question}", shade=shade)
        arrow(axes, (4.8, y), (5.2, y))
        block(axes, 6.2, y, 2.0, 0.62, f"{loss}\n{note}", shade=shade, size=SMALL)
        way = [(8.72, 2.0)] if y == 2.0 else [(8.9, y), (8.9, 2.0 + (0.18 if y > 2.0 else -0.18))]
        arrow(axes, (7.2, y), *way)
        write(axes, 7.95, y + 0.16, f"× {gains[name]:g}", weight="bold")
    listed = ", ".join(f"{level.upper()} × {weight:g}" for level, weight in balance.items())
    write(axes, 6.2, 0.42, f"levels: {listed}", size=SMALL, colour=MUTED)
    node(axes, 8.9, 2.0, "+", colour("add"), 0.18)
    arrow(axes, (9.08, 2.0), (9.4, 2.0))
    write(axes, 9.45, 2.0, "loss", weight="bold", ha="left")

"""Chapter 5's fourth exercise: average precision, from a list of detections.

It stands beside the path from image to picture, under ``ch05``.
"""

import numpy as np

from .exercise import Exercise, Mistake
from .functions import FunctionTask


def average_precision(scores: list[float], correct: list[bool], num_truths: int) -> float:
    """A solution of ch05.average_precision."""
    ranked = [right for _, right in sorted(zip(scores, correct, strict=True), reverse=True)]
    precision, hits = [], 0
    for listed, right in enumerate(ranked, start=1):
        hits += right
        precision.append(hits / listed)
    # at each hit recall grows by 1 / num_truths, under the best precision from there on
    heights = [max(precision[place:]) for place, right in enumerate(ranked) if right]
    return sum(heights) / num_truths


Ranked = tuple[list[float], list[bool], int]


def lists() -> list[Ranked]:
    """Detections in no order: some missed, all found, all wrong, and none at all."""
    scores = [0.58, 0.91, 0.21, 0.74, 0.95, 0.43, 0.80, 0.35, 0.66, 0.86]
    right = [False, True, False, False, True, False, True, True, True, False]
    return [
        (scores, right, 6),
        (scores[2:8], [True, False, False, True, True, True], 4),
        (scores[:4], [False] * 4, 3),
        ([], [], 2),
    ]


def walk(scores: list[float], correct: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Give who is right in order of score, and the precision so far."""
    ranked = np.array(correct, dtype=float)[np.argsort(-np.array(scores, dtype=float))]
    return ranked, ranked.cumsum() / np.arange(1, len(ranked) + 1)


def envelope(precision: np.ndarray) -> np.ndarray:
    """Best precision from each place on."""
    return np.maximum.accumulate(precision[::-1])[::-1]


def unsorted(scores: list[float], correct: list[bool], num_truths: int) -> float:
    return average_precision([-float(place) for place in range(len(scores))], correct, num_truths)


def worst_first(scores: list[float], correct: list[bool], num_truths: int) -> float:
    return average_precision([-score for score in scores], correct, num_truths)


def no_envelope(scores: list[float], correct: list[bool], num_truths: int) -> float:
    ranked, precision = walk(scores, correct)
    return float((ranked * precision).sum() / num_truths)


def from_the_left(scores: list[float], correct: list[bool], num_truths: int) -> float:
    ranked, precision = walk(scores, correct)
    return float((ranked * np.maximum.accumulate(precision)).sum() / num_truths)


def misses_forgotten(scores: list[float], correct: list[bool], num_truths: int) -> float:
    return average_precision(scores, correct, max(sum(correct), 1))


def every_place(scores: list[float], correct: list[bool], num_truths: int) -> float:
    _, precision = walk(scores, correct)
    return float(envelope(precision).mean()) if len(precision) else 0.0


def last_precision(scores: list[float], correct: list[bool], num_truths: int) -> float:
    return sum(correct) / max(len(correct), 1)


def at_101_recalls(scores: list[float], correct: list[bool], num_truths: int) -> float:
    ranked, precision = walk(scores, correct)
    places = np.searchsorted(ranked.cumsum() / num_truths, np.linspace(0, 1, 101) - 1e-9)
    return float(np.append(envelope(precision), 0.0)[places].mean())


MISTAKES = (
    Mistake(
        "not sorted",
        unsorted,
        "the list comes in no order; the surest detection has to be looked at first.",
    ),
    Mistake("least sure first", worst_first, "the list is walked from the highest score down."),
    Mistake(
        "no envelope",
        no_envelope,
        "at each recall it is the best precision *from there on* that counts, so that a precision "
        "which recovers further down fills the notch before it.",
    ),
    Mistake(
        "envelope from the left",
        from_the_left,
        "the best precision so far is 1 after a first hit, whatever follows; look at what is "
        "still to come.",
    ),
    Mistake(
        "misses forgotten",
        misses_forgotten,
        "recall counts the objects that there are, and not only those that were found.",
    ),
    Mistake(
        "every place counted",
        every_place,
        "a false alarm does not move recall, and so adds no area; only hits do.",
    ),
    Mistake(
        "precision of the whole list",
        last_precision,
        "this is one point, at the end of the list; the order inside it does not count here.",
    ),
    Mistake(
        "read at 101 recalls",
        at_101_recalls,
        "that is how COCO reads the curve; here the area itself is asked for.",
    ),
)

AVERAGE_PRECISION = Exercise(
    "ch05.average_precision",
    "Write average precision",
    FunctionTask(average_precision, lists, MISTAKES),
    (
        "Sort by score, the highest first, and walk down the list: after each detection, how "
        "many were right so far, out of how many?",
        "Recall grows by 1 / num_truths at every hit and at nothing else. So the area is a sum "
        "over the hits: step times height. The height is the best precision from there on.",
        "precision[i] = hits so far / (i + 1); then sum(max(precision[i:]) for every i that is "
        "right) / num_truths. An empty list sums to 0.",
    ),
    average_precision,
)

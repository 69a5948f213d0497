"""Functions that learners write: run on cases, and compared with the package's own.

It stands beside the path from image to picture, under the exercises whose answer is a function.
"""

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, ClassVar

import numpy as np
import torch

from .exercise import Mistake, crashed
from .verdict import Finding


@dataclass(frozen=True)
class FunctionTask:
    """A function to be written.

    Attributes
    ----------
    reference
        The right function.
    cases
        Gives the arguments of each call. Use more than one thing, sides that differ, and the
        awkward cases: nothing at all, boxes that do not touch.
    mistakes
        Wrong functions that people write.
    tolerance
        Largest difference that counts as equal, absolute and relative.
    """

    reference: Callable[..., Any]
    cases: Callable[[], Sequence[tuple[Any, ...]]]
    mistakes: tuple[Mistake, ...] = field(default=())
    tolerance: float = 1e-5
    stages: ClassVar[tuple[str, ...]] = ("interface", "shapes", "numbers")

    def examine(self, answer: Any) -> Finding | None:
        """Call the answer on every case, and say what differs first and why."""
        if not callable(answer) or isinstance(answer, type):
            said = f"The answer must be a function, got {kind(answer)}."
            return Finding("interface", "not a function", said, "pass its name, without brackets.")
        finding = self._difference(answer)
        if finding is None:
            return None
        for mistake in self.mistakes:
            if self._alike(answer, mistake.answer):
                return finding.because(mistake.fault, mistake.why)
        return finding

    def _difference(self, answer: Callable[..., Any]) -> Finding | None:
        for number, arguments in enumerate(self.cases(), 1):
            case = f"case {number}, {called(arguments)}"
            given, expected = copy.deepcopy(arguments), self.reference(*copy.deepcopy(arguments))
            try:
                got = answer(*given)
            except (Exception, SystemExit) as error:
                badly = not fits(answer, arguments)
                return crashed(error, f"Calling it, {case},", STAGE[badly])
            if flaw := compare(expected, got, self.tolerance, f"{case},"):
                return flaw
            if not equal(arguments, given, 0.0):
                said = "The values that it was given have changed afterwards."
                return Finding("numbers", "changes its input", said, ALIVE)
        return None

    def _alike(self, answer: Callable[..., Any], wrong: Callable[..., Any]) -> bool:
        """Whether two functions answer alike on all cases."""
        for arguments in self.cases():
            got, other = (outcome(call, arguments) for call in (answer, wrong))
            if not equal(other, got, self.tolerance):
                return False
        return True


def outcome(call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call with copies; if an error arises, its words are the outcome (see ``words_of``)."""
    try:
        return call(*copy.deepcopy(arguments))
    except (Exception, SystemExit) as error:
        return words_of(error)


def words_of(error: BaseException) -> str:
    """Give an error's words in alphabetical order: a + b and b + a fail in the same, turned."""
    return f"{type(error).__name__}: {sorted(str(error).split())}"


STAGE = {False: "shapes", True: "interface"}
ALIVE = "it writes into its argument; work on a copy (.clone() or .copy())."


def called(arguments: tuple[Any, ...]) -> str:
    """Write down the arguments of a call, short: what is large by its shape."""
    return f"({', '.join(map(_short, arguments))})"


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_short(one)}" for name, one in value.items()) + "}"
    if isinstance(value, torch.Tensor | np.ndarray):
        numbers = np.asarray(value)
        if numbers.size > FEW:
            return f"{'×'.join(map(str, numbers.shape))} numbers"
        value = np.round(numbers, 4).tolist()
    text = repr(value)
    if len(text) < SHORT:
        return text
    return f"{len(value)} values" if hasattr(value, "__len__") else kind(value)


FEW = 8  # numbers of an array that are written out
SHORT = 60  # characters of an argument that is written out


def kind(value: Any) -> str:
    """Name what a value is."""
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def fits(answer: Callable[..., Any], arguments: tuple[Any, ...]) -> bool:
    """Whether a function can take so many arguments."""
    try:
        inspect.signature(answer).bind(*arguments)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def compare(expected: Any, got: Any, tolerance: float, place: str) -> Finding | None:
    """Say where two results differ first: in kind, in shape or in numbers."""
    if got is None:
        said = f"In {place} it gives nothing back."
        return Finding("shapes", "returns nothing", said, "the function has no return.")
    if isinstance(expected, Mapping):
        return _compare_named(expected, got, tolerance, place)
    if isinstance(expected, tuple | list):
        return _compare_rows(expected, got, tolerance, place)
    return _compare_numbers(expected, got, tolerance, place)


def _compare_named(
    expected: Mapping[str, Any], got: Any, tolerance: float, place: str
) -> Finding | None:
    if not isinstance(got, Mapping) or set(got) != set(expected):
        have = ", ".join(map(str, got)) if isinstance(got, Mapping) else kind(got)
        said = f"In {place} it must give a dictionary of {', '.join(expected)}; got {have}."
        return Finding("shapes", "other names", said)
    flaws = (compare(expected[k], got[k], tolerance, f"{k} of {place}") for k in expected)
    return next((flaw for flaw in flaws if flaw), None)


def _compare_rows(
    expected: Sequence[Any], got: Any, tolerance: float, place: str
) -> Finding | None:
    if not isinstance(got, tuple | list) or len(got) != len(expected):
        have = f"{len(got)}" if isinstance(got, tuple | list) else kind(got)
        said = f"In {place} it must give {len(expected)} results; got {have}."
        return Finding("shapes", "other number of results", said)
    flaws = (
        compare(one, other, tolerance, f"result {number} of {place}")
        for number, (one, other) in enumerate(zip(expected, got, strict=True), 1)
    )
    return next((flaw for flaw in flaws if flaw), None)


def _compare_numbers(expected: Any, got: Any, tolerance: float, place: str) -> Finding | None:
    right, mine = numbers(expected), numbers(got)
    if mine is None or right is None:
        said = f"In {place} it must give numbers ({kind(expected)}), got {kind(got)}."
        return Finding("shapes", "not numbers", said)
    if right.shape != mine.shape:
        said = f"In {place} the shape must be {right.shape}, got {mine.shape}."
        return Finding("shapes", *_other_shape(right, mine, said))
    if close(right, mine, tolerance):
        return None
    off = ~np.isclose(right, mine, rtol=tolerance, atol=tolerance)
    at = tuple(int(i) for i in np.argwhere(off)[0])
    spot = f" at {at if len(at) > 1 else at[0]}" if at else ""
    said = (
        f"In {place} the value{spot} must be {right[at]:.6g}, got {mine[at]:.6g}"
        f" ({int(off.sum())} of {right.size} differ)."
    )
    return Finding("numbers", *_other_numbers(right, mine, tolerance, said))


def _other_shape(right: np.ndarray, mine: np.ndarray, said: str) -> tuple[str, str, str]:
    """Fault, observation and reason where the shapes differ."""
    if mine.squeeze().shape == right.shape:
        return "an axis too many", said, "an axis of length 1 is left over."
    if sorted(mine.shape) == sorted(right.shape):
        return "axes swapped", said, "two axes have changed places."
    return "other shape", said, ""


def _other_numbers(
    right: np.ndarray, mine: np.ndarray, tolerance: float, said: str
) -> tuple[str, str, str]:
    """Fault, observation and reason where shapes agree and numbers do not."""
    if np.isnan(mine).any() and not np.isnan(right).any():
        return "not a number", said, "something is divided by zero, or a root taken of less."
    for axes in list(permutations(range(right.ndim)))[1:] if right.ndim < 5 else []:
        turned = right.transpose(axes)
        if turned.shape == mine.shape and close(turned, mine, tolerance):
            return "axes swapped", said, "the numbers are right, but two axes have changed places."
    if right.size > 1 and close(right[::-1], mine, tolerance):
        return "order reversed", said, "the numbers are right, but in reversed order."
    if mine.size and close(np.sort(right, None), np.sort(mine, None), tolerance):
        return "other order", said, "the numbers are right, but stand in other places."
    with np.errstate(all="ignore"):
        ratio, shift = mine / right, mine - right
    if right.size > 1 and np.isfinite(ratio).all() and close(ratio, ratio.flat[0], tolerance):
        times = f"{ratio.flat[0]:.6g} times"
        return "a constant factor", said, f"all values are {times} what they should be."
    if right.size > 1 and close(shift, shift.flat[0], tolerance):
        return "a constant shift", said, f"all values are off by the same {shift.flat[0]:.6g}."
    return "other numbers", said, ""


def numbers(value: Any) -> np.ndarray | None:
    """Read a tensor, an array or a number as an array of doubles; None if it is none of these."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def close(one: np.ndarray, other: Any, tolerance: float) -> bool:
    """Whether all numbers agree, NaN with NaN."""
    return bool(np.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True))


def equal(one: Any, other: Any, tolerance: float) -> bool:
    """Whether two results agree in kind, shape and numbers."""
    if isinstance(one, Mapping):
        return (
            isinstance(other, Mapping)
            and set(one) == set(other)
            and all(equal(one[key], other[key], tolerance) for key in one)
        )
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(
            equal(a, b, tolerance) for a, b in zip(one, other, strict=True)
        )
    if one is None or other is None or isinstance(one, str) or isinstance(other, str):
        return one is other or (type(one) is type(other) and bool(one == other))
    left, right = numbers(one), numbers(other)
    if left is None or right is None:
        return bool(one == other)
    return left.shape == right.shape and close(left, right, tolerance)

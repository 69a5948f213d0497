"""Figures that learners predict: compared with what the package counts.

It stands beside the path from image to picture, under the exercises whose answer is numbers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .exercise import Mistake
from .functions import close, kind, numbers
from .verdict import Finding


@dataclass(frozen=True)
class PredictionTask:
    """Figures to be worked out by hand.

    Attributes
    ----------
    reference
        Counts the right figures, by name, on the package's own networks.
    mistakes
        Wrong figures, by name (all of them or some), and how people arrive at them.
    tolerance
        Largest difference that counts as equal, absolute and relative.
    """

    reference: Callable[[], Mapping[str, Any]]
    mistakes: tuple[Mistake, ...] = field(default=())
    tolerance: float = 1e-6
    stages: ClassVar[tuple[str, ...]] = ()

    def examine(self, answer: Any) -> Finding | None:
        """Compare figure by figure; the right values are not told."""
        expected = self.reference()
        if not isinstance(answer, Mapping):
            said = f"The answer must be a dictionary of {'; '.join(expected)}; got {kind(answer)}."
            return Finding("interface", "not a dictionary", said)
        if missing := [name for name in expected if name not in answer]:
            said = f"There is no value for {'; '.join(missing)}. Given are {'; '.join(answer)}."
            return Finding("interface", "a figure is missing", said)
        wrong = [name for name in expected if not self._same(expected[name], answer[name])]
        if not wrong:
            return None
        return self._explain(expected, answer, wrong)

    def _explain(
        self, expected: Mapping[str, Any], answer: Mapping[str, Any], wrong: list[str]
    ) -> Finding:
        right = [name for name in expected if name not in wrong]
        held = f"{'; '.join(right)}: right. " if right else ""
        said = (
            f"{held}{wrong[0]}: not {answer[wrong[0]]!r}{self._side(expected, answer, wrong[0])}."
        )
        finding = Finding("numbers", "other figures", said)
        for mistake in self.mistakes:
            values = mistake.answer() if callable(mistake.answer) else mistake.answer
            if wrong[0] in values and self._same(values[wrong[0]], answer[wrong[0]]):
                return finding.because(mistake.fault, mistake.why)
        return finding

    def _side(self, expected: Mapping[str, Any], answer: Mapping[str, Any], name: str) -> str:
        """Whether a single number is too large or too small."""
        right, mine = numbers(expected[name]), numbers(answer[name])
        if right is None or mine is None or right.ndim or mine.ndim:
            return ""
        return ", which is too large" if mine > right else ", which is too small"

    def _same(self, expected: Any, given: Any) -> bool:
        right, mine = numbers(expected), numbers(given)
        if right is None or mine is None:
            return bool(expected == given)
        return right.shape == mine.shape and close(right, mine, self.tolerance)

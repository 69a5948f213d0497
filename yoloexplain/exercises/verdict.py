"""What a check answers: how far an answer holds, what differs first, and the likely reason.

It stands beside the path from image to picture, in the room where learners write a part of it.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

PRINTED = 600  # characters of what a learner's code printed that are shown again
WIDTH = 96  # characters a line


def wrapped(text: str) -> str:
    """Break long lines between words."""
    lines = (
        textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False)
        for line in text.splitlines()
    )
    return "\n".join(lines)


@dataclass(frozen=True)
class Finding:
    """What is wrong with an answer.

    Attributes
    ----------
    stage
        Where it shows: "interface", "shapes", "parameters" or "numbers"; "start" if nothing could
        be examined.
    fault
        The diagnosis in a word or two, for tests and statistics.
    said
        What differs first, in a sentence.
    why
        The likely reason, in a sentence; empty if there is no guess.
    """

    stage: str
    fault: str
    said: str
    why: str = ""

    def because(self, fault: str, why: str) -> "Finding":
        """Give the same observation with a reason that is known."""
        return replace(self, fault=fault, why=why)


@dataclass(frozen=True, repr=False)
class Verdict:
    """The answer of ``check``.

    Attributes
    ----------
    exercise
        Its name, for example "ch03.spp".
    finding
        What is wrong; None if nothing is.
    stages
        The stages of its task, each of which presumes the last.
    printed
        What the learner's code printed while it was examined.
    remark
        A note that concerns the check and not the answer.
    """

    exercise: str
    finding: Finding | None = None
    stages: tuple[str, ...] = ()
    printed: str = ""
    remark: str = ""

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.finding is None

    @property
    def fault(self) -> str:
        """Diagnosis in a word or two; empty if the answer is right."""
        return self.finding.fault if self.finding else ""

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        lines = [f"{self.exercise}: {self._headline()}"]
        if self.finding is not None:
            lines += self._held()
            lines.append(wrapped(self.finding.said))
            if self.finding.why:
                lines.append(wrapped(f"Likely reason: {self.finding.why}"))
            lines.append(f'Stuck? yx.exercises.hint("{self.exercise}")')
        if self.printed:
            shown = self.printed[-PRINTED:].strip("\n")
            cut = "… " if len(self.printed) > PRINTED else ""
            lines.append(f"It printed, being run several times: {cut}{shown}")
        if self.remark:
            lines.append(self.remark)
        return "\n".join(lines)

    def _headline(self) -> str:
        if self.finding is None:
            return "right."
        return "not begun." if self.finding.fault == "not begun" else "not yet."

    def _held(self) -> list[str]:
        assert self.finding is not None
        if self.finding.stage not in self.stages:
            return []
        held = self.stages[: self.stages.index(self.finding.stage)]
        lines = [f"  {stage:11s}as asked" for stage in held]
        return [*lines, f"  {self.finding.stage:11s}not as asked"]

    def to_plain(self) -> dict[str, Any]:
        """Give it as data that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Verdict":
        """Read what ``to_plain`` gave."""
        finding = Finding(**plain["finding"]) if plain["finding"] else None
        return cls(**{**plain, "finding": finding, "stages": tuple(plain["stages"])})

"""Problems: what is wrong with a user's data, by file and line.

They stand at the door, before the first picture is used. All are gathered before any is told, so
that a data set of a thousand files need not be mended one error at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LISTED = 10  # problems that an error names; of the others it gives the number


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes
    ----------
    file
        Where.
    what
        The rule, and the value received.
    place
        Line of a text file, or entry of a JSON file, such as ``annotations[3]``.
    """

    file: Path
    what: str
    place: int | str | None = None

    def __str__(self) -> str:
        if isinstance(self.place, int):
            return f"{self.file}:{self.place}: {self.what}"
        return (
            f"{self.file}: {self.place}: {self.what}" if self.place else f"{self.file}: {self.what}"
        )


class BadDataError(ValueError):
    """A user's data break a rule; ``problems`` lists where and how, in order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = [str(problem) for problem in self.problems[:LISTED]]
        more = len(self.problems) - len(lines)
        if more:
            lines.append(f"and {more} more")
        many = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        head = f"the data have {many}; mend them, or pass skip_bad=True to go on without these"
        super().__init__("\n".join([head, *lines]))


def short(value: object) -> str:
    """A value as it is written, at most 60 characters of it."""
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:57]}..."

"""``check``, ``hint``, ``solution`` and ``progress``: what a learner calls.

It stands beside the path from image to picture, at the door of this room.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from ..inspection.source import Source, show_source
from ..layers.check import check_choice
from . import progress as kept
from .exercise import Exercise, begun
from .verdict import Finding, Verdict, wrapped

CHAPTERS = tuple(f"ch0{number}" for number in range(7))


def chapter(name: str) -> tuple[Exercise, ...]:
    """Give the exercises of a chapter, for example of "ch03", in reading order."""
    exercises: tuple[Exercise, ...] = import_module(f".{name}", __package__).EXERCISES
    return exercises


def list_exercises() -> list[str]:
    """Name every exercise, in reading order."""
    return [exercise.name for name in CHAPTERS for exercise in chapter(name)]


def find(name: str) -> Exercise:
    """Find an exercise by its name.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    head = name.partition(".")[0] if isinstance(name, str) else ""
    among = chapter(head) if head in CHAPTERS else ()
    found = {exercise.name: exercise for exercise in among}
    if name not in found:
        check_choice("an exercise", name, list(found) or list_exercises())
    return found[name]


def examine(name: str, answer: Any) -> Verdict:
    """Examine an answer here and now, without protection from what its code does."""
    task = find(name).task
    return Verdict(name, task.examine(answer), task.stages)


def check(name: str, answer: Any) -> Verdict:
    """Examine an answer, and say what differs first and why.

    Code runs in a process of its own, with limited time and memory: whatever it does, the notebook
    goes on. What was tried and solved is kept in the learner's own file.

    Parameters
    ----------
    name
        The exercise, for example "ch03.spp".
    answer
        A class, a function, or a dictionary of figures, as the exercise asks.

    Returns
    -------
    Verdict
        In a notebook its words appear under the cell; ``passed`` says whether the answer is right.

    Raises
    ------
    ValueError
        If there is no exercise of that name.
    """
    find(name)
    if not begun(answer):
        said = "There is still a ... to be replaced by your own."
        return Verdict(name, Finding("start", "not begun", said))
    if isinstance(answer, Mapping):
        verdict = examine(name, answer)
    else:
        from .apart import examine_apart

        verdict = examine_apart(name, answer)
    return replace(verdict, remark=_note(name, tries=1, solved=verdict.passed))


def _note(name: str, *, tries: int = 0, solved: bool = False) -> str:
    """Keep that something was tried; give a remark if it could not be kept."""
    try:
        with kept.changed(name) as record:
            record.tries += tries
            record.solved |= solved
    except OSError as error:
        return f"(Your progress could not be kept: {error})"
    return ""


@dataclass(frozen=True, repr=False)
class Words:
    """Some words to show under a cell."""

    text: str

    def __repr__(self) -> str:
        return wrapped(self.text)


def hint(name: str, step: int | None = None) -> Words:
    """Give the next hint of an exercise, or the one of that number, 1 to 3.

    Raises
    ------
    ValueError
        If there is no such exercise or no such hint.
    """
    hints = find(name).hints
    if step is None:
        step = min(kept.read().get(name, kept.Record()).hints + 1, len(hints))
    check_choice("step", step, list(range(1, len(hints) + 1)))
    try:
        with kept.changed(name) as record:
            record.hints = max(record.hints, step)
    except OSError:
        pass  # the hint is worth more than the count
    last = (
        f'\nThat was the last. yx.exercises.solution("{name}") shows one way.'
        if step == len(hints)
        else ""
    )
    return Words(f"Hint {step} of {len(hints)}: {hints[step - 1]}{last}")


def solution(name: str) -> Source:
    """Show the code of a solution.

    Raises
    ------
    ValueError
        If there is no such exercise.
    """
    written = find(name).solution
    code = show_source(written, without_docstring=True).code
    shown = Source(name, "\n".join([*imports(code, written.__module__), "", "", code]).strip())
    try:
        with kept.changed(name) as record:
            record.solution_seen = True
    except OSError:
        pass
    return shown


def imports(code: str, module: str) -> list[str]:
    """Give the import lines of a module that a piece of its code needs, as a notebook has them."""
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    file = Path(str(import_module(module).__file__))
    lines = []
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [name for name in node.names if (name.asname or name.name) in used]
            if isinstance(node, ast.ImportFrom) and node.level:
                base = module.split(".")[: -node.level]
                node.module, node.level = ".".join([*base, node.module or ""]).strip("."), 0
            if node.names:
                lines.append(ast.unparse(node))
    return lines


def progress() -> Words:
    """Show what was tried and solved, chapter by chapter."""
    return Words("\n".join(_rows(kept.read())))


def _rows(records: Mapping[str, kept.Record]) -> Iterator[str]:
    yield f"{'exercise':26s}{'':9s}tries  hints"
    solved = 0
    names = list_exercises()
    for name in names:
        record = records.get(name, kept.Record())
        solved += record.solved
        state = "solved" if record.solved else "tried" if record.tries else "-"
        yield f"{name:26s}{state:9s}{record.tries:5d}{record.hints:7d}"
    yield f"{solved} of {len(names)} solved; kept in {kept.place()}"

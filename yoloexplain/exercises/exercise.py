"""What an exercise consists of: a task, three hints, a solution, and the mistakes people make.

It stands beside the path from image to picture. A chapter's exercises are written down in
``ch00.py`` … ``ch06.py``, each with the network's own code as the measure wherever there is one.
"""

import ast
import inspect
import linecache
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from .verdict import Finding


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people give, and what to say to it.

    Attributes
    ----------
    fault
        The diagnosis in a few words.
    answer
        The wrong answer itself, in the form that the task asks for: what behaves as it does gets
        its sentence. Of figures, the wrong values by name, or a function that computes them.
    why
        The likely reason, in a sentence that ends with a full stop.
    """

    fault: str
    answer: Any
    why: str


class Task(Protocol):
    """A question that can be put to an answer, in stages of which each presumes the last."""

    stages: ClassVar[tuple[str, ...]]

    def examine(self, answer: Any) -> Finding | None:
        """Say what is wrong with an answer, or nothing."""


@dataclass(frozen=True)
class Exercise:
    """One exercise of a chapter.

    Attributes
    ----------
    name
        Chapter and exercise, for example "ch03.spp".
    title
        What to do, in half a line.
    task
        The question, which examines an answer.
    hints
        Three, each nearer to the answer than the one before.
    solution
        Code that passes, as a learner would write it; its source is shown on request.
    """

    name: str
    title: str
    task: Task
    hints: tuple[str, str, str]
    solution: Callable[..., Any]


def begun(answer: Any) -> bool:
    """Whether somebody has replaced the skeleton's ``...``."""
    if answer is ... or answer is None:
        return False
    if isinstance(answer, Mapping):
        return all(begun(value) for value in answer.values())
    if isinstance(answer, list | tuple):
        return all(value is not ... for value in answer)
    return not any(_left_open(tree) for tree in _trees(answer))


def _trees(answer: Any) -> Iterator[ast.AST]:
    """Parse the functions of an answer, as far as their source can be found."""
    parts = vars(answer).values() if isinstance(answer, type) else [answer]
    for part in parts:
        if inspect.isfunction(part):
            try:
                yield ast.parse(textwrap.dedent(inspect.getsource(part)))
            except (OSError, TypeError, SyntaxError):
                continue


def _left_open(tree: ast.AST) -> bool:
    """Whether a ``...`` stands for code that is still to be written, and not within an index."""
    indices = [node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
    inside = {id(part) for index in indices for part in ast.walk(index)}
    return any(
        isinstance(node, ast.Constant) and node.value is ... and id(node) not in inside
        for node in ast.walk(tree)
    )


def crashed(error: BaseException, doing: str, stage: str = "shapes") -> Finding:
    """Say that the answer's code stopped with an error while ``doing`` something."""
    words = str(error).splitlines()[0] if str(error) else "no message"
    said = f"{doing} stops{where(error)} with {type(error).__name__}: {words}"
    return Finding(stage, f"stops with {type(error).__name__}", said, _reason(error))


def where(error: BaseException) -> str:
    """Name the learner's line in which an error arose, as far as it can be told."""
    line, steps = "", error.__traceback__
    while steps is not None:
        code = steps.tb_frame.f_code
        module = steps.tb_frame.f_globals.get("__name__", "")
        if not str(module).startswith(("yoloexplain.", "torch", "numpy", "importlib")):
            text = linecache.getline(code.co_filename, steps.tb_lineno).strip()
            line = f" in line {steps.tb_lineno}" + (f", `{text}`," if text else "")
        steps = steps.tb_next
    return line


def _reason(error: BaseException) -> str:
    words = str(error)
    if "before Module.__init__() call" in words:
        return "super().__init__() is missing, or does not come first."
    if isinstance(error, NotImplementedError) and "forward" in words:
        return "the class has no method called forward."
    if isinstance(error, SystemExit):
        return "the code ends the program; let it return instead."
    if isinstance(error, RecursionError):
        return "a function calls itself without an end."
    return ""

"""Showing code: a class or function of the package as it stands, inside a notebook cell.

A lesson that copies code teaches the copy. ``show_source(SPPF)`` shows the lines that run.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn


@dataclass(frozen=True, repr=False)
class Source:
    """Source code to look at: highlighted in a notebook, plain text elsewhere.

    Attributes
    ----------
    name
        Dotted name of what is shown.
    code
        Its lines, not indented.
    """

    name: str
    code: str

    def __repr__(self) -> str:
        return f"<source of {self.name}, {len(self.code.splitlines())} lines>"

    def __str__(self) -> str:
        return self.code

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.code}\n```"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/markdown": self._repr_markdown_()}


def show_source(obj: object, *, without_docstring: bool = False) -> Source:
    """Show the source code of a class or function.

    Parameters
    ----------
    obj
        A class, function, method or module of Python; of a network, the code of its class.
    without_docstring
        Leave out the docstrings, its own and those inside, so that a cell stays short.

    Raises
    ------
    TypeError
        If ``obj`` was not written in Python, or is neither class nor function.
    """
    target: Any = type(obj) if isinstance(obj, nn.Module) else inspect.unwrap(obj)  # type: ignore[arg-type]
    try:
        code = textwrap.dedent(inspect.getsource(target))
    except (TypeError, OSError) as error:
        raise TypeError(
            "obj must be a class or function that was written in Python, got "
            f"{type(obj).__name__}; pass for example yoloexplain.layers.SPPF"
        ) from error
    if without_docstring:
        code = _without_docstrings(code)
    module = getattr(target, "__module__", None)
    name = getattr(target, "__qualname__", getattr(target, "__name__", ""))
    return Source(f"{module}.{name}" if module else name, code.rstrip())


def _without_docstrings(code: str) -> str:
    """Cut the lines of every docstring and the empty line after it."""
    lines = code.splitlines()
    gone: set[int] = set()
    for docstring in _docstrings(ast.parse(code)):
        start, stop = docstring.lineno - 1, docstring.end_lineno or docstring.lineno
        if stop < len(lines) and not lines[stop].strip():
            stop += 1
        gone.update(range(start, stop))
    return "\n".join(line for number, line in enumerate(lines) if number not in gone)


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    """Docstrings on lines of their own, in bodies that hold something else as well."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = node.body[0]
        text = first.value if isinstance(first, ast.Expr) else None
        if isinstance(text, ast.Constant) and isinstance(text.value, str) and len(node.body) > 1:
            yield text

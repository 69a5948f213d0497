"""A slide, and what it is made of: the headings, the prose and the outputs of a chapter.

It stands between a notebook that has run and the rule that chooses from it.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import TextWrapper

from nbformat import NotebookNode

from .prose import pieces, plain_links

WORDS = 45  # on a slide, beside what is shown
LINES = 14  # of what is printed; more are left to the notebook
COLUMNS = 100  # of what is printed; longer lines are broken
LOWEST = 32  # pixels; what is lower than a line of text is a bar of progress, and no figure
VIEW = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Slide:
    """What stands on one slide.

    Attributes
    ----------
    kind
        "title", "heading", "figure", "print", "formula", "claim", "verdict", "list" or "exercise".
    head
        Its heading, in Markdown like all text.
    text
        Paragraphs that stand there from the beginning.
    later
        Paragraphs that the next key brings.
    outputs
        Outputs of the notebook that are shown.
    unsaid
        Sentences that found no room.
    """

    kind: str
    head: str
    text: Sequence[str] = ()
    later: Sequence[str] = ()
    outputs: Sequence[NotebookNode] = ()
    unsaid: Sequence[str] = ()


@dataclass(frozen=True)
class Stack:
    """Slides of one section, below one another; ``section`` is its heading."""

    section: str
    slides: list[Slide]


@dataclass(frozen=True)
class Part:
    """What a section is made of, in reading order: a heading, prose, or an output."""

    heading: str = ""
    prose: str = ""
    output: NotebookNode | None = None


def sections(notebook: NotebookNode) -> list[tuple[str, list[Part]]]:
    """Cut a notebook at its title and at every heading of the second level."""
    found: list[tuple[str, list[Part]]] = []
    for level, part in _parts(notebook):
        if level in (1, 2):
            found.append((part.heading, []))
        elif found:
            found[-1][1].append(part)
    return found


def _parts(notebook: NotebookNode) -> Iterator[tuple[int, Part]]:
    """Yield parts with the level of their heading, 0 for what is none. Exercises show nothing."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for level, text in pieces(cell.source):
                yield level, Part(heading=plain_links(text)) if level else Part(prose=text)
        elif "exercise" not in cell.metadata.get("tags", []):
            for output in cell.get("outputs", []):
                yield 0, Part(output=output)


def is_drawn(output: NotebookNode) -> bool:
    """Say whether an output is a picture or a widget."""
    data = output.get("data", {})
    return VIEW in data or ("image/png" in data and _height(data["image/png"]) >= LOWEST)


def _height(png: str) -> int:
    """Read a picture's height in pixels from its first bytes."""
    return int.from_bytes(base64.b64decode(png[:32])[20:24])


def printed(output: NotebookNode) -> str:
    """Give what an output printed, or nothing."""
    if output.output_type == "stream":
        return str(output.text).rstrip() if output.name == "stdout" else ""
    data = output.get("data", {})
    return str(data["text/plain"]) if set(data) == {"text/plain"} else ""


def broken(text: str) -> list[str]:
    """Break what is printed into the lines that a slide has, between words where there are any."""
    as_it_is = {"expand_tabs": False, "replace_whitespace": False, "drop_whitespace": False}
    wrap = TextWrapper(COLUMNS, break_on_hyphens=False, **as_it_is).wrap
    return [part for line in text.splitlines() for part in wrap(line) or [""]]


def count_lines(output: NotebookNode) -> int:
    """Count the lines that an output's print takes on a slide."""
    return len(broken(printed(output)))

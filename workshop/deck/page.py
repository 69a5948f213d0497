"""Page: slides become HTML for reveal.js.

It stands after the rule: it knows how a slide looks and nothing of what should be on it.
https://revealjs.com
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbconvert.filters import markdown2html
from nbformat import NotebookNode

from .notes import Note
from .slide import Stack, broken, printed

HERE = Path(__file__).resolve().parent
_PAGES = Environment(
    loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip
ROOM = 1128, 470  # pixels for what is printed, below a heading and a question
WIDE = 0.61, 1.4  # a letter's width and a line's height, in sizes of the letters
LARGEST = 30


def inline(markdown: str) -> str:
    """Give the HTML of one paragraph, without its tag."""
    return markdown2html(markdown).strip().removeprefix("<p>").removesuffix("</p>")


def letters(outputs: Sequence[NotebookNode]) -> int:
    """Say in which size what is printed fits on a slide, in pixels."""
    lines = broken("\n".join(map(printed, outputs)))
    longest = max(map(len, lines), default=1)
    wide, high = ROOM[0] / (WIDE[0] * longest), ROOM[1] / (WIDE[1] * len(lines))
    return int(min(LARGEST, wide, high))


def seconds(note: Note, slides: int) -> int:
    """Share a section's minutes among its slides."""
    return round(60 * note.minutes / slides)


def page(chapter: str, stacks: Sequence[Stack], notes: Mapping[str, Note]) -> str:
    """Give the page of a chapter's slides; their outputs are laid out already."""
    return _PAGES.get_template("deck.html").render(
        chapter=chapter,
        stacks=stacks,
        notes=notes,
        no_note=Note(),
        inline=inline,
        block=markdown2html,
        letters=letters,
        printed=lambda output: "\n".join(broken(printed(output))),
        seconds=seconds,
        labels={"claim": "Claim", "verdict": "Verdict"},
    )

"""The rule: what of a chapter stands on slides. Nothing is written twice, and nothing by hand.

It stands between a notebook that has run and its slides:

* The first slide has the chapter's title, and what its readers will be able to do.
* Every ``##`` is a stack. It opens with its heading, and the bold question of its prose, if any.
* A figure or a widget gets a slide of its own, below what the prose right before it asks: the
  sentences that ask to predict, or end in a question mark. Code stays in the notebook.
* What is printed gets a slide where the prose before it asks, up to ``LINES`` lines.
* A formula that stands on a line of its own gets a slide, in its sentence.
* "Settle it" has a rule of its own (``settle``). "Take along" gives its list; exercises give what
  they are called and what they ask. "Sources" are for readers.
* No slide after the first has more than ``WORDS`` words beside what it shows. Whole sentences are
  left out, the last ones first; those that would have asked go to the speaker's notes.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from nbformat import NotebookNode

from .prose import asked, asks, count_words, fitting, paragraphs, plain_links, sentences
from .settle import settle
from .slide import LINES, WORDS, Part, Slide, Stack, count_lines, is_drawn, sections

_ABLE = re.compile(r"\*\*(You will be able to)\*\*\s+(.+)")
_BOLD_QUESTION = re.compile(r"\*\*([^*]+\?)\*\*")
_FORMULA = re.compile(r"\$\$.+?\$\$")
_POINT = re.compile(r"^[*-] +(.+)$", re.MULTILINE)
_EXERCISE = re.compile(r"\*\*\d+ · ")


def stacks(notebook: NotebookNode) -> list[Stack]:
    """Choose what stands on slides."""
    first, *others = sections(notebook)
    found = [Stack(first[0], list(_title(*first)))]
    kinds = {"Settle it": settle, "Take along": _list, "Exercises": _exercises}
    for heading, parts in others:
        if not heading.startswith("Sources"):
            named = (kind for words, kind in kinds.items() if heading.startswith(words))
            found.append(Stack(heading, list(next(named, _ordinary)(heading, parts))))
    return found


def _prose(parts: Iterable[Part]) -> str:
    return plain_links("\n\n".join(part.prose for part in parts if part.prose))


def _title(head: str, parts: Sequence[Part]) -> Iterator[Slide]:
    found = _ABLE.search(_prose(parts))
    yield Slide("title", head, [f"{found[1]} {sentences(found[2])[0]}"] if found else [])


def _ordinary(head: str, parts: Sequence[Part]) -> Iterator[Slide]:
    yield Slide("heading", head, fitting(_BOLD_QUESTION.findall(_prose(parts)), WORDS))
    asking: list[str] = []
    for part in parts:
        if part.heading:
            head = part.heading
        elif part.output is None:
            blocks = paragraphs(part.prose)
            asking = asked(blocks)
            yield from _formulas(head, blocks)
        elif is_drawn(part.output) or count_lines(part.output):
            drawn = is_drawn(part.output)
            if drawn or (asking and count_lines(part.output) <= LINES):
                said = fitting(asking, WORDS - count_words(head))
                kind, unsaid = "figure" if drawn else "print", asking[len(said) :]
                yield Slide(kind, head, said, outputs=[part.output], unsaid=unsaid)
            asking = []


def _formulas(head: str, blocks: Sequence[str]) -> Iterator[Slide]:
    """Give a slide for each formula on a line of its own, with the sentence that runs into it."""
    for before, block, behind in zip(["", *blocks], blocks, [*blocks[1:], ""], strict=False):
        if _FORMULA.fullmatch(block):
            start = [] if before.endswith((".", "?", "!")) else sentences(before)[-1:]
            end = sentences(behind)[:1] if behind[:1].islower() else []
            whole = [*start, block, *end]
            fits = fitting(whole, WORDS - count_words(head)) == whole
            yield Slide("formula", head, whole if fits else [block])


def _list(head: str, parts: Sequence[Part]) -> Iterator[Slide]:
    points = _POINT.findall(_prose(parts))
    while points:
        said = fitting(points, WORDS - count_words(head)) or points[:1]
        points = points[len(said) :]
        yield Slide("list", head, said)


def _exercises(head: str, parts: Sequence[Part]) -> Iterator[Slide]:
    yield Slide("heading", head)
    for block in paragraphs(_prose(parts)):
        if _EXERCISE.match(block):
            name, *rest = sentences(block)
            name = name.replace("**", "")
            yield Slide("exercise", name, _what_is_asked(rest, WORDS - count_words(name)))


def _what_is_asked(told: Sequence[str], room: int) -> list[str]:
    """Choose from an exercise: how it begins and what it asks, or one of the two."""
    questions = [sentence for sentence in told[1:] if asks(sentence)]
    both = [*told[:1], *questions]
    if fitting(both, room) == both and questions:
        return both
    return fitting(questions or told, room)

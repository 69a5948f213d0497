"""Settle it: a claim, what is to be predicted, what the notebook shows, and the verdict.

It stands beside the rule for ordinary sections. The prediction comes with the next key below the
claim, or has a slide of its own where there is no room. What is printed before a verdict stands on
one slide, up to ``LINES`` lines; each figure has its own. Of a verdict the first sentences stand
there, as many as find room.
"""

import re
from collections.abc import Iterator, Sequence

from nbformat import NotebookNode

from .prose import asked, count_words, fitting, paragraphs, sentences
from .slide import LINES, WORDS, Part, Slide, count_lines, is_drawn

_CLAIM = re.compile(r"\*\*(?:The )?[Cc]laims?(?:[.:]\*\*|\*\*[.:]|\*\*,[^:]*:)\s*(.+)")
# A claim is cited in quotation marks or in italics.
_CITED = re.compile(r"(?:\"[^\"]+\"\s*)+|\*[^*]+\*(?=\s|$)")
_VERDICT = re.compile(r"\*\*(?:The )?[Vv]erdict[.:]\*\*\s*(.+)")


def settle(head: str, parts: Sequence[Part]) -> Iterator[Slide]:
    """Give the slides of a claim that is settled."""
    shown = next((i for i, part in enumerate(parts) if part.output is not None), len(parts))
    opening = [block for part in parts[:shown] for block in paragraphs(part.prose)]
    yield from _claim(head, opening)
    prints: list[NotebookNode] = []
    for part in parts:
        if part.output is not None and is_drawn(part.output):
            yield from _evidence(head, prints)
            prints = []
            yield Slide("figure", head, outputs=[part.output])
        elif part.output is not None:
            prints.append(part.output)
        elif found := _VERDICT.search(_one_line(part.prose)):
            yield from _evidence(head, prints)
            prints = []
            said = sentences(found[1])
            yield Slide("verdict", head, fitting(said, WORDS - count_words(head)) or said[:1])


def _one_line(prose: str) -> str:
    return "\n".join(paragraphs(prose))


def _claim(head: str, opening: Sequence[str]) -> Iterator[Slide]:
    """Give the claim with what is to be predicted, on one slide or on two."""
    found = [_CLAIM.match(block) for block in opening]
    told = next((match[1] for match in found if match), "")
    claim = _cited(told)
    blocks = [match[1].replace(claim, "", 1) if match else block
              for match, block in zip(found, opening, strict=True)]  # fmt: skip
    asking = asked(blocks)
    said = [claim] if claim else []
    room = WORDS - count_words(head)
    if fitting([*said, *asking], room) == [*said, *asking]:
        yield Slide("claim", head, said, later=asking)
        return
    if said:
        yield Slide("claim", head, said)
    later = fitting(asking, room)
    yield Slide("claim", head, later=later, unsaid=asking[len(later) :])


def _cited(told: str) -> str:
    """Give the words of a claim: what is cited, or else the first sentence."""
    found = _CITED.match(told)
    return found[0] if found else "".join(sentences(told)[:1])


def _evidence(head: str, prints: Sequence[NotebookNode]) -> Iterator[Slide]:
    """Give what was printed, as much as a slide holds."""
    kept: list[NotebookNode] = []
    for output in prints:
        if sum(map(count_lines, [*kept, output])) <= LINES and count_lines(output):
            kept.append(output)
    if kept:
        yield Slide("print", head, outputs=kept)

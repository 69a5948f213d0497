"""Prose: a chapter's Markdown, cut into headings, paragraphs and sentences.

It stands first on the way from a chapter to slides: who knows which sentences ask knows what to
write above a picture.
"""

import re
from collections.abc import Iterable, Iterator

_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#{1,6}) +(.+)$", re.MULTILINE)
_CLOSERS = r'["*)”_]'
# A sentence ends at a full stop, a question or an exclamation mark, whatever closes behind it.
_END = re.compile(
    rf"(?:(?<=[.?!])(?<!et al\.)|(?<=[.?!]{_CLOSERS})|(?<=[.?!]{_CLOSERS}{{2}}))\s+(?=[^\sa-z])"
)
_ASKS = re.compile(rf"\?{_CLOSERS}*$|\b[Pp]redict\b")
_NO_PROSE = ("* ", "- ", "|", ">", "```")  # how a list, a table, a quotation, code begins


def plain_links(text: str) -> str:
    """Put a link's words in its place, and behind them the address, if it is one of the net."""

    def words(found: re.Match[str]) -> str:
        return f"{found[1]} ({found[2]})" if "://" in found[2] else found[1]

    return _LINK.sub(words, text)


def pieces(markdown: str) -> Iterator[tuple[int, str]]:
    """Yield a cell's headings with their levels, and the text between them as level 0."""
    parts = _HEADING.split(markdown)
    for level, text in zip(["", *parts[1::3]], _between(parts), strict=True):
        heading, prose = text
        if level:
            yield len(level), heading
        if prose.strip():
            yield 0, prose.strip()


def _between(parts: list[str]) -> Iterator[tuple[str, str]]:
    yield "", parts[0]
    yield from zip(parts[2::3], parts[3::3], strict=True)


def paragraphs(text: str) -> list[str]:
    """Cut text at its empty lines, each paragraph on one line and its links as plain words."""
    blocks = re.split(r"\n\s*\n", plain_links(text))
    return [block.strip() if _is_list(block) else " ".join(block.split()) for block in blocks]


def _is_list(block: str) -> bool:
    return block.lstrip().startswith(_NO_PROSE)


def sentences(paragraph: str) -> list[str]:
    """Cut a paragraph into its sentences; lists, tables and quotations have none."""
    whole = "" if _is_list(paragraph) else paragraph.strip()
    return [sentence for sentence in _END.split(whole) if sentence]


def asks(sentence: str) -> bool:
    """Say whether a sentence asks to predict, or ends in a question mark."""
    return bool(_ASKS.search(sentence))


def asked(blocks: Iterable[str]) -> list[str]:
    """Give the sentences that ask what comes next.

    Where one asks to predict, it begins there; otherwise the last paragraph that asks is meant.
    """
    lines = [sentences(block) for block in blocks]
    flat = [sentence for line in lines for sentence in line]
    first = next((i for i, one in enumerate(flat) if re.search(r"\b[Pp]redict\b", one)), None)
    if first is None:
        flat, first = next((line for line in reversed(lines) if any(map(asks, line))), []), 0
    return [sentence for sentence in flat[first:] if asks(sentence)]


def count_words(markdown: str) -> int:
    """Count what is read as words: formulas and signs are not."""
    text = re.sub(r"\$\$.*?\$\$|\$[^$]+\$", " ", plain_links(markdown), flags=re.DOTALL)
    return sum(any(sign.isalnum() for sign in token) for token in text.split())


def fitting(lines: Iterable[str], room: int) -> list[str]:
    """Give as many of the first lines as have together no more than ``room`` words."""
    kept: list[str] = []
    for line in lines:
        room -= count_words(line)
        if room < 0:
            break
        kept.append(line)
    return kept

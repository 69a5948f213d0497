"""Notes: what a teacher says, section by section, for the speaker's view.

It stands between ``notebooks/teaching`` and the slides.
"""

import re
from dataclasses import dataclass
from pathlib import Path

_MINUTES = re.compile(r"^\*\*Minutes\*\* (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Note:
    """What is said of one section, in Markdown, and how many minutes it takes."""

    text: str = ""
    minutes: int = 0


def read_notes(path: Path, title: str) -> dict[str, Note]:
    """Read a chapter's notes by heading; those of the whole chapter stand under its title.

    Without a file there are no notes.
    """
    if not path.exists():
        return {}
    opening, *parts = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = {title: Note(opening.partition("\n")[2].strip())}
    for part in parts:
        heading, _, text = part.partition("\n")
        minutes = _MINUTES.search(text)
        spaced = text.strip().replace("\n**", "\n\n**")  # each on a line of its own
        found[heading.strip()] = Note(spaced, int(minutes[1]) if minutes else 0)
    return found

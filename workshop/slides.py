"""Slides: ``python -m workshop.slides 03_necks``, or ``make slides NAMES=03_necks``.

It stands at the end of the way from a chapter to a lecture hall. A chapter that has run becomes
``build/slides/03_necks.html``, and what the page needs lies beside it in ``_static``: any host of
files can serve it, and no request leaves it. ``workshop/deck/rule.py`` says what stands on slides.
"""

import shutil
from pathlib import Path

from nbformat import NotebookNode

from .deck.chapters import NPM, ROOT, command, copy_javascript, lay_out
from .deck.notes import read_notes
from .deck.page import page
from .deck.rule import stacks

DECK = Path(__file__).with_name("deck")
SITE = ROOT / "site" / "static"
TEACHING = ROOT / "notebooks" / "teaching"
USED = {"reveal.css", "reveal.js", "plugin", "notes.js", "zoom.js", "theme", "white.css"}


def build(folder: Path, notebooks: dict[Path, NotebookNode]) -> list[Path]:
    """Write the slides of chapters that have run; return their pages."""
    static = folder / "_static"
    for old in ("javascript", "mathjax", "reveal"):
        shutil.rmtree(static / old, ignore_errors=True)
    copy_javascript(static)
    shutil.copytree(NPM / "reveal.js/dist", static / "reveal", ignore=_others)
    for file in (SITE / "live.js", DECK / "deck.js", DECK / "deck.css"):
        shutil.copy(file, static)
    return [write(folder, source.stem, notebook) for source, notebook in notebooks.items()]


def write(folder: Path, name: str, notebook: NotebookNode) -> Path:
    """Write the page of one chapter."""
    chosen = stacks(notebook)
    for old in (folder / "_static" / "shown").glob(f"{name}-*"):
        old.unlink()
    lay_out(notebook, name, folder / "_static")
    chapter = chosen[0].section
    notes = read_notes(TEACHING / f"{name}.md", chapter)
    target = folder / f"{name}.html"
    target.write_text(page(chapter, chosen, notes), encoding="utf-8")
    return target


def _others(folder: str, names: list[str]) -> set[str]:
    """Name the files of reveal.js that no page uses."""
    return set(names) - USED


if __name__ == "__main__":
    command("Make slides from the chapters.", "slides", build)

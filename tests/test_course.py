"""The chapters as a course: words that are explained, exercises that are set, notes that add up."""

import re
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest

from yoloexplain.exercises.room import chapter

FOLDER = Path(__file__).parent.parent / "notebooks"
CHAPTERS = sorted(FOLDER.glob("0*.py"))
each_chapter = pytest.mark.parametrize("source", CHAPTERS, ids=lambda path: path.stem)

TAKES = r"> \*\*It takes\*\* about (\d+) minutes to read and try, and (\d+) for the exercises\."
LINK = r"\[[^\]]+\]\(([\w.]+\.ipynb)(?:#([^)]+))?\)"
UNTOLD = {"Sources"}  # a heading that a teacher need not speak of


def cells(path: Path, kind: str) -> list[Any]:
    return [cell for cell in jupytext.read(path, fmt="py:percent").cells if cell.cell_type == kind]


def prose(path: Path) -> str:
    return "\n\n".join(cell.source for cell in cells(path, "markdown"))


def headings(text: str, level: int) -> list[str]:
    return re.findall(rf"^{'#' * level} (.+)$", text, flags=re.MULTILINE)


def slug(heading: str) -> str:
    """Anchor that JupyterLab gives to a heading."""
    return heading.replace(" ", "-")


def glossary() -> list[str]:
    return headings(prose(FOLDER / "index.py").partition("## Glossary")[2], 4)


def test_the_glossary_stands_in_the_order_of_the_alphabet() -> None:
    assert glossary() == sorted(glossary(), key=str.lower)
    assert len(set(glossary())) == len(glossary()) > 25


@pytest.mark.parametrize("source", [*CHAPTERS, FOLDER / "index.py"], ids=lambda path: path.stem)
def test_every_link_to_a_chapter_or_a_word_leads_somewhere(source: Path) -> None:
    for file, anchor in re.findall(LINK, prose(source)):
        target = (FOLDER / file).with_suffix(".py")
        assert target.exists(), f"{source.stem} links {file}, which is not there"
        if anchor:
            places = [slug(h) for level in (1, 2, 3, 4) for h in headings(prose(target), level)]
            assert anchor in places, f"{source.stem} links {file}#{anchor}; got {places}"


@each_chapter
def test_a_chapter_links_the_words_that_it_brings(source: Path) -> None:
    linked = [anchor for file, anchor in re.findall(LINK, prose(source)) if file == "index.ipynb"]
    assert len(linked) == len(set(linked)), "a word is linked where it is first needed, once"
    number = int(source.stem[:2])
    entries = prose(FOLDER / "index.py").partition("## Glossary")[2].split("#### ")[1:]
    for entry in entries:
        word, _, text = entry.partition("\n")
        named = re.findall(r"\*Chapters? ([\d, ]+)\*", text)
        assert len(named) == 1, f"{word} names no chapter"
        if number in [int(n) for n in named[0].split(",")]:
            assert slug(word) in linked, f"{source.stem} should link {word}"


@each_chapter
def test_a_chapter_says_what_it_gives_and_takes(source: Path) -> None:
    text = prose(source)
    assert "> **You will be able to**" in text
    assert re.search(TAKES, text)
    assert "> **Know first**" in text


def test_the_index_names_the_same_minutes() -> None:
    for source in CHAPTERS:
        found = re.search(TAKES, prose(source))
        assert found
        row = rf"^\| \d \| \[[^\]]+\]\({source.stem}\.ipynb\) \|.*\| {found[1]} \| {found[2]} \|$"
        assert re.search(row, prose(FOLDER / "index.py"), flags=re.MULTILINE), (source, found[0])


@each_chapter
def test_a_chapter_sets_each_of_its_exercises_and_solves_none(source: Path) -> None:
    tagged = [cell for cell in cells(source, "code") if "exercise" in cell.metadata.get("tags", [])]
    asked = [exercise.name for exercise in chapter(f"ch{source.stem[:2]}")]
    found = [re.findall(r'exercises\.check\("([\w.]+)"', cell.source) for cell in tagged]
    assert [name for names in found for name in names] == asked
    built = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    skeletons = [cell for cell in built.cells if "exercise" in cell.metadata.get("tags", [])]
    assert len(skeletons) == len(tagged), f"run: make notebooks NAMES={source.stem}"
    for cell in skeletons:
        said = "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        assert ": not begun." in said, f"a solution was left in {source.stem}:\n{cell.source}"


@each_chapter
def test_exercises_stand_before_what_to_take_along(source: Path) -> None:
    order = headings(prose(source), 2)
    assert order[-3:] == ["Exercises", "Take along", "Sources"]
    assert len([heading for heading in order if heading.startswith("Settle it")]) >= 2
    assert "arXiv" in prose(source).partition("## Sources")[2]


# --- teaching notes ------------------------------------------------------------------------------


def notes(source: Path) -> str:
    return (FOLDER / "teaching" / f"{source.stem}.md").read_text(encoding="utf-8")


@each_chapter
def test_teaching_notes_follow_the_chapter(source: Path) -> None:
    told = [heading for heading in headings(prose(source), 2) if heading not in UNTOLD]
    assert headings(notes(source), 2) == told


@each_chapter
def test_each_note_says_how_long_what_to_say_and_what_goes_wrong(source: Path) -> None:
    for note in notes(source).split("\n## ")[1:]:
        heading = note.partition("\n")[0]
        assert re.search(r"^\*\*Minutes\*\* \d+$", note, flags=re.MULTILINE), heading
        assert re.search(r"^\*\*Say\*\* \S", note, flags=re.MULTILINE), heading
    assert notes(source).count("\n**Pause** ") >= 3
    assert notes(source).count("\n**Goes wrong** ") >= 5


@each_chapter
def test_the_minutes_of_the_notes_add_up_to_what_the_chapter_says(source: Path) -> None:
    said = re.search(TAKES, prose(source))
    assert said
    minutes = {
        note.partition("\n")[0]: int(re.findall(r"^\*\*Minutes\*\* (\d+)$", note, re.MULTILINE)[0])
        for note in notes(source).split("\n## ")[1:]
    }
    exercises = minutes.pop("Exercises")
    assert (sum(minutes.values()), exercises) == (int(said[1]), int(said[2]))

"""What the pages of the built site say as files: complete, linked, in words, and light."""

import json
import subprocess
import sys
from pathlib import Path

import documents
import pytest

pytestmark = pytest.mark.browser  # with the others that need the site, which one worker builds

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted(path.stem for path in (ROOT / "notebooks").glob("0*.py"))
BUDGET = 6_000_000  # bytes of a chapter: its page, its stills, its widgets' states


def html(pages: Path) -> list[Path]:
    """Every page; templates that a theme leaves among its files are none."""
    found = sorted(pages.rglob("*.html"))
    return [path for path in found if "_static" not in path.relative_to(pages).parts]


def test_every_chapter_the_ledger_and_every_room_has_a_page(pages: Path) -> None:
    import yoloexplain

    there = {path.relative_to(pages).as_posix() for path in html(pages)}
    assert {"index.html", "ledger.html", "install.html", "search.html"} <= there
    assert {f"chapters/{stem}.html" for stem in [*CHAPTERS, "index"]} <= there
    rooms = {f"api/{room}.html" for room in yoloexplain._ROOMS}
    assert rooms <= there


def test_no_link_leads_nowhere(pages: Path) -> None:
    missing = {str(path.relative_to(pages)): documents.read(path).missing() for path in html(pages)}
    assert {page: links for page, links in missing.items() if links} == {}


def test_only_the_search_reads_what_it_looks_up(pages: Path) -> None:
    chapters = [f"chapters/{stem}.html" for stem in [*CHAPTERS, "index"]]
    asking = {
        page
        for page in ("index.html", "search.html", "ledger.html", "api/layers.html", *chapters)
        if any("searchindex.js" in link for link in documents.read(pages / page).links)
    }
    assert asking == {"search.html"}


def test_every_picture_says_what_it_shows(pages: Path) -> None:
    wordless = [(path.name, tag) for path in html(pages) for tag in documents.read(path).wordless]
    assert wordless == []


def test_words_of_the_glossary_are_linked(pages: Path) -> None:
    links = documents.read(pages / "chapters" / "03_necks.html").links
    assert "index.html#receptive-field" in links
    assert "receptive-field" in documents.read(pages / "chapters" / "index.html").ids


def test_every_public_name_is_in_the_reference(pages: Path) -> None:
    import yoloexplain
    from yoloexplain import catalog, layers, widgets

    for room in (layers, widgets):
        ids = documents.read(pages / "api" / f"{room.__name__.split('.')[1]}.html").ids
        assert {f"{room.__name__}.{name}" for name in room.__all__} <= ids
    assert f"{catalog.__name__}.create_model" in documents.read(pages / "api/catalog.html").ids
    for name in yoloexplain._ROOMS:
        assert f"module-yoloexplain.{name}" in documents.read(pages / "api" / f"{name}.html").ids


def test_the_ledger_is_counted_for_its_page(pages: Path) -> None:
    command = [sys.executable, "-m", "yoloexplain", "ledger", "--format", "json"]
    rows = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    text = (pages / "ledger.html").read_text(encoding="utf-8")
    assert text.count("<tr") == len(rows) + 1
    assert f"{len(rows)} numbers: " in text
    for row in rows:
        assert f"<p>{row['ours']}</p>" in text


@pytest.mark.parametrize("stem", [*CHAPTERS, "index"])
def test_a_chapter_can_be_launched_and_taken_along(stem: str, pages: Path) -> None:
    links = documents.read(pages / "chapters" / f"{stem}.html").links
    for host in ("https://mybinder.org/v2/gh/", "https://colab.research.google.com/github/"):
        (link,) = [link for link in links if link.startswith(host)]
        assert link.endswith(f"notebooks/{stem}.ipynb")
    assert f"../_static/notebooks/{stem}.ipynb" in links
    notebook = json.loads((pages / f"_static/notebooks/{stem}.ipynb").read_text(encoding="utf-8"))
    assert notebook["cells"]


@pytest.mark.parametrize("stem", CHAPTERS)
def test_a_chapter_is_light(stem: str, pages: Path) -> None:
    assert len(documents.parts(pages, f"chapters/{stem}")) > 5
    assert documents.weight(pages, f"chapters/{stem}") < BUDGET

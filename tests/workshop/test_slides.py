"""Slides of one chapter, in a browser that reaches nothing: they fit, live and turn."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workshop.deck.slide import WORDS
from workshop.slides import build

ROOT = Path(__file__).parents[2]
CHAPTER = "02_csp"  # the one that runs in the shortest time

MEASURE = """() => {
    const slide = Reveal.getCurrentSlide(), scale = Reveal.getScale();
    const edge = slide.getBoundingClientRect();
    const inside = [...slide.querySelectorAll("*")].filter((one) =>
        !one.closest("aside, mjx-assistive-mml") && one.getBoundingClientRect().width > 0);
    const boxes = inside.map((one) => one.getBoundingClientRect());
    const said = slide.cloneNode(true);
    said.querySelectorAll("aside, .shown, .label, mjx-container").forEach((one) => one.remove());
    return {
        kind: slide.classList[0],
        right: Math.max(...boxes.map((box) => box.right - edge.left)) / scale,
        bottom: Math.max(...boxes.map((box) => box.bottom - edge.top)) / scale,
        scroll: [slide.scrollWidth, slide.scrollHeight],
        words: said.textContent.split(/\\s+/).filter((word) => /[\\p{L}\\p{N}]/u.test(word)).length,
        notes: slide.querySelector("aside.notes").textContent.trim(),
        images: [...slide.querySelectorAll("img")].map((one) => one.alt),
        raw: said.textContent.includes("$"),
    };
}"""
LIVES = """() => !!Reveal.getCurrentSlide()
    .querySelector('.yx-live[style*=scale] canvas[data-frames]')"""  # painted, and fitted
PAINTED = """() => {
    const canvas = Reveal.getCurrentSlide().querySelector("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set(new Uint32Array(data.buffer));
    return colours.size;
}"""


@dataclass
class Deck:
    """Slides that are open, and what they complained about."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    def go(self, number: int) -> None:
        """Turn to a slide by its number, with all that keys would bring."""
        self.page.evaluate(
            """(i) => { const { h, v } = Reveal.getIndices(Reveal.getSlides()[i]);
            Reveal.slide(h, v, 99); }""",
            number,
        )

    def find(self, selector: str) -> int:
        """Give the number of the first slide that holds something."""
        script = (
            "(s) => Reveal.getSlides().findIndex((one) => one.matches(s) || one.querySelector(s))"
        )
        return int(self.page.evaluate(script, selector))

    def place(self) -> list[int]:
        found = self.page.evaluate("() => Reveal.getIndices()")
        return [found["h"], found["v"]]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Slides of one chapter, which is run only if it has changed."""
    folder = tmp_path_factory.mktemp("slides")
    command = [sys.executable, "-m", "workshop.slides", CHAPTER, "--folder", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder / f"{CHAPTER}.html"


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[[Path], Deck]]:
    """Open slides as a file; whatever they ask of the net is a complaint."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})

    def show(path: Path) -> Deck:
        shown = Deck(context.new_page())
        page, complaints = shown.page, shown.complaints
        context.route(re.compile("^https?:"), lambda route: (
            complaints.append(f"asked for {route.request.url}"), route.abort()))  # fmt: skip
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda line: complaints.append(line.text) if line.type == "error" else None
        )
        page.goto(path.as_uri())
        page.wait_for_function("() => Reveal.isReady() && window.MathJax?.startup?.promise")
        page.evaluate("() => MathJax.startup.promise.then(() => {})")
        return shown

    yield show
    context.close()


@pytest.fixture
def deck(opened: Callable[[Path], Deck], written: Path) -> Deck:
    """The slides of the chapter."""
    return opened(written)


@pytest.mark.browser
def test_every_slide_fits_and_every_widget_lives_without_a_net(deck: Deck) -> None:
    page, widgets = deck.page, 0
    total = page.evaluate("() => Reveal.getTotalSlides()")
    assert total > 20
    for number in range(total):
        deck.go(number)
        if page.evaluate("() => !!Reveal.getCurrentSlide().querySelector('.yx-live')"):
            widgets += 1
            page.wait_for_function(LIVES, timeout=60_000)
            assert page.evaluate(PAINTED) > 3, f"slide {number}: an empty canvas"
        seen = page.evaluate(MEASURE)
        assert seen["right"] <= 1280, f"slide {number} is too wide: {seen}"
        assert seen["bottom"] <= 720, f"slide {number} is too high: {seen}"
        assert seen["scroll"] == [1280, 720], f"slide {number} scrolls: {seen}"
        assert seen["words"] <= WORDS or seen["kind"] == "title", f"slide {number}: {seen}"
        assert seen["notes"], f"slide {number} has no notes: {seen}"
        assert all(seen["images"]), f"slide {number} has a picture without words"
        assert not seen["raw"], f"slide {number} has a formula that is not set: {seen}"
    assert widgets == page.locator(".yx-live").count() > 0
    assert page.locator("mjx-container").count() > 0
    assert deck.complaints == []


@pytest.mark.browser
def test_keys_turn_slides_except_where_a_widget_has_them(deck: Deck) -> None:
    page, keys = deck.page, deck.page.keyboard
    keys.press("ArrowRight")
    assert deck.place() == [1, 0]
    deck.go(deck.find(".yx-live"))
    page.wait_for_function(LIVES, timeout=60_000)
    here = deck.place()
    canvas = page.locator("section.present canvas").last
    canvas.focus()
    keys.press("ArrowRight")
    assert deck.place() == here
    keys.press("Escape")
    keys.press("ArrowRight")
    assert deck.place() == [here[0] + 1, 0]
    deck.go(deck.find(".yx-live"))
    canvas.focus()
    keys.press("PageDown")
    assert deck.place() != here
    assert deck.complaints == []


@pytest.mark.browser
def test_a_control_changes_what_is_painted(deck: Deck) -> None:
    page = deck.page
    deck.go(deck.find(".yx-live"))
    page.wait_for_function(LIVES, timeout=60_000)
    words = page.locator("section.present .yx-status")
    before = words.inner_text()
    page.locator("section.present [role=slider]").first.press("ArrowRight")
    page.wait_for_function(
        "(old) => document.querySelector('section.present .yx-status').innerText !== old",
        arg=before,
    )
    assert deck.complaints == []


@pytest.mark.browser
def test_the_speaker_sees_the_teaching_notes(deck: Deck) -> None:
    deck.go(deck.find(".verdict"))
    expected = deck.page.locator("section.present aside.notes").first.text_content()
    with deck.page.context.expect_page() as opened:
        deck.page.keyboard.press("s")
    view = opened.value
    view.wait_for_function(
        "() => document.querySelector('.speaker-controls-notes .value')?.textContent.trim()",
        timeout=60_000,
    )
    said = view.locator(".speaker-controls-notes .value").text_content()
    assert said.split() == expected.split()
    assert "Say" in said
    assert deck.complaints == []


@pytest.mark.browser
@pytest.mark.parametrize("formula", ["a + " * 30 + "b", "\\\\".join(["\\frac{a}{b}"] * 12)])
def test_a_formula_that_is_too_large_gets_smaller_letters(
    opened: Callable[[Path], Deck], tmp_path: Path, formula: str
) -> None:
    lines = f"\\begin{{aligned}} {formula} \\end{{aligned}}"
    text = f"# 9 · Doors\n\n## Sums\n\nThat makes\n\n$$ {lines} $$"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    build(tmp_path, {Path("9_doors.py"): notebook})
    deck = opened(tmp_path / "9_doors.html")
    deck.go(deck.find(".formula"))
    seen = deck.page.evaluate(MEASURE)
    assert seen["right"] <= 1280
    assert seen["bottom"] <= 720
    assert seen["scroll"] == [1280, 720]
    words = deck.page.locator("section.present p:has(mjx-container)")
    assert 12 <= float(words.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")) < 50

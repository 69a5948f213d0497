"""Slides: what the rule chooses from a small notebook, and how one chapter's slides live."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from nbformat import NotebookNode

from workshop.deck.notes import read_notes
from workshop.deck.prose import asked, count_words, fitting, plain_links, sentences
from workshop.deck.rule import stacks
from workshop.deck.slide import LINES, VIEW, WORDS, Slide

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CHAPTERS = sorted(NOTEBOOKS.glob("0*.py"))
CHAPTER = "02_csp"  # the one that runs in the shortest time

OPENING = """# 9 · Doors — open and shut

> **You will be able to** open a [door](index.ipynb#Door), and shut it. Then go.
>
> **It takes** about 5 minutes."""
QUESTION = """## The question

A door has two sides. Which one is inside? Look at Lin et al. 2016 first. **Who has the key?**

It turns. Predict: how often? Then look."""
CLAIM = """## Settle it: is a window a door?

**Claim**, from a neighbour: *a window is a small door.* He says so often.

Glass breaks. Predict before you run: does it open?"""
VERDICT = "**Verdict:** no. It opens, *and* nobody walks through. " + "Rain does. " * 30
ENDING = """## Take along

* A door opens.
* A window does not.

## Sources

* A builder."""
EXERCISES = """## Exercises

Replace every `...`.

**1 · Draw a door**, with a handle. It is high. It is wide. On which side does it hang?"""


def prose(text: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(text)


def output(kind: str = "image/png") -> NotebookNode:
    return nbformat.v4.new_output("display_data", {kind: "…", "text/plain": "words"})


def prints(text: str) -> NotebookNode:
    return nbformat.v4.new_output("stream", name="stdout", text=text)


def code(*outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    return nbformat.v4.new_code_cell("1", outputs=list(outputs), metadata={"tags": list(tags)})


def chosen(*cells: NotebookNode) -> list[list[Slide]]:
    """Slides of every section behind the title."""
    notebook = nbformat.v4.new_notebook(cells=[prose(OPENING), *cells])
    return [stack.slides for stack in stacks(notebook)][1:]


def test_the_first_slide_has_the_title_and_the_aims() -> None:
    (stack,) = stacks(nbformat.v4.new_notebook(cells=[prose(OPENING)]))
    (slide,) = stack.slides
    assert slide.head == "9 · Doors — open and shut"
    assert slide.text == ["You will be able to open a door, and shut it."]


def test_a_section_opens_with_its_heading_and_its_bold_question() -> None:
    ((first, *_),) = chosen(prose(QUESTION))
    assert (first.kind, first.head) == ("heading", "The question")
    assert first.text == ["Who has the key?"]


@pytest.mark.parametrize("kind", ["image/png", VIEW])
def test_a_figure_or_a_widget_stands_below_what_was_asked_and_is_asked_once(kind: str) -> None:
    shown = output(kind)
    (slides,) = chosen(prose(QUESTION), code(), code(shown), code(output()))
    assert [slide.kind for slide in slides] == ["heading", "figure", "figure"]
    assert slides[1].text == ["Predict: how often?"]
    assert slides[1].outputs == [shown]
    assert slides[2].text == []


def test_what_was_not_asked_right_before_is_not_asked() -> None:
    (slides,) = chosen(prose(QUESTION), prose("It turned twice."), code(output()))
    assert slides[-1].text == []


def test_a_smaller_heading_becomes_the_heading_of_what_follows() -> None:
    (slides,) = chosen(prose(QUESTION), prose("### The key\n\nHere."), code(output()))
    assert slides[-1].head == "The key"


def test_code_and_what_it_prints_unasked_stay_in_the_notebook() -> None:
    source = output("text/html")
    (slides,) = chosen(prose("## The code\n\nLook."), code(prints("3")), code(source))
    assert [slide.kind for slide in slides] == ["heading"]


@pytest.mark.parametrize(("lines", "shown"), [(1, True), (LINES, True), (LINES + 1, False)])
def test_a_print_that_answers_is_shown_up_to_some_lines(lines: int, shown: bool) -> None:
    (slides,) = chosen(prose(QUESTION), code(prints("3\n" * lines)))
    assert ("print" in [slide.kind for slide in slides]) == shown


def test_a_formula_stands_in_its_sentence() -> None:
    text = "## Sums\n\nAdd. That makes\n\n$$ a + b $$\n\ncoins (or notes). Count them."
    ((_, slide),) = chosen(prose(text))
    assert slide.text == ["That makes", "$$ a + b $$", "coins (or notes)."]


def test_settle_it_gives_claim_with_prediction_then_the_prints_then_the_verdict() -> None:
    cells = [prose(CLAIM), code(prints("opens: yes")), prose("So."), code(prints("walks: no"))]
    ((claim, shown, verdict),) = chosen(*cells, prose(VERDICT), code(prints("more")))
    assert (claim.kind, claim.text) == ("claim", ["*a window is a small door.*"])
    assert claim.later == ["Predict before you run: does it open?"]
    assert [one.text for one in shown.outputs] == ["opens: yes", "walks: no"]
    assert verdict.kind == "verdict"
    assert verdict.text[:2] == ["no.", "It opens, *and* nobody walks through."]


def test_a_long_prediction_has_a_slide_of_its_own() -> None:
    question = "Predict: " + "does it open, " * 10 + "or not?"
    slides = chosen(prose(CLAIM.partition("Predict")[0] + question))[0]
    assert [slide.text for slide in slides] == [["*a window is a small door.*"], ()]
    assert slides[1].later == [question]


def test_the_last_things_are_the_list_without_sources_and_the_exercises() -> None:
    exercise = code(output(), tags=("exercise",))
    tasks, points = chosen(prose(EXERCISES), exercise, prose(ENDING))
    assert [slide.kind for slide in tasks] == ["heading", "exercise"]
    assert tasks[1].head == "1 · Draw a door, with a handle."
    assert tasks[1].text == ["It is high.", "On which side does it hang?"]
    assert [slide.text for slide in points] == [["A door opens.", "A window does not."]]


def test_what_finds_no_room_goes_to_the_notes() -> None:
    many = " ".join(f"Is it the door with the number {n} on it?" for n in range(20))
    ((_, slide),) = chosen(prose(f"## Doors\n\n{many}"), code(output()))
    assert 0 < len(slide.text) < 20
    assert [*slide.text, *slide.unsaid] == sentences(many)
    assert count_words(slide.head) + sum(map(count_words, slide.text)) <= WORDS


def test_sentences_end_where_a_reader_ends_them() -> None:
    text = 'See Lin et al. 2016. It is 2.5 wide. "Is it?" (No.) **So.** `a.b` ends.'
    expected = ["See Lin et al. 2016.", "It is 2.5 wide.", '"Is it?"', "(No.)", "**So.**"]
    assert sentences(text) == [*expected, "`a.b` ends."]
    assert sentences("* A list? Yes.") == []


def test_predicting_goes_before_asking() -> None:
    assert asked(["Why? Because. Predict the sum. It is odd. Is it?"]) == [
        "Predict the sum.",
        "Is it?",
    ]
    assert asked(["Why?", "Who? He.", "So."]) == ["Who?"]
    assert asked(["It is predictable."]) == []


def test_words_are_counted_without_formulas_and_addresses() -> None:
    assert count_words("one [two](index.ipynb#Two) $a + b$ — three $$c$$") == 3
    assert plain_links("[a](b.ipynb) and [c](https://d.org)") == "a and c (https://d.org)"
    assert fitting(["a b", "c d", "e"], 3) == ["a b"]


def test_notes_are_read_by_section_with_their_minutes(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("# Teaching notes\n\nOne idea.\n\n## The code\n**Minutes** 4\n**Say** Look.\n")
    notes = read_notes(file, "Doors")
    assert notes["Doors"].text == "One idea."
    assert notes["The code"].minutes == 4
    assert notes["The code"].text == "**Minutes** 4\n\n**Say** Look."
    assert read_notes(tmp_path / "none.md", "Doors") == {}


@pytest.mark.parametrize("source", CHAPTERS, ids=lambda path: path.stem)
def test_no_slide_of_any_chapter_says_too_much(source: Path) -> None:
    found = stacks(jupytext.read(source, fmt="py:percent"))
    assert {"The question", "Take along"} <= {stack.section for stack in found}
    assert found[0].slides[0].text, "the aims must stand on the first slide"
    for slide in [slide for stack in found[1:] for slide in stack.slides]:
        words = sum(map(count_words, [slide.head, *slide.text, *slide.later]))
        assert words <= WORDS, f"{slide.head}: {slide.text} {slide.later}"
        if slide.kind in ("claim", "verdict", "list", "exercise"):
            assert slide.text or slide.later, f"{slide.head}: a {slide.kind} without words"


# --- in a browser ---------------------------------------------------------------------------------

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
    done = subprocess.run(command, cwd=NOTEBOOKS.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder / f"{CHAPTER}.html"


@pytest.fixture
def deck(browser: Any, written: Path) -> Iterator[Deck]:
    """The slides as a file; whatever they ask of the net is a complaint."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    shown = Deck(context.new_page())
    complaints = shown.complaints
    context.route(re.compile("^https?:"), lambda route: (
        complaints.append(f"asked for {route.request.url}"), route.abort()))  # fmt: skip
    shown.page.on("pageerror", lambda error: complaints.append(str(error)))
    shown.page.on(
        "console", lambda line: complaints.append(line.text) if line.type == "error" else None
    )
    shown.page.goto(written.as_uri())
    shown.page.wait_for_function("() => Reveal.isReady() && window.MathJax?.startup?.promise")
    shown.page.evaluate("() => MathJax.startup.promise.then(() => {})")
    yield shown
    context.close()


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

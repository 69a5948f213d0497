"""The rule for slides: what it chooses from a small notebook, and from every chapter."""

import base64
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbformat import NotebookNode

from workshop.deck.notes import read_notes
from workshop.deck.page import letters
from workshop.deck.prose import asked, count_words, fitting, plain_links, sentences
from workshop.deck.rule import stacks
from workshop.deck.slide import COLUMNS, LINES, VIEW, WORDS, Slide, broken, count_lines

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CHAPTERS = sorted(NOTEBOOKS.glob("0*.py"))

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


def output(kind: str = "image/png", height: int = 300) -> NotebookNode:
    """An output that is drawn: of a picture only the bytes that tell its height."""
    start = base64.b64encode(bytes(20) + height.to_bytes(4)).decode()
    return nbformat.v4.new_output("display_data", {kind: start, "text/plain": "words"})


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


def test_a_bar_of_progress_is_no_figure_and_answers_nothing() -> None:
    shown = output()
    (slides,) = chosen(prose(QUESTION), code(output(height=12), shown))
    assert [slide.outputs for slide in slides[1:]] == [[shown]]
    assert slides[1].text == ["Predict: how often?"]


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


def test_a_long_line_is_broken_and_counts_as_several() -> None:
    long = "3" * (COLUMNS + 1)
    assert broken(f"a\n\n{long}") == ["a", "", "3" * COLUMNS, "3"]
    assert count_lines(prints(f"{long}\n" * 7)) == 14
    words = "three " * 20
    assert broken(words) == ["three " * 16, "three " * 4]
    assert letters([prints(long)]) * 0.6 * COLUMNS < 1280 - 2 * 48 - 54  # edges of slide and box


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

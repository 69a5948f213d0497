"""Hand-outs: what is prepared for paper, and one chapter as Chromium prints it."""

import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from workshop.deck.chapters import KEPT, ROOT
from workshop.deck.slide import VIEW
from workshop.handout import RULES, paper, title

CHAPTER = "02_csp"  # the one that runs in the shortest time
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


def small() -> nbformat.NotebookNode:
    """A notebook with a link, a formula, a widget and an exercise."""
    shown = nbformat.v4.new_output(
        "display_data",
        {VIEW: {"model_id": "m"}, "image/png": PIXEL, "text/plain": "words"},
        metadata={"image/png": {"alt": "a door"}},
    )
    answer = nbformat.v4.new_output("stream", name="stdout", text="not yet answered")
    text = "# 9 · Doors\n\nA [door](index.ipynb#Door), see [here](https://d.org). $a$"
    return nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell(text),
            nbformat.v4.new_code_cell("Door()", outputs=[shown]),
            nbformat.v4.new_code_cell("x = ...", outputs=[answer], metadata={"tags": ["exercise"]}),
        ]
    )


def test_links_become_plain_words_and_addresses_are_written_out() -> None:
    page = paper(small())
    assert "A door, see here (https://d.org)." in re.sub(r"<[^>]+>", "", page)
    assert "index.ipynb" not in page


def test_a_widget_is_the_picture_with_its_words() -> None:
    page = paper(small())
    assert f'src="data:image/png;base64,{PIXEL}"' in page
    assert 'alt="a door"' in page
    assert VIEW not in page


def test_an_exercise_leaves_room_to_write_in_place_of_what_it_printed() -> None:
    page = paper(small())
    assert page.count("<hr") == RULES
    assert "not yet answered" not in page


def test_a_page_asks_for_nothing_elsewhere() -> None:
    assert re.findall(r'(?:src|rel)="(?!data:)([^"]+)"', paper(small())) == ["mathjax/tex-chtml.js"]


# --- printed --------------------------------------------------------------------------------------


class Pdf:
    """As much of a PDF, as Chromium writes it, as tells what was printed: objects and streams."""

    def __init__(self, path: Path) -> None:
        found = re.finditer(rb"(\d+) 0 obj\b(.*?)\bendobj", path.read_bytes(), re.DOTALL)
        self.objects = {int(one[1]): one[2] for one in found}

    def of_type(self, pattern: bytes) -> list[int]:
        heads = {number: text.partition(b"stream")[0] for number, text in self.objects.items()}
        return [number for number, head in heads.items() if re.search(pattern, head)]

    def pages(self) -> list[bytes]:
        return [self.objects[number] for number in self.of_type(rb"/Type\s*/Page\b")]

    def drawn(self, page: bytes) -> Iterator[int]:
        """Yield the images that a page draws."""
        images = set(self.of_type(rb"/Subtype\s*/Image\b"))
        listed = re.search(rb"/XObject\s*<<(.*?)>>", page, re.DOTALL)
        names = dict(re.findall(rb"/(\w+)\s+(\d+) 0 R", listed[1])) if listed else {}
        content = re.search(rb"/Contents\s+(\d+) 0 R", page)
        assert content is not None
        for name in re.findall(rb"/(\w+)\s+Do\b", self.stream(int(content[1]))):
            if int(names[name]) in images:
                yield int(names[name])

    def stream(self, number: int) -> bytes:
        packed = self.objects[number].partition(b"stream")[2].lstrip(b"\r\n")
        return zlib.decompressobj().decompress(packed)

    def titles(self) -> list[str]:
        """Titles of the document and of the bookmarks in it."""
        text = b"".join(self.objects.values())
        coded = re.findall(rb"/Title\s*(?:<FEFF([0-9A-F]+)>|\(((?:\\.|[^)\\])*)\))", text)
        return [
            bytes.fromhex(wide.decode()).decode("utf-16-be") if wide else plain.decode("latin-1")
            for wide, plain in coded
        ]


@pytest.fixture(scope="module")
def printed(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Pdf:
    """One chapter, which is run only if it has changed."""
    folder = tmp_path_factory.mktemp("handout")
    command = [sys.executable, "-m", "workshop.handout", CHAPTER, "--folder", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return Pdf(folder / f"{CHAPTER}.pdf")


@pytest.fixture(scope="module")
def chapter(printed: Pdf) -> nbformat.NotebookNode:
    """The notebook that was printed."""
    (kept,) = KEPT.glob(f"notebooks-{CHAPTER}.*.ipynb")
    return nbformat.read(kept, as_version=4)


def pictures(chapter: nbformat.NotebookNode) -> int:
    """Count the pictures that stand outside of exercises."""
    cells = [cell for cell in chapter.cells if "exercise" not in cell.metadata.get("tags", [])]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return sum("image/png" in output.get("data", {}) for output in outputs)


@pytest.mark.browser
def test_a_chapter_fills_pages_and_names_itself_and_its_sections(
    chapter: nbformat.NotebookNode, printed: Pdf
) -> None:
    assert len(printed.pages()) > 3
    assert title(chapter) in printed.titles()
    assert {"The question", "Exercises", "Take along"} <= set(printed.titles())


@pytest.mark.browser
def test_every_figure_is_printed_and_none_is_cut(
    chapter: nbformat.NotebookNode, printed: Pdf
) -> None:
    """A picture that crosses to the next page would be drawn on both."""
    drawn = [image for page in printed.pages() for image in printed.drawn(page)]
    assert len(drawn) == pictures(chapter) > 3


@pytest.mark.browser
def test_formulas_are_set_and_all_fonts_are_inside(printed: Pdf) -> None:
    fonts = [printed.objects[number] for number in printed.of_type(rb"/Type\s*/FontDescriptor\b")]
    names = [name for font in fonts for name in re.findall(rb"/FontName\s*/(\S+)", font)]
    assert any(b"MathJax" in name for name in names)
    drawn_here = printed.of_type(rb"/Subtype\s*/Type3\b")  # each letter is a drawing of its own
    described = b"".join(printed.objects[number] for number in drawn_here)
    inside = {int(number) for number in re.findall(rb"/FontDescriptor\s+(\d+) 0 R", described)}
    for number in printed.of_type(rb"/Type\s*/FontDescriptor\b"):
        font = printed.objects[number]
        assert number in inside or re.search(rb"/FontFile[23]?\b", font), font

"""The chapters: sources and notebooks in step, run to the end, and nothing of one run in them."""

import ast
import base64
import importlib.util
import io
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import jupytext
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

FOLDER = Path(__file__).parent.parent / "notebooks"
CHAPTERS = (
    "00_yolov1 01_densenet 02_csp 03_necks 04_yolov5 05_training 06_solo index"  # in order
).split()
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def load_builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("notebook_builder", FOLDER / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


builder = load_builder()
SOURCES = builder.sources()
each_chapter = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)

# What no output may hold, because it differs from machine to machine or from day to day.
PASSING = {
    "a path": r"(?<![\w.])/(?:home|root|work|tmp|usr|opt|var|mnt|Users|private)\b|\b[A-Za-z]:\\",
    "an address": r"\b0x[0-9a-fA-F]+",
    "a time": r"\b\d{1,2}:\d{2}:\d{2}\b",
    "a date": r"\b20\d\d-[01]\d(?:-[0-3]\d)?\b",
}


def open_notebook(source: Path) -> Any:
    path = source.with_suffix(".ipynb")
    assert path.exists(), f"{path.name} is missing; run: make notebooks NAMES={source.stem}"
    return nbformat.read(path, as_version=4)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def texts(output: Any) -> list[str]:
    """Everything in an output that a person reads; pictures in base64 left out."""
    data = output.get("data", {})
    found = [data[kind] for kind in data if kind.startswith("text/") or kind == "image/svg+xml"]
    found += [output[key] for key in ("text", "ename", "evalue") if key in output]
    return [re.sub(r"data:[\w/+.-]+;base64,[\w+/=\s]+", "", text) for text in found]


def passing(notebook: Any) -> list[str]:
    """What the outputs hold that will not be the same next time, with the words found."""
    return [
        f"{what}: {match[0]}"
        for output in outputs(notebook)
        for text in texts(output)
        for what, pattern in PASSING.items()
        for match in re.finditer(pattern, text)
    ]


def wordless(notebook: Any) -> list[str]:
    """Pictures in the outputs that say nothing to somebody who does not see them."""
    found = []
    for output in outputs(notebook):
        data, metadata = output.get("data", {}), output.get("metadata", {})
        for kind in data:
            if kind.startswith("image/"):
                alt = metadata.get(kind, {}).get("alt", "")
                plain = data.get("text/plain", "")
                if len(alt.split()) < 3 or plain.startswith("<") or not plain.strip():
                    found.append(f"{kind} with alt {alt!r} and text {plain!r}")
        for tag in re.findall(r"<img\b[^>]*>", data.get("text/html", "")):
            if not re.search(r"""\balt=(["'])\s*\S.*?\1""", tag):
                found.append(re.sub(r"base64,[^\"']*", "base64,…", tag))
    return found


def test_the_eight_chapters_exist() -> None:
    assert [source.stem for source in SOURCES] == CHAPTERS


def test_every_notebook_has_a_source() -> None:
    built = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
    assert built == sorted(source.stem for source in SOURCES)


@each_chapter
def test_notebook_and_source_hold_the_same_cells(source: Path) -> None:
    written = jupytext.read(source, fmt="py:percent")
    built = open_notebook(source)
    expected = [(cell.cell_type, cell.source) for cell in written.cells]
    assert [(cell.cell_type, cell.source) for cell in built.cells] == expected


@each_chapter
def test_every_code_cell_ran_in_order_and_without_an_error(source: Path) -> None:
    notebook = open_notebook(source)
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert counts, f"{source.stem} runs nothing"
    assert [output.ename for output in outputs(notebook) if output.output_type == "error"] == []
    assert [output.text for output in outputs(notebook) if output.get("name") == "stderr"] == []


@each_chapter
def test_a_chapter_shows_something_and_is_valid(source: Path) -> None:
    notebook = open_notebook(source)
    nbformat.validate(notebook)
    assert outputs(notebook), "a notebook without outputs passes every comparison"


@each_chapter
def test_a_notebook_is_stripped_and_light(source: Path) -> None:
    notebook = open_notebook(source)
    assert "widgets" not in notebook.metadata
    assert not [cell for cell in notebook.cells if "execution" in cell.metadata]
    views = [output.data for output in outputs(notebook) if WIDGET_VIEW in output.get("data", {})]
    assert not [data for data in views if "image/png" in data]
    assert source.with_suffix(".ipynb").stat().st_size < 1_000_000


@each_chapter
def test_no_output_holds_a_path_an_address_or_a_time(source: Path) -> None:
    assert passing(open_notebook(source)) == []


@each_chapter
def test_every_picture_says_in_words_what_it_shows(source: Path) -> None:
    assert wordless(open_notebook(source)) == []
    alts = [
        re.search(r"!\[\s*\]\(|<img\b(?![^>]*\balt=)", cell.source)
        for cell in open_notebook(source).cells
        if cell.cell_type == "markdown"
    ]
    assert not any(alts), "an image in the text has no alternative text"


@each_chapter
def test_code_cells_are_short_and_define_nothing(source: Path) -> None:
    for cell in code_cells(open_notebook(source)):
        if "exercise" in cell.metadata.get("tags", []):
            continue
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert 1 <= len(lines) <= 10, f"at most ten lines, got {len(lines)}:\n{cell.source}"
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        code = "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))
        found = [node for node in ast.walk(ast.parse(code)) if isinstance(node, defined)]
        assert not found, f"code that is taught belongs in the package:\n{cell.source}"


# --- the tool that builds them ------------------------------------------------------------------


def png(pixels: np.ndarray) -> str:
    drawn = io.BytesIO()
    Image.fromarray(pixels).save(drawn, "PNG")
    return base64.b64encode(drawn.getvalue()).decode()


def pixels(encoded: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB"))


def noise(height: int, width: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)


def shown(encoded: str | None, *, view: bool = False) -> Any:
    """A notebook with one executed cell whose output is a picture, a widget, or both."""
    data: dict[str, Any] = {"text/plain": "a field of noise"}
    metadata: dict[str, Any] = {}
    if encoded is not None:
        data["image/png"] = encoded
        metadata["image/png"] = {"alt": "a field of coloured noise"}
    if view:
        data[WIDGET_VIEW] = {"model_id": "abc", "version_major": 2, "version_minor": 0}
    output = new_output("execute_result", data, metadata=metadata, execution_count=1)
    times = {"execution": {"iopub.status.busy": "2026-01-02T03:04:05Z"}, "tags": ["kept"]}
    cell = new_code_cell("picture", outputs=[output], execution_count=1, metadata=times)
    notebook = new_notebook(cells=[new_markdown_cell("# A title"), cell])
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.7"}
    return notebook


def test_stripping_takes_out_what_belongs_to_one_run() -> None:
    notebook = builder.strip(shown(png(noise(6, 9))))
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert "version" not in notebook.metadata.language_info
    assert notebook.cells[1].metadata == {"tags": ["kept"]}
    nbformat.validate(notebook)


def test_stripping_drops_a_widget_view_only_beside_a_picture() -> None:
    both = builder.strip(shown(png(noise(6, 9)), view=True)).cells[1].outputs[0]
    assert set(both.data) == {"text/plain", "image/png"}
    assert both.metadata == {"image/png": {"alt": "a field of coloured noise"}}
    alone = builder.strip(shown(None, view=True)).cells[1].outputs[0]
    assert WIDGET_VIEW in alone.data


def test_stripping_twice_changes_nothing_more() -> None:
    once = builder.serialise(builder.strip(shown(png(noise(6, 9)), view=True)))
    again = builder.strip(nbformat.reads(once.decode(), as_version=4))
    assert builder.serialise(again) == once


def test_cell_ids_follow_place_and_text_and_not_chance() -> None:
    first, second = (builder.strip(shown(None)) for _ in range(2))
    assert [cell.id for cell in first.cells] == [cell.id for cell in second.cells]
    second.cells[0].source = "# Another title"
    builder.name_cells(second)
    assert first.cells[0].id != second.cells[0].id
    assert first.cells[1].id == second.cells[1].id


@pytest.mark.parametrize(
    "picture",
    [
        noise(24, 36),
        np.kron(noise(6, 9), np.ones((8, 8, 1), np.uint8)),
        np.dstack([noise(24, 36), np.full((24, 36), 255, np.uint8)]),
        np.tile(np.arange(36, dtype=np.uint8), (24, 1)),
    ],
    ids=["many colours", "few colours", "opaque alpha", "grey"],
)
def test_a_picture_is_made_smaller_without_changing_a_pixel(picture: np.ndarray) -> None:
    before = png(picture)
    after = builder.slim_png(before)
    assert np.array_equal(pixels(after), pixels(before))
    assert len(after) <= len(before)


def test_a_picture_that_lets_paper_through_keeps_its_alpha() -> None:
    before = png(noise(6, 9, 4))
    kept = Image.open(io.BytesIO(base64.b64decode(builder.slim_png(before, colours=256))))
    assert kept.mode == "RGBA"
    assert np.array_equal(np.asarray(kept), noise(6, 9, 4))


def test_only_the_heaviest_pictures_lose_colours_and_only_until_the_notebook_fits() -> None:
    notebook = shown(png(noise(200, 300)))
    small = shown(png(noise(20, 30))).cells[1]
    notebook.cells.append(small)
    untouched = small.outputs[0].data["image/png"]
    builder.fit(notebook, budget=150_000)
    assert len(builder.serialise(notebook)) <= 150_000
    heavy = pixels(notebook.cells[1].outputs[0].data["image/png"]).reshape(-1, 3)
    assert 2 < len(np.unique(heavy, axis=0)) <= 256
    assert notebook.cells[2].outputs[0].data["image/png"] == untouched


def test_a_notebook_that_fits_keeps_every_colour() -> None:
    notebook = shown(png(noise(20, 30)))
    before = builder.serialise(notebook)
    assert builder.serialise(builder.fit(notebook)) == before


def test_a_notebook_that_cannot_fit_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"within 1,000 bytes, got [\d,]+; show fewer pictures"):
        builder.fit(shown(png(noise(20, 30))), budget=1_000)


def chapter(folder: Path, code: str) -> Path:
    source = folder / "00_small.py"
    source.write_text(f"# %% [markdown]\n# # A title\n\n# %%\n{code}\n", encoding="utf-8")
    return source


def test_a_source_is_run_and_written_beside_and_the_same_again(tmp_path: Path) -> None:
    source = chapter(tmp_path, "total = 2 + 3\ntotal")
    said = builder.build(source)
    built = source.with_suffix(".ipynb")
    first = built.read_bytes()
    assert "kB" in said
    cell = nbformat.read(built, as_version=4).cells[1]
    assert cell.execution_count == 1
    assert cell.outputs[0].data["text/plain"] == "5"
    builder.build(source)
    assert built.read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00_small.ipynb", "00_small.py"]


def test_a_cell_that_fails_leaves_the_old_notebook_alone(tmp_path: Path) -> None:
    source = chapter(tmp_path, "total = 1 / 0\ntotal")
    built = source.with_suffix(".ipynb")
    built.write_text("the old one")
    with pytest.raises(builder.CellExecutionError, match="ZeroDivisionError"):
        builder.build(source)
    assert built.read_text() == "the old one"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("read from /home/ada/photo.png", "a path"),
        ("'/tmp/x'", "a path"),
        (r"C:\Users\ada", "a path"),
        ("<Thing at 0x7f3a>", "an address"),
        ("done at 12:34:56", "a time"),
        ("built on 2026-03-04", "a date"),
    ],
)
def test_the_search_finds_what_does_not_last(text: str, what: str) -> None:
    cell = new_code_cell("x", outputs=[new_output("stream", name="stdout", text=text)])
    assert [found.split(":")[0] for found in passing(new_notebook(cells=[cell]))] == [what]


@pytest.mark.parametrize(
    "text",
    ["arXiv:1512.03385", "7/home runs", "640x640", "3:2 and 16:9", "a/b/usr", "1e-05 × 2048"],
)
def test_the_search_leaves_figures_and_names_alone(text: str) -> None:
    cell = new_code_cell("x", outputs=[new_output("stream", name="stdout", text=text)])
    assert passing(new_notebook(cells=[cell])) == []


def test_a_picture_without_words_is_found() -> None:
    good = shown(png(noise(6, 9)))
    assert wordless(good) == []
    good.cells[1].outputs[0].data["text/plain"] = "<Figure size 640x480 with 1 Axes>"
    assert len(wordless(good)) == 1
    html = new_output("display_data", {"text/html": '<img src="a.png"> <img alt="a cat" src="b">'})
    assert wordless(new_notebook(cells=[new_code_cell("x", outputs=[html])])) == [
        '<img src="a.png">'
    ]

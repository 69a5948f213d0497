"""A person opens a chapter in JupyterLab and runs all of it."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
BUILT = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
CHAPTER = "03_necks.ipynb" if "03_necks.ipynb" in BUILT else next(iter(BUILT), "03_necks.ipynb")

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
READY = """() => {
    const app = window.jupyterapp;
    const session = app?.shell?.currentWidget?.sessionContext?.session;
    return session?.kernel?.status === "idle" && app.shell.currentWidget.content?.widgets?.length;
}"""
CLEAR = "() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')"
RUN = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
CELLS = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
    .filter(cell => cell.cell_type === "code").map(cell => cell.toJSON())"""
PICTURES = """async () => {
    const found = [];
    const content = window.jupyterapp.shell.currentWidget.content;
    for (const [index, cell] of content.widgets.entries()) {
        if (cell.model.type !== "code") continue;
        await content.scrollToItem(index, "start");
        await cell.ready;
        for (const image of cell.node.querySelectorAll(".jp-OutputArea-output img")) {
            await image.decode();
            found.push([image.naturalWidth, image.naturalHeight, image.clientWidth]);
        }
    }
    return found;
}"""


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Errors that the page reports; what the browser says of a missing file is JupyterLab's own."""
    found: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            found.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def open_chapter(page: Page, url: str) -> None:
    assert BUILT, "no chapter is built; run: make notebooks"
    page.goto(url)
    page.wait_for_function(READY, timeout=60_000)


def bundles(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [output for cell in cells for output in cell["outputs"] if "data" in output]


def test_a_chapter_opens_as_it_was_committed(page: Page, lab: Any, complaints: list[str]) -> None:
    open_chapter(page, lab.url(CHAPTER))
    cells = page.evaluate(CELLS)
    assert all(cell["execution_count"] for cell in cells)
    assert page.get_by_text("Error displaying widget").count() == 0
    assert complaints == []


def test_a_chapter_runs_to_its_end_and_shows_its_pictures(
    page: Page, lab: Any, complaints: list[str]
) -> None:
    open_chapter(page, lab.url(CHAPTER))
    committed = page.evaluate(CELLS)
    page.evaluate(CLEAR)
    page.evaluate(RUN)
    cells = page.evaluate(CELLS)

    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    kinds = [output["output_type"] for cell in cells for output in cell["outputs"]]
    assert kinds
    assert "error" not in kinds
    assert len(bundles(cells)) == len(bundles(committed))

    drawn = [output for output in bundles(cells) if "image/png" in output["data"]]
    for output in drawn:
        assert output["metadata"]["image/png"]["alt"].strip()
    pictures = [output for output in drawn if WIDGET_VIEW not in output["data"]]  # the rest live
    seen = page.evaluate(PICTURES)
    assert len(drawn) > len(pictures)
    assert len(seen) >= len(pictures) > 0
    assert all(min(sizes) > 0 for sizes in seen)
    assert complaints == []

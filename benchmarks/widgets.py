"""From slider to painted frame: a canvas that holds its maps, against matplotlib drawing them anew.

Besides, the weight of a page with all of a chapter's widgets, and how soon its canvases are there.

Run with ``python -m benchmarks.widgets`` from the project's folder. Both stand in one notebook in a
real JupyterLab: ``FeatureMaps`` with a slider for the channel, and ipywidgets' ``interact`` that
draws the same channels by matplotlib. A move is timed in the browser, from the key to the frame
after the picture has changed. Other work on the machine prolongs both.
"""

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "browser"))
from real_lab import find_chromium, running_lab
from samples_of import CHAPTERS, of_chapter
from static_page import page_text

MOVES = 20
CELLS = (
    """import torch
from ipywidgets import IntSlider, interact
from IPython.display import display
from yoloexplain import activations, create_model
from yoloexplain.data import photos
from yoloexplain.data.scenes import Scenes
from yoloexplain.figures import feature_maps
from yoloexplain.figures.maps import strongest
from yoloexplain.widgets import FeatureMaps
model, photo = create_model("yolov5n-demo"), Scenes(1, seed=2, size=192, split="val")[0].image
layer = "backbone.stage3"
maps = activations(model, photos.to_tensor(photo), [layer])[layer][0].numpy()
order = strongest(maps, 24)""",
    "FeatureMaps(model, photo, layers=[layer], channels=24)",
    """def draw(rank):
    display(feature_maps(maps, channels=[order[rank], *order[:17]], photo=photo))

interact(draw, rank=IntSlider(min=0, max=23));""",
)

IDLE = """() => {
    const app = window.jupyterapp;
    return app?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === "idle"
        && app.shell.currentWidget.content?.widgets?.length;
}"""
RUN = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
SCROLL = """async index => {
    const content = window.jupyterapp.shell.currentWidget.content;
    await content.scrollToItem(index, "start");
    await content.widgets[index].ready;
}"""
# Milliseconds of one move of the slider in a cell, to the frame after its picture has changed.
CANVAS = """async cell => {
    const canvas = cell.querySelector(".yx-view canvas");
    const handle = cell.querySelectorAll(".noUi-handle")[0];
    const before = canvas.dataset.frames, start = performance.now();
    handle.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}));
    while (canvas.dataset.frames === before) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - start;
}"""
PICTURE = """async cell => {
    const source = () => cell.querySelector(".jupyter-widgets img")?.src;
    const handle = cell.querySelectorAll(".noUi-handle")[0];
    const before = source(), start = performance.now();
    handle.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}));
    while (!source() || source() === before) await new Promise(requestAnimationFrame);
    await cell.querySelector(".jupyter-widgets img").decode();
    await new Promise(requestAnimationFrame);
    return performance.now() - start;
}"""

# Milliseconds from the beginning of the page until so many canvases are painted.
PAINTED = """async count => {
    while (document.querySelectorAll("canvas[data-frames]").length < count) {
        await new Promise(requestAnimationFrame);
    }
    return performance.now();
}"""


def measure(page: Page, index: int, script: str, ready: str) -> list[float]:
    """Move the slider of a cell, again and again; milliseconds of each move."""
    page.evaluate(SCROLL, index)
    cell = page.locator(f".jp-Cell[data-windowed-list-index='{index}']")
    cell.locator(ready).first.wait_for(timeout=60_000)
    cell.evaluate(script)  # the first move warms up
    times = []
    for _ in range(MOVES):
        page.wait_for_timeout(100)
        times.append(float(cell.evaluate(script)))
    return times


def run(page: Page, url: str) -> dict[str, list[float]]:
    """Open the notebook, run it, and measure both of its sliders."""
    page.goto(url)
    page.wait_for_function(IDLE, timeout=60_000)
    page.evaluate(RUN)
    return {
        "canvas that holds its maps": measure(page, 1, CANVAS, ".yx-view canvas[data-frames]"),
        "interact and matplotlib": measure(page, 2, PICTURE, ".jupyter-widgets img"),
    }


def pages(browser: Browser, folder: Path) -> Table:
    """Open a page with all widgets of each chapter, from the disk and without a kernel."""
    table = Table(title="Pages without a kernel")
    for column in ("chapter", "widgets", "kB", "first canvas, ms", "all of them, ms"):
        table.add_column(column, justify="right")
    for chapter in CHAPTERS:
        made, file = of_chapter(chapter), folder / f"chapter{chapter}.html"
        file.write_text(page_text(made), encoding="utf-8")
        page = browser.new_page()
        page.goto(file.as_uri(), wait_until="commit")
        times = [page.evaluate(PAINTED, count) for count in (1, len(made))]
        size = file.stat().st_size / 1000
        table.add_row(chapter, str(len(made)), f"{size:,.0f}", *(f"{t:.0f}" for t in times))
        page.close()
    return table


def main() -> None:
    chromium: Any = find_chromium()
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        folder = Path(home) / "notebooks"
        folder.mkdir()
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        cells = [new_code_cell(text) for text in CELLS]
        notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, folder / "sliders.ipynb")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with running_lab(Path(home), folder) as lab:
            times = run(browser.new_page(), lab.url("sliders.ipynb"))
        weights = pages(browser, Path(home))
        browser.close()
    table = Table(title=f"Slider to painted frame, {MOVES} moves, milliseconds")
    for column in ("", "least", "median", "most"):
        table.add_column(column, justify="left" if not column else "right")
    for name, found in times.items():
        figures = (min(found), statistics.median(found), max(found))
        table.add_row(name, *(f"{value:.1f}" for value in figures))
    slow, quick = (statistics.median(times[name]) for name in reversed(times))
    Console().print(table, f"{slow / quick:.0f} times quicker at the median", weights)


if __name__ == "__main__":
    main()

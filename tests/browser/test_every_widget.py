"""What holds for every widget: it lives without a kernel and with one, and everybody can use it."""

from typing import Any

import nbformat
import pytest
from in_page import BLANK, FAULTS, MOVE, OVERFLOW
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page
from samples_of import CHAPTERS, EVERYWHERE, SAMPLES, STEMS, of_chapter, sample
from static_page import NPM, page_text

from yoloexplain import widgets

pytestmark = pytest.mark.browser

BUDGET = 4_000_000  # bytes of a page with all of a chapter's widgets

each_sample = pytest.mark.parametrize("stem", STEMS)

# Twenty moves of a slider, one a frame, as quick as a screen can show them.
TWENTY = """async canvas => {
    const handle = canvas.closest(".yx-widget").querySelector(".noUi-handle");
    const frame = () => new Promise(requestAnimationFrame);
    const before = Number(canvas.dataset.frames);
    for (let i = 0; i < 20; i++) {
        handle.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}));
        await frame();
    }
    await frame();
    return Number(canvas.dataset.frames) - before;
}"""
# The run of a whole notebook, and one cell's canvas, scrolled to and painted.
RUN = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
READY = """() => {
    const app = window.jupyterapp;
    return app?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === "idle"
        && app.shell.currentWidget.content?.widgets?.length;
}"""
SCROLL = """async index => {
    const content = window.jupyterapp.shell.currentWidget.content;
    await content.scrollToItem(index, "start");
    await content.widgets[index].ready;
}"""


def test_every_public_class_has_a_sample() -> None:
    shown = {type(widget).__name__ for stem in STEMS for widget in sample(stem)}
    classes = {name for name in widgets.__all__ if isinstance(getattr(widgets, name), type)}
    assert shown == classes


def test_every_widget_has_a_chapter() -> None:
    assert sorted([EVERYWHERE, *" ".join(CHAPTERS.values()).split()]) == STEMS


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_page_with_all_of_a_chapters_widgets_is_light(chapter: str) -> None:
    assert len(page_text(of_chapter(chapter)).encode()) < BUDGET


def faults(shown: Any) -> list[str]:
    """Serious faults that axe-core finds on a page."""
    shown.page.add_script_tag(path=NPM / "axe-core" / "axe.min.js")
    return list(shown.page.evaluate(FAULTS))


@each_sample
def test_it_lives_on_a_dark_page_without_a_kernel(stem: str, static: Any) -> None:
    made = sample(stem)
    shown = static(*made, theme="dark")
    for index in range(len(made)):
        assert not shown.canvas(index).evaluate(BLANK)
        assert len(shown.status(index).split()) > 1
        assert shown.canvas(index).get_attribute("aria-label")
    assert faults(shown) == []
    assert shown.complaints == []


@each_sample
def test_it_fits_a_telephone(stem: str, static: Any) -> None:
    shown = static(*sample(stem), width=380, device_scale_factor=2)
    assert shown.page.evaluate(OVERFLOW) <= 0
    assert shown.complaints == []


@each_sample
def test_the_keyboard_reaches_every_control_and_the_picture(stem: str, static: Any) -> None:
    shown = static(sample(stem)[0])
    wanted = shown.page.locator(
        "[role=slider], .yx-controls select, .yx-controls input, canvas[tabindex]"
    )
    visible = [wanted.nth(i) for i in range(wanted.count()) if wanted.nth(i).is_visible()]
    for node in visible:
        node.evaluate("node => node.dataset.wanted = 1")
    reached = 0
    for _ in range(4 * len(visible) + 20):
        shown.page.keyboard.press("Tab")
        reached += shown.page.evaluate(
            "() => { const at = document.activeElement, is = at.dataset.wanted === '1';"
            " if (is) at.dataset.wanted = 2; return Number(is); }"
        )
    assert reached == len(visible)
    assert faults(shown) == []  # on light paper


@each_sample
def test_its_picture_says_what_it_shows(stem: str) -> None:
    for widget in sample(stem):
        data, metadata = widget._repr_mimebundle_()
        assert len(metadata["image/png"]["alt"].split()) > 3
        assert data["text/plain"] == repr(widget)
        assert repr(widget).startswith(f"{type(widget).__name__}: ")
        assert "0x" not in repr(widget)
        assert repr(sample(stem)[0]) == repr(sample(stem)[0])


def test_all_of_them_live_in_jupyterlab(lab: Any, page: Page) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    load = (
        "import sys\nfrom importlib import import_module\n"
        f"sys.path.insert(0, {str(SAMPLES)!r})\nimport torch\ntorch.set_num_threads(1)"
    )
    cells = [new_code_cell(load)]
    cells += [new_code_cell(f"import_module({stem!r}).sample()[0]") for stem in STEMS]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, lab.folder / "every_widget.ipynb")
    page.goto(lab.url("every_widget.ipynb"))
    page.wait_for_function(READY, timeout=60_000)
    page.evaluate(RUN)
    for index, stem in enumerate(STEMS, start=1):
        page.evaluate(SCROLL, index)
        canvas = page.locator(f".jp-Cell[data-windowed-list-index='{index}'] .yx-view canvas")
        canvas.first.wait_for(timeout=60_000)
        page.wait_for_function("node => node.dataset.frames > 0", arg=canvas.first.element_handle())
        assert not canvas.first.evaluate(BLANK), stem
        before = canvas.first.get_attribute("data-frames")
        if canvas.first.evaluate(MOVE):
            changed = "([node, frames]) => node.dataset.frames !== frames"
            page.wait_for_function(changed, arg=[canvas.first.element_handle(), before])
        if stem == "iou_playground":
            assert canvas.first.evaluate(TWENTY) == 20
            status = page.locator(".yx-status", has_text="After 21 steps along CIoU")
            status.wait_for(timeout=30_000)
    assert page.get_by_text("Error displaying widget").count() == 0
    assert complaints == []

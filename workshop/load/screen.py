"""A learner with a screen: a real browser that logs in, opens a chapter, runs it, moves a widget.

JupyterLab's own commands do what its menus do; typing and the widget's controls are the keyboard's.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from playwright.sync_api import Locator, Page, sync_playwright

from .hub import Hub
from .learner import PATIENCE, Diary

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
READY = """() => {
    const panel = window.jupyterapp?.shell?.currentWidget;
    return panel?.sessionContext?.session?.kernel?.status === "idle"
        && panel.content?.widgets?.length;
}"""
COMMAND = "name => window.jupyterapp.commands.execute(name)"
# How many code cells have a number, which they get when they have run, and how many there are.
COUNT = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
    const all = [...Array(cells.length).keys()].map(index => cells.get(index))
        .filter(cell => cell.type === "code" && cell.sharedModel.getSource().trim());
    return [all.filter(cell => cell.executionCount).length, all.length];
}"""
SHOW = """async () => {
    const content = window.jupyterapp.shell.currentWidget.content;
    for (let index = 0; index < content.widgets.length; index++) {
        await content.scrollToItem(index, "start");
        await content.widgets[index].ready;
        await new Promise(done => setTimeout(done, 30));
        if (document.querySelector(".yx-view canvas")) return index;
    }
    return -1;
}"""


class Screen:
    """A learner's browser on a page of the hub."""

    def __init__(self, page: Page, hub: Hub, name: str, password: str | None = None) -> None:
        self.page, self.hub, self.name = page, hub, name
        self.password = hub.password if password is None else password
        self.diary = Diary(name)
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.set_default_timeout(PATIENCE * 1000)
        self._began = time.monotonic()

    def log_in(self, notebook: str) -> None:
        """Fill in the form, and wait until the chapter is there with its kernel."""
        self._began = time.monotonic()
        self.page.goto(f"{self.hub.address}/hub/user-redirect/lab/tree/{notebook}")
        self.page.get_by_label("Username").fill(self.name)
        self.page.get_by_label("Password").fill(self.password)
        self.page.keyboard.press("Enter")
        self.diary.inside = self._now()
        self.page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget")
        self.diary.server = self._now()
        self.page.wait_for_function(READY)
        self.diary.kernel = self._now()

    def run_all(self) -> None:
        """Run the chapter, and wait for its first picture and for its end."""
        self.command("notebook:restart-clear-output", wait=False)
        self.page.get_by_role("button", name="Confirm Kernel Restart").click()
        self.page.locator(".jp-RenderedImage img, .yx-view canvas").first.wait_for(state="detached")
        self.page.wait_for_function(READY)
        self.command("notebook:run-all-cells", wait=False)
        self.page.locator(".jp-RenderedImage img, .yx-view canvas").first.wait_for()
        self.diary.picture = self._now()
        self.page.wait_for_function(f"() => {{ const [n, all] = ({COUNT})(); return n === all }}")
        self.page.wait_for_function(READY)
        self.diary.cells = self.page.evaluate(COUNT)[0]
        self.diary.done = self._now()

    def move_a_widget(self) -> None:
        """Scroll to a widget, move its first slider by a key, and wait for another frame."""
        if self.page.evaluate(SHOW) < 0:
            self.diary.failed.append("no widget was shown")
            return
        canvas = self.page.locator(".yx-view canvas").first
        canvas.scroll_into_view_if_needed()
        before = self._painted(canvas)
        handle = self.page.locator(".yx-widget [role=slider]").first
        if handle.count():
            handle.focus()
            handle.press("ArrowRight")
            handle.press("ArrowLeft")
        else:
            canvas.click()
            canvas.press("ArrowRight")
        self.page.wait_for_function(
            "([node, frames]) => Number(node.dataset.frames) > frames",
            arg=[canvas.element_handle(), before],
        )

    def type(self, code: str) -> None:
        """Type code into a new cell at the end of the notebook; it is not run."""
        self.command("notebook:enter-command-mode")
        self.page.keyboard.press("Escape")
        content = "window.jupyterapp.shell.currentWidget.content"
        self.page.evaluate(f"() => {{ {content}.activeCellIndex = {content}.widgets.length - 1; }}")
        self.command("notebook:insert-cell-below")
        self.command("notebook:enter-edit-mode")
        self.page.keyboard.type(code)

    def run(self, code: str) -> str:
        """Type code into a new cell, run it, and read what it printed."""
        self.type(code)
        self.command("notebook:run-cell", wait=False)
        last = self.page.locator(".jp-Notebook .jp-CodeCell").last
        output = last.locator(".jp-OutputArea-output").first
        output.wait_for()
        return output.inner_text().strip()

    def save(self) -> None:
        """Ask for the notebook to be saved, once no notice stands in the way."""
        self.read_notices()
        self.command("docmanager:save", wait=False)

    def read_notices(self) -> list[str]:
        """Dismiss every notice, or confirm one that cannot be dismissed; say what stood in them."""
        said = []
        while (notice := self.page.locator(".jp-Dialog")).count():
            said.append(" ".join(notice.first.inner_text().split()))
            dismiss = notice.first.locator(".jp-mod-reject")
            (dismiss if dismiss.count() else notice.first.locator(".jp-mod-accept")).first.click()
            self.page.wait_for_timeout(200)
        return said

    def command(self, name: str, wait: bool = True) -> None:
        """Carry out one of JupyterLab's commands."""
        if wait:
            self.page.evaluate(COMMAND, name)
        else:
            self.page.evaluate(f"name => {{ ({COMMAND})(name); }}", name)

    def work_through(self, notebook: str) -> Diary:
        """Log in, run a chapter and move a widget; what goes wrong stands in the diary."""
        try:
            self.log_in(notebook)
            self.run_all()
            self.move_a_widget()
        except Exception as error:  # of whatever kind, it is what the learner saw
            self.diary.failed.append(f"{type(error).__name__}: {error}"[:300])
        self.diary.failed += self.complaints
        return self.diary

    def _painted(self, canvas: Locator) -> int:
        painted = "node => Number(node.dataset.frames) > 0"
        self.page.wait_for_function(painted, arg=canvas.element_handle())
        return int(canvas.get_attribute("data-frames") or 0)

    def _now(self) -> float:
        return time.monotonic() - self._began


@contextmanager
def browser_page() -> Iterator[Page]:
    """Open a page of a browser of its own."""
    path = next((found for name in NAMES if (found := which(name))), None)
    if path is None:
        raise SystemExit("a screen needs Chromium, got none: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


def seen_on(page: Page, file: Path) -> None:
    """Keep a picture of the page."""
    page.screenshot(path=file)

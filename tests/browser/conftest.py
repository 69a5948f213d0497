"""A real JupyterLab and pages without a kernel, shared by this folder's tests."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page
from real_lab import Lab, running_lab
from static_page import page_text

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab on a copy of the chapters, with settings and state of its own."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    shutil.copytree(NOTEBOOKS, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__", ".*"))
    with running_lab(home, folder) as started:
        yield started


@dataclass(frozen=True)
class Shown:
    """Widgets on a page without a kernel, and what a test reads off them."""

    page: Page
    complaints: list[str]

    def status(self, index: int = 0) -> str:
        """Words under a canvas, once it is painted."""
        self.settle()
        return self.page.locator(".yx-status").nth(index).inner_text()

    def canvas(self, index: int = 0) -> Locator:
        return self.page.locator(".yx-view canvas").nth(index)

    def press(self, *keys: str, index: int = 0) -> None:
        """Press keys on a canvas."""
        self.canvas(index).focus()
        for key in keys:
            self.page.keyboard.press(key)

    def slide(self, label: str, steps: int, index: int = 0) -> None:
        """Move the slider of that label by some steps, with the keyboard."""
        handle = self.page.get_by_role("slider", name=label).nth(index)
        handle.focus()
        for _ in range(abs(steps)):
            handle.press("ArrowRight" if steps > 0 else "ArrowLeft")

    def click(self, x: float, y: float, index: int = 0) -> None:
        """Click a canvas at a point given as shares of its width and height."""
        self.page.mouse.click(*self.on_screen(x, y, index))

    def drag(self, start: tuple[float, float], end: tuple[float, float], index: int = 0) -> None:
        """Drag from one point to another, both as shares of a canvas's width and height."""
        self.page.mouse.move(*self.on_screen(*start, index))
        self.page.mouse.down()
        self.page.mouse.move(*self.on_screen(*end, index), steps=4)
        self.page.mouse.up()

    def on_screen(self, x: float, y: float, index: int = 0) -> tuple[float, float]:
        """Place on the screen of a point given as shares of a canvas's width and height."""
        self.canvas(index).scroll_into_view_if_needed()
        box = self.canvas(index).bounding_box()
        assert box is not None
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def pixel(self, x: float, y: float, index: int = 0) -> tuple[int, int, int]:
        """Colour of a canvas at a point given as shares of its width and height."""
        self.settle()
        found = self.canvas(index).evaluate(
            """(canvas, [x, y]) => [...canvas.getContext("2d").getImageData(
                Math.floor(x * canvas.width), Math.floor(y * canvas.height), 1, 1).data]""",
            [x, y],
        )
        return found[0], found[1], found[2]

    def settle(self) -> None:
        """Wait until what was asked for is painted."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )


@pytest.fixture
def static(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Shown]]:
    """Open widgets on a page without a kernel; every request to the outside fails the test."""
    contexts = []

    def show(*widgets: Any, theme: str = "light", width: int = 1000, **options: Any) -> Shown:
        file = tmp_path / f"page{len(contexts)}.html"
        file.write_text(page_text(widgets, theme), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        complaints: list[str] = []
        shown = Shown(context.new_page(), complaints)
        page = shown.page
        page.route(re.compile("^https?:"), lambda route: (
            complaints.append(f"asked for {route.request.url}"), route.abort()))  # fmt: skip
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda line: complaints.append(line.text) if line.type == "error" else None,
        )
        page.goto(file.as_uri())
        count = f"document.querySelectorAll('canvas[data-frames]').length >= {len(widgets)}"
        page.wait_for_function(count, timeout=30_000)
        return shown

    yield show
    for context in contexts:
        context.close()

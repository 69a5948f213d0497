"""The built site, served on loopback under a path of its own; everything else is out of reach."""

import functools
import http.server
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

ROOT = Path(__file__).parents[2]
SUB_PATH = "/somewhere/below/"


@pytest.fixture(scope="session")
def pages() -> Path:
    """Build the site, or what has changed of it; give the folder of its pages."""
    command = [sys.executable, str(ROOT / "site" / "build_site.py")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr[-4000:]
    print(built.stdout)
    return ROOT / "build" / "site" / "html"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files below ``SUB_PATH`` and nothing above it."""

    def translate_path(self, path: str) -> str:
        if not path.startswith(SUB_PATH):
            return str(Path(self.directory) / "nothing is here")
        return super().translate_path(path.removeprefix(SUB_PATH.rstrip("/")))

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="session")
def address(pages: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(pages))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{SUB_PATH}"
    server.shutdown()
    server.server_close()


@dataclass
class Visit:
    """A page that is open, and what it complained about; requests to elsewhere are complaints."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        def answer(route: Route) -> None:
            self.complaints.append(f"asked for {route.request.url}")
            route.abort()

        self.page.set_default_timeout(60_000)
        self.page.route(re.compile(f"^(?!{re.escape(self.address)}|data:|blob:)"), answer)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda r: self.complaints.append(f"no answer: {r.url}"))
        self.page.on("response", lambda r: self._note(r.status >= 400, f"{r.status} {r.url}"))
        self.page.on("console", lambda m: self._note(m.type == "error", m.text))

    def _note(self, bad: bool, words: str) -> None:
        if bad:
            self.complaints.append(words)

    def open(self, name: str) -> Page:
        self.page.goto(self.address + name)
        return self.page

    def enliven(self) -> int:
        """Scroll to every widget until each has painted; give their number."""
        places = self.page.locator(".yx-live")
        for index in range(places.count()):
            place = places.nth(index)
            place.scroll_into_view_if_needed()
            place.locator("canvas[data-frames]").first.wait_for()
        return places.count()


@dataclass
class Reader:
    """Somebody with a browser."""

    browser: Browser
    address: str
    contexts: list[BrowserContext] = field(default_factory=list)

    def visit(self, **options: Any) -> Visit:
        """Open an empty page that can reach the site and nothing else."""
        size = {"width": 1280, "height": 900}
        context = self.browser.new_context(
            **({"viewport": size, "color_scheme": "light"} | options)
        )
        self.contexts.append(context)
        return Visit(context.new_page(), self.address)


@pytest.fixture
def reader(browser: Browser, address: str) -> Iterator[Reader]:
    made = Reader(browser, address)
    yield made
    for context in made.contexts:
        context.close()

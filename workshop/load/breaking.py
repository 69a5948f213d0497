"""What breaks in the middle of a course, and what is left of a learner's work.

A learner sits before a real browser, has a value in the kernel and words in the notebook. Then the
hub is killed, the proxy, the kernel and the learner's own server, each as a crash would. After each
the learner goes on; what must still be there is looked for, in page, kernel and file.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from .hub import Hub
from .screen import READY, Screen, browser_page

NAME, NOTEBOOK = "ada", "index.ipynb"
AUTOSAVE = 15  # seconds, as workshop/hub/jupyter sets it; JupyterLab waits longer if saving is slow


def break_everything(folder: Path) -> int:
    """Break one thing after the other; return 0 if no work was lost."""
    hub = Hub(folder, [NAME])
    try:
        hub.start()
        with browser_page() as page:
            trial = Trial(hub, Screen(page, hub, NAME))
            trial.begin()
            for step in (trial.hub_dies, trial.proxy_dies, trial.kernel_dies, trial.server_dies):
                trial.take(step)
    finally:
        hub.end()
    return 1 if trial.lost else 0


class Trial:
    """One learner's afternoon."""

    def __init__(self, hub: Hub, screen: Screen) -> None:
        self.hub, self.screen = hub, screen
        self.file = hub.homes / NAME / "chapters" / NOTEBOOK
        self.lost: list[str] = []

    def begin(self) -> None:
        """Log in, and have a value in the kernel."""
        self.screen.log_in(NOTEBOOK)
        self.expect("a value in the kernel", self.screen.run("work = 41; print(work + 1)") == "42")

    def take(self, step: Callable[[], None]) -> None:
        """Take one step, and say how long it took."""
        began = time.monotonic()
        step()
        print(f"{(step.__doc__ or '').strip()} ({time.monotonic() - began:.0f} s)", flush=True)

    def hub_dies(self) -> None:
        """The hub is killed and starts again: the server runs on, the kernel keeps its value."""
        servers = self._servers()
        self.hub.kill()
        while_dead = self.screen.run("print(work, 'without a hub')")
        self.expect("cells run without a hub", while_dead == "41 without a hub")
        self.hub.start()
        self.screen.page.wait_for_function(READY)
        self._reconnected("print(work, 'with a new hub')", "41 with a new hub")
        self.expect("the server was not started again", self._servers() == servers)

    def proxy_dies(self) -> None:
        """The proxy is killed: the hub starts another, and the page finds its kernel again."""
        servers = self._servers()
        self.screen.type("# typed before the proxy died")
        self.hub.kill_proxy()
        self.screen.page.keyboard.type(", and after")
        self._until("the hub answers", lambda: self.hub.wait() is None)
        self._reconnected("print(work, 'through a new proxy')", "41 through a new proxy")
        self._save("# typed before the proxy died, and after")
        self.expect("the server was not started again", self._servers() == servers)

    def kernel_dies(self) -> None:
        """The kernel is killed: another starts by itself, and the notebook is whole."""
        self.screen.type("# typed before the kernel died")
        for process in self._kernels():
            process.kill()
        self._until("a new kernel is there", lambda: bool(self._kernels()))
        self._reconnected("print('a new kernel', 'work' in dir())", "a new kernel False")
        self._save("# typed before the kernel died")

    def server_dies(self) -> None:
        """The server is killed: what was typed before the last autosave is on the disk."""
        self.screen.type("# typed, and saved by nobody's hand")
        began = time.monotonic()
        self._until("autosave", lambda: self._saved("# typed, and saved by nobody's hand"), 300)
        print(f"  it took {time.monotonic() - began:.0f} s; on a quick machine at most {AUTOSAVE}")
        for process in list(self.hub.processes(NAME)):
            process.kill()
        self.screen.page.goto(f"{self.hub.address}/hub/home")
        self._until("the hub knows that it ended", self._offers_start, 90)
        self.screen.page.locator("#start").click()
        self.screen.page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget")
        self.expect("the file is whole", self._saved("# typed, and saved by nobody's hand"))
        self._reconnected("print(6 * 7)", "42")

    def expect(self, what: str, holds: bool) -> None:
        """Note what is lost."""
        print(f"  {'kept' if holds else 'LOST'}: {what}", flush=True)
        if not holds:
            self.lost.append(what)

    def _reconnected(self, code: str, printed: str) -> None:
        """Go on as a learner would: read what JupyterLab says, and run a cell, again if need be."""
        said = ""
        for _ in range(5):
            self._until_ready()
            said = self.screen.run(code)
            if said == printed:
                break
        self.expect(f"after reconnecting: {printed}", said == printed)

    def _until_ready(self) -> None:
        """Wait for the kernel; where it does not come back by itself, load the page again."""
        page, began = self.screen.page, time.monotonic()
        while not page.evaluate(READY):
            for notice in self.screen.read_notices():
                print(f"  JupyterLab says: {notice[:90]}", flush=True)
            if time.monotonic() - began > 90:
                print("  the page is loaded again", flush=True)
                page.reload()
                page.wait_for_function(READY)
            page.wait_for_timeout(500)

    def _until(self, what: str, holds: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not (held := holds()) and time.monotonic() < deadline:
            self.screen.page.wait_for_timeout(500)
        self.expect(what, held)

    def _save(self, words: str) -> None:
        self.screen.save()
        self._until(f"saved: {words}", lambda: self._saved(words))

    def _offers_start(self) -> bool:
        self.screen.page.reload()
        button = self.screen.page.locator("#start")
        return button.inner_text().strip().lower() == "start my server"

    def _saved(self, words: str) -> bool:
        cells = json.loads(self.file.read_text(encoding="utf-8"))["cells"]
        return any(words in "".join(cell["source"]) for cell in cells)

    def _kernels(self) -> list[psutil.Process]:
        found = self.hub.processes(NAME)
        return [process for process in found if "ipykernel_launcher" in process.cmdline()]

    def _servers(self) -> set[int]:
        kernels = {process.pid for process in self._kernels()}
        return {process.pid for process in self.hub.processes(NAME)} - kernels

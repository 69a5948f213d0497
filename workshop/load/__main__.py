"""How many learners does this machine carry, and what happens when something breaks?

``python -m workshop.load --learners 4 --screens 1`` from the project's folder, with a Python that
has JupyterHub: ``pip install -c constraints.txt -e '.[notebooks,dev,hub]'`` and
``npm ci --prefix workshop/hub/proxy``. The hub is the one of ``workshop/hub``, on loopback. Real
kernels run a whole chapter, all at once; some learners sit before a real browser. It prints, for
each, the seconds from the login to the server, the kernel, the first picture and the last cell, and
then what a learner weighs. ``--break`` kills the hub, the proxy, a kernel and a server in the
middle; ``--apart`` makes two accounts of this machine (as root) and lets one try to read the
other's work. The exit code is 1 if anything failed.
"""

import argparse
import os
import signal
import statistics
import sys
import tempfile
import threading
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from .apart import stay_apart
from .breaking import break_everything
from .hub import Hub
from .learner import Diary, Learner
from .screen import Screen, browser_page
from .weight import free, weigh


def main() -> int:
    """Run the rehearsal that was asked for."""
    parser = argparse.ArgumentParser(description="Rehearse a course on loopback.")
    parser.add_argument("--learners", type=int, default=4, help="how many, screens included")
    parser.add_argument("--screens", type=int, default=1, help="how many sit before a browser")
    parser.add_argument("--chapter", default="03_necks.ipynb", help="what they run")
    parser.add_argument("--break", dest="broken", action="store_true", help="kill things instead")
    parser.add_argument("--apart", action="store_true", help="try to read another's work instead")
    given = parser.parse_args()
    if not 0 <= given.screens <= given.learners:
        parser.error(f"screens must be at most learners, got {given.screens} of {given.learners}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that it clears up behind itself
    with tempfile.TemporaryDirectory(prefix="yx-hub-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o711)
        if given.broken:
            return break_everything(Path(folder))
        if given.apart:
            return stay_apart(Path(folder))
        return crowd(Path(folder), given.learners, given.screens, given.chapter)


def crowd(folder: Path, learners: int, screens: int, chapter: str) -> int:
    """Let them all begin at once, and report."""
    names = [f"learner{i:02d}" for i in range(1, learners + 1)]
    hub = Hub(folder, names)
    print(about(), flush=True)
    try:
        hub.start()
        before, low = free(), Low()
        diaries = [*_together(hub, names, screens, chapter)]
        report(hub, diaries, before, low.end())
        wrong = hub.complaints() + [f"{d.name}: {line}" for d in diaries for line in d.failed]
    finally:
        hub.end()
    for line in wrong:
        print(f"failed: {line}", file=sys.stderr)
    return 1 if wrong else 0


def _together(hub: Hub, names: list[str], screens: int, chapter: str) -> list[Diary]:
    diaries: dict[str, Diary] = {}

    def without_screen(name: str) -> None:
        diaries[name] = Learner(hub, name).work_through(chapter)

    def with_screen(name: str) -> None:
        with browser_page() as page:
            diaries[name] = Screen(page, hub, name).work_through(chapter)

    threads = [
        threading.Thread(
            target=with_screen if index < screens else without_screen, args=(name,), daemon=True
        )
        for index, name in enumerate(names)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [diaries[name] for name in names]


class Low(threading.Thread):
    """Watches how little memory was left, once a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.least = free()
        self._ended = threading.Event()
        self.start()

    def run(self) -> None:
        """Look until told to end."""
        while not self._ended.wait(1):
            self.least = min(self.least, free())

    def end(self) -> float:
        """Stop looking; return the least MiB that were free."""
        self._ended.set()
        self.join()
        return self.least


def report(hub: Hub, diaries: list[Diary], before: float, least: float) -> None:
    """Print what happened, learner by learner and in sum."""
    titles = (
        "learner,inside,server,kernel,picture,done,cells,slowest cell,kernel MiB,server MiB,CPU s"
    )
    table = Table(*titles.split(","), title="seconds since the login")
    weights = []
    for diary in diaries:
        kernel, server = weigh(hub, diary.name, True), weigh(hub, diary.name, False)
        weights.append(kernel + server)
        times = (diary.inside, diary.server, diary.kernel, diary.picture, diary.done)
        weighed = f"{kernel.fair:.0f}", f"{server.fair:.0f}", f"{weights[-1].busy:.1f}"
        ran = str(diary.cells), f"{diary.slowest:.1f}"
        table.add_row(diary.name, *(f"{seconds:.1f}" for seconds in times), *ran, *weighed)
    Console(width=120).print(table)
    for what in ("server", "picture", "done"):
        times = [getattr(diary, what) for diary in diaries]
        print(f"{what}: median {statistics.median(times):.1f} s, worst {max(times):.1f} s")
    fair, own = [w.fair for w in weights], [w.own for w in weights]
    print(
        f"a learner: {statistics.mean(fair):.0f} MiB (PSS), {statistics.mean(own):.0f} its own "
        f"(USS), at most {max(fair):.0f}; the hub and its proxy {hub_alone(hub):.0f} MiB"
    )
    busy = statistics.mean(w.busy for w in weights)
    print(f"a learner: {busy:.0f} s of one processor from the login to the last cell")
    print(f"free: {before:.0f} MiB before, {least:.0f} at the least")


def hub_alone(hub: Hub) -> float:
    """MiB of the hub, its proxy and its services."""
    return weigh(hub).fair - sum(weigh(hub, name).fair for name in hub.names)


def about() -> str:
    """Say what the machine has, and how busy it was before."""
    memory = psutil.virtual_memory().total / 2**30
    busy = ", ".join(f"{load:.1f}" for load in psutil.getloadavg())
    return f"{os.cpu_count()} cores, {memory:.0f} GiB; load before: {busy}"


if __name__ == "__main__":
    sys.exit(main())

"""Doctor: is everything here that the chapters need, and if not, what mends it?

It stands before the path from image to picture: a teacher runs ``python -m yoloexplain doctor`` on
the eve of a course, a learner in its first minute. Each check says what it found and, where that
is not enough, the one thing to do. Nothing heavy is imported before the check that asks for it, so
that a broken PyTorch is a line of the table and not its end.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated

import psutil
import typer

GIB = 2**30
MEMORY = 1.5  # GiB: a chapter at its largest, with JupyterLab beside it
DISK = 0.5  # GiB: the chapters, what is saved in them, and a training or two
PYTHON = (3, 11)
# The oldest versions that do, as in pyproject.toml; a test holds both in step.
OLDEST = {"torch": (2, 6), "jupyterlab": (4, 0), "ipywidgets": (8, 1), "anywidget": (0, 9)}
# The widgets' halves for the browser, as folders that JupyterLab finds.
EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "anywidget")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox", "microsoft-edge", "open")
KERNEL = "import json, yoloexplain as package; print(json.dumps(package.__file__))"
INSTALL = "python -m pip install --upgrade 'yoloexplain[notebooks]'"


@dataclass(frozen=True)
class Finding:
    """One check: what it is called, whether it holds, what was found, and what to do if not."""

    check: str
    holds: bool
    found: str
    mend: str = ""


def python() -> Finding:
    """Is this Python new enough?"""
    mend = f"install Python {PYTHON[0]}.{PYTHON[1]} or newer, and yoloexplain in it"
    found = f"{platform.python_version()} in {sys.prefix}"
    return _finding("Python", sys.version_info >= PYTHON, found, mend)


def packages() -> Finding:
    """Are the packages installed that the chapters stand on, and new enough?"""
    from . import __version__

    found, old = [f"yoloexplain {__version__}"], []
    for name, oldest in OLDEST.items():
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            version = "missing"
        found.append(f"{name} {version}")
        if version == "missing" or numbers(version) < oldest:
            old.append(f"{name} {'.'.join(map(str, oldest))} or newer is needed")
    return _finding("packages", not old, ", ".join(found), f"{'; '.join(old)}: {INSTALL}")


def memory() -> Finding:
    """Is there memory for a chapter?"""
    free, whose = psutil.virtual_memory().available, "free"
    limit = memory_limit()
    if limit is not None and limit < free:
        free, whose = limit, "allowed"
    mend = (
        f"a chapter takes up to {MEMORY} GiB with JupyterLab: close other programs or notebooks, "
        "or ask for a larger server"
    )
    return _finding("memory", free >= MEMORY * GIB, f"{free / GIB:.1f} GiB {whose}", mend)


def memory_limit() -> int | None:
    """Bytes that a hub or a container allows this process, if it says so."""
    if (told := os.environ.get("MEM_LIMIT", "")).isdigit():
        return int(told)
    cgroup = Path("/sys/fs/cgroup/memory.max")
    text = cgroup.read_text().strip() if cgroup.is_file() else ""
    return int(text) if text.isdigit() else None


def disk() -> Finding:
    """Is there room in the home?"""
    free = shutil.disk_usage(Path.home()).free / GIB
    mend = f"keep {DISK} GiB free: empty the bin, or remove runs/ of earlier trainings"
    return _finding("disk", free >= DISK, f"{free:.1f} GiB free in {Path.home()}", mend)


def home() -> Finding:
    """Can a notebook be saved, and a kernel leave its files?"""
    closed = []
    for folder in dict.fromkeys([Path.home(), Path.cwd()]):
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(b"a line")
        except OSError as error:
            closed.append(f"{folder}: {error.strerror}")
    found = "; ".join(closed) or f"{Path.home()} and this folder can be written"
    return _finding("home", not closed, found, "copy the notebooks into a folder of your own")


def browser() -> Finding:
    """Is there a browser, here or where a hub's learner sits?"""
    if os.environ.get("JUPYTERHUB_USER") or os.environ.get("CODESPACES"):
        return Finding("browser", True, "your own: this is a server")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        try:
            one = webbrowser.get()
            text = isinstance(one, webbrowser.GenericBrowser)  # lynx, w3m and the like
            found = None if text else type(one).__name__
        except webbrowser.Error:
            found = None
    mend = "install Firefox or Chrome, or open JupyterLab's address from another machine's browser"
    return _finding("browser", found is not None, found or "none", mend)


def kernel() -> Finding:
    """Does a kernel really answer, and does it know this package?"""
    ran = _run("run", "--kernel=python3", "--RunApp.kernel_timeout=60", typed=KERNEL)
    lines = [line for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]
    try:
        answer = Path(json.loads(ran.stdout.splitlines()[-1]))
    except (IndexError, TypeError, ValueError):
        mend = f"{INSTALL}; then: python -m ipykernel install --sys-prefix"
        return Finding("kernel", False, lines[-1] if lines else "no answer", mend)
    mend = (
        "the kernel python3 belongs to another Python; let it be this one's: "
        f"{sys.executable} -m ipykernel install --sys-prefix"
    )
    here = Path(__file__).with_name("__init__.py")
    found = f"python3 answers, with {answer.parent}"
    return _finding("kernel", answer.resolve() == here.resolve(), found, mend)


def widgets() -> Finding:
    """Will JupyterLab find the halves of the widgets that run in the browser?"""
    told = _run("--paths", "--json")
    folders = json.loads(told.stdout)["data"] if told.returncode == 0 else []
    missing = [
        name
        for name in EXTENSIONS
        if not any((Path(folder, "labextensions", name)).is_dir() for folder in folders)
    ]
    found = f"missing: {', '.join(missing)}" if missing else " and ".join(EXTENSIONS)
    return _finding("widgets", not missing, found, f"{INSTALL}; then reload the page")


def weights() -> Finding:
    """Does each network that has learned load, with the numbers that its card promises?"""
    from .catalog import create_model, list_models

    names = [name for name in list_models() if name.endswith("-demo")]
    for name in names:
        create_model(name)  # a ValueError if the file is missing or is not what its card says
    return Finding("weights", True, f"{len(names)} networks, each as its card says")


CHECKS: tuple[Callable[[], Finding], ...] = (
    python, packages, memory, disk, home, browser, kernel, widgets, weights,
)  # fmt: skip


def examine() -> list[Finding]:
    """Run every check; one that breaks is a finding as well."""
    found = []
    for check in CHECKS:
        try:
            found.append(check())
        except Exception as error:  # whatever is broken, the other checks still have their say
            said = " ".join(f"{type(error).__name__}: {error}".split())
            mend = f"{INSTALL} --force-reinstall"
            found.append(Finding(check.__name__, False, said, mend))
    return found


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Write what was found as JSON.")] = False,
) -> None:
    """Check this machine before a course: versions, memory, kernel, weights, and what to mend."""
    found = examine()
    if as_json:
        print(json.dumps([asdict(finding) for finding in found], indent=2, ensure_ascii=False))
    else:
        show(found)
    if not all(finding.holds for finding in found):
        raise typer.Exit(1)


def show(found: list[Finding]) -> None:
    """Lay the findings out, with what to do under each that fails, and one line at the end."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for title in ("check", "", "found"):
        table.add_column(title, overflow="fold", no_wrap=title == "check")
    for finding in found:
        said = finding.found if finding.holds else f"{finding.found}\n→ {finding.mend}"
        table.add_row(finding.check, "ok" if finding.holds else "mend", said)
    broken = [finding.check for finding in found if not finding.holds]
    console = Console(markup=False, highlight=False, emoji=False)
    console.print(table)
    console.print(f"To mend: {', '.join(broken)}." if broken else "Everything is here.")


def numbers(version: str) -> tuple[int, int]:
    """Read the first two numbers of a version: (2, 13) of 2.13.0+cpu."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def _finding(check: str, holds: bool, found: str, mend: str) -> Finding:
    """Keep the mend where it is needed only."""
    return Finding(check, holds, found, "" if holds else mend)


def _run(*arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a command of Jupyter, away from this folder, where a package could lie by chance."""
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [sys.executable, "-m", "jupyter", *arguments],
            input=typed, capture_output=True, text=True, timeout=90, cwd=folder,
        )  # fmt: skip

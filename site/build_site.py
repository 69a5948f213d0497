"""Build the site: ``python site/build_site.py [FOLDER]``, or ``make site``.

It stands at the end: chapters that have run (``executed``), their widgets laid out (``live``), the
pages of this folder and the rooms of the package become what Sphinx reads (``FOLDER/source``), and
Sphinx writes the pages (``FOLDER/html``), which any host of files can serve, at any address. What
is there already and still right is kept.
"""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
from executed import NOTEBOOKS, ROOT, builder, chapters, run_all
from live import lay_out
from nbformat import NotebookNode
from rooms import room_pages
from sphinx.cmd.build import build_main

HERE = Path(__file__).resolve().parent
PAGES = HERE / "pages"
NPM = ROOT / ".venv" / "npm"
STILL_LIVE = (".png", ".js")
ANYWIDGET = Path(sys.prefix) / "share/jupyter/nbextensions/anywidget/index.js"


def build(folder: Path, workers: int = 2) -> Path:
    """Build the site in a folder; return where its pages are.

    Raises
    ------
    RuntimeError
        If Sphinx finds a fault, which includes every warning.
    """
    source, static, pages = folder / "source", folder / "static", folder / "html"
    shutil.rmtree(static, ignore_errors=True)
    written = set(stage(source, static, folder / "executed", workers))
    for path in source.rglob("*"):
        if path.is_file() and path not in written:
            path.unlink()
    shutil.rmtree(pages / "_static", ignore_errors=True)  # what is not shown any more
    os.environ["YOLOEXPLAIN_STATIC"] = str(static)
    options = ["-q", "-W", "--keep-going", "-j", str(workers), "-b", "html", "-c", str(HERE)]
    if build_main([*options, "-d", str(folder / "doctrees"), str(source), str(pages)]):
        raise RuntimeError("every page must build without a warning, got what stands above")
    return pages


def stage(source: Path, static: Path, executed: Path, workers: int) -> Iterator[Path]:
    """Write what Sphinx reads; yield the files that belong there."""
    notebooks = run_all([*chapters(), *PAGES.glob("*.py")], executed, workers)
    for path, notebook in notebooks.items():
        page = f"chapters/{path.stem}" if path.parent == NOTEBOOKS else path.stem
        lay_out(notebook, page, static)
        if page == "chapters/index":
            notebook.cells.append(contents([chapter.stem for chapter in chapters()]))
        yield write(source / f"{page}.ipynb", nbformat.writes(notebook))
    for path in PAGES.glob("*.md"):
        yield write(source / path.name, path.read_text(encoding="utf-8"))
    for name, text in room_pages():
        yield write(source / "api" / f"{name}.md", text)
    for path in (ROOT / "images").glob("*.svg"):
        yield write(source / "images" / path.name, path.read_text(encoding="utf-8"))
    copy_javascript(static)
    copy_downloads(static / "notebooks")


def contents(stems: list[str]) -> NotebookNode:
    """Give a cell that says in which order the chapters are read."""
    listed = "\n".join(stem for stem in stems if stem != "index")
    return nbformat.v4.new_markdown_cell(
        f"```{{toctree}}\n:hidden:\n\n{listed}\n```", id="contents"
    )


def write(path: Path, text: str) -> Path:
    """Write a file unless it says so already: Sphinx reads again what is newer."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path


def copy_javascript(static: Path) -> None:
    """Copy the JavaScript that others wrote: Jupyter's widgets, and mathematics with its fonts."""
    target, mathjax = static / "javascript", static / "mathjax"
    fonts = "output/chtml/fonts/woff-v2"
    target.mkdir(parents=True)
    shutil.copy(NPM / "requirejs/require.js", target)
    shutil.copy(NPM / "@jupyter-widgets/html-manager/dist/libembed-amd.js", target)
    shutil.copy(ANYWIDGET, target / "anywidget.js")
    shutil.copytree(NPM / "mathjax/es5" / fonts, mathjax / fonts)
    shutil.copy(NPM / "mathjax/es5/tex-chtml.js", mathjax)


def copy_downloads(target: Path) -> None:
    """Put each notebook there to be taken along, not yet run."""
    target.mkdir(parents=True)
    for path in chapters():
        nbformat.write(builder.read_source(path), target / f"{path.stem}.ipynb")


def weights(pages: Path) -> str:
    """Say what every page with widgets weighs, in kB: its own, and what all of them share."""
    shared = sum(path.stat().st_size for path in (pages / "_static/javascript").iterdir())
    lines = [f"{'page':24s}{'HTML':>8s}{'stills':>8s}{'states':>8s}{'in all':>8s}"]
    for path in [pages / "index.html", *sorted((pages / "chapters").glob("*.html"))]:
        page = path.relative_to(pages).with_suffix("").as_posix()
        shown = [file for file in (pages / "_static/shown").iterdir() if belongs(file, page)]
        sizes = [path.stat().st_size]
        sizes += [sum(f.stat().st_size for f in shown if f.suffix == kind) for kind in STILL_LIVE]
        row = "".join(f"{size / 1000:8,.0f}" for size in [*sizes, sum(sizes)])
        lines.append(f"{page:24s}{row}")
    return "\n".join([*lines, f"shared by all pages with widgets: {shared / 1000:,.0f} kB"])


def belongs(shown: Path, page: str) -> bool:
    """Say whether a still or a state is one of a page's."""
    return shown.stem.rpartition("-")[0] == page.replace("/", "-")


def main() -> None:
    """Build into the folder on the command line, or into ``build/site``."""
    parser = argparse.ArgumentParser(description="Build the site.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "site")
    parser.add_argument("--workers", type=int, default=2, help="how many chapters run at once")
    chosen = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"  # sums come out in the same order everywhere
    started = time.perf_counter()
    pages = build(chosen.folder, chosen.workers)
    print(weights(pages))
    print(f"{pages / 'index.html'} is there, after {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()

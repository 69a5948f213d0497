"""Hand-out: ``python -m workshop.handout 03_necks``, or ``make handout NAMES=03_necks``.

It stands beside the slides: Chromium prints a chapter that has run, on A4, to
``build/handout/03_necks.pdf``. Widgets are the pictures that stand for them, words of the glossary
are plain words, addresses are written out, and exercises leave room to write. Nothing is asked of
the net.
"""

import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from playwright.sync_api import Browser, sync_playwright
from pygments.formatters import HtmlFormatter

from .deck.chapters import NPM, command
from .deck.prose import plain_links
from .deck.slide import VIEW, sections

PAPER = Path(__file__).with_name("paper")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
INKS = "bw"  # for printers without colours as well
RULES = 7  # lines to write on, below an exercise
FOOT = """<div style="width: 100%; margin: 0 18mm; display: flex; justify-content: space-between;
font: 8pt 'DejaVu Sans', sans-serif; color: #5b636e"><span>{}</span><span><span class="pageNumber">
</span> / <span class="totalPages"></span></span></div>"""


def build(folder: Path, notebooks: dict[Path, NotebookNode]) -> list[Path]:
    """Print chapters that have run; return their PDFs.

    Raises
    ------
    RuntimeError
        If there is no Chromium, or if a page asks for something that is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, TemporaryDirectory() as kept:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        shutil.copytree(NPM / "mathjax/es5", Path(kept) / "mathjax")
        for source, notebook in notebooks.items():
            page = Path(kept) / f"{source.stem}.html"
            page.write_text(paper(notebook), encoding="utf-8")
            print_page(browser, page, folder / f"{source.stem}.pdf", title(notebook))
        browser.close()
    return [folder / f"{source.stem}.pdf" for source in notebooks]


def chromium() -> str:
    """Find the browser."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise RuntimeError(
            f"printing needs one of {', '.join(BROWSERS)}, got none; on Debian and Ubuntu: "
            "apt-get install chromium"
        )
    return found


def title(notebook: NotebookNode) -> str:
    """Give a chapter's title."""
    return sections(notebook)[0][0]


def paper(notebook: NotebookNode) -> str:
    """Give the page that is printed; the notebook is changed in place."""
    head = title(notebook)
    for cell in notebook.cells:
        prepare(cell)
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True,
                            exclude_output_prompt=True, exclude_anchor_links=True)  # fmt: skip
    for kind in exporter.default_preprocessors:
        exporter.register_preprocessor(kind, enabled=False)
    body, _ = exporter.from_notebook_node(notebook)
    pages = Environment(loader=FileSystemLoader(PAPER), undefined=StrictUndefined)
    inks = HtmlFormatter(style=INKS, nobackground=True).get_style_defs(".highlight")
    style = (PAPER / "handout.css").read_text(encoding="utf-8")
    return pages.get_template("handout.html").render(title=head, body=body, style=inks + style)


def prepare(cell: NotebookNode) -> None:
    """Make a cell fit for paper, in place."""
    if cell.cell_type == "markdown":
        cell.source = plain_links(cell.source)
        return
    if "exercise" in cell.metadata.get("tags", []):
        cell.outputs = [room_to_write()]
    for output in cell.outputs:
        output.get("data", {}).pop(VIEW, None)


def room_to_write() -> NotebookNode:
    """Give an output of empty lines."""
    data = {"text/html": f'<div class="write">{"<hr>" * RULES}</div>'}
    return NotebookNode(output_type="display_data", data=data, metadata={})


def print_page(browser: Browser, page: Path, target: Path, head: str) -> None:
    """Print a page to a PDF once its formulas are set and its pictures are there."""
    sheet = browser.new_page()
    missing: list[str] = []
    sheet.on("requestfailed", lambda request: missing.append(request.url))
    sheet.route(re.compile("^https?:"), lambda route: route.abort())
    sheet.goto(page.as_uri())
    sheet.evaluate("() => MathJax.startup.promise.then(() => document.fonts.ready).then(() => {})")
    sheet.pdf(
        path=target,
        format="A4",
        margin={"top": "16mm", "bottom": "18mm", "left": "18mm", "right": "18mm"},
        tagged=True,
        outline=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=FOOT.format(head),
    )
    sheet.close()
    if missing:
        raise RuntimeError(f"a hand-out must find all it needs on this disk, got none of {missing}")


if __name__ == "__main__":
    command("Print chapters as hand-outs.", "handout", build)

"""What a page of the built site weighs, and how soon it shows its first canvas.

Run with ``python -m benchmarks.site`` after ``make site``. Each page is opened as a file, in a new
browser window, three times. *Clock* is what a reader waits; *work* is the page's own share of it,
which other work on the machine prolongs less. What all pages share, once for all, is not weighed.
"""

import statistics
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "browser"))
sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "site"))
from documents import weight
from real_lab import find_chromium

PAGES = Path(__file__).parent.parent / "build" / "site" / "html"
TIMES = 3
PAINTED = """() => document.querySelector(".yx-live canvas[data-frames]") && performance.now()"""


def main() -> None:
    """Open every chapter, and print a row for each."""
    if not PAGES.is_dir():
        raise SystemExit(f"the site must be built first, found nothing in {PAGES}; run: make site")
    table = Table(title=f"Weight, and first canvas as the median of {TIMES}")
    for heading in ("page", "kB", "clock, s", "work, s"):
        table.add_column(heading, justify="left" if heading == "page" else "right")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        for file in (PAGES / "index.html", *sorted((PAGES / "chapters").glob("0*.html"))):
            name = file.relative_to(PAGES).with_suffix("").as_posix()
            clock, work = zip(*(opened(browser, file) for _ in range(TIMES)), strict=True)
            size = f"{weight(PAGES, name) / 1000:,.0f}"
            table.add_row(name, size, *(f"{statistics.median(s):.2f}" for s in (clock, work)))
        browser.close()
    Console().print(table)


def opened(browser: Browser, file: Path) -> tuple[float, float]:
    """Seconds from the request to the first canvas, by the clock and of the page's own work."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(file.as_uri())
    clock = page.wait_for_function(PAINTED).json_value() / 1000
    found = devtools.send("Performance.getMetrics")["metrics"]
    page.close()
    return clock, next(one["value"] for one in found if one["name"] == "TaskDuration")


if __name__ == "__main__":
    main()

"""A reader walks the whole site, and nothing outside of it can be reached."""

import re
from pathlib import Path
from typing import Any

import documents
import pytest
from in_page import BLANK, FAULTS, MOVE, OVERFLOW

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
AXE = ROOT / ".venv" / "npm" / "axe-core" / "axe.min.js"
CHAPTERS = sorted(path.stem for path in (ROOT / "notebooks").glob("0*.py"))

BROKEN = """() => Promise.all([...document.images].map(image => {
    image.loading = "eager";
    return image.decode().then(() => "", () => image.src);
})).then(found => found.filter(Boolean))"""
FRAMES = "canvas => Number(canvas.dataset.frames)"
# Widgets take their colours from the page when they paint, so a frame after it has changed.
# Buttons change colour by and by.
SETTLED = """() => Promise.all(document.getAnimations()
    .filter(one => one instanceof CSSTransition).map(one => one.finished.catch(() => null)))
    .then(() => true)"""
DARKENED = """() => [...document.querySelectorAll(".yx-widget")]
    .every(place => getComputedStyle(place).color === "rgb(232, 235, 239)")"""


def names(pages: Path) -> list[str]:
    """Every page; of the package's source, which Sphinx prints file by file, a few."""
    found = [path.relative_to(pages).as_posix() for path in sorted(pages.rglob("*.html"))]
    told = [name for name in found if not name.startswith(("_modules/", "_static/"))]
    return told + [name for name in found if name.startswith("_modules/")][::40]


def test_every_page_is_whole_and_for_everybody(reader: Any, pages: Path) -> None:
    """Light, then dark, then on a telephone; every picture is there, every widget alive."""
    faults: dict[str, list[str]] = {}
    lively = 0
    visit = reader.visit()
    for name in names(pages):
        found = visit.complaints = []
        page = visit.open(name)
        alive = visit.enliven()
        lively += alive
        assert alive == documents.read(pages / name).live
        found += [f"broken picture: {source}" for source in page.evaluate(BROKEN)]
        page.add_script_tag(path=AXE)
        found += [f"light: {fault}" for fault in page.evaluate(FAULTS)]
        page.evaluate("() => document.documentElement.dataset.theme = 'dark'")
        page.wait_for_function(DARKENED)
        page.evaluate(SETTLED)
        found += [f"dark: {fault}" for fault in page.evaluate(FAULTS, ["color-contrast"])]
        page.set_viewport_size({"width": 380, "height": 800})
        found += [f"too wide by {wide}" for wide in [page.evaluate(OVERFLOW)] if wide > 0]
        page.set_viewport_size({"width": 1280, "height": 900})
        faults[name] = found
    assert {name: found for name, found in faults.items() if found} == {}
    assert lively == len(list(pages.glob("_static/shown/*.js"))) > 20


@pytest.mark.parametrize("name", ["index", *(f"chapters/{stem}" for stem in CHAPTERS)])
def test_every_widget_paints_and_answers(name: str, reader: Any) -> None:
    visit = reader.visit()
    page = visit.open(f"{name}.html")
    assert visit.enliven() > 0
    for place in page.locator(".yx-live").all():
        canvas = place.locator("canvas[data-frames]").first
        assert not canvas.evaluate(BLANK)
        assert place.locator("img").count() == 0, "the still has made room"
        before = canvas.evaluate(FRAMES)
        if canvas.evaluate(MOVE):
            changed = "([canvas, before]) => Number(canvas.dataset.frames) > before"
            page.wait_for_function(changed, arg=[canvas.element_handle(), before])
    assert visit.complaints == []


def test_widgets_follow_the_theme_that_is_chosen(reader: Any) -> None:
    visit = reader.visit()
    page = visit.open("index.html")
    visit.enliven()
    ink = "() => getComputedStyle(document.querySelector('.yx-widget')).color"
    assert page.evaluate(ink) == "rgb(27, 31, 36)"
    page.locator("button.theme-switch-button:visible").click()
    page.locator("button.theme-change-button[data-mode=dark]:visible").click()
    page.wait_for_function(f"({ink})() === 'rgb(232, 235, 239)'")


def test_a_reader_who_likes_it_dark_gets_it_dark(reader: Any) -> None:
    page = reader.visit(color_scheme="dark").open("index.html")
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_a_page_that_is_a_file_lives_as_well(browser: Any, pages: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.route(
        re.compile("^https?:"), lambda route: (complaints.append(route.request.url), route.abort())
    )
    page.goto((pages / "chapters" / "03_necks.html").as_uri())
    page.locator(".yx-live canvas[data-frames]").first.wait_for(timeout=60_000)
    assert complaints == []
    context.close()


def test_without_javascript_there_are_stills(reader: Any) -> None:
    page = reader.visit(java_script_enabled=False).open("index.html")
    still = page.locator(".yx-live img")
    assert still.is_visible()
    assert len(still.get_attribute("alt").split()) > 10


def test_mathematics_is_set_with_fonts_of_the_site(reader: Any) -> None:
    visit = reader.visit()
    page = visit.open("chapters/00_yolov1.html")
    page.locator("mjx-container mjx-math").first.wait_for(state="attached")
    page.evaluate("() => document.fonts.ready.then(() => null)")
    fonts = page.evaluate(
        "() => [...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    )
    assert [name for name in fonts if "MJX" in name]
    assert page.locator("mjx-merror").count() == 0
    assert visit.complaints == []


def test_the_search_finds_a_chapter(reader: Any) -> None:
    visit = reader.visit()
    page = visit.open("search.html?q=receptive+field")
    page.locator("#search-results a[href*='03_necks']").first.wait_for()
    assert visit.complaints == []


def test_one_chapter_leads_to_the_next(reader: Any) -> None:
    page = reader.visit().open("chapters/03_necks.html")
    assert page.locator("a.left-prev").get_attribute("href") == "02_csp.html"
    page.locator("a.right-next").click()
    page.wait_for_url("**/chapters/04_yolov5.html")


def test_the_landing_page_shows_something_to_touch_first(reader: Any) -> None:
    visit = reader.visit()
    page = visit.open("index.html")
    canvas = page.locator(".yx-live canvas[data-frames]")
    canvas.wait_for()
    box = canvas.bounding_box()
    assert box is not None
    assert box["y"] < 900, "in the window without scrolling"
    status = page.locator(".yx-status").first
    before = status.inner_text()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.2, steps=5)
    page.mouse.up()
    page.wait_for_function(
        "([status, before]) => status.innerText !== before", arg=[status.element_handle(), before]
    )

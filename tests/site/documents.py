"""What the pages of a site say about themselves: identifiers, links, pictures, words."""

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass
class Document:
    """One page, read as a file."""

    path: Path
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    wordless: list[str] = field(default_factory=list)
    live: int = 0

    def missing(self) -> list[str]:
        """Give the links to places in the site that are not there."""
        return [link for link in self.links if not self._leads_somewhere(link)]

    def _leads_somewhere(self, link: str) -> bool:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            return parts.scheme in ("https", "mailto", "data")
        target = (self.path.parent / unquote(parts.path)).resolve() if parts.path else self.path
        if target.is_dir():
            target = target / "index.html"
        if not target.exists():
            return False
        anchor = unquote(parts.fragment)
        return not anchor or target.suffix != ".html" or anchor in read(target).ids


class _Reader(HTMLParser):
    def __init__(self, document: Document) -> None:
        super().__init__()
        self.document = document

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        page = self.document
        page.ids |= {found[name] for name in ("id", "name") if name in found}
        page.links += [found[name] for name in ("href", "src", "data-state") if name in found]
        page.live += "yx-live" in found.get("class", "").split()
        if tag == "img" and len(found.get("alt", "").split()) < 3:
            page.wordless.append(found.get("src", "")[:80])


@cache
def read(path: Path) -> Document:
    """Read a page."""
    document = Document(path)
    _Reader(document).feed(path.read_text(encoding="utf-8"))
    return document


def parts(pages: Path, name: str) -> list[Path]:
    """Give a page, by its name without ``.html``, and what its widgets hold."""
    held = sorted(pages.glob(f"_static/shown/{name.replace('/', '-')}-*"))
    return [pages / f"{name}.html", *held]


def weight(pages: Path, name: str) -> int:
    """Bytes of a page with what its widgets hold; what all pages share comes on top, once."""
    return sum(part.stat().st_size for part in parts(pages, name))

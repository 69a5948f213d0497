"""Modules: the JavaScript of a view, gathered into the one text that a notebook loads.

It stands between ``static/`` and the browser. A module that comes out of a notebook's message has
no folder, so it cannot import its neighbours. Their texts are therefore set before it, each once,
without the import lines and without ``export``.

Only one form is understood, on one line or several: ``import { a, b } from "./stage.js";``.
"""

import re
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
_IMPORT = re.compile(
    r"""^import\s*\{[\w\s,$]*\}\s*from\s*["'](\.{1,2}/[\w./]+\.js)["'];\n?""", re.M
)
_EXPORT = re.compile(r"^export\s+(?=(?:async\s+)?function\b|const\b|let\b|class\b)", re.M)
_OTHER = re.compile(r"^\s*(?:import\b(?!\.meta)|export\s+(?:\*|\{|default\b)).*$", re.M)


@cache
def module(stem: str) -> str:
    """Give the text of a view's module, with all that it imports.

    Parameters
    ----------
    stem
        Name of its file in ``static/`` without ``.js``.

    Raises
    ------
    FileNotFoundError
        If it, or a module that it imports, does not exist.
    ValueError
        For an import or export of another form.
    """
    path = STATIC / f"{stem}.js"
    helpers: dict[Path, str] = {}
    own = _without_imports(path, helpers)
    head, default, tail = own.partition("export default ")
    if not default:
        raise ValueError(f"{path.name} must end in `export default {{ render }};`, got none")
    _refuse_others(path, head + tail)
    return "\n".join([*helpers.values(), _EXPORT.sub("", head) + default + tail])


@cache
def stylesheet() -> str:
    """Give the style sheet that all views share."""
    return (STATIC / "widgets.css").read_text(encoding="utf-8")


def _without_imports(path: Path, helpers: dict[Path, str]) -> str:
    """Text of a file without its imports; what they name goes into ``helpers``, deepest first."""
    text = path.read_text(encoding="utf-8")
    for match in _IMPORT.finditer(text):
        helper = (path.parent / match[1]).resolve()
        if helper not in helpers:
            inside = _without_imports(helper, helpers)
            _refuse_others(helper, inside)
            helpers.setdefault(helper, _EXPORT.sub("", inside))
    return _IMPORT.sub("", text)


def _refuse_others(path: Path, text: str) -> None:
    """Raise a ``ValueError`` for an import or export that would be left in the text."""
    found = _OTHER.search(text)
    if found:
        raise ValueError(
            f'{path.name} may import only by `import {{ name }} from "./file.js";` and export '
            f"only functions and constants where they are defined, got {found[0].strip()!r}"
        )

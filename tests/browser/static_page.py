"""A page with widgets and no kernel, all of whose JavaScript lies on this disk."""

import html
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ipywidgets.embed import dependency_state, embed_data

ROOT = Path(__file__).parents[2]
NPM = ROOT / ".venv" / "npm"
ANYWIDGET = Path(sys.prefix) / "share/jupyter/nbextensions/anywidget/index.js"
# The page's paper and ink; Jupyter's own controls read the --jp variables.
THEMES = {
    "light": "body { background: #fff; color: #1b1f24; }",
    "dark": """:root { --jp-widgets-color: #e8ebef; --jp-ui-font-color1: #e8ebef;
        --jp-widgets-label-color: #e8ebef; --jp-widgets-readout-color: #e8ebef;
        --jp-widgets-input-color: #e8ebef; --jp-widgets-input-background-color: #22272e;
        --jp-widgets-input-border-color: #5b636e; }
        body { background: #15181c; color: #e8ebef; }""",
}


def page_text(widgets: Sequence[Any], theme: str = "light", title: str = "Widgets") -> str:
    """HTML of a page with some widgets."""
    made = list(widgets)
    data = embed_data(views=made, state=dependency_state(made, drop_defaults=False))
    define = ANYWIDGET.read_text(encoding="utf-8").replace(
        'define(["@jupyter-widgets/base"]', 'define("anywidget", ["@jupyter-widgets/base"]'
    )
    manager = NPM / "@jupyter-widgets/html-manager/dist/embed-amd.js"
    scripts = [
        f'<script src="{(NPM / "requirejs/require.js").as_uri()}"></script>',
        f"<script>{define}</script>",
        f'<script src="{manager.as_uri()}"></script>',
        _json("state", data["manager_state"]),
    ]
    views = "\n".join(f"<section>{_json('view', spec)}</section>" for spec in data["view_specs"])
    return f"""<!doctype html>
<html lang="en" data-theme="{theme}">
<head><meta charset="utf-8"><title>{html.escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ font: 15px system-ui, "DejaVu Sans", sans-serif; margin: 16px; }}
section {{ margin-bottom: 28px; }} {THEMES[theme]}</style></head>
<body><main><h1>{html.escape(title)}</h1>
{views}
</main>
{chr(10).join(scripts)}
</body></html>
"""


def _json(kind: str, value: Any) -> str:
    text = json.dumps(value).replace("</", "<\\/")
    return f'<script type="application/vnd.jupyter.widget-{kind}+json">{text}</script>'

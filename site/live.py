"""Live: what a cell showed becomes a still picture that a page can bring to life.

It stands between a notebook that has run and its page. Every widget gets a file of its own with
its state, which the page asks for when the widget comes near the window (``static/live.js``). Until
then, and on paper, there is its still, with the same words.
"""

import base64
import html
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from PIL import Image

VIEW = "application/vnd.jupyter.widget-view+json"
STATES = "application/vnd.jupyter.widget-state+json"
PNG = "image/png"
_MODEL = re.compile(r"IPY_MODEL_(\w+)")


def lay_out(notebook: NotebookNode, page: str, static: Path) -> None:
    """Replace a notebook's pictures and widgets, in place, by HTML that names files.

    Parameters
    ----------
    notebook
        One that has run; the states of its widgets are taken out of it.
    page
        The page's address within the site, for example ``"chapters/03_necks"``.
    static
        Folder that becomes the site's ``_static``; files are written to its ``shown/``.

    Raises
    ------
    ValueError
        For a picture or a widget without words, and for a widget without a still.
    """
    shown = static / "shown"
    shown.mkdir(parents=True, exist_ok=True)
    states = notebook.metadata.pop("widgets", {}).get(STATES, {}).get("state", {})
    up = "../" * page.count("/")
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    for number, output in enumerate(outputs):
        data = output.get("data", {})
        if PNG not in data and VIEW not in data:
            continue
        name = f"{page.replace('/', '-')}-{number}"
        still = _still(output, name, up, shown)
        if VIEW in data:
            (shown / f"{name}.js").write_text(_script(name, data[VIEW], states), encoding="utf-8")
            still = _live(still, name, up, data[VIEW])
        output.data = NotebookNode({"text/html": still})
        output.metadata = NotebookNode()


def belonging(states: Mapping[str, Any], root: str) -> dict[str, Any]:
    """Keep what one widget is made of: all models that it refers to, and the links among them."""
    found: dict[str, Any] = {}
    waiting = [root]
    while waiting:
        model = waiting.pop()
        if model not in found and model in states:
            found[model] = states[model]
            waiting += _MODEL.findall(json.dumps(states[model]["state"]))
            if not waiting:
                waiting = [link for link in states if _joins(states[link], found)]
                waiting = [link for link in waiting if link not in found]
    return found


def _joins(model: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Say whether a model is a link whose two ends are both found."""
    ends = [model["state"].get(end) for end in ("source", "target")]
    if not model["model_name"].endswith("LinkModel") or None in ends:
        return False
    return all(end[0].removeprefix("IPY_MODEL_") in found for end in ends)


def _still(output: NotebookNode, name: str, up: str, shown: Path) -> str:
    """Write the picture of an output to a file; give the tag that shows it."""
    alt = output.metadata.get(PNG, {}).get("alt", "").strip()
    if not alt or PNG not in output.data:
        raise ValueError(
            f"everything that is shown needs a picture and its words, got {sorted(output.data)} "
            f"with the words {alt!r} in {name}; show a Picture or a widget of this package"
        )
    content = base64.b64decode(output.data[PNG])
    (shown / f"{name}.png").write_bytes(content)
    width, height = Image.open(io.BytesIO(content)).size
    return (
        f'<img class="yx-picture" src="{up}_static/shown/{name}.png" alt="{html.escape(alt)}" '
        f'width="{width}" height="{height}" loading="lazy">'
    )


def _live(still: str, name: str, up: str, view: Mapping[str, Any]) -> str:
    """Give the HTML of a widget: its still, and its view, which takes the still's place."""
    spec = _json(view)
    return (
        f'<div class="yx-live" data-name="{name}" data-state="{up}_static/shown/{name}.js">{still}'
        f'<script type="{VIEW}">{spec}</script></div>'
    )


def _script(name: str, view: Mapping[str, Any], states: Mapping[str, Any]) -> str:
    """Give the script that brings a widget's state. Scripts also load where a page is a file."""
    state = belonging(states, view["model_id"])
    if view["model_id"] not in state:
        raise ValueError(
            f"a widget that is shown needs its state, got none for {name}; keep the widget until "
            "the notebook has run"
        )
    everything = {"version_major": 2, "version_minor": 0, "state": state}
    return f'yoloexplainLive.put("{name}", {_json(everything)});\n'


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":")).replace("</", "<\\/")

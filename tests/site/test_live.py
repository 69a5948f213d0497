"""From what a cell showed to what a page shows, without building a page."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import live
import pytest
from anchors import jupyter_slug
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

JSLINK = {"source": ["IPY_MODEL_slider", "value"], "target": ["IPY_MODEL_canvas", "place"]}
STATES = {
    "box": {
        "model_name": "VBoxModel",
        "state": {"children": ["IPY_MODEL_slider", "IPY_MODEL_canvas"]},
    },
    "slider": {"model_name": "IntSliderModel", "state": {"layout": "IPY_MODEL_layout"}},
    "canvas": {"model_name": "AnyModel", "state": {"place": 1}},
    "layout": {"model_name": "LayoutModel", "state": {}},
    "link": {"model_name": "LinkModel", "state": JSLINK},
    "other": {"model_name": "AnyModel", "state": {}},
    "elsewhere": {
        "model_name": "DirectionalLinkModel",
        "state": JSLINK | {"target": ["IPY_MODEL_other", "place"]},
    },
}


def shown(alt: str | None = "a red field", view: str | None = "box") -> NotebookNode:
    """A notebook that has run, with one cell that showed a picture, a widget, or both."""
    data: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    if alt is not None:
        drawn = io.BytesIO()
        Image.new("RGB", (30, 20), "red").save(drawn, "PNG")
        data["image/png"] = base64.b64encode(drawn.getvalue()).decode()
        metadata["image/png"] = {"alt": alt}
    if view is not None:
        data[live.VIEW] = {"model_id": view, "version_major": 2, "version_minor": 0}
    output = new_output("execute_result", data, metadata=metadata, execution_count=1)
    notebook = new_notebook(cells=[new_code_cell("show", outputs=[output])])
    notebook.metadata["widgets"] = {live.STATES: {"state": STATES}}
    return notebook


def test_a_widget_takes_its_parts_and_the_links_among_them() -> None:
    assert set(live.belonging(STATES, "box")) == {"box", "slider", "canvas", "layout", "link"}
    assert set(live.belonging(STATES, "other")) == {"other"}


def test_a_widget_becomes_a_still_and_a_state_beside_the_page(tmp_path: Path) -> None:
    notebook = shown()
    live.lay_out(notebook, "chapters/00_small", tmp_path)
    (output,) = notebook.cells[0].outputs
    html = output.data["text/html"]
    assert set(output.data) == {"text/html"}
    assert 'src="../_static/shown/chapters-00_small-0.png"' in html
    assert 'alt="a red field" width="30" height="20"' in html
    script = (tmp_path / "shown" / "chapters-00_small-0.js").read_text()
    state = json.loads(script.removeprefix('yoloexplainLive.put("chapters-00_small-0", ')[:-3])
    assert set(state["state"]) == {"box", "slider", "canvas", "layout", "link"}
    assert "widgets" not in notebook.metadata


def test_a_picture_stays_a_picture(tmp_path: Path) -> None:
    notebook = shown(view=None)
    live.lay_out(notebook, "index", tmp_path)
    html = notebook.cells[0].outputs[0].data["text/html"]
    assert html.startswith('<img class="yx-picture" src="_static/shown/index-0.png"')
    assert [path.name for path in (tmp_path / "shown").iterdir()] == ["index-0.png"]


def test_words_and_states_cannot_break_out_of_their_page(tmp_path: Path) -> None:
    notebook = shown(alt='a "quoted" </script> & <b>')
    notebook.metadata["widgets"][live.STATES]["state"] |= {
        "canvas": {"model_name": "AnyModel", "state": {"words": "</script>"}}
    }
    live.lay_out(notebook, "index", tmp_path)
    html = notebook.cells[0].outputs[0].data["text/html"]
    assert "a &quot;quoted&quot; &lt;/script&gt; &amp; &lt;b&gt;" in html
    assert "</script>" not in (tmp_path / "shown" / "index-0.js").read_text()


@pytest.mark.parametrize("notebook", [shown(alt=""), shown(alt=None)], ids=["no words", "no still"])
def test_what_says_nothing_is_refused(notebook: NotebookNode, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a picture and its words, got"):
        live.lay_out(notebook, "index", tmp_path)


def test_a_widget_without_a_state_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs its state, got none for index-0"):
        live.lay_out(shown(view="gone"), "index", tmp_path)


def test_anchors_are_jupyters() -> None:
    assert jupyter_slug("Receptive field") == "Receptive-field"

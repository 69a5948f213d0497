"""A view's JavaScript arrives as one text, and nothing in it reaches for a neighbour."""

import re
import subprocess
from pathlib import Path

import pytest

from yoloexplain.figures import style
from yoloexplain.widgets import modules

STATIC = Path(modules.__file__).parent / "static"
VIEWS = sorted(
    path.stem
    for path in STATIC.glob("*.js")
    if "export default" in path.read_text(encoding="utf-8")
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(modules, "STATIC", tmp_path)
    modules.module.cache_clear()
    yield tmp_path
    modules.module.cache_clear()


@pytest.mark.parametrize("stem", VIEWS)
def test_every_view_is_one_module_that_node_understands(stem: str, tmp_path: Path) -> None:
    text = modules.module(stem)
    assert not re.search(r"^import\b", text, re.M)
    assert re.findall(r"^export\b.*", text, re.M) == ["export default { render };"]
    file = tmp_path / "view.mjs"
    file.write_text(text, encoding="utf-8")
    run = subprocess.run(["node", "--check", file], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr  # a name given twice, too


def test_what_is_imported_twice_arrives_once_and_first(folder: Path) -> None:
    (folder / "deep.js").write_text("export const deep = 1;\n")
    (folder / "middle.js").write_text(
        'import { deep } from "./deep.js";\nexport function middle() { return deep; }\n'
    )
    (folder / "view.js").write_text(
        'import {\n  deep,\n} from "./deep.js";\nimport { middle } from "./middle.js";\n'
        "const render = () => middle() + deep;\nexport default { render };\n"
    )
    text = modules.module("view")
    assert text.index("const deep") < text.index("function middle") < text.index("const render")
    assert text.count("const deep") == 1
    assert "import" not in text


@pytest.mark.parametrize(
    "line",
    [
        'import * as all from "./deep.js";',
        'import one from "./deep.js";',
        'import { deep as other } from "https://example.org/deep.js";',
        'export * from "./deep.js";',
    ],
)
def test_an_import_of_another_form_is_refused(folder: Path, line: str) -> None:
    (folder / "deep.js").write_text("export const deep = 1;\n")
    (folder / "view.js").write_text(f"{line}\nexport default {{ render() {{}} }};\n")
    with pytest.raises(ValueError, match="may import only by"):
        modules.module("view")


def test_a_module_without_a_view_is_refused(folder: Path) -> None:
    (folder / "view.js").write_text("export const deep = 1;\n")
    with pytest.raises(ValueError, match="must end in"):
        modules.module("view")


def test_the_canvas_has_the_pictures_colours() -> None:
    text = (STATIC / "stage.js").read_text(encoding="utf-8")
    found = dict(re.findall(r'(\w+): "(#[0-9A-F]{6})"', text))
    expected = {name: getattr(style, name.upper()) for name in found}
    assert found == expected
    for ink in (style.INK, style.MUTED, style.FAINT):
        assert ink in text

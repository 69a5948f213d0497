"""The direction of the imports: layers → backbones → detectors → catalog, and nothing backwards."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "yoloexplain"
DETECTORS = {"yolov1", "yolov5", "solo"}
NETWORKS = {"backbones", "catalog", "weights", "ledger"} | DETECTORS
BASE = {"boxes", "results", "files"}

# Which other rooms of the package a room may know. The command line, and the package itself (the
# map in __init__.py), may know all of them but the widgets.
MAY_IMPORT: dict[str, set[str]] = {
    "files": set(),
    "boxes": set(),
    "results": {"boxes"},
    "layers": set(),
    "data": BASE,
    "backbones": {"layers"},
    **{name: {"layers", "backbones"} | BASE for name in DETECTORS},
    "weights": {"layers", "backbones"} | DETECTORS | BASE,
    "catalog": {"layers", "backbones", "weights"} | DETECTORS,
    "doctor": {"catalog"},
    "training": {"layers", "backbones", "weights", "catalog", "data"} | DETECTORS | BASE,
    "inspection": {"layers"},
    "figures": {"inspection", "data"} | BASE,
    "plans": {"inspection", "figures"},
    "gallery": {"plans", "inspection", "figures", "data", "catalog"},
    "ledger": {"layers", "inspection"} | (NETWORKS - {"ledger"}),
    "exercises": {"layers", "inspection", "data", "training"} | (NETWORKS - {"ledger"}) | BASE,
    "widgets": {"layers", "figures", "inspection", "data", "plans"}
    | (NETWORKS - {"ledger"})
    | BASE,
}
MAY_IMPORT["cli"] = set(MAY_IMPORT) - {"widgets"}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "static" not in path.parts)


def dotted(path: Path) -> tuple[str, ...]:
    """Give the dotted name of a file, its package's own name for an ``__init__.py``."""
    parts = ("yoloexplain", *path.relative_to(PACKAGE).with_suffix("").parts)
    return parts[:-1] if parts[-1] == "__init__" else parts


def room(path: Path) -> str:
    """The part of the package in which a file stands; "" for the package itself."""
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first.startswith("__") else first


def imported(tree: ast.AST, path: Path) -> Iterator[str]:
    """Every absolute dotted name that a file imports, at its head or within a function."""
    package = dotted(path) if path.name == "__init__.py" else dotted(path)[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join((*base, *(node.module.split(".") if node.module else ())))
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def without_type_checking(source: str) -> ast.Module:
    """Parse a file without what only a type checker sees."""

    class Drop(ast.NodeTransformer):
        def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
            if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
                return node.orelse
            return self.generic_visit(node)

    return Drop().visit(ast.parse(source))


def rooms_imported(path: Path) -> set[str]:
    names = imported(ast.parse(path.read_text(encoding="utf-8")), path)
    parts = [name.split(".") for name in names]
    known = {room(module) for module in modules()} | set(MAY_IMPORT)
    inside = {name[1] for name in parts if name[0] == "yoloexplain" and len(name) > 1}
    return (inside & known) - {""}


def identify(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", modules(), ids=identify)
def test_every_room_imports_only_what_lies_before_it(path: Path) -> None:
    here = room(path)
    if here == "":
        allowed = set(MAY_IMPORT) - {"widgets"}
    else:
        assert here in MAY_IMPORT, f"{here} is a new room: say above what it may import"
        allowed = MAY_IMPORT[here] | {here}
    backwards = rooms_imported(path) - allowed
    assert not backwards, f"{identify(path)} must not import {sorted(backwards)}"


def test_the_rules_themselves_have_no_circle() -> None:
    order: list[str] = []
    left = dict(MAY_IMPORT)
    while left:
        ready = [name for name, needs in left.items() if needs <= set(order)]
        assert ready, f"{sorted(left)} import one another"
        order += ready
        left = {name: needs for name, needs in left.items() if name not in ready}
    assert order.index("layers") < order.index("backbones") < order.index("catalog")


def test_detectors_never_import_one_another() -> None:
    for name in DETECTORS:
        assert not MAY_IMPORT[name] & DETECTORS


def test_inspection_knows_no_network() -> None:
    assert not MAY_IMPORT["inspection"] & NETWORKS


@pytest.mark.parametrize("path", modules(), ids=identify)
def test_matplotlib_is_imported_by_figures_only(path: Path) -> None:
    if room(path) not in {"figures", "widgets"}:
        names = imported(ast.parse(path.read_text(encoding="utf-8")), path)
        assert "matplotlib" not in {name.split(".")[0] for name in names}


@pytest.mark.parametrize(
    "path", [path for path in modules() if room(path) == "figures"], ids=identify
)
def test_figures_know_no_torch(path: Path) -> None:
    tree = without_type_checking(path.read_text(encoding="utf-8"))
    assert "torch" not in {name.split(".")[0] for name in imported(tree, path)}


def loaded_by(statement: str) -> set[str]:
    """Names of all modules in a fresh interpreter after a statement."""
    code = f"{statement}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(out.stdout.splitlines()[-1]))


def test_importing_the_package_loads_neither_torch_nor_matplotlib_nor_a_widget() -> None:
    loaded = loaded_by("import yoloexplain")
    assert "yoloexplain" in loaded
    assert not loaded & {"torch", "torchinfo", "matplotlib", "numpy", "skimage", "IPython"}
    assert not [name for name in loaded if name.startswith("yoloexplain.")]


def test_the_command_line_answers_before_torch_is_loaded() -> None:
    loaded = loaded_by("import yoloexplain.__main__")
    assert not loaded & {"torch", "torchinfo", "matplotlib", "skimage", "IPython"}


def test_drawing_loads_no_torch() -> None:
    figures = [".".join(dotted(path)) for path in modules() if room(path) == "figures"]
    loaded = loaded_by(f"import {', '.join(figures)}")
    assert "matplotlib" in loaded
    assert "torch" not in loaded


def test_the_walk_sees_imports_in_every_form(tmp_path: Path) -> None:
    source = (
        "import torch.nn as nn\nfrom ..backbones import resnet\nfrom . import network\n"
        "def later():\n    from yoloexplain.solo.network import SOLO\n"
    )
    found = set(imported(ast.parse(source), PACKAGE / "yolov5" / "network.py"))
    assert found == {
        "torch.nn",
        "yoloexplain.backbones.resnet",
        "yoloexplain.yolov5.network",
        "yoloexplain.solo.network.SOLO",
    }

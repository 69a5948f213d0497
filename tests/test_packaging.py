"""The shell around the package: what is installed, what is pinned, what the commands start."""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import jaxtyping
import pytest
import torch
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
README = (ROOT / "README.md").read_text(encoding="utf-8")

# Where the name that is imported, or conda-forge's name, is not the distribution's.
IMPORTED_AS = {"pillow": "PIL", "pyyaml": "yaml", "scikit-image": "skimage"}
ON_CONDA_FORGE = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}


def names(requirements: list[str]) -> set[str]:
    found = {canonicalize_name(Requirement(line).name) for line in requirements}
    return found - {"yoloexplain"}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def run(*command: str, cwd: Path = ROOT, **variables: str) -> str:
    """Run a command that must succeed; return what it printed."""
    out = subprocess.run(
        command, cwd=cwd, env=os.environ | variables, capture_output=True, text=True
    )
    assert out.returncode == 0, f"{shlex.join(command)}\n{out.stdout}{out.stderr}"
    return out.stdout


# --- versions and dependencies ------------------------------------------------------------------


def test_the_version_is_the_same_everywhere() -> None:
    import yoloexplain

    assert yoloexplain.__version__ == PROJECT["version"] == metadata.version("yoloexplain")
    latest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert latest is not None
    assert latest[1] == PROJECT["version"]


def test_runtime_dependencies_are_what_the_package_imports_and_nothing_else() -> None:
    found = set()
    for path in (ROOT / "yoloexplain").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    declared = {IMPORTED_AS.get(name, name) for name in names(PROJECT["dependencies"])}
    assert found - set(sys.stdlib_module_names) - {"yoloexplain"} == declared


def test_every_dependency_is_pinned_to_one_version() -> None:
    wanted = names(PROJECT["dependencies"]).union(*(names(extra) for extra in EXTRAS.values()))
    assert wanted <= set(pins())
    assert all(re.fullmatch(r"\d[\w.]*", version) for version in pins().values())
    assert pins()["torch"] == "2.13.0"


def test_pins_satisfy_what_the_project_asks_for() -> None:
    for line in [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]:
        requirement = Requirement(line)
        if requirement.name != "yoloexplain":
            assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)])


def test_the_constraints_name_versions_only_and_no_place_to_fetch_them_from() -> None:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[0-9][\w.]*", line), line


def test_the_conda_environment_names_every_dependency() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    listed = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    from_pip = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    conda = {entry.split()[0]: "".join(entry.split()[1:]) for entry in listed}
    assert environment["channels"][0] == "conda-forge"
    assert from_pip == [["-e ."]]
    assert conda.pop("python") == PROJECT["requires-python"]
    conda.pop("pip")
    wanted = [Requirement(line) for line in PROJECT["dependencies"] + EXTRAS["notebooks"]]
    assert conda == {ON_CONDA_FORGE.get(r.name, r.name): str(r.specifier) for r in wanted}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = (ROOT / "yoloexplain").rglob("*")
    there = {path for path in files if path.is_file() and "__pycache__" not in path.parts}
    assert held == {str(path.relative_to(ROOT)) for path in there}
    assert "yoloexplain/py.typed" in held, "without it, nobody's type checker reads our hints"


def test_the_console_script_is_installed() -> None:
    (script,) = metadata.entry_points(group="console_scripts", name="yoloexplain")
    assert script.value == "yoloexplain.__main__:main"
    assert callable(script.load())


# --- the wheel, away from the checkout ----------------------------------------------------------

USE_IT = """
import json, yoloexplain
from yoloexplain.data import photos
from yoloexplain.widgets import GridAssignment
model = yoloexplain.create_model("yolov5n-demo")
widget = GridAssignment()
data, _ = widget._repr_mimebundle_()
print(json.dumps({
    "home": yoloexplain.__file__,
    "learned": sum(p.numel() for p in model.parameters()),
    "script": "export default" in widget.view._esm and ".yx-view" in widget.view._css,
    "still": data["image/png"][:8],
    "photos": {name: photos.load(name).shape for name in photos.names()},
}))
"""


@dataclass(frozen=True)
class Elsewhere:
    """An environment that holds the wheel, and a folder far from the checkout to work in."""

    home: Path
    bin: Path

    def run(self, command: str, *arguments: str) -> str:
        return run(str(self.bin / command), *arguments, cwd=self.home, PYTHONPATH="")


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    """Install the wheel into an empty environment; what it depends on is lent by this one.

    A line in a .pth file lends the folder only: the link to the checkout that an editable install
    leaves there is a .pth file itself, and is not followed from there.
    """
    home = tmp_path_factory.mktemp("elsewhere")
    run(sys.executable, "-m", "venv", "--without-pip", str(home / "venv"))
    made = Elsewhere(home, home / "venv" / ("Scripts" if os.name == "nt" else "bin"))
    python = str(made.bin / "python")
    options = ["--no-deps", "--no-index", "--disable-pip-version-check", "-qq"]
    run(sys.executable, "-m", "pip", "--python", python, "install", *options, str(wheel))
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    lent = Path(made.run("python", "-c", ask).strip()) / "lent.pth"
    lent.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return made


def test_the_installed_wheel_lists_and_summarises(elsewhere: Elsewhere) -> None:
    assert "yolov5n-demo" in elsewhere.run("python", "-m", "yoloexplain", "list")
    table = elsewhere.run("yoloexplain", "summary", "densenet121")
    assert "7,978,856" in table


def test_the_installed_wheel_brings_weights_javascript_and_photographs(
    elsewhere: Elsewhere,
) -> None:
    found = json.loads(elsewhere.run("python", "-c", USE_IT))
    assert Path(found["home"]).is_relative_to(elsewhere.home)
    assert found["learned"] > 1_000_000
    assert found["script"] is True
    assert found["still"] == "iVBORw0K"  # how a PNG begins, in base64
    assert all(shape[2] == 3 for shape in found["photos"].values())
    assert found["photos"]


# --- the tests' own ground ----------------------------------------------------------------------


def test_shapes_in_signatures_are_checked_while_the_tests_run() -> None:
    from yoloexplain.layers import Conv

    with pytest.raises(jaxtyping.TypeCheckError):
        Conv(3, 8)(torch.zeros(3, 4, 5))


# --- the commands -------------------------------------------------------------------------------

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="apt-get install make")


def lab_command(*arguments: str) -> list[str]:
    lines = run("make", "-n", "lab", *arguments, MAKEFLAGS="").replace("\\\n", " ").splitlines()
    (line,) = [line for line in lines if "-m jupyterlab" in line]
    return shlex.split(line)


@needs_make
def test_make_lab_answers_on_this_machine_only_and_keeps_its_token() -> None:
    command = lab_command()
    assert "--ip=127.0.0.1" in command
    assert "--ServerApp.root_dir=notebooks" in command
    assert not [part for part in command if re.search(r"token|password|allow_remote|origin", part)]


@needs_make
def test_root_cannot_open_the_lab_to_the_network() -> None:
    command = lab_command("LAB_ARGS=--ip=0.0.0.0 --no-browser")
    assert "--no-browser" in command
    out = subprocess.run(
        [sys.executable, *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert out.returncode != 0
    assert "http://" not in out.stdout + out.stderr


@needs_make
def test_make_says_which_commands_there_are() -> None:
    targets = re.findall(r"^make (\w+)", run("make", MAKEFLAGS=""), re.MULTILINE)
    assert {"lab", "test", "notebooks", "images", "site", "bench", "clean"} <= set(targets)


@needs_make
def test_a_python_that_is_too_old_is_named_in_one_line(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\ncase "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac\n')
    old.chmod(0o755)
    out = subprocess.run(
        ["make", "lab", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True
    )
    assert out.returncode != 0
    assert "needs Python 3.11 or newer, got Python 3.9.2" in out.stdout
    assert not (tmp_path / ".venv").exists()


# --- what the README says -----------------------------------------------------------------------


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def command_lines() -> list[str]:
    lines = [
        line.split("#")[0].strip() for block in blocks("console") for line in block.split("\n")
    ]
    return [line.removeprefix("$ ") for line in lines if line]


def test_the_readme_shows_code_that_runs(tmp_path: Path) -> None:
    assert blocks("python")
    for block in blocks("python"):
        run(sys.executable, "-c", block, cwd=tmp_path)


@pytest.mark.parametrize(
    "line", [line for line in command_lines() if line.startswith("python -m yoloexplain")]
)
def test_the_readme_shows_commands_that_run(line: str, tmp_path: Path) -> None:
    assert run(sys.executable, *shlex.split(line)[1:], cwd=tmp_path).strip()


@needs_make
@pytest.mark.parametrize("line", [line for line in command_lines() if "make " in line])
def test_the_readme_names_targets_that_exist(line: str) -> None:
    (target,) = [word for word in shlex.split(line)[1:] if word.isalpha() and word != "make"]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_link_inside_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link.split("#")[0]).exists()] == []


def test_the_readme_lists_every_chapter_and_every_room() -> None:
    for source in (ROOT / "notebooks").glob("*.py"):
        if source.name != "build.py":
            assert f"(notebooks/{source.stem}.ipynb)" in README
    rooms = {
        path.relative_to(ROOT / "yoloexplain").parts[0]
        for path in (ROOT / "yoloexplain").rglob("*.py")
    }
    for room in rooms - {"__init__.py", "__main__.py"}:
        assert f"`{room.removesuffix('.py')}" in README, room

"""One image for cluster and Codespaces: what it installs, and as whom it runs."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TEXT = (ROOT / "workshop/Dockerfile").read_text(encoding="utf-8")
STEPS = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", TEXT, flags=re.M)).splitlines()
    if line.strip()
]


def of(kind: str) -> list[str]:
    return [rest for name, rest in STEPS if name == kind]


def test_its_python_is_one_that_the_project_takes() -> None:
    (base,) = of("FROM")
    version = re.search(r"python:(\d+\.\d+)-slim", base)
    assert version is not None
    assert version[1] in SpecifierSet(PROJECT["requires-python"])


def test_every_version_comes_from_the_constraints() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {canonicalize_name(line.split("==")[0]) for line in pins.splitlines()}
    (install,) = re.findall(r"pip install (--.*?) &&", " ".join(of("RUN")))
    words = shlex.split(install)
    assert words[words.index("-c") + 1] == "constraints.txt"
    (project,) = [word for word in words if word.startswith(".")]
    extras = re.findall(r"\w+", project)
    for extra in extras:
        for line in PROJECT["optional-dependencies"][extra]:
            assert canonicalize_name(Requirement(line).name) in pinned
    assert {"notebooks", "hub"} == set(extras)
    assert not re.findall(r"[\w-]+==\d", TEXT)


def test_what_it_copies_is_there() -> None:
    for copied in of("COPY"):
        *sources, target = copied.split()
        assert target.startswith("/opt/yoloexplain/")
        assert [name for name in sources if not (ROOT / name).exists()] == []
    for name in re.findall(r"/opt/yoloexplain/(workshop/\S+)", " ".join(of("ENV"))):
        assert (ROOT / name).exists(), name


def test_nobody_in_it_is_root() -> None:
    assert of("USER") == ["${NB_UID}"]
    kinds = [name for name, _ in STEPS]
    assert "RUN" in kinds[kinds.index("USER") :]
    assert "HOME_MODE=0700" in TEXT


def test_codespaces_build_the_same_image_and_keep_its_port_private() -> None:
    folder = ROOT / ".devcontainer"
    told = json.loads((folder / "devcontainer.json").read_text(encoding="utf-8"))
    assert (folder / told["build"]["dockerfile"]).resolve() == ROOT / "workshop/Dockerfile"
    assert (folder / told["build"]["context"]).resolve() == ROOT
    assert told["remoteUser"] == re.search(r"NB_USER=(\w+)", TEXT)[1]  # type: ignore[index]
    assert told["portsAttributes"]["8888"]["visibility"] == "private"
    assert "--ip=127.0.0.1" in told["postAttachCommand"]
    assert "yoloexplain doctor" in told["postCreateCommand"]


def test_the_proxy_is_pinned_with_every_checksum() -> None:
    folder = ROOT / "workshop/hub/proxy"
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert locked[""]["dependencies"] == wanted
    packages = {path: entry for path, entry in locked.items() if path}
    assert len(packages) > 20
    for name, version in wanted.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    for path, entry in packages.items():
        assert entry["integrity"].startswith("sha512-"), path


@pytest.mark.parametrize("name", ["environment.yml"])
def test_binder_finds_what_it_builds_from(name: str) -> None:
    """Binder takes environment.yml in the top folder, unless a folder of its own says otherwise."""
    assert (ROOT / name).is_file()
    for other in ("binder", ".binder", "Dockerfile"):
        assert not (ROOT / other).exists()

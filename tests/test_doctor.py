"""The doctor finds nothing here, and finds each thing that is made to be missing."""

import json
import shutil
import sys
import tomllib
import webbrowser
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from packaging.requirements import Requirement

from yoloexplain import doctor
from yoloexplain.__main__ import main
from yoloexplain.doctor import GIB, Finding
from yoloexplain.weights import demo

Patch = pytest.MonkeyPatch
PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]


def refused(finding: Finding, *words: str) -> None:
    """Check that a finding fails, names what was found, and says what to do."""
    assert not finding.holds
    assert finding.mend
    said = f"{finding.found} {finding.mend}"
    assert all(word in said for word in words), said


def test_this_machine_has_what_the_chapters_need() -> None:
    checks = [doctor.python, doctor.packages, doctor.disk, doctor.home, doctor.widgets]
    for check in checks:
        finding = check()
        assert finding.holds, finding
        assert finding.found
        assert finding.mend == ""


def test_a_kernel_really_answers_with_this_package() -> None:
    finding = doctor.kernel()
    assert finding.holds, finding
    assert str(Path(doctor.__file__).parent) in finding.found


def test_every_network_that_has_learned_is_loaded() -> None:
    finding = doctor.weights()
    assert finding.holds
    assert finding.found.startswith(f"{len(demo.list_demos())} networks")


def test_the_oldest_versions_are_those_of_the_project() -> None:
    lines = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["notebooks"]
    asked = {Requirement(line).name: Requirement(line).specifier for line in lines}
    for name, oldest in doctor.OLDEST.items():
        (told,) = asked[name]
        assert told.operator == ">="
        assert doctor.numbers(f"{told.version}.0") == oldest
    assert PROJECT["requires-python"] == ">=" + ".".join(map(str, doctor.PYTHON))


def test_an_old_python_is_named(monkeypatch: Patch) -> None:
    monkeypatch.setattr(doctor, "PYTHON", (99, 0))
    refused(doctor.python(), "99.0 or newer")


@pytest.mark.parametrize("oldest", [(999, 0), (2, 9999)])
def test_an_old_package_is_named_with_what_is_needed(
    monkeypatch: Patch, oldest: tuple[int, int]
) -> None:
    monkeypatch.setattr(doctor, "OLDEST", {"torch": oldest})
    refused(doctor.packages(), "torch", f"{oldest[0]}.{oldest[1]} or newer", "pip install")


def test_a_missing_package_is_named(monkeypatch: Patch) -> None:
    monkeypatch.setattr(doctor, "OLDEST", {"no-such-package": (1, 0)})
    refused(doctor.packages(), "no-such-package missing")


@pytest.mark.parametrize("available", [0.3, 1.4])
def test_too_little_memory_is_told_in_gibibytes(monkeypatch: Patch, available: float) -> None:
    told = SimpleNamespace(available=available * GIB)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: told)
    refused(doctor.memory(), f"{available} GiB free", "close other programs")


def test_what_a_hub_allows_counts_if_it_is_less(monkeypatch: Patch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=8 * GIB))
    monkeypatch.setenv("MEM_LIMIT", str(GIB))
    refused(doctor.memory(), "1.0 GiB allowed")
    monkeypatch.setenv("MEM_LIMIT", str(2 * GIB))
    assert doctor.memory() == Finding("memory", True, "2.0 GiB allowed")
    monkeypatch.setenv("MEM_LIMIT", str(64 * GIB))
    assert doctor.memory() == Finding("memory", True, "8.0 GiB free")


def test_a_full_disk_is_told(monkeypatch: Patch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=0.2 * GIB))
    refused(doctor.disk(), "0.2 GiB free")


def test_a_home_that_cannot_be_written_is_named(monkeypatch: Patch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "gone"))
    refused(doctor.home(), str(tmp_path / "gone"), "a folder of your own")


def no_browser() -> None:
    raise webbrowser.Error("none")


def test_a_machine_without_a_browser_is_told_so(monkeypatch: Patch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    for nothing in (no_browser, lambda: webbrowser.GenericBrowser("lynx")):
        monkeypatch.setattr(webbrowser, "get", nothing)
        refused(doctor.browser(), "none", "Firefox or Chrome")


def test_on_a_server_the_browser_is_the_learners(monkeypatch: Patch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(webbrowser, "get", no_browser)
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert doctor.browser().holds


def other_kernel(folder: Path, monkeypatch: Patch, argv: list[str], **variables: str) -> None:
    """Let python3 be another kernel."""
    (folder / "kernels/python3").mkdir(parents=True)
    spec = {"argv": [*argv, "-f", "{connection_file}"], "display_name": "x", "language": "python"}
    (folder / "kernels/python3/kernel.json").write_text(json.dumps(spec | {"env": variables}))
    monkeypatch.setenv("JUPYTER_PATH", str(folder))


def test_a_kernel_that_does_not_start_is_a_finding(monkeypatch: Patch, tmp_path: Path) -> None:
    other_kernel(tmp_path, monkeypatch, [sys.executable, "-m", "no_such_module"])
    refused(doctor.kernel(), "ipykernel install")


def test_a_kernel_of_another_python_is_a_finding(monkeypatch: Patch, tmp_path: Path) -> None:
    other = tmp_path / "other" / "yoloexplain"
    other.mkdir(parents=True)
    (other / "__init__.py").touch()
    launch = [sys.executable, "-m", "ipykernel_launcher"]
    other_kernel(tmp_path, monkeypatch, launch, PYTHONPATH=str(other.parent))
    refused(doctor.kernel(), str(other), "another Python", sys.executable)


def test_a_missing_half_of_the_widgets_is_named(monkeypatch: Patch) -> None:
    monkeypatch.setattr(doctor, "EXTENSIONS", ("anywidget", "no-such-extension"))
    refused(doctor.widgets(), "missing: no-such-extension")


def only(monkeypatch: Patch, check: Callable[[], Finding]) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (check,))


def test_damaged_weights_are_a_finding_and_no_traceback(
    monkeypatch: Patch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(demo.FOLDER, tmp_path / "demos")
    file = tmp_path / "demos" / "csp-densenet-demo.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1  # one bit of one weight
    file.write_bytes(content)
    monkeypatch.setattr(demo, "FOLDER", tmp_path / "demos")
    only(monkeypatch, doctor.weights)
    assert main(["doctor"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "the weights of csp-densenet-demo must have the hash of their card" in said
    assert said.endswith("To mend: weights.")


def test_every_check_has_its_say_though_one_breaks(monkeypatch: Patch) -> None:
    def broken() -> Finding:
        raise ImportError("libtorch is torn")

    monkeypatch.setattr(doctor, "CHECKS", (broken, doctor.python))
    found = doctor.examine()
    refused(found[0], "ImportError: libtorch is torn", "--force-reinstall")
    assert found[1].holds


def test_json_holds_every_finding_and_the_exit_code_tells(
    monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    only(monkeypatch, doctor.python)
    assert main(["doctor", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert list(told) == ["check", "holds", "found", "mend"]
    monkeypatch.setattr(doctor, "PYTHON", (99, 0))
    assert main(["doctor", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)[0]["holds"] is False

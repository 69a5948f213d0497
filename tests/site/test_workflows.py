"""The workflows: pinned to the commit, allowed to do no more than they must, and bound to exist."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# Which jobs may write, and what. Everything else reads.
MAY_WRITE = {
    ("site", "deploy"): {"pages": "write", "id-token": "write"},
    ("release", "publish"): {"id-token": "write"},
}

each_workflow = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def test_there_is_one_to_test_one_for_the_site_and_one_to_release() -> None:
    assert [path.stem for path in FILES] == ["release", "site", "test"]


@each_workflow
def test_every_action_is_pinned_to_a_commit_and_says_its_version(path: Path) -> None:
    lines = re.findall(r"uses: (.+)", path.read_text(encoding="utf-8"))
    assert lines
    for line in lines:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


@each_workflow
def test_a_workflow_reads_and_only_the_job_that_publishes_writes(path: Path) -> None:
    assert read(path)["permissions"] == {"contents": "read"}
    for name, job in read(path)["jobs"].items():
        assert job.get("permissions") == MAY_WRITE.get((path.stem, name))
        assert job["timeout-minutes"] <= 90


@each_workflow
def test_no_secret_is_used_and_no_event_is_pasted_into_a_shell(path: Path) -> None:
    assert "secrets." not in path.read_text(encoding="utf-8")
    assert not [step for step in steps(path) if "${{" in step.get("run", "")]


@each_workflow
def test_a_checkout_leaves_no_credentials_behind(path: Path) -> None:
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_what_they_run_and_publish_exists() -> None:
    commands = [step["run"] for path in FILES for step in steps(path) if "run" in step]
    assert ".ci/run" in commands
    assert (ROOT / ".ci" / "run").exists()
    assert "make site" in commands
    assert re.search(r"^site:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    (upload,) = [
        step
        for step in steps(ROOT / ".github/workflows/site.yml")
        if "path" in step.get("with", {})
    ]
    assert upload["with"]["path"] == "build/site/html"


def test_the_release_asks_for_a_python_that_the_project_takes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11"
    for path in FILES:
        for step in steps(path):
            asked = step.get("with", {}).get("python-version")
            assert asked is None or tuple(map(int, asked.split("."))) >= (3, 11)

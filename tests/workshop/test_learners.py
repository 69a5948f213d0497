"""Accounts of a course, and the rehearsal's small parts."""

import grp
import importlib.util
import os
import pwd
import re
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from workshop.load import __main__ as load
from workshop.load.hub import free_ports, give_chapters
from workshop.load.weight import Weight

ROOT = Path(__file__).parents[2]


@pytest.fixture
def make_learners() -> ModuleType:
    file = ROOT / "workshop/hub/make_learners.py"
    spec = importlib.util.spec_from_file_location("make_learners", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_account_has_a_closed_home_and_a_password_that_no_list_of_processes_shows(
    make_learners: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[tuple[list[str], str]] = []
    monkeypatch.setattr(
        subprocess, "run", lambda command, input="", **_: ran.append((command, input))
    )
    monkeypatch.setattr(make_learners, "give_chapters", lambda account: None)
    monkeypatch.setattr(pwd, "getpwnam", lambda name: name)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sys, "argv", ["make_learners.py", "3", "--teacher", "nina"])
    make_learners.main()
    slips = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert list(slips) == ["learner01", "learner02", "learner03", "nina"]
    assert len(set(slips.values())) == 4
    assert all(re.fullmatch("[a-z2-9]{12}", password) for password in slips.values())
    there = {entry.gr_name for entry in grp.getgrall()}
    made = {command[-1] for command, _ in ran if command[0] == "groupadd"}
    assert {"learners", "teachers"} <= there | made
    accounts = {command[-1]: command for command, _ in ran if command[0] == "useradd"}
    assert all("HOME_MODE=0700" in command for command in accounts.values())
    groups = {name: command[command.index("--groups") + 1] for name, command in accounts.items()}
    assert groups == dict.fromkeys(list(slips)[:3], "learners") | {"nina": "teachers"}
    for name, password in slips.items():
        assert (["chpasswd"], f"{name}:{password}\n") in ran
        assert not any(password in word for command, _ in ran for word in command)


def test_an_account_that_is_there_stays_as_it_is(
    make_learners: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[object] = []
    monkeypatch.setattr(subprocess, "run", lambda *command, **_: ran.append(command))
    make_learners.make(pwd.getpwuid(0).pw_name, "learners")
    said = capsys.readouterr()
    assert ran == []
    assert said.out == ""
    assert "is there already" in said.err


@pytest.mark.parametrize(
    ("user", "count", "words"), [(1000, "3", "sudo"), (0, "1000", "between 0 and 999, got 1000")]
)
def test_who_may_not_make_accounts_is_told(
    make_learners: ModuleType, monkeypatch: pytest.MonkeyPatch, user: int, count: str, words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(sys, "argv", ["make_learners.py", count])
    with pytest.raises(SystemExit):
        make_learners.main()
    assert words in capsys.readouterr().err


def test_a_rehearsals_home_is_closed_and_holds_the_chapters(tmp_path: Path) -> None:
    give_chapters(tmp_path / "ada")
    assert stat.S_IMODE((tmp_path / "ada").stat().st_mode) == 0o700
    held = {path.name for path in (tmp_path / "ada/chapters").glob("*.ipynb")}
    assert held == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_more_screens_than_learners_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["load", "--learners", "2", "--screens", "3"])
    with pytest.raises(SystemExit):
        load.main()
    assert "screens must be at most learners, got 3 of 2" in capsys.readouterr().err


def test_ports_differ_and_weights_add_up() -> None:
    assert len(set(free_ports(3))) == 3
    assert Weight(1, 2, 3) + Weight(3, 4, 6) == Weight(4, 6, 9)

"""The learner's own file: written whole, read with care, never in the way."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from yoloexplain.exercises import check, hint, list_exercises, progress, solution
from yoloexplain.exercises.ch03 import by_hand
from yoloexplain.exercises.progress import read

RIGHT, NAME = by_hand(), "ch03.receptive_field"


def test_tries_hints_and_success_are_kept(progress_file: Path) -> None:
    assert not check(NAME, RIGHT | {"SPPF": 1})
    assert repr(hint(NAME)).startswith("Hint 1 of 3")
    assert repr(hint(NAME)).startswith("Hint 2 of 3")
    assert check(NAME, RIGHT)
    solution(NAME)
    kept = json.loads(progress_file.read_text())
    assert kept == {NAME: {"tries": 2, "hints": 2, "solved": True, "solution_seen": True}}
    assert stat.S_IMODE(progress_file.parent.stat().st_mode) == 0o700


def test_what_was_solved_stays_solved() -> None:
    check(NAME, RIGHT)
    check(NAME, RIGHT | {"SPPF": 1})
    assert read()[NAME].solved


def test_looking_at_an_untouched_exercise_leaves_no_file(progress_file: Path) -> None:
    assert check(NAME, dict.fromkeys(RIGHT, ...)).fault == "not begun"
    progress()
    assert not progress_file.exists()


def test_progress_names_every_exercise_and_counts() -> None:
    check(NAME, RIGHT)
    check("ch03.spp", RIGHT)
    rows = repr(progress()).splitlines()
    assert [row.split()[0] for row in rows if row.startswith("ch0")] == list_exercises()
    assert [row.split()[1:] for row in rows if row.startswith(NAME)] == [["solved", "1", "0"]]
    assert [row.split()[1:] for row in rows if row.startswith("ch03.spp")] == [["tried", "1", "0"]]
    assert f"1 of {len(list_exercises())} solved; kept in " in " ".join(rows)


def test_a_file_that_cannot_be_read_is_set_aside_and_not_lost(progress_file: Path) -> None:
    progress_file.parent.mkdir()
    progress_file.write_text("half of a fi")
    assert check(NAME, RIGHT)
    assert read()[NAME].solved
    assert (progress_file.parent / "progress.unreadable.json").read_text() == "half of a fi"


@pytest.mark.parametrize(
    "content", ["[]", '{"ch03.spp": 3}', '{"ch03.spp": {"tries": "many", "hints": true}}']
)
def test_strange_content_counts_as_nothing(progress_file: Path, content: str) -> None:
    progress_file.parent.mkdir()
    progress_file.write_text(content)
    assert hint("ch03.spp")
    assert read()["ch03.spp"].tries == 0
    assert read()["ch03.spp"].hints == 1


def test_a_place_that_cannot_be_written_is_told_and_does_not_stop_the_check(
    progress_file: Path,
) -> None:
    progress_file.parent.write_text("a file, where a folder should be")
    verdict = check(NAME, RIGHT)
    assert verdict.passed
    assert "could not be kept" in repr(verdict)
    assert hint(NAME)
    assert solution(NAME)


def test_many_notebooks_at_once_lose_no_try(progress_file: Path) -> None:
    code = (
        "from yoloexplain.exercises.progress import changed\n"
        "for _ in range(20):\n"
        "    with changed('ch03.spp') as record: record.tries += 1\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert read()["ch03.spp"].tries == 60

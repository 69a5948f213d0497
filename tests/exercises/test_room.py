"""What a learner calls: check, hint, solution, progress; and the rules for every exercise."""

import subprocess
import sys
from typing import Any

import pytest

from yoloexplain import exercises
from yoloexplain.exercises import check, hint, list_exercises, solution
from yoloexplain.exercises.exercise import begun
from yoloexplain.exercises.functions import FunctionTask
from yoloexplain.exercises.layers import LayerTask
from yoloexplain.exercises.predictions import PredictionTask
from yoloexplain.exercises.room import CHAPTERS, chapter, examine, find

each_exercise = pytest.mark.parametrize("name", list_exercises())


def test_every_chapter_has_at_least_three_exercises() -> None:
    assert all(len(chapter(name)) >= 3 for name in CHAPTERS)


def test_names_are_unique_and_begin_with_their_chapter() -> None:
    assert len(set(list_exercises())) == len(list_exercises())
    for name in CHAPTERS:
        assert all(exercise.name.startswith(f"{name}.") for exercise in chapter(name))


@each_exercise
def test_an_exercise_has_three_hints_and_four_mistakes_that_teach(name: str) -> None:
    exercise = find(name)
    assert len(set(exercise.hints)) == 3
    task = exercise.task
    assert isinstance(task, FunctionTask | LayerTask | PredictionTask)
    assert len({mistake.fault for mistake in task.mistakes}) >= 4
    for mistake in task.mistakes:
        assert mistake.why.endswith("."), f"not a sentence: {mistake.why}"


@each_exercise
def test_the_solution_passes(name: str) -> None:
    exercise = find(name)
    predicts = isinstance(exercise.task, PredictionTask)
    verdict = examine(name, exercise.solution() if predicts else exercise.solution)
    assert verdict.passed, repr(verdict)
    assert repr(verdict) == f"{name}: right."


@each_exercise
def test_every_mistake_is_recognised_as_itself(name: str) -> None:
    task: Any = find(name).task
    for mistake in task.mistakes:
        answer = mistake.answer
        if isinstance(task, PredictionTask):
            values = answer() if callable(answer) else answer
            answer = dict(task.reference()) | dict(values)
        verdict = examine(name, answer)
        assert verdict.fault == mistake.fault, f"{mistake.fault}: {verdict!r}"


@each_exercise
def test_a_solution_shows_code_that_runs_in_an_empty_notebook(name: str) -> None:
    shown = str(solution(name))
    assert '"""' not in shown
    room: dict[str, Any] = {}
    exec(shown, room)
    written = room[find(name).solution.__name__]
    predicts = isinstance(find(name).task, PredictionTask)
    assert examine(name, written() if predicts else written).passed


def test_hints_come_one_after_the_other_and_the_last_names_the_solution() -> None:
    said = [repr(hint("ch03.spp")) for _ in range(4)]
    assert [words[:6] for words in said] == ["Hint 1", "Hint 2", "Hint 3", "Hint 3"]
    assert 'yx.exercises.solution("ch03.spp")' in said[2]
    assert repr(hint("ch03.spp", 1)) == said[0]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ch03.sp", "did you mean 'ch03.spp'"),
        ("ch09.spp", "must be one of"),
        ("", "must be one of"),
        (3, "must be one of"),
    ],
)
def test_an_unknown_exercise_is_refused_in_words(name: Any, words: str) -> None:
    for call in (lambda: check(name, {}), lambda: hint(name), lambda: solution(name)):
        with pytest.raises(ValueError, match=words):
            call()


@pytest.mark.parametrize("step", [0, 4, "1", -1])
def test_a_hint_that_does_not_exist_is_refused_in_words(step: Any) -> None:
    with pytest.raises(ValueError, match="step must be one of 1, 2, 3; got"):
        hint("ch03.spp", step)


def unwritten(x: Any) -> Any:
    return ...


def partly(x: Any) -> Any:
    y = x + 1
    return {"a": y, "b": ...}


def indexed(x: Any) -> Any:
    return x[..., 0] + x[..., 1:2]


class Half:
    def __init__(self) -> None:
        self.a = 1
        self.b = ...


@pytest.mark.parametrize(
    ("answer", "is_begun"),
    [
        (..., False),
        (None, False),
        ({"a": 1, "b": ...}, False),
        ([1, ...], False),
        (unwritten, False),
        (partly, False),
        (Half, False),
        (indexed, True),
        ({"a": 1}, True),
        (len, True),
        (3, True),
    ],
)
def test_a_skeleton_is_told_from_an_answer(answer: Any, is_begun: bool) -> None:
    assert begun(answer) is is_begun


def test_a_skeleton_gets_a_friendly_word_and_no_process() -> None:
    verdict = check("ch03.top_down", unwritten)
    assert repr(verdict).startswith("ch03.top_down: not begun.")
    assert not verdict


def test_an_answer_of_the_wrong_kind_is_told() -> None:
    assert examine("ch03.spp", 3).fault == "not a class"
    assert examine("ch03.top_down", dict).fault == "not a function"
    assert examine("ch03.receptive_field", 66).fault == "not a dictionary"


def test_the_door_opens_without_the_rooms_behind_it() -> None:
    code = (
        "import yoloexplain.exercises, sys; sys.exit('yoloexplain.exercises.ch03' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert set(exercises.__all__) >= {"check", "hint", "solution", "progress"}

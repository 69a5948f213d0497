"""The workshop's plans: made from the teaching notes, on the clock, and up to date."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from workshop.plans import (  # noqa: E402
    PLANS,
    Pause,
    Plan,
    Practice,
    Talk,
    length,
    table,
    timed,
    written,
)
from yoloexplain.exercises import list_exercises  # noqa: E402

each_plan = pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.file)


@each_plan
def test_a_plan_is_what_the_notes_give_today(plan: Plan) -> None:
    found = (ROOT / "workshop" / plan.file).read_text(encoding="utf-8")
    assert found == written(plan), "run: python -m workshop.plans"


@each_plan
def test_a_plan_fills_its_time_and_leaves_some_for_questions(plan: Plan) -> None:
    slots = list(timed(plan))
    assert sum(long for _, long, _ in slots) == plan.minutes
    assert 10 <= slots[-1][1] <= 25
    starts = [at for at, _, _ in slots]
    assert starts == sorted(starts)


@each_plan
def test_nobody_sits_for_two_hours_without_a_pause_or_an_exercise(plan: Plan) -> None:
    sitting = 0
    for _, long, slot in timed(plan):
        sitting = sitting + long if isinstance(slot, Talk) else 0
        assert sitting <= 75, slot


@each_plan
def test_exercises_of_a_plan_exist(plan: Plan) -> None:
    for slot in plan.slots:
        if isinstance(slot, Practice):
            assert slot.exercise in list_exercises()


def test_a_section_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match=r"must be one of The question, .*; got The answer"):
        length(Talk("03_necks", ("The answer",)))


def test_a_plan_that_is_too_full_is_refused() -> None:
    full = Plan("Full", "full.md", 0, 60, (Pause("Talk", 55),), "")
    with pytest.raises(ValueError, match="must leave ten minutes for questions, got 5"):
        list(timed(full))


def test_the_index_of_the_chapters_shows_the_same_minutes() -> None:
    index = (ROOT / "notebooks" / "index.py").read_text(encoding="utf-8")
    for row in table():
        assert f"# {row}\n" in index, f"notebooks/index.py should hold: {row}"

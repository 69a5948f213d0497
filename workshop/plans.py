"""Plans for half a day and a whole day, made from the teaching notes by one command.

``python -m workshop.plans`` writes ``workshop/half-day.md`` and ``workshop/full-day.md``: a table
with the clock, and below it the notes of all sections that are taught, in that order. What is
chosen stands here; how long a section takes, and what to say in it, stands with the chapter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .deck.notes import Note, read_notes

ROOT = Path(__file__).parent.parent
TEACHING = ROOT / "notebooks" / "teaching"


@dataclass(frozen=True)
class Talk:
    """Sections of a chapter, told and touched; none named means all but the exercises."""

    chapter: str
    sections: tuple[str, ...] = ()


@dataclass(frozen=True)
class Practice:
    """An exercise of a chapter."""

    chapter: str
    exercise: str
    minutes: int


@dataclass(frozen=True)
class Pause:
    """Time without a chapter."""

    words: str
    minutes: int


@dataclass(frozen=True)
class Plan:
    """A workshop: what happens, from when on, and how long in all; questions take what is left."""

    title: str
    file: str
    starts: int  # minutes after midnight
    minutes: int
    slots: tuple[Talk | Practice | Pause, ...]
    advice: str


QUESTION, IDEA, CODE, SEES = "The question", "The idea in one figure", "The code", "What it sees"
POOLING = "Spatial pyramid pooling: a vector of one length"
SAME = "Settle it: is SPPF really the same as SPP?"
TWINS = "Settle it: can a network without coordinates tell two identical objects apart?"
ARRIVE = "Open a chapter, run `python -m yoloexplain doctor`, help one another"

HALF_DAY = Plan(
    "Half a day: from one grid to a mask",
    "half-day.md",
    9 * 60,
    210,
    (
        Pause(ARRIVE, 10),
        Talk("00_yolov1", (QUESTION, IDEA, "The target, slot by slot")),
        Practice("00_yolov1", "ch00.encode", 15),
        Talk("02_csp", (QUESTION, IDEA, "Settle it: does CSP split the channels?")),
        Talk("03_necks", (QUESTION, IDEA, CODE, "YOLOv5's neck", SEES)),
        Pause("Break", 15),
        Talk("03_necks", (POOLING, SAME)),
        Practice("03_necks", "ch03.spp", 20),
        Talk("04_yolov5", (QUESTION, IDEA, CODE, "From raw numbers to a box", SEES)),
        Practice("04_yolov5", "ch04.nms", 20),
        Talk("06_solo", (QUESTION, IDEA, TWINS)),
    ),
    "Three exercises are enough for a morning; let people finish them. Who is quick goes on to "
    "`ch00.decode` and `ch04.decode`.",
)

FULL_DAY = Plan(
    "A whole day: how a detector is built, and how it learns",
    "full-day.md",
    9 * 60,
    480,
    (
        Pause(ARRIVE, 15),
        Talk(
            "00_yolov1",
            (QUESTION, IDEA, "The target, slot by slot", "The loss, term by term", SEES),
        ),
        Practice("00_yolov1", "ch00.encode", 20),
        Talk("01_densenet", (QUESTION, IDEA, CODE)),
        Practice("01_densenet", "ch01.channels", 15),
        Pause("Break", 15),
        Talk(
            "02_csp",
            (
                QUESTION,
                IDEA,
                "Where to mix, and how much to let pass",
                "BottleneckCSP and C3: what release 4.0 took away",
                "Settle it: does CSP split the channels?",
            ),
        ),
        Practice("02_csp", "ch02.c3", 20),
        Talk("03_necks", (QUESTION, IDEA, CODE, "YOLOv5's neck", SEES)),
        Pause("Lunch", 60),
        Talk("03_necks", (POOLING, SAME)),
        Practice("03_necks", "ch03.spp", 20),
        Talk("04_yolov5", (QUESTION, IDEA, CODE, "From raw numbers to a box", SEES)),
        Practice("04_yolov5", "ch04.nms", 20),
        Pause("Break", 15),
        Talk(
            "05_training",
            (
                QUESTION,
                IDEA,
                CODE,
                "How wrong: where?",
                "How wrong: what, and is anything there?",
                "How good is it? Mean average precision",
                "A training to watch",
            ),
        ),
        Practice("05_training", "ch05.ciou", 20),
        Pause("Break", 15),
        Talk("06_solo", (QUESTION, IDEA, SEES, TWINS)),
        Practice("06_solo", "ch06.coordconv", 20),
    ),
    "What is left out is meant to be read afterwards. In a slow hour drop the talk on DenseNet "
    "first, then an exercise, never a widget.",
)

PLANS = (HALF_DAY, FULL_DAY)


def notes(chapter: str) -> dict[str, Note]:
    """Give a chapter's teaching notes by the heading of their section."""
    found = read_notes(TEACHING / f"{chapter}.md", "")
    return {heading: note for heading, note in found.items() if heading}


def chapter_title(chapter: str) -> str:
    """Give a chapter's number and title, for example "3 · Necks"."""
    first = (TEACHING / f"{chapter}.md").read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("# Teaching notes · ")


def sections(talk: Talk) -> tuple[str, ...]:
    """Name the sections of a talk.

    Raises
    ------
    ValueError
        If the chapter has no such section.
    """
    known = [heading for heading in notes(talk.chapter) if heading != "Exercises"]
    if unknown := [name for name in talk.sections if name not in known]:
        raise ValueError(
            f"a section of {talk.chapter} must be one of {', '.join(known)}; "
            f"got {', '.join(unknown)}; mend workshop/plans.py"
        )
    return talk.sections or tuple(known)


def length(slot: Talk | Practice | Pause) -> int:
    """Minutes that a slot takes."""
    if not isinstance(slot, Talk):
        return slot.minutes
    told = notes(slot.chapter)
    return sum(told[name].minutes for name in sections(slot))


def timed(plan: Plan) -> Iterator[tuple[int, int, Talk | Practice | Pause]]:
    """Give each slot with its start (minutes after midnight) and its length.

    Raises
    ------
    ValueError
        If fewer than ten minutes are left for questions.
    """
    now = plan.starts
    for slot in plan.slots:
        yield now, length(slot), slot
        now += length(slot)
    left = plan.starts + plan.minutes - now
    if left < 10:
        raise ValueError(
            f"{plan.file} must leave ten minutes for questions, got {left}; "
            "leave a section out in workshop/plans.py"
        )
    yield now, left, Pause("Questions, and what each takes along", left)


def words(slot: Talk | Practice | Pause) -> str:
    """Say in a table's cell what happens."""
    if isinstance(slot, Pause):
        return slot.words
    title = chapter_title(slot.chapter)
    if isinstance(slot, Practice):
        return f"**{title}**: exercise `{slot.exercise}`"
    return f"**{title}**: {'; '.join(sections(slot)) if slot.sections else 'all of it'}"


def clock(minutes: int) -> str:
    """Write a time of day."""
    return f"{minutes // 60}:{minutes % 60:02d}"


def written(plan: Plan) -> str:
    """Write a plan as Markdown."""
    lines = [f"# {plan.title}", "", plan.advice, "", "| From | Minutes | |", "|---|---|---|"]
    slots = list(timed(plan))
    lines += [f"| {clock(at)} | {long} | {words(slot)} |" for at, long, slot in slots]
    lines += ["", f"Ends at {clock(plan.starts + plan.minutes)}.", ""]
    for at, _, slot in slots:
        if isinstance(slot, Talk):
            lines += [f"## {clock(at)} · {chapter_title(slot.chapter)}", ""]
            told = notes(slot.chapter)
            for name in sections(slot):
                lines += [f"### {name}", "", told[name].text, ""]
    made = "Made from the chapters' teaching notes by `python -m workshop.plans`."
    return "\n".join([*lines, made, ""])


def table() -> list[str]:
    """Give the rows of a table of both plans, talk and exercises, for the index of the chapters."""
    rows = []
    for chapter in sorted(path.stem for path in TEACHING.glob("*.md")):
        cells = [_shares(plan, chapter) for plan in PLANS]
        rows.append(f"| {chapter_title(chapter)} | {' | '.join(cells)} |")
    rest = [sum(x for _, x, slot in timed(plan) if isinstance(slot, Pause)) for plan in PLANS]
    return [*rows, f"| Arriving, pauses, questions | {rest[0]} | {rest[1]} |"]


def _shares(plan: Plan, chapter: str) -> str:
    """Minutes of talk and of exercises that a plan gives to a chapter."""
    sums = {Talk: 0, Practice: 0}
    for _, long, slot in timed(plan):
        if not isinstance(slot, Pause) and slot.chapter == chapter:
            sums[type(slot)] += long
    return " + ".join(str(value) for value in sums.values() if value) or "–"


def main() -> None:
    """Write both plans."""
    for plan in PLANS:
        (Path(__file__).parent / plan.file).write_text(written(plan), encoding="utf-8")
        print(f"workshop/{plan.file}")


if __name__ == "__main__":
    main()

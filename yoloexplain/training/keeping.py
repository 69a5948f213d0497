"""Keeping: what is judged and written down after every epoch, and how it is taken up again.

It stands between a training and the disk. With several processes the first one writes, and the
others wait for it.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..data.record import Scene
from ..files import write_whole
from ..weights.stored import save_weights
from .accuracy import Accuracy
from .checkpoint import (
    Checkpoint,
    last_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from .evaluation import Scores, evaluate
from .steps import Stepper

Row = dict[str, float]
TABLE = "results.csv"
BEST, LAST, CHECKPOINTS = "best.safetensors", "last.safetensors", "checkpoints"


@dataclass(eq=False)
class Training:
    """A training under way: who steps, what for, and what came of it so far."""

    stepper: Stepper
    scenes: Sequence[Scene]
    validation: Sequence[Scene] | None
    folder: Path | None
    card: dict[str, Any]
    history: list[Row] = field(default_factory=list)
    best: float = -1.0
    scores: Scores | Accuracy | None = None

    def fingerprint(self) -> str:
        """What must be the same for a training to go on, in JSON."""
        settings = self.stepper.settings.to_dict() | {"scenes": len(self.scenes)}
        return json.dumps(settings | self.card, sort_keys=True)


def checkpoint_of(folder: Path | None, resume: bool) -> Checkpoint | None:
    """Find what to go on from, and guard what is there already.

    Raises
    ------
    ValueError
        If there is nothing to resume, or something that would be overwritten.
    """
    place = None if folder is None else last_checkpoint(folder / CHECKPOINTS)
    if resume and place is None:
        raise ValueError(
            f"resume needs a checkpoint, found none in {folder or 'no folder'}; start without it"
        )
    if place is not None and not resume:
        raise ValueError(
            f"a new training needs a folder of its own, but {folder} holds one; choose another "
            "name, or resume that one"
        )
    return load_checkpoint(place) if place is not None else None


def judge(training: Training, row: Row) -> None:
    """Measure the running mean on the validation scenes, when it is time to."""
    stepper, settings = training.stepper, training.stepper.settings
    due = row["epoch"] % settings.validate_every == 0 or row["epoch"] == settings.epochs
    if training.validation is None or not due or not stepper.is_main:
        return
    training.scores = evaluate(stepper.task, training.validation, settings, model=stepper.ema.model)
    row |= training.scores.row()


def put_down(training: Training, epoch: int) -> None:
    """Write checkpoint, weights and table, each whole or not at all."""
    stepper, folder = training.stepper, training.folder
    if folder is not None and stepper.is_main:
        better = training.scores is None or training.scores.fitness > training.best
        if training.scores is not None and better:
            training.best = training.scores.fitness
        state = stepper.state() | {
            "epoch": epoch,
            "history": training.history,
            "best": training.best,
            "fingerprint": training.fingerprint(),
        }
        weights, mean = stepper.task.model.state_dict(), stepper.ema.model.state_dict()
        save_checkpoint(folder / CHECKPOINTS, Checkpoint(epoch, weights, mean, state))
        card = training.card | {"results": training.history[-1]}
        for name in [LAST] + [BEST] * better:
            save_weights(folder / name, stepper.ema.model, card)
        write_whole(folder / TABLE, table(training.history).encode())
    stepper.accelerator.wait_for_everyone()


def take_up(training: Training, found: Checkpoint) -> None:
    """Go on from a checkpoint.

    Raises
    ------
    ValueError
        If it belongs to a training with other settings.
    """
    before, now = json.loads(found.state["fingerprint"]), json.loads(training.fingerprint())
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            raise ValueError(
                f"a training must go on as it began, with {name} {before.get(name)!r}, got "
                f"{now.get(name)!r}; repeat the first command, with --resume"
            )
    training.stepper.restore(found.state)
    training.stepper.ema.model.load_state_dict(found.mean)
    training.history[:] = found.state["history"]
    training.best = float(found.state["best"])


def last_good(folder: Path | None) -> str:
    """Say where the last good checkpoint is."""
    place = None if folder is None else last_checkpoint(folder / CHECKPOINTS)
    return f"the last good checkpoint is {place}" if place else "there is no checkpoint yet"


def table(history: Sequence[Row]) -> str:
    """Write the rows as CSV; an epoch without an evaluation leaves its scores empty."""
    columns = list(dict.fromkeys(name for row in history for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    return text.getvalue()

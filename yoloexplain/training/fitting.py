"""Fit: train a network, epoch by epoch, so that nothing is lost whenever it stops.

It stands over the whole way: scenes → batches → steps → a running mean that is judged and kept.

After every epoch the training is put down: checkpoint first, then the weights for use, then the
table. Whatever ends it, the last complete checkpoint is there, and the same call with
``resume=True`` goes on from it to the same numbers as if nothing had happened.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..data.record import Scene
from .accuracy import Accuracy
from .batches import Framed, loader, shares
from .evaluation import Scores
from .keeping import Row, Training, checkpoint_of, judge, last_good, put_down, take_up
from .progress import Bar
from .settings import Settings
from .steps import BrokenLossError, Stepper
from .task import Task, check_fit, task_of

MEASURED_SCENES = 200  # whose boxes are looked at for anchors; their shapes repeat


@dataclass(frozen=True, eq=False)
class Epoch:
    """What is known after an epoch.

    Attributes
    ----------
    row
        Epoch, step, rate, mean of each loss term, scores if there was an evaluation.
    model
        The running mean, in eval mode; it goes on changing.
    scores
        Of that mean on the validation scenes.
    """

    row: Row
    model: nn.Module
    scores: Scores | Accuracy | None


@dataclass(frozen=True, eq=False)
class Fitted:
    """A training that is done.

    Attributes
    ----------
    model
        The running mean of the weights, in eval mode.
    task
        Its adapter, to decode what it says.
    history
        A row an epoch.
    scores
        Of the last evaluation.
    notes
        What was decided on the way, such as new anchors.
    is_main
        Whether this is the process that has the scores and wrote the files.
    """

    model: nn.Module
    task: Task
    history: tuple[Row, ...]
    scores: Scores | Accuracy | None
    notes: tuple[str, ...] = ()
    is_main: bool = True


def fit(
    model: nn.Module,
    scenes: Sequence[Scene],
    settings: Settings,
    *,
    names: Sequence[str],
    validation: Sequence[Scene] | None = None,
    folder: Path | None = None,
    card: Mapping[str, Any] | None = None,
    kind: str | None = None,
    num_boxes: int = 2,
    resume: bool = False,
    progress: bool = False,
    on_step: Callable[[int, int], object] | None = None,
    on_epoch: Callable[[Epoch], object] | None = None,
) -> Fitted:
    """Train a network.

    Parameters
    ----------
    model
        YOLOv1, YOLOv5 or SOLO; its weights are changed in place.
    scenes
        To learn from.
    settings
        How.
    names
        Of the classes.
    validation
        To be judged on; without it there are no scores.
    folder
        Where checkpoints, weights and the table go; nothing is written without it.
    card
        What is written into the weights, so that they can be used again: ``model``, ``options``.
    kind, num_boxes
        As in ``task_of``.
    resume
        Go on from the last checkpoint in ``folder``.
    progress
        Show a bar on the terminal.
    on_step, on_epoch
        Called after each step with the steps done and those of the whole training, and after each
        epoch.

    Raises
    ------
    ValueError
        For data, settings or a folder that do not fit; ``BrokenLossError`` for a loss that is not
        finite.
    OSError
        If the disk is full; the last good checkpoint is still there.
    """
    torch.manual_seed(settings.seed)
    task = task_of(model, names, settings.image_size, kind=kind,
                   label_smoothing=settings.label_smoothing, num_boxes=num_boxes)  # fmt: skip
    found = checkpoint_of(folder, resume)
    steps = len(shares(len(scenes), settings, 0)) * settings.epochs
    notes = []
    if found is not None:
        task.model.load_state_dict(found.weights)
    elif settings.autoanchor:
        notes.append(task.prepare(box_sizes(scenes, settings.image_size), settings.seed))
    stepper = Stepper(task, settings, steps)
    check_fit(task, stepper.accelerator.device)
    full = {"names": list(names), "image_size": settings.image_size, **(card or {})}
    training = Training(stepper, scenes, validation, folder, full)
    if found is not None:
        take_up(training, found)
    with Bar(settings.epochs, steps // settings.epochs, shown=progress and stepper.is_main) as bar:
        for epoch in range(found.epoch if found else 0, settings.epochs):
            row = run_epoch(training, epoch, bar, on_step)
            judge(training, row)
            put_down(training, epoch + 1)
            bar.say(row)
            if on_epoch is not None and stepper.is_main:
                on_epoch(Epoch(row, stepper.ema.model, training.scores))
    said = tuple(note for note in notes if note)
    return Fitted(
        stepper.ema.model, task, tuple(training.history), training.scores, said, stepper.is_main
    )


def run_epoch(
    training: Training, epoch: int, bar: Bar, on_step: Callable[[int, int], object] | None = None
) -> Row:
    """Show the network every scene once.

    All random numbers of an epoch follow from the seed, its number and the process.
    """
    stepper, start = training.stepper, time.monotonic()
    settings, process = stepper.settings, stepper.accelerator.process_index
    (seed,) = np.random.SeedSequence((settings.seed, epoch, process)).generate_state(1)
    torch.manual_seed(int(seed))
    batches = shares(len(training.scenes), settings, epoch, process, stepper.processes)
    sums: dict[str, Tensor] = {}
    for number, batch in enumerate(loader(training.scenes, batches, settings, epoch)):
        try:
            terms = stepper.take(batch, f"epoch {epoch + 1}, batch {number + 1}")
        except BrokenLossError as error:
            raise BrokenLossError(f"{error}; {last_good(training.folder)}") from error
        sums = {name: sums.get(name, 0.0) + term for name, term in terms.items()}
        bar.step(epoch, number + 1, {name: value / (number + 1) for name, value in sums.items()})
        if on_step is not None and stepper.is_main:
            on_step(stepper.step, stepper.schedule.total)
    before = training.history[-1]["seconds"] if training.history else 0.0
    means = {f"loss_{name}": float(value) / len(batches) for name, value in sums.items()}
    rate = stepper.schedule.rate(stepper.step - 1)
    seconds = round(before + time.monotonic() - start, 2)
    row = {"epoch": epoch + 1, "step": stepper.step, "seconds": seconds, "rate": rate, **means}
    training.history.append(row)
    return row


def box_sizes(scenes: Sequence[Scene], side: int) -> Tensor:
    """Width and height of the labelled boxes, framed, of at most two hundred scenes."""
    framed = Framed(scenes, side)
    places = np.unique(np.linspace(0, len(framed) - 1, min(len(framed), MEASURED_SCENES)).round())
    parts = [np.zeros((0, 2), np.float32)]
    for place in places.astype(int).tolist():
        boxes = framed[place].boxes_xyxy
        parts.append(boxes[:, 2:] - boxes[:, :2])
    sizes = torch.from_numpy(np.concatenate(parts))
    return sizes[(sizes > 0).all(dim=1)]

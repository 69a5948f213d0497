"""Running: a training or an evaluation as a command asks for it.

It stands between the command line and ``fit``: data by name, network by name, pictures at the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..catalog import create_model, find
from ..data.record import Scene
from ..results import Detections
from ..weights.demo import demo_file, list_demos
from ..weights.stored import load_weights, read_weights
from .batches import in_order
from .evaluation import Scores, answers, only_cpu
from .evaluation import evaluate as evaluate_task
from .fitting import fit
from .plots import draw_all
from .settings import Settings
from .sources import open_data
from .steps import this_process
from .task import DetectorTask, Task, task_of

SHOWN, SHOWN_SCORE = 18, 0.25  # scenes on the sheet of samples, and how sure their boxes must be


@dataclass(frozen=True)
class Plan:
    """What a ``train`` command names, apart from the settings."""

    data: str
    model: str
    release: str | None
    weights: Path | None
    folder: Path
    cache: bool
    images: Path | None
    scenes: int | None
    skip_bad: bool
    validation: str | None = None
    validation_images: Path | None = None


def run(plan: Plan, settings: Settings, resume: bool) -> None:
    """Train as planned, and draw how it went."""
    options = options_of(plan.model, plan.release, settings.image_size)
    opened: dict[str, Any] = {
        "skip_bad": plan.skip_bad,
        "cache": Path("runs") / "cache" if plan.cache else None,
        "seed": settings.seed,
    }
    train, names, line = open_data(
        plan.data, "train", settings.image_size, images=plan.images, count=plan.scenes, **opened
    )
    say = print if this_process().is_main_process else silent
    say(line)
    unseen, line = judged_on(plan, names, settings, opened)
    say(line)
    torch.manual_seed(settings.seed)
    model = create_model(plan.model, num_classes=len(names), **options)
    if plan.weights is not None and not resume:
        taken, whole = load_weights(model, plan.weights)
        say(f"{taken} of {whole} tensors start from {plan.weights}")
    card = {"model": plan.model, "options": {"num_classes": len(names), **options}}
    fitted = fit(
        model, train, settings, names=names, validation=unseen, folder=plan.folder,
        card=card | {"data": plan.data}, resume=resume, progress=True,
    )  # fmt: skip
    if not fitted.is_main:
        return
    for note in fitted.notes:
        print(note)
    samples = shown(fitted.task, unseen, settings, fitted.model)
    draw_all(plan.folder, history=fitted.history, scores=fitted.scores, samples=samples)
    if fitted.scores is not None:
        print(fitted.scores.line())
    print(f"weights, table and pictures are in {plan.folder}")


def judged_on(
    plan: Plan, names: tuple[str, ...], settings: Settings, opened: dict[str, Any]
) -> tuple[Sequence[Scene] | None, str]:
    """Open the part for validation, and say what it is; COCO annotations are one part themselves.

    Raises
    ------
    ValueError
        If it has other classes than the training.
    """
    if plan.validation is None and plan.data.endswith(".json"):
        return None, "no validation data, so no scores; name some with --validation"
    data = plan.validation or plan.data
    unseen, others, line = open_data(
        data, "val", settings.image_size, images=plan.validation_images, **opened
    )
    if others != names:
        raise ValueError(
            f"validation must have the classes of the training, {', '.join(names)}, got "
            f"{', '.join(others)}; pass data of the same classes in the same order"
        )
    return unseen, line


def silent(_: str) -> None:
    """Leave it to the first process to speak."""


def options_of(model: str, release: str | None, image_size: int) -> dict[str, Any]:
    """Choose a network's options: the release, and for YOLOv1's linear layers the grid."""
    known = find(model).options
    options: dict[str, Any] = {} if release is None else {"release": release}
    if model in ("yolov1-darknet", "yolov1-notebook"):
        if image_size % 64:
            raise ValueError(
                f"image_size must be a multiple of 64 for {model}, got {image_size}; pass for "
                f"example {max(round(image_size / 64), 1) * 64}"
            )
        options["grid"] = image_size // 64
    strange = options.keys() - known.keys()
    if strange:
        raise ValueError(f"{model} has no {strange.pop()}; leave the option out")
    return options


def from_weights(weights: str | Path) -> Task:
    """Build the network that weights belong to, by their card.

    Parameters
    ----------
    weights
        A file that ``train`` wrote, or the name of a network that comes with the package.

    Raises
    ------
    ValueError
        If the file is no weights file, or has no card.
    """
    if str(weights) in list_demos():
        weights = demo_file(str(weights))
    weights = Path(weights)
    values, card = read_weights(weights)
    if not {"model", "options", "names", "image_size"} <= card.keys():
        raise ValueError(
            f"weights must say which network they belong to, got {weights} without a card; pass "
            "a file that `train` wrote"
        )
    model: nn.Module = create_model(card["model"], **card["options"])
    try:
        model.load_state_dict(values)
    except RuntimeError as error:
        raise ValueError(
            f"weights must fit the network on their card, {card['model']}, got {weights}: "
            f"{str(error).splitlines()[-1].strip()}; train anew"
        ) from error
    return task_of(model.eval(), card["names"], int(card["image_size"]))


def measure(
    weights: Path,
    data: str,
    split: str,
    batch: int,
    images: Path | None,
    scenes: int | None,
    skip_bad: bool,
    plots: Path | None,
    seed: int,
) -> None:
    """Evaluate weights on one part of a data set, and print the numbers."""
    task = from_weights(weights)
    settings = Settings(batch=batch, image_size=task.image_size, seed=seed)
    part, names, line = open_data(
        data, split, task.image_size, images=images, skip_bad=skip_bad, count=scenes, seed=seed
    )
    if names != task.names:
        raise ValueError(
            f"the data must have the classes of the weights, {', '.join(task.names)}, got "
            f"{', '.join(names)}; pass the data that they were trained on"
        )
    print(line)
    scores = evaluate_task(task, part, settings)
    print(scores.line())
    measured = "mAP50-95" if isinstance(scores, Scores) else "accuracy"
    for name, value in scores.per_class.items():
        print(f"  {name}: {measured} {value:.3f}")
    if plots is not None:
        plots.mkdir(parents=True, exist_ok=True)
        draw_all(plots, scores=scores, samples=shown(task, part, settings))


def shown(
    task: Task, scenes: Sequence[Scene] | None, settings: Settings, model: nn.Module | None = None
) -> list[tuple[Scene, Detections]]:
    """Ask a detector about the first scenes, if there are any, and keep what is sure."""
    if not scenes or not isinstance(task, DetectorTask):
        return []
    first = [scenes[i] for i in range(min(SHOWN, len(scenes)))]
    batches = in_order(first, settings)
    found = [only_cpu(r).above(SHOWN_SCORE) for _, rs in answers(task, batches, model) for r in rs]
    return list(zip(first, found, strict=True))

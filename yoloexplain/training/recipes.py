"""Recipes: how each network that comes with the package was trained.

They stand over the whole way: scenes drawn from a seed → ``fit`` → scores on unseen scenes → a file
with its card. A recipe is all numbers, so the same command makes the same network again, to the
last digit on the same machine. The files that come with the package are older than that: their
first weights were drawn without a seed, so the command makes their equals, not their copies.

Scenes are drawn anew rather than changed: while no picture comes often, augmentation only makes the
first minutes harder. The classifiers see theirs eight times and would learn them by heart: they see
them mirrored and in other colours.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..catalog import create_model
from ..data.scenes import CLASSES, Prepared, Scenes, prepare
from ..files import write_whole
from ..layers.check import check_choice
from ..weights.demo import digest, halved
from ..weights.stored import packed
from .checkpoint import last_checkpoint
from .evaluation import Scores, evaluate
from .fitting import Fitted, fit
from .keeping import CHECKPOINTS, Row
from .settings import Settings
from .sources import SEEDS, THINGS
from .task import Task

JUDGED = 500  # unseen scenes
AGAIN = 64  # of them, the first: few enough to be asked about again whenever the package is tested


@dataclass(frozen=True)
class Recipe:
    """How one network is trained.

    Attributes
    ----------
    model, options
        As for ``create_model``.
    settings
        How it is trained.
    scenes
        How many are drawn to learn from.
    content
        What they look like, as in ``data.scenes``.
    after
        A second training, on as many scenes drawn from its own seed, that goes on from the mean
        of the first.
    """

    model: str
    settings: Settings
    scenes: int
    options: dict[str, Any] = field(default_factory=dict)
    content: dict[str, Any] = field(default_factory=dict)
    after: Settings | None = None

    @property
    def trainings(self) -> tuple[Settings, ...]:
        """Its one or two trainings."""
        return (self.settings,) if self.after is None else (self.settings, self.after)

    def draw(self, part: str, count: int, seed: int | None = None) -> Scenes:
        """Give the scenes of one part: ``"train"``, ``"val"`` or ``"test"``.

        The last two lie on photographs that no training sees.
        """
        return Scenes(
            count,
            seed=(self.settings.seed if seed is None else seed) + SEEDS[part],
            size=self.settings.image_size,
            split="train" if part == "train" else "val",
            **self.content,
        )


def settings(**chosen: Any) -> Settings:
    """Give what all recipes share, and what one of them chooses."""
    shared: dict[str, Any] = {
        "image_size": 192,
        "batch": 32,
        "augment": "none",
        "validate_every": 2,
    }
    return Settings(**shared | chosen)


SOLO = settings(epochs=6, batch=16, image_size=160, learning_rate=2e-3)
SOLO_AFTER = replace(SOLO, epochs=4, learning_rate=1e-3, seed=100)
CLASSIFIER = settings(epochs=8, batch=64, image_size=64, validate_every=1, augment="light")

RECIPES: dict[str, Recipe] = {
    "yolov5n-demo": Recipe("yolov5n", settings(epochs=8), 20_000),
    "yolov1-demo": Recipe("yolov1-small", settings(epochs=4, learning_rate=2e-3), 20_000),
    "solo-demo": Recipe("solo-small", SOLO, 16_000, after=SOLO_AFTER),
    "solo-decoupled-demo": Recipe("solo-small-decoupled", SOLO, 16_000),
    "densenet-demo": Recipe("densenet-small", CLASSIFIER, 16_000, content=THINGS),
    "csp-densenet-demo": Recipe("csp-densenet-small", CLASSIFIER, 16_000, content=THINGS),
}


def make_demo(name: str, output: Path, resume: bool = False) -> Path:
    """Train a network by its recipe, judge it, and write it with its card.

    Parameters
    ----------
    name
        One of ``RECIPES``.
    output
        Folder for the file; checkpoints and the drawn scenes are kept under ``runs``.
    resume
        Go on where it stopped.

    Raises
    ------
    ValueError
        For an unknown name, or a run of that name that is there already.
    """
    check_choice("name", name, tuple(RECIPES))
    recipe = RECIPES[name]
    card: dict[str, Any] = {
        "model": recipe.model,
        "options": {"num_classes": len(CLASSES), **recipe.options},
        "data": f"{recipe.scenes:,} {recipe.draw('train', recipe.scenes).recipe}",
        "command": f"python -m yoloexplain demo {name}",
    }
    fitted, rows = trained(recipe, name, card, resume)
    weights = halved(fitted.model.state_dict())
    fitted.model.load_state_dict(weights)  # judged as it is shipped
    card |= {
        "names": list(fitted.task.names),
        "image_size": recipe.settings.image_size,
        "settings": recipe.settings.to_dict(),
        "steps": int(sum(row["step"] for row in rows)),
        "seconds": round(sum(row["seconds"] for row in rows), 2),
        "threads": torch.get_num_threads(),
        "scores": judged(recipe, fitted),
        "scores_of_the_first_64": first_scores(recipe, fitted.task, fitted.model),
        "sha256": digest(weights),
    }
    if recipe.after is not None:
        card["after"] = recipe.after.to_dict()
    output.mkdir(parents=True, exist_ok=True)
    file = output / f"{name}.safetensors"
    write_whole(file, packed(weights, card))
    return file


def trained(
    recipe: Recipe, name: str, card: dict[str, Any], resume: bool
) -> tuple[Fitted, list[Row]]:
    """Train once or twice, and give the last row of each training."""
    validation = kept(recipe, "val", JUDGED)
    torch.manual_seed(recipe.settings.seed)
    model = create_model(recipe.model, **card["options"])
    rows = []
    for number, chosen in enumerate(recipe.trainings, start=1):
        folder = Path("runs") / (name if number == 1 else f"{name}-{number}")
        goes_on = last_checkpoint(folder / CHECKPOINTS) is not None
        fitted = fit(
            model, kept(recipe, "train", recipe.scenes, chosen.seed), chosen,
            names=validation.names, validation=validation, folder=folder, card=card,
            resume=resume and (goes_on or number == 1), progress=True,
        )  # fmt: skip
        rows.append(fitted.history[-1])
        model.load_state_dict(fitted.model.state_dict())
    return fitted, rows


def kept(recipe: Recipe, part: str, count: int, seed: int | None = None) -> Prepared:
    """Draw scenes, or read them if an earlier run has drawn the same."""
    cache = Path("runs") / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    kind = "things" if recipe.content else "scenes"
    size = recipe.settings.image_size
    numbered = f"-{seed}" if seed else ""
    file = cache / f"demo-{kind}-{part}-{size}{numbered}.npz"
    return prepare(recipe.draw(part, count, seed), file=file)


def judged(recipe: Recipe, fitted: Fitted) -> dict[str, float]:
    """Measure on unseen scenes, and a detector once more on those that lie on photographs."""
    task, model = fitted.task, fitted.model
    scores = evaluate(task, kept(recipe, "test", JUDGED), recipe.settings, model=model)
    row = scores.row()
    if isinstance(scores, Scores):
        found = evaluate(task, on_photographs(recipe, JUDGED), recipe.settings, model=model)
        row |= {f"photographs_{key}": value for key, value in found.row().items()}
    return rounded(row)


def first_scores(recipe: Recipe, task: Task, model: nn.Module) -> dict[str, float]:
    """Measure on the first few test scenes of a recipe."""
    scores = evaluate(task, recipe.draw("test", AGAIN), recipe.settings, model=model)
    return rounded(scores.row())


def rounded(row: dict[str, float]) -> dict[str, float]:
    """Round scores for a card."""
    return {key: round(value, 4) for key, value in row.items()}


def on_photographs(recipe: Recipe, count: int) -> list[Any]:
    """Draw that many test scenes whose background is a photograph."""
    scenes = recipe.draw("test", 10 * count)
    numbers = (i for i in range(len(scenes)) if scenes.recipe.photographic(i))
    return [scenes[i] for _, i in zip(range(count), numbers, strict=False)]

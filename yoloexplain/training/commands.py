"""The commands ``train``, ``evaluate``, ``detect`` and ``demo``.

They stand beside ``cli.py``, which names them; PyTorch is imported inside them alone.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

Data = Annotated[
    str,
    typer.Option(
        metavar="DATA", help="`scenes`, `things`, a data YAML, or COCO annotations (.json)."
    ),
]
Images = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Of a COCO file's images."),
]
Weights = Annotated[
    Path,
    typer.Option(metavar="FILE", help="runs/NAME/best.safetensors of `train`, or `yolov5n-demo`."),
]
Batch = Annotated[int, typer.Option(metavar="N", help="Pictures a step, of all processes.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Go on without bad entries.")]
Count = Annotated[int | None, typer.Option(metavar="N", help="How many scenes to draw.")]


def register(app: typer.Typer) -> None:
    """Add the four commands to the command line."""
    for command in (train, evaluate, detect, demo):
        app.command()(command)


def train(
    data: Data = "scenes",
    model: Annotated[str, typer.Option(metavar="NAME", help="`list` names them.")] = "yolov5n",
    release: Annotated[str | None, typer.Option(metavar="R", help="YOLOv5 only.")] = None,
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Start from these, where they fit.")
    ] = None,
    epochs: Annotated[int, typer.Option(metavar="N", help="Times that all scenes are seen.")] = 10,
    batch: Batch = 16,
    image_size: Annotated[int, typer.Option(metavar="N", help="Side in pixels.")] = 128,
    optimizer: Annotated[str, typer.Option(metavar="O", help="sgd, adam or adamw.")] = "adamw",
    learning_rate: Annotated[
        float, typer.Option(metavar="X", help="Peak; the optimiser's usual one if 0.")
    ] = 0.0,
    schedule: Annotated[
        str, typer.Option(metavar="S", help="linear, cosine or constant.")
    ] = "linear",
    augment: Annotated[str, typer.Option(metavar="A", help="none, light or mosaic.")] = "light",
    precision: Annotated[str, typer.Option(metavar="P", help="auto, no, bf16 or fp16.")] = "auto",
    no_autoanchor: Annotated[
        bool, typer.Option("--no-autoanchor", help="Keep YOLOv5's anchors as they are.")
    ] = False,
    cache: Annotated[bool, typer.Option("--cache", help="Keep scenes for the next time.")] = False,
    name: Annotated[str, typer.Option(metavar="NAME", help="The folder is runs/NAME.")] = "train",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it stopped.")] = False,
    skip_bad: SkipBad = False,
    images: Images = None,
    validation: Annotated[
        str | None, typer.Option(metavar="DATA", help="If the data have no part for it.")
    ] = None,
    validation_images: Images = None,
    scenes: Count = None,
    workers: Annotated[int, typer.Option(metavar="N", help="Processes that read.")] = 0,
    validate_every: Annotated[int, typer.Option(metavar="N", help="Epochs a check.")] = 1,
    seed: Annotated[int, typer.Option(metavar="N", help="Of all random numbers.")] = 0,
) -> None:
    """Train a network; checkpoints, weights, a table and pictures go to runs/NAME."""
    from .running import Plan, run
    from .settings import Settings

    settings = Settings(
        epochs=epochs,
        batch=batch,
        image_size=image_size,
        optimizer=optimizer,
        learning_rate=learning_rate,
        schedule=schedule,
        augment=augment,
        precision=precision,
        autoanchor=not no_autoanchor,
        workers=workers,
        validate_every=validate_every,
        seed=seed,
    )
    plan = Plan(
        data, model, release, weights, folder_of(name), cache, images, scenes, skip_bad,
        validation, validation_images,
    )  # fmt: skip
    guarded(run, plan, settings, resume)


def evaluate(
    weights: Weights,
    data: Data = "scenes",
    task: Annotated[str, typer.Option(metavar="T", help="train, val or test.")] = "val",
    batch: Batch = 16,
    images: Images = None,
    scenes: Count = None,
    skip_bad: SkipBad = False,
    plots: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Draw curves and confusions there.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of drawn scenes.")] = 0,
) -> None:
    """Measure trained weights: mAP of boxes (and masks), precision and recall."""
    from .running import measure

    guarded(measure, weights, data, task, batch, images, scenes, skip_bad, plots, seed)


def detect(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGES...", help="Files or folders.")],
    weights: Weights,
    confidence: Annotated[float, typer.Option(metavar="X", help="Lowest score.")] = 0.25,
    iou: Annotated[float, typer.Option(metavar="X", help="Overlap of doubles.")] = 0.45,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write.")] = Path(
        "runs/detect"
    ),
) -> None:
    """Find things in images; pictures and a COCO result file go to the output folder."""
    from .detecting import detect_files

    guarded(detect_files, images, weights, confidence, iou, output)


def demo(
    name: Annotated[str, typer.Argument(metavar="NAME", help="One of the six; see the README.")],
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write.")] = Path(
        "runs/demos"
    ),
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it stopped.")] = False,
) -> None:
    """Train a network that comes with the package again, by its recipe."""
    from .recipes import make_demo

    guarded(lambda: print(make_demo(name, output, resume)))


def folder_of(name: str) -> Path:
    """Find the folder of a run.

    Raises
    ------
    ValueError
        For a name that is more than a name.
    """
    if not name or Path(name).name != name or name in (".", ".."):
        raise ValueError(f"name must be the name of one folder, got {name!r}; pass --name mine")
    return Path("runs") / name


def guarded(command: Any, *arguments: Any) -> None:
    """Run a command; a full disk is said in a line, and Ctrl-C ends it in peace.

    Raises
    ------
    ValueError
        In place of an error of the operating system.
    """
    try:
        command(*arguments)
    except OSError as error:
        raise ValueError(
            f"files must be readable and writable, got {error}; make room, or choose another place"
        ) from error
    except KeyboardInterrupt:
        typer.echo("stopped; the same command with --resume goes on", err=True)
        raise typer.Exit(130) from None

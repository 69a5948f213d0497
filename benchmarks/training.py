"""How quickly a detector learns from noise: minutes on this machine, and mAP on unseen scenes.

Run with ``python -m benchmarks.training`` from the project's folder; ``--case short`` runs the
short one alone. Seconds are those of the steps. Drawing the scenes ahead comes on top, and so does
judging the network on 500 that it has not seen. Steps are fixed, not minutes, so that the same
command gives the same network on a slower machine, only later.
"""

import argparse
import os
import time
from dataclasses import dataclass

import torch
from rich.console import Console
from rich.table import Table

from yoloexplain import create_model
from yoloexplain.data.scenes import Scenes, prepare
from yoloexplain.training import Scores, Settings, fit

UNSEEN = 500


@dataclass(frozen=True)
class Case:
    """One training: how many scenes, how often each, and what it was made to reach."""

    scenes: int
    settings: Settings
    aim: str


def settings(epochs: int) -> Settings:
    """Give what both cases share; judged once, at the end."""
    return Settings(
        epochs=epochs, batch=16, image_size=192, learning_rate=3e-3, augment="none",
        validate_every=epochs,
    )  # fmt: skip


CASES = {
    "short": Case(6_800, settings(4), "0.93 within 4 minutes"),
    "long": Case(14_000, settings(4), "0.95 within 10 minutes"),
}


def main() -> None:
    """Train, and print a row for each case."""
    parser = argparse.ArgumentParser(description="Train YOLOv5n from noise on drawn scenes.")
    parser.add_argument("--case", choices=CASES, action="append")
    cores = f"{torch.get_num_threads()} of {os.cpu_count()} cores"
    table = Table(title=f"YOLOv5n, eight classes ({cores})")
    for heading in ("case", "steps", "drawing, s", "steps, s", "mAP50", "mAP50-95", "aim"):
        table.add_column(heading, justify="left" if heading in ("case", "aim") else "right")
    for name in parser.parse_args().case or CASES:
        table.add_row(name, *measured(CASES[name]))
    Console().print(table)


def measured(case: Case) -> list[str]:
    """Run one case."""
    started, side = time.perf_counter(), case.settings.image_size
    train = prepare(Scenes(case.scenes, size=side))
    unseen = prepare(Scenes(UNSEEN, seed=1, size=side, split="val"))
    drawn = time.perf_counter() - started
    torch.manual_seed(0)
    model = create_model("yolov5n", num_classes=len(train.names))
    fitted = fit(model, train, case.settings, names=train.names, validation=unseen, progress=True)
    assert isinstance(fitted.scores, Scores)
    row, scores = fitted.history[-1], fitted.scores
    return [
        f"{row['step']:,.0f}", f"{drawn:.0f}", f"{row['seconds']:.0f}",
        f"{scores.map50:.3f}", f"{scores.map50_95:.3f}", case.aim,
    ]  # fmt: skip


if __name__ == "__main__":
    main()

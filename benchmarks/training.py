"""How quickly a detector learns from noise: minutes on this machine, and mAP on unseen scenes.

Run with ``python -m benchmarks.training`` from the project's folder; ``--case short`` runs the
short one alone. Seconds are those of the steps. Drawing the scenes ahead comes on top, and so does
judging the network on 500 that it has not seen. Steps are fixed, not minutes, so that the same
command gives the same network on a slower machine, only later.

Each case trains twice: first on small pictures, at a constant rate, where a step costs half, then
on those of the size that it is judged at, while the rate falls to nothing. In a training this short
the rate may be higher than usual, and the running mean must forget sooner. Every scene is seen
twice: half as many scenes, each seen four times, teach clearly less.
"""

import argparse
import os
import time
from dataclasses import dataclass, replace

import torch
from rich.console import Console
from rich.table import Table

from yoloexplain import create_model
from yoloexplain.data.scenes import CLASSES, Scenes, prepare
from yoloexplain.training import Scores, Settings, evaluate, fit

UNSEEN = 500


@dataclass(frozen=True)
class Case:
    """One training: how many scenes of each size, and what it was made to reach."""

    small: int
    large: int
    aim: str

    def parts(self) -> tuple[tuple[int, Settings], ...]:
        """Give scenes and settings of its two halves."""
        first = Settings(
            epochs=2, batch=16, image_size=128, learning_rate=6e-3, schedule="constant",
            ema_decay=0.99, ema_ramp=50, augment="none",
        )  # fmt: skip
        then = replace(first, image_size=192, schedule="linear")
        return (self.small, first), (self.large, then)


CASES = {
    "short": Case(9_600, 6_000, "0.93 within 4 minutes"),
    "long": Case(20_800, 17_600, "0.95 within 10 minutes"),
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
    drawing = steps = seconds = 0.0
    torch.manual_seed(0)
    model = create_model("yolov5n", num_classes=len(CLASSES))
    for count, settings in case.parts():
        started = time.perf_counter()
        train = prepare(Scenes(count, size=settings.image_size))
        drawing += time.perf_counter() - started
        fitted = fit(model, train, settings, names=CLASSES, progress=True)
        model.load_state_dict(fitted.model.state_dict())
        steps += fitted.history[-1]["step"]
        seconds += fitted.history[-1]["seconds"]
    unseen = Scenes(UNSEEN, seed=1, size=settings.image_size, split="val")
    scores = evaluate(fitted.task, unseen, settings, model=fitted.model)
    assert isinstance(scores, Scores)
    return [
        f"{steps:,.0f}", f"{drawing:.0f}", f"{seconds:.0f}",
        f"{scores.map50:.3f}", f"{scores.map50_95:.3f}", case.aim,
    ]  # fmt: skip


if __name__ == "__main__":
    main()

"""Progress: one line on the terminal that says how far a training is, and how well it goes.

It stands beside a training and changes nothing about it.
"""

import math
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Bar:
    """A progress bar over all steps, with a line for each epoch that is done.

    Parameters
    ----------
    epochs, steps
        How many epochs, and steps in each.
    shown
        Whether to show anything.
    """

    def __init__(self, epochs: int, steps: int, *, shown: bool = True) -> None:
        self.epochs, self.steps, self.shown = epochs, steps, shown
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not shown,
        )
        self.task = self.progress.add_task("", total=epochs * steps)

    def __enter__(self) -> "Bar":
        self.progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.progress.stop()

    def step(self, epoch: int, number: int, losses: Mapping[str, Any]) -> None:
        """Show a step that is done, with the means of the loss terms so far in this epoch."""
        if not self.shown:
            return
        words = " ".join(f"{name} {float(value):.3f}" for name, value in losses.items())
        self.progress.update(
            self.task,
            completed=epoch * self.steps + number,
            description=f"epoch {epoch + 1}/{self.epochs} {words}",
        )

    def say(self, row: Mapping[str, float]) -> None:
        """Leave a line for an epoch."""
        if self.shown:
            self.progress.console.print(line_of(row), markup=False, highlight=False)


def line_of(row: Mapping[str, float]) -> str:
    """Write a row of results in one line."""
    return "  ".join(
        f"{name} {value:.0f}" if name in ("epoch", "step") else f"{name} {value:.4g}"
        for name, value in row.items()
        if not math.isnan(value)
    )

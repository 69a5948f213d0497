"""Accuracy: how often a classifier is right.

It stands at the end of the way, where one answer a picture meets what is really there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..data.record import Scene
from .batches import in_order
from .settings import Settings
from .task import ClassifierTask


@dataclass(frozen=True, eq=False)
class Accuracy:
    """How good a classifier is.

    Attributes
    ----------
    accuracy
        Share of the pictures that it names rightly.
    per_class
        The same of each class by name, NaN for one that no picture shows.
    confusion
        (K, K): rows are what was said, columns what is there.
    names
        Of the classes.
    images
        How many were looked at.
    """

    accuracy: float
    per_class: dict[str, float]
    confusion: NDArray[np.int64]
    names: tuple[str, ...]
    images: int

    @property
    def fitness(self) -> float:
        """What the best epoch is chosen by."""
        return self.accuracy

    def row(self) -> dict[str, float]:
        """Write the number down for a table."""
        return {"accuracy": self.accuracy}

    def line(self) -> str:
        """Write the number in a line."""
        return f"{self.images} images: accuracy {self.accuracy:.3f}"


@torch.no_grad()
def measure_accuracy(
    task: ClassifierTask, scenes: Sequence[Scene], settings: Settings, model: nn.Module
) -> Accuracy:
    """Ask a classifier about every picture; its mode is put back."""
    count = len(task.names)
    confusion = np.zeros((count, count), np.int64)
    device, was_training = next(model.parameters()).device, model.training
    model.eval()
    try:
        for batch in in_order(scenes, settings):
            said = model(batch.images.to(device)).argmax(dim=1).cpu()
            np.add.at(confusion, (said.numpy(), task.wanted(batch).numpy()), 1)
    finally:
        model.train(was_training)
    right, there = confusion.diagonal(), confusion.sum(axis=0)
    shares = [r / n if n else float("nan") for r, n in zip(right, there, strict=True)]
    per_class = dict(zip(task.names, map(float, shares), strict=True))
    total = int(confusion.sum())
    return Accuracy(int(right.sum()) / total, per_class, confusion, task.names, total)

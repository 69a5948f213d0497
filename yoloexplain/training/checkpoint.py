"""Checkpoint: a training put down so that it can be taken up again, to the same numbers.

It stands behind every epoch. Weights are safetensors, which can hold numbers only; the optimiser's
state is a torch file, read with ``weights_only=True``. Neither can run code when it is opened.

A checkpoint is a folder, renamed to its place when it is complete. The newest complete one is the
last good one; the one before it goes only after that. Random numbers need no keeping: those of an
epoch follow from the seed, its number and the process alone.
"""

import io
import pickle
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import Tensor

from ..files import write_folder
from ..weights.stored import packed

WEIGHTS, MEAN, STATE = "weights.safetensors", "mean.safetensors", "state.pt"
UNREADABLE = (
    OSError,
    SafetensorError,
    RuntimeError,
    KeyError,
    EOFError,
    pickle.UnpicklingError,
)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a training needs to go on.

    Attributes
    ----------
    epoch
        Epochs done.
    weights, mean
        Of the network in training, and of its running mean.
    state
        Optimiser, number of steps, results so far, settings.
    """

    epoch: int
    weights: dict[str, Tensor]
    mean: dict[str, Tensor]
    state: dict[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Put a checkpoint down, then remove older ones.

    Raises
    ------
    OSError
        If it cannot be written; the last good one is still there.
    """
    stream = io.BytesIO()
    torch.save(checkpoint.state, stream)
    place = folder / f"epoch-{checkpoint.epoch:05d}"
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        WEIGHTS: packed(checkpoint.weights),
        MEAN: packed(checkpoint.mean),
        STATE: stream.getvalue(),
    }
    write_folder(place, contents)
    for old in folder.iterdir():
        if old != place:
            shutil.rmtree(old, ignore_errors=True)
    return place


def last_checkpoint(folder: Path) -> Path | None:
    """Find the last good checkpoint, if there is one."""
    return max(folder.glob("epoch-*"), default=None) if folder.is_dir() else None


def load_checkpoint(place: Path) -> Checkpoint:
    """Read a checkpoint; no code in it can run.

    Raises
    ------
    ValueError
        If a file is missing or damaged.
    """
    try:
        weights, mean = (load_tensors((place / name).read_bytes()) for name in (WEIGHTS, MEAN))
        state = torch.load(place / STATE, weights_only=True, map_location="cpu")
        return Checkpoint(int(state["epoch"]), weights, mean, state)
    except UNREADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(
            f"a checkpoint must hold {WEIGHTS}, {MEAN} and {STATE}, but {place} could not be read "
            f"({reason}); remove that folder and train anew"
        ) from error

"""Checkpoint: a training put down so that it can be taken up again, to the same numbers.

It stands behind every epoch. Weights are safetensors, which can hold numbers only; the optimiser's
state is a torch file, read with ``weights_only=True``. Neither can run code when it is opened.

A checkpoint is a folder, renamed to its place when it is complete. The newest complete one is the
last good one; the one before it goes only after that. Random numbers need no keeping: those of an
epoch follow from the seed, its number and the process alone.
"""

import io
import json
import pickle
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from .files import write_folder, write_whole

WEIGHTS, MEAN, STATE = "weights.safetensors", "mean.safetensors", "state.pt"
CARD = "yoloexplain"
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


def packed(weights: Mapping[str, Tensor], card: Mapping[str, Any] | None = None) -> bytes:
    """Write weights as safetensors, with a card in JSON that says what they are."""
    plain = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    metadata = {"format": "pt"} | ({CARD: json.dumps(card)} if card else {})
    return save_tensors(plain, metadata)


def save_weights(file: Path, model: nn.Module, card: Mapping[str, Any]) -> None:
    """Write a network's weights whole or not at all; the card says how to build it again."""
    write_whole(file, packed(model.state_dict(), card))


def read_weights(file: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read weights and their card.

    Raises
    ------
    ValueError
        If the file is missing, damaged, or no safetensors file.
    """
    try:
        with safe_open(file, framework="pt") as stored:
            metadata = stored.metadata() or {}
            weights = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        return weights, json.loads(metadata.get(CARD, "{}"))
    except (OSError, SafetensorError, ValueError) as error:
        raise ValueError(
            f"weights must be a safetensors file, but {file} could not be read ({error}); pass for "
            "example runs/NAME/best.safetensors"
        ) from error


def load_weights(model: nn.Module, file: Path) -> tuple[int, int]:
    """Take over every weight of a file that fits a network in name and shape.

    Returns
    -------
    How many tensors were taken, and how many the network has.

    Raises
    ------
    ValueError
        If none fits.
    """
    weights, _ = read_weights(file)
    own = model.state_dict()
    fits = {name: value for name, value in weights.items()
            if name in own and own[name].shape == value.shape}  # fmt: skip
    if not fits:
        raise ValueError(
            f"weights must have tensors of this network, got {file} with {len(weights)}, none of "
            "which fits in name and shape; pass weights of the same model and release"
        )
    model.load_state_dict(fits, strict=False)
    return len(fits), len(own)


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

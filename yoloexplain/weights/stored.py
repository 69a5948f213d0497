"""Stored: a network's weights in a file, with a card that says what they are.

They stand beside the networks: what a training writes, and what a network is loaded from. A file is
safetensors, which can hold numbers only, so that nothing is executed when it is read.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from ..files import write_whole

CARD = "yoloexplain"


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
